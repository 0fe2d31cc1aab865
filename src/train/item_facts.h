// What is known of each product when lists are judged beyond accuracy.
#ifndef VITRINE_TRAIN_ITEM_FACTS_H_
#define VITRINE_TRAIN_ITEM_FACTS_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "data/dataset.h"

namespace vitrine {

inline constexpr uint32_t kNoCategory = std::numeric_limits<uint32_t>::max();

// A column is as long as the catalogue, or empty: what needs it is then not measured.
struct ItemFacts {
  size_t n_items = 0;
  std::vector<float> popularity;   // training shoppers that did the target event to it
  std::vector<float> surprise;     // SurpriseOf(popularity), in bits
  std::vector<uint32_t> category;  // equal numbers: equal categories; or kNoCategory

  // The head: the fifth of the products that most training shoppers touched, which a data set
  // numbers first.
  bool IsTail(uint32_t item) const { return item >= n_items / 5; }
};

// Of a data set's training part and catalogue.
ItemFacts ItemFactsOf(const Dataset& dataset);

// surprise[i] = -log2((popularity[i] + 1) / (sum of popularity + n_items)): finite where it is 0.
std::vector<float> SurpriseOf(std::span<const float> popularity);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_ITEM_FACTS_H_
