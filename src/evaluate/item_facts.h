// What is known of each product when lists are judged beyond accuracy.
#ifndef VITRINE_EVALUATE_ITEM_FACTS_H_
#define VITRINE_EVALUATE_ITEM_FACTS_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "core/csr.h"
#include "data/dataset.h"

namespace vitrine {

inline constexpr size_t kMostShopperBytes = 64 << 20;
inline constexpr uint32_t kNoCategory = std::numeric_limits<uint32_t>::max();

// A column is as long as the catalogue, or empty: what needs it is then not measured.
struct ItemFacts {
  size_t n_items = 0;
  std::vector<float> popularity;   // training shoppers that did the target event to it
  std::vector<float> surprise;     // SurpriseOf(popularity), in bits
  std::vector<uint32_t> category;  // equal numbers: equal categories; or kNoCategory
  // Where there are no categories: of each product, n_words words with a bit for each of the
  // training shoppers who had it, or of a sample of them that fits kMostShopperBytes.
  std::vector<uint64_t> shoppers;
  size_t n_words = 0;

  // The cosine of two products' shoppers; 0 where one has none.
  double Likeness(uint32_t a, uint32_t b) const;

  // The head: the fifth of the products that most training shoppers touched, which a data set
  // numbers first.
  bool IsTail(uint32_t item) const { return item >= n_items / 5; }
};

// facts.shoppers and n_words, of the behaviour (shoppers x n_items).
void AddShoppers(const CsrView& behaviour, ItemFacts& facts);

// Of a data set's training part and catalogue.
ItemFacts ItemFactsOf(const Dataset& dataset);

// surprise[i] = -log2((popularity[i] + 1) / (sum of popularity + n_items)): finite where it is 0.
std::vector<float> SurpriseOf(std::span<const float> popularity);

}  // namespace vitrine

#endif  // VITRINE_EVALUATE_ITEM_FACTS_H_
