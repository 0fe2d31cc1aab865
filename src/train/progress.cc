#include "train/progress.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <utility>

namespace vitrine {

Progress::Progress(std::string label, size_t total, std::string unit)
    : label_(std::move(label)),
      total_(total),
      unit_(std::move(unit)),
      terminal_(::isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (open_) std::fputc('\n', stderr);
}

void Progress::Update(size_t done, double units, const std::string& note) {
  using std::chrono::duration;
  const auto now = Clock::now();
  const double since_shown = duration<double>(now - shown_).count();
  if (done < total_ && since_shown < (terminal_ ? 0.1 : 5.0)) return;
  shown_ = now;
  const double seconds = duration<double>(now - start_).count();
  const double left =
      done == 0 ? 0 : seconds / static_cast<double>(done) * static_cast<double>(total_ - done);
  char line[240];
  std::snprintf(line, sizeof line, "%s %zu/%zu  %.0f %s/s  at most %s left  %s", label_.c_str(),
                done, total_, seconds > 0 ? units / seconds : 0.0, unit_.c_str(),
                FormatDuration(left).c_str(), note.c_str());
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s", line);
    open_ = true;
  } else {
    std::fprintf(stderr, "%s\n", line);
  }
  std::fflush(stderr);
}

std::string FormatDuration(double seconds) {
  const auto total = std::lround(seconds);
  char text[32];
  if (total >= 3600) {
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", total / 3600, total / 60 % 60, total % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld:%02ld", total / 60, total % 60);
  }
  return text;
}

size_t PeakBytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<size_t>(usage.ru_maxrss) * 1024;
}

size_t MemoryBytes() {
  return static_cast<size_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace vitrine
