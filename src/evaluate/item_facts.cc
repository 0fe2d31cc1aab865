#include "evaluate/item_facts.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <string_view>
#include <unordered_map>

#include "evaluate/training_part.h"

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
  if (numbers.size() < 2) {
    facts.category.clear();
    AddShoppers(TrainingMatrix({.dataset = &dataset}, ProfileOptions{}), facts);
  }
  return facts;
}

void AddShoppers(const CsrView& behaviour, ItemFacts& facts) {
  const size_t most = kMostShopperBytes / (sizeof(uint64_t) * std::max<size_t>(1, facts.n_items));
  facts.n_words = std::clamp<size_t>((behaviour.rows + 63) / 64, 1, std::max<size_t>(1, most));
  facts.shoppers.assign(facts.n_items * facts.n_words, 0);
  const size_t n_bits = 64 * facts.n_words;
  const size_t step = (behaviour.rows + n_bits - 1) / n_bits;  // spread over all
  for (size_t bit = 0; bit * step < behaviour.rows; ++bit) {
    for (const uint32_t item : behaviour.Row(bit * step)) {
      facts.shoppers[item * facts.n_words + bit / 64] |= uint64_t{1} << (bit % 64);
    }
  }
}

double ItemFacts::Likeness(uint32_t a, uint32_t b) const {
  const uint64_t* x = shoppers.data() + a * n_words;
  const uint64_t* y = shoppers.data() + b * n_words;
  size_t both = 0, own = 0, other = 0;
  for (size_t w = 0; w < n_words; ++w) {
    both += static_cast<size_t>(std::popcount(x[w] & y[w]));
    own += static_cast<size_t>(std::popcount(x[w]));
    other += static_cast<size_t>(std::popcount(y[w]));
  }
  if (both == 0) return 0;
  return static_cast<double>(both) /
         std::sqrt(static_cast<double>(own) * static_cast<double>(other));
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
