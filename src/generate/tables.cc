#include "generate/tables.h"

#include <array>
#include <charconv>

namespace vitrine::generate {
namespace {

// As GA4 exports name them; ratings and reviews, which GA4 lacks, by our own names.
constexpr std::array<std::string_view, kEventTypes> kEventNames = {
    "view_item", "select_item", "add_to_cart", "remove_from_cart", "add_to_wishlist",
    "purchase",  "rate",        "review",      "user_engagement",  "view_item_list"};

// Appends fields, comma after comma; quoted by RFC 4180 where they must be.
class Row {
 public:
  explicit Row(std::string& rows) : rows_(rows) {}
  ~Row() { rows_.back() = '\n'; }
  Row& Text(std::string_view text) {
    if (text.find_first_of(",\"\n\r") == std::string_view::npos) {
      rows_ += text;
    } else {
      rows_ += '"';
      for (const char c : text) {
        if (c == '"') rows_ += '"';
        rows_ += c;
      }
      rows_ += '"';
    }
    return Next();
  }
  Row& Empty() { return Next(); }
  Row& Number(int64_t value) {
    const auto end = std::to_chars(buffer_.data(), buffer_.data() + buffer_.size(), value).ptr;
    rows_.append(buffer_.data(), end);
    return Next();
  }
  Row& Fixed(double value, int decimals) {
    const auto end = std::to_chars(buffer_.data(), buffer_.data() + buffer_.size(), value,
                                   std::chars_format::fixed, decimals)
                         .ptr;
    rows_.append(buffer_.data(), end);
    return Next();
  }
  // The shortest digits that read back as `value`.
  Row& Exact(float value) {
    const auto end = std::to_chars(buffer_.data(), buffer_.data() + buffer_.size(), value).ptr;
    rows_.append(buffer_.data(), end);
    return Next();
  }
  Row& Time(int64_t time) {
    AppendTime(time, rows_);
    return Next();
  }
  // "S-0000042.7": part `number` of something named.
  Row& Part(std::string_view name, char separator, int64_t number) {
    rows_ += name;
    rows_ += separator;
    return Number(number);
  }

 private:
  Row& Next() {
    rows_ += ',';
    return *this;
  }
  std::string& rows_;
  std::array<char, 64> buffer_;
};

std::string_view LandingName(int landing) {
  if (landing == kHome) return "home";
  if (landing == kReviewPage) return "review";
  return Kinds()[static_cast<size_t>(landing)]->category;
}

}  // namespace

void AppendProduct(const Shop& shop, size_t item, std::string& rows) {
  const Item& it = shop.assortment.items[item];
  const Offer& offer = shop.assortment.offers[item];
  Row(rows)
      .Text(ItemId(item))
      .Text(offer.title)
      .Text(Kinds()[it.kind]->category)
      .Text(Brands()[it.brand].name)
      .Fixed(offer.price, 2)
      .Number(offer.stock)
      .Text(PicturePath(it.kind, offer.variant))
      .Text(Describe(shop.options.seed, shop.assortment, item))
      .Text(Departments()[DepartmentOf(it.kind)].name)
      .Time(it.launched);
}

void AppendEvents(size_t shopper, const ShopperLog& log, std::string& rows) {
  const std::string id = ShopperId(shopper);
  std::string order = id;
  order[0] = 'O';
  for (const LoggedEvent& logged : log.events) {
    const Event& event = logged.event;
    const Visit& visit = log.visits[logged.visit];
    Row row(rows);
    row.Text(id)
        .Part(id, '.', logged.visit)
        .Time(event.time)
        .Text(kEventNames[static_cast<size_t>(event.type)])
        .Text(ItemId(event.item))
        .Fixed(event.price, 2);
    const bool pieces = event.type == EventType::kPurchase || event.type == EventType::kCart ||
                        event.type == EventType::kUncart;
    pieces ? row.Number(static_cast<int64_t>(event.quantity)) : row.Empty();
    event.basket != kNoBasket ? row.Part(order, '.', event.basket) : row.Empty();
    const bool rated = event.type == EventType::kRate || event.type == EventType::kReview;
    rated ? row.Number(static_cast<int64_t>(event.value)) : row.Empty();
    event.type == EventType::kView ? row.Number(static_cast<int64_t>(event.value)) : row.Empty();
    row.Text(kCountries[log.shopper.country])
        .Text(kDevices[visit.device])
        .Text(kReferrers[visit.referrer])
        .Text(LandingName(visit.landing));
  }
}

void AppendReviews(size_t shopper, const ShopperLog& log, std::string& rows) {
  for (const Review& review : log.reviews) {
    Row(rows)
        .Text(ShopperId(shopper))
        .Text(ItemId(review.item))
        .Time(review.time)
        .Number(review.rating)
        .Text(review.text);
  }
}

void AppendCampaign(const Shop& shop, const Campaign& campaign, std::string& rows) {
  const int64_t start = shop.calendar.start();
  Row(rows)
      .Text(campaign.id)
      .Text(kSlots[campaign.slot])
      .Text(campaign.of_brand ? "brand" : "category")
      .Text(campaign.of_brand ? Brands()[campaign.target].name : Kinds()[campaign.target]->category)
      .Time(start + campaign.first_day * kDaySeconds)
      .Time(start + (campaign.last_day + 1) * kDaySeconds)
      .Fixed(campaign.budget, 2);
}

void AppendImpressions(const Shop& shop, size_t shopper, const ShopperLog& log, std::string& rows) {
  const std::string id = ShopperId(shopper);
  for (const Impression& impression : log.impressions) {
    Row(rows)
        .Text(shop.campaigns.list[impression.campaign].id)
        .Text(ItemId(impression.item))
        .Text(id)
        .Part(id, '.', impression.visit)
        .Time(impression.time)
        .Text(kSlots[impression.slot])
        .Exact(impression.propensity)
        .Number(impression.clicked)
        .Number(impression.converted);
  }
}

}  // namespace vitrine::generate
