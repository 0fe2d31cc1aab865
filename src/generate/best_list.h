// The best list that anyone could show a new shopper of whom only the first visit's context is
// known, by what the shop's shoppers with that context go on to buy.
//
// A list's expected NDCG@20 is the sum over its ranks of w_rank E[bought(i) / ideal], with the
// shopper's own ideal DCG. It is largest where products are in the order of
//   E[bought(i) / ideal | country, device, referrer, landing]
//     ~ sum_s P(country | s) P(device | s) P(referrer | s) gain(s, landing, i)
// over the segments s: within a segment neither country, device nor referrer has a say in what is
// bought, nor has a landing on the home page. gain is the sum of bought(i) / ideal over simulated
// shoppers, and the other shares are those of the vocabulary's tables.
#ifndef VITRINE_GENERATE_BEST_LIST_H_
#define VITRINE_GENERATE_BEST_LIST_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "generate/shop.h"

namespace vitrine::generate {

// Of a first visit; the page is a kind, or kHome. What is absent is not known.
struct VisitContext {
  std::optional<size_t> country, device, referrer;
  int landing = kHome;
};

class BestLists {
 public:
  // Simulates `n_shoppers` whose numbers come after those of the shop's own log.
  BestLists(const Shop& shop, size_t n_shoppers);

  // One score per product of the shop.
  void Score(const VisitContext& context, std::span<float> scores) const;

 private:
  size_t n_items_ = 0;
  // Of each segment a row for all of its shoppers, then one for those who came to each kind's page.
  std::vector<float> gains_;   // rows x n_items
  std::vector<float> buyers_;  // of each row
};

// The context in "device=mobile;country=DE;channel=search;landing=Mugs", as the log has it.
VisitContext ParseVisitContext(std::string_view text);

}  // namespace vitrine::generate

#endif  // VITRINE_GENERATE_BEST_LIST_H_
