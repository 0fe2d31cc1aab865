// Metrics, models and intervals in words that need no textbook.
#ifndef VITRINE_REPORT_WORDS_H_
#define VITRINE_REPORT_WORDS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "report/html.h"
#include "report/plot.h"

namespace vitrine::report {

// Which of two values a shop would rather have.
enum class Better : uint8_t { kHigher, kLower, kNeither };

struct MetricWords {
  std::string name;     // "Right products, high up"
  std::string meaning;  // a sentence
  Better better = Better::kNeither;
  bool accuracy = true;  // else: what the lists are like, whether right or wrong
};

// Of a metric as the JSON names it: "ndcg@20". An unknown one has no words.
MetricWords WordsOf(std::string_view metric);

// How a shopper does what is foreseen: "buy", after "go on to".
std::string VerbOf(std::string_view target);

// A model as a merchant would call it: popularity is "best-sellers".
std::string PlainName(std::string_view model, std::string_view target);

// "879 shoppers", "1 shopper".
std::string Shoppers(uint64_t n);

// What is said of a difference between models over `n` cases: nothing if it is more than chance
// explains, else "may be chance" or, of too few cases, "too few shoppers to tell".
std::string Doubt(const Measured& difference, uint64_t n);

// {value, "low", "high"} of the JSON; whether an interval leaves out 0; "0.41 to 0.43".
Measured MeasuredOf(const Json& estimate, const char* value = "value");
bool Excludes0(const Measured& difference);
std::string Interval(double low, double high, int decimals);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_WORDS_H_
