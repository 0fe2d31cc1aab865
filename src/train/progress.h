// How far a long job has come: one line that renews itself on a terminal, plain lines elsewhere.
#ifndef VITRINE_TRAIN_PROGRESS_H_
#define VITRINE_TRAIN_PROGRESS_H_

#include <chrono>
#include <cstddef>
#include <string>

namespace vitrine {

// Writes to stderr. Off a terminal at most a line every few seconds, and the last.
class Progress {
 public:
  // `unit` names what is counted for the rate: "shoppers".
  Progress(std::string label, size_t total, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` of the total; `units` so far of what the rate counts. `note` ends the line.
  void Update(size_t done, double units, const std::string& note);

 private:
  using Clock = std::chrono::steady_clock;
  std::string label_;
  size_t total_;
  std::string unit_;
  bool terminal_;
  bool open_ = false;  // a line stands unfinished on the terminal
  Clock::time_point start_ = Clock::now();
  Clock::time_point shown_{};
};

// Seconds since `start` as "1:02:03" or "4:05".
std::string FormatDuration(double seconds);
// The most memory this process has held, in bytes.
size_t PeakBytes();
// The machine's memory, in bytes.
size_t MemoryBytes();

}  // namespace vitrine

#endif  // VITRINE_TRAIN_PROGRESS_H_
