// What sells, in the ways that a shop can show it to a shopper whom it does not know yet: rivals of
// a list that is made up for the context.
#ifndef VITRINE_EVALUATE_COLD_POPULARITY_H_
#define VITRINE_EVALUATE_COLD_POPULARITY_H_

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "evaluate/cases.h"
#include "evaluate/item_facts.h"
#include "evaluate/training_part.h"

namespace vitrine {

// A new shopper: the columns of the context that hold, and when the shopper came, in seconds UTC.
struct Newcomer {
  std::vector<uint32_t> columns;
  int64_t came = 0;
};

// Those of the shoppers of `cases`, by their first events; `names` are the context's columns.
std::vector<Newcomer> NewcomersOf(const Dataset& dataset, const Shoppers& shoppers,
                                  const Cases& cases, std::span<const std::string> names);

// What the target events of a training part say, each product counted once for a shopper.
class ColdPopularity {
 public:
  ColdPopularity(const TrainingPart& part, std::span<const std::string> names);

  // Of all time.
  void Overall(std::span<float> scores) const;
  // Within the whole context, plus `strength` times the share of all shoppers who took a product.
  void InContext(const Newcomer& shopper, double strength, std::span<float> scores) const;
  // Of the 30 days before the shopper came, or before the part's end.
  void Recent(const Newcomer& shopper, std::span<float> scores) const;
  // What shoppers have in their first baskets.
  void FirstBasket(std::span<float> scores) const;
  // The share of what was sold lately, and of first baskets, the latter times `weight`, the former
  // times 1 - weight.
  void RecentAndFirst(const Newcomer& shopper, double weight, std::span<float> scores) const;

 private:
  struct Sale {
    int64_t time = 0;
    uint32_t item = 0;
  };
  size_t n_items_, n_shoppers_ = 0;
  int64_t end_;
  std::vector<float> all_, first_;
  std::map<std::vector<uint32_t>, std::vector<float>> by_context_;
  std::vector<Sale> sales_;  // ascending in time
};

// The settings that do best, by NDCG@20 before the first event, on training shoppers who are new:
// a tenth held out whole, or those who came in the last tenth of the training period.
struct ColdPopularitySettings {
  double strength = 0, weight = 0;
};
ColdPopularitySettings ChooseColdPopularity(const Dataset& dataset,
                                            std::span<const std::string> names);

// The shoppers of `shoppers` whose first event is at `since` or later.
std::vector<uint32_t> CameSince(const Shoppers& shoppers, int64_t since);

}  // namespace vitrine

#endif  // VITRINE_EVALUATE_COLD_POPULARITY_H_
