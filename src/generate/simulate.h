// What one shopper did in the period.
#ifndef VITRINE_GENERATE_SIMULATE_H_
#define VITRINE_GENERATE_SIMULATE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "features/event.h"
#include "generate/shop.h"

namespace vitrine::generate {

inline constexpr int kReviewPage = -2;  // landing page of a visit that only leaves a rating

struct Visit {
  int64_t start = 0;
  uint8_t device = 0;    // index into kDevices
  uint8_t referrer = 0;  // index into kReferrers
  int landing = kHome;   // a kind, kHome or kReviewPage
};

// Event::basket counts the shopper's own orders; Event::value is the rating, or the seconds spent
// with a viewed product.
struct LoggedEvent {
  Event event;
  uint32_t visit = 0;
};

struct Impression {
  int64_t time = 0;
  uint32_t visit = 0;
  uint32_t item = 0;
  uint16_t campaign = 0;
  uint8_t slot = 0;
  float propensity = 0;
  bool clicked = false;
  bool converted = false;  // bought in the same visit after the click
};

struct Review {
  int64_t time = 0;
  uint32_t item = 0;
  int rating = 0;
  std::string text;
};

// Everything ascends in time.
struct ShopperLog {
  Shopper shopper;
  std::vector<Visit> visits;
  std::vector<LoggedEvent> events;
  std::vector<Impression> impressions;
  std::vector<Review> reviews;
  int64_t left_at = kNever;  // nothing happens from here on; kNever: still a customer at the end
};

ShopperLog Simulate(const Shop& shop, size_t shopper);

}  // namespace vitrine::generate

#endif  // VITRINE_GENERATE_SIMULATE_H_
