// Runs `vitrine prepare` for a test, and looks at what came out.
#ifndef VITRINE_TESTS_NATIVE_DATA_PREPARE_RUN_H_
#define VITRINE_TESTS_NATIVE_DATA_PREPARE_RUN_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/dataset.h"
#include "data/prepare.h"

namespace vitrine {

inline constexpr int64_t kNow = 1700000000;
inline constexpr int64_t kStart = 1600000000;
inline constexpr int64_t kDay = 86400;

inline PrepareOptions Options(const std::string& events, const std::string& out) {
  PrepareOptions options;
  options.events = {events};
  options.out = out;
  options.rows.now = kNow;
  return options;
}

struct Prepared {
  PrepareReport report;
  Dataset dataset;
};

inline Prepared PrepareAndOpen(const PrepareOptions& options) {
  auto report = Prepare(options);
  EXPECT_TRUE(report.ok()) << report.error().message;
  auto dataset = Dataset::Open(options.out);
  EXPECT_TRUE(dataset.ok()) << dataset.error().message;
  if (!report.ok() || !dataset.ok()) return {};
  return {std::move(*report), std::move(*dataset)};
}

inline std::vector<Event> EventsOf(const Shoppers& shoppers, std::string_view name) {
  std::vector<Event> events;
  for (size_t s = 0; s < shoppers.size(); ++s) {
    if (shoppers.Name(s) == name) shoppers.Read(s, events);
  }
  return events;
}

inline std::set<std::string> NamesOf(const Shoppers& shoppers) {
  std::set<std::string> names;
  for (size_t s = 0; s < shoppers.size(); ++s) names.emplace(shoppers.Name(s));
  return names;
}

inline std::string Numbered(const char* prefix, uint64_t i) {
  return std::string(prefix).append(std::to_string(i));
}

}  // namespace vitrine

#endif  // VITRINE_TESTS_NATIVE_DATA_PREPARE_RUN_H_
