#include "report/words.h"

#include "core/evidence.h"
#include "data/report.h"

namespace vitrine::report {
namespace {

struct Entry {
  std::string_view metric;  // without its "@k"
  std::string_view name;    // # stands for k
  std::string_view meaning;
  Better better;
  bool accuracy;
};

constexpr Entry kEntries[] = {
    {"ndcg", "Right products, high up",
     "Credit for each wanted product among the first #, more for a higher place; 1 is perfect.",
     Better::kHigher, true},
    {"recall", "Wanted products found",
     "Share of the products that the shopper went on to want which are among the first #.",
     Better::kHigher, true},
    {"precision", "Shown products that are wanted",
     "Share of the first # products that the shopper went on to want.", Better::kHigher, true},
    {"mrr", "How soon the first hit comes",
     "1 divided by the place of the first wanted product, averaged.", Better::kHigher, true},
    {"hr", "Shoppers with a hit",
     "Share of shoppers with at least one wanted product among the first #.", Better::kHigher,
     true},
    {"conversion", "Shoppers with a hit",
     "Share of shoppers with at least one wanted product among the first #.", Better::kHigher,
     true},
    {"new-hit", "Shoppers with a new hit",
     "Share of shoppers with a wanted product among the first # that is not in their history.",
     Better::kHigher, true},
    {"revenue", "Revenue foreseen",
     "Of the money that shoppers went on to spend, the share on products among the first #.",
     Better::kHigher, true},
    {"tail-recall", "Niche products found",
     "Of the wanted products outside the best-selling fifth of the catalogue, the share found.",
     Better::kHigher, true},
    {"coverage", "Catalogue shown",
     "Share of all products that somebody is shown among the first #.", Better::kHigher, false},
    {"gini", "Concentration on few products",
     "0 where all products are shown equally often, near 1 where a few take every place.",
     Better::kLower, false},
    {"novelty", "Rarity of what is shown",
     "How rare the first # products are among training shoppers, in bits: one more is half as "
     "common.",
     Better::kNeither, false},
    {"diversity", "Variety within a list",
     "Share of the pairs among the first # that are of two different categories; where products "
     "have none, 1 minus the mean likeness of the shoppers who chose them.",
     Better::kNeither, false},
    {"popularity-lift", "Pull towards best-sellers",
     "0 where lists are as popular as the shopper's own history, 1 where they are twice as "
     "popular.",
     Better::kNeither, false},
    {"miscalibration", "Departure from the shopper's tastes",
     "Distance (KL divergence, in nats) between the categories of the list and of the history; 0 "
     "where they are in proportion.",
     Better::kLower, false},
};

std::string Fill(std::string_view text, std::string_view k) {
  std::string filled;
  for (const char c : text) c == '#' ? filled.append(k) : filled.append(1, c);
  return filled;
}

}  // namespace

MetricWords WordsOf(std::string_view metric) {
  const size_t at = metric.find('@');
  const std::string_view stem = metric.substr(0, at);
  const std::string_view k = at == std::string_view::npos ? "" : metric.substr(at + 1);
  for (const Entry& entry : kEntries) {
    if (entry.metric != stem) continue;
    return {std::string(entry.name), Fill(entry.meaning, k), entry.better, entry.accuracy};
  }
  return {std::string(metric), "", Better::kNeither, true};
}

std::string VerbOf(std::string_view target) {
  if (target == "purchase") return "buy";
  if (target == "rate") return "rate";
  if (target == "view") return "look at";
  return "choose";
}

std::string PlainName(std::string_view model, std::string_view target) {
  if (model != "popularity") return std::string(model);
  return target == "purchase" ? "best-sellers" : "the most popular products";
}

std::string Shoppers(uint64_t n) { return FormatCount(n) + (n == 1 ? " shopper" : " shoppers"); }

std::string Doubt(const Measured& difference, uint64_t n) {
  if (n < kTooFewCases) return "too few shoppers to tell";
  return Excludes0(difference) ? "" : "may be chance";
}

Measured MeasuredOf(const Json& estimate, const char* value) {
  return {NumberAt(estimate, value), NumberAt(estimate, "low"), NumberAt(estimate, "high")};
}

bool Excludes0(const Measured& difference) { return difference.low > 0 || difference.high < 0; }

std::string Interval(double low, double high, int decimals) {
  return Number(low, decimals) + " to " + Number(high, decimals);
}

}  // namespace vitrine::report
