// The shop's true structure: how a shopper chooses. The simulation draws from these formulas and
// TrueScores sums them, so the scores are what a perfect model would find.
//
// In a visit at time t, shopper u, who remembers own purchases and unfinished carts:
//
//   intent(k)  ~ taste_u(k) demand_k(day) + kBoost sum_bought K(kind, k) 2^(-age / kBoostDays)
//   look(k)    = (1 - kAside) intent(k) + kAside sum_j intent(j) K(j, k)
//   browse(i)  = look(kind_i) popularity_i pull_u(i) / (sum of popularity pull over the kind)
//   view(i)    = (1 - kReturn) browse(i) + kReturn [i considered] / number considered
//   lands(i)   = 1 - G(1 - view(i) cart_u(i)),  G(z) = z (1 - kMoreViews) / (1 - kMoreViews z)
//   buy(i)     = again_u(i) + (1 - again_u(i)) lands(i) (1 - kRemove) checkout_u
//
//   pull_u(i)  = match_u(i) fresh_i(t) owned_u(i)
//   match_u(i) = style_match_u(style_i) band_match_u(band_i) brand_match_u(brand_i)
//                with brand_match 1 for a favourite brand, else kOtherBrand
//   fresh_i(t) = 1 + exp(-days since launch / kFreshDays) while on sale, else 0
//   owned_u(i) = kOwned for a durable that u has bought, else 1
//   cart_u(i)  = sigmoid(-2.95 + 0.5 quality_i + 1.2 match_u(i) + 0.9 [i considered])
//   again_u(i) = repeat_u due(days since bought / days it lasts) for a consumable that u has bought
//   due(x)     = 0 to x = 0.6, rising to 1 at x = 1, then 2^(-(x - 1) / 0.7)
//
// K is the row-stochastic matrix of complements, demand_k(day) the season of kind k. A visit has
// one view and then kMoreViews for each further one: G is the generating function of their number,
// so lands(i) is the probability that one of them puts i into the cart. buy(i) is the probability
// that the visit ends with i bought, but for views by way of an advertisement (one in a hundred)
// and for the intent that the views of one visit share (which costs the likeliest a few per cent).
// Where nothing considered is on sale, kReturn counts as 0.
#ifndef VITRINE_GENERATE_CHOICE_H_
#define VITRINE_GENERATE_CHOICE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "core/rng.h"
#include "features/event.h"
#include "generate/shop.h"

namespace vitrine::generate {

inline constexpr float kBoost = 0.25f;
inline constexpr float kBoostDays = 30;
inline constexpr float kAside = 0.2f;   // share of views that go to what goes with the intent
inline constexpr float kFresh = 0.2f;   // share of views whose kind is drawn anew, not the intent's
inline constexpr float kReturn = 0.2f;  // share of views that return to a considered product
inline constexpr float kOtherBrand = 0.3f;
inline constexpr float kFreshDays = 45;
inline constexpr float kOwned = 0.05f;
inline constexpr float kRemove = 0.1f;      // of what is in the cart, before checkout
inline constexpr float kMoreViews = 0.79f;  // probability of one more view ...
inline constexpr int kMostViews = 40;       // ... up to here
inline constexpr size_t kMostConsidered = 4;

// What a shopper carries from visit to visit.
class Memory {
 public:
  struct Bought {
    uint32_t item = 0;
    int64_t time = 0;  // the last time
  };
  void Apply(const Event& event);
  const std::vector<Bought>& bought() const { return bought_; }
  // Put into a cart or on a wish list and neither bought nor taken out; oldest first.
  const std::vector<uint32_t>& considered() const { return considered_; }
  bool HasBought(uint32_t item) const;
  bool Considers(uint32_t item) const;

 private:
  void Forget(uint32_t item);
  std::vector<Bought> bought_;
  std::vector<uint32_t> considered_;
};

bool OnSale(const Item& item, int64_t time);
float Match(const Shopper& shopper, const Item& item);
float CartProbability(const Shopper& shopper, const Item& item, bool considered);
// Of buying the consumable again in a visit at `time`; 0 for durables.
float RepeatProbability(const Shopper& shopper, const Item& item, int64_t bought, int64_t time);
// Of a click on the item in an advertisement slot:
// kSlotClick[slot] (0.1 + 0.9 match_u(i) min(1, 8 taste_u(kind_i))).
float ClickProbability(const Shop& shop, const Shopper& shopper, const Item& item, size_t slot);

// intent(k) above, into `intent` (one per kind).
void Intent(const Shop& shop, const Shopper& shopper, const Memory& memory, int64_t time,
            std::span<float> intent);
// An item of `kind` with the probabilities browse(i) / look(kind). Precondition: the kind has
// items.
uint32_t DrawItem(const Shop& shop, const Shopper& shopper, const Memory& memory, size_t kind,
                  int64_t time, Rng& rng);

// buy(i) above for every item, for a visit at history.now after history.events.
void TrueScores(const Shop& shop, const Shopper& shopper, const History& history,
                std::span<float> scores);

}  // namespace vitrine::generate

#endif  // VITRINE_GENERATE_CHOICE_H_
