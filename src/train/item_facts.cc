#include "train/item_facts.h"

#include <cmath>
#include <numeric>
#include <string_view>
#include <unordered_map>

#include "train/training_part.h"

namespace vitrine {

ItemFacts ItemFactsOf(const Dataset& dataset) {
  const Catalogue& catalogue = dataset.catalogue();
  ItemFacts facts{.n_items = dataset.info().n_items,
                  .popularity = Popularity({.dataset = &dataset})};
  facts.surprise = SurpriseOf(facts.popularity);
  std::unordered_map<std::string_view, uint32_t> numbers;
  facts.category.assign(facts.n_items, kNoCategory);
  for (size_t i = 0; i < facts.n_items; ++i) {
    const std::string_view name = catalogue[i].category;
    if (name.empty()) continue;
    facts.category[i] =
        numbers.try_emplace(name, static_cast<uint32_t>(numbers.size())).first->second;
  }
  // A single category tells no two products apart.
  if (numbers.size() < 2) facts.category.clear();
  return facts;
}

std::vector<float> SurpriseOf(std::span<const float> popularity) {
  const double total =
      std::accumulate(popularity.begin(), popularity.end(), static_cast<double>(popularity.size()));
  std::vector<float> surprise(popularity.size());
  for (size_t i = 0; i < popularity.size(); ++i) {
    surprise[i] = static_cast<float>(-std::log2((double{popularity[i]} + 1) / total));
  }
  return surprise;
}

}  // namespace vitrine
