// What a shopper did, as every part of the core sees it.
#ifndef VITRINE_FEATURES_EVENT_H_
#define VITRINE_FEATURES_EVENT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace vitrine {

// The stored vocabulary of events. The order is part of the file formats: append only.
enum class EventType : uint8_t {
  kView,        // opened the product's page; Event::value is seconds there, 0 where unknown
  kClick,       // chose the product in a list
  kCart,        // put it into the cart
  kUncart,      // took it out again, or wants to see no more of it
  kWish,        // put it on a wish list
  kPurchase,    // bought it
  kRate,        // rated it; Event::value is the rating
  kReview,      // wrote about it
  kDwell,       // stayed on its page; Event::value is seconds
  kImpression,  // was shown it
};
inline constexpr size_t kEventTypes = 10;
inline constexpr std::array<std::string_view, kEventTypes> kEventTypeNames = {
    "view", "click", "cart", "uncart", "wish", "purchase", "rate", "review", "dwell", "impression"};

inline constexpr uint32_t kNoBasket = std::numeric_limits<uint32_t>::max();

// One thing done to one product.
struct Event {
  int64_t time = 0;             // seconds since 1970-01-01 UTC
  uint32_t item = 0;            // index into the catalogue
  uint32_t basket = kNoBasket;  // order number, dense within the data set; kNoBasket outside orders
  float price = 0;              // per piece, in the shop's currency; 0 where unknown
  float quantity = 1;           // pieces
  float value = 0;              // rating or seconds, by type
  uint16_t context = 0;         // index into the data set's contexts; 0 is "unknown"
  EventType type = EventType::kView;
};

// A shopper's past, seen at a moment. Events ascend in time; none is later than `now`.
struct History {
  std::span<const Event> events;
  int64_t now = 0;  // seconds since 1970-01-01 UTC
};

}  // namespace vitrine

#endif  // VITRINE_FEATURES_EVENT_H_
