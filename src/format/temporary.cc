#include "format/temporary.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

namespace vitrine {
namespace {

namespace fs = std::filesystem;

struct Registry {
  std::mutex mutex;
  std::set<std::string> paths;
};

// Never destroyed: the thread that waits for signals outlives main.
Registry& TheRegistry() {
  static Registry& registry = *new Registry;
  return registry;
}

std::error_code LastError() { return {errno, std::generic_category()}; }

std::error_code Rename(const std::string& from, const std::string& to) {
  return std::rename(from.c_str(), to.c_str()) == 0 ? std::error_code() : LastError();
}

// mkdtemp and mkostemp keep everyone else out.
void SetOrdinaryMode(const std::string& path, mode_t mode) {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::chmod(path.c_str(), mode & ~mask);
}

void Remove(const std::string& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

}  // namespace

Temporary::~Temporary() {
  if (path_.empty()) return;
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  Remove(path_);
  registry.paths.erase(path_);
}

std::error_code Temporary::MakeFolder(const std::string& target) {
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  std::string path = target + ".XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return LastError();
  SetOrdinaryMode(path, 0777);
  registry.paths.insert(path);
  path_ = std::move(path);
  return {};
}

std::error_code Temporary::MakeFile(const std::string& target, int& fd) {
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  std::string path = target + ".XXXXXX";
  fd = ::mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) return LastError();
  SetOrdinaryMode(path, 0666);
  registry.paths.insert(path);
  path_ = std::move(path);
  return {};
}

std::error_code Temporary::Place(const std::string& target) {
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  std::error_code error = Rename(path_, target);
  if (error == std::errc::directory_not_empty || error == std::errc::file_exists) {
    const std::string replaced = path_ + ".old";
    error = Rename(target, replaced);
    if (error) return error;
    error = Rename(path_, target);
    if (error) {
      Rename(replaced, target);
      return error;
    }
    Remove(replaced);
  }
  if (!error) {
    registry.paths.erase(path_);
    path_.clear();
  }
  return error;
}

void RemoveTemporariesOnSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    struct sigaction action {};
    // What the caller ignores, as nohup does, stays ignored.
    if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_IGN) {
      sigaddset(&signals, signal);
    }
  }
  // Every thread inherits the mask, so that the one below alone is told.
  if (::pthread_sigmask(SIG_BLOCK, &signals, nullptr) != 0) return;
  std::thread([signals] {
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0) return;
    Registry& registry = TheRegistry();
    registry.mutex.lock();  // for good: nothing takes its place any more, and nothing is made
    for (const std::string& path : registry.paths) {
      // Other threads may still be writing into a folder that is being removed.
      std::error_code ignored;
      for (int attempt = 0; attempt < 100 && fs::exists(path, ignored); ++attempt) Remove(path);
    }
    ::signal(signal, SIG_DFL);
    ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    ::raise(signal);
  }).detach();
}

}  // namespace vitrine
