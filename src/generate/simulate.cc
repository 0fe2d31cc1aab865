#include "generate/simulate.h"

#include <algorithm>
#include <cmath>

#include "generate/choice.h"
#include "generate/sampling.h"

namespace vitrine::generate {
namespace {

constexpr float kAdRow = 0.7f;          // share of visits whose pages carry advertisements
constexpr float kList = 0.15f;          // share of visits that open a category page
constexpr int kListRows = 3;            // products of it that come into view
constexpr float kSelect = 0.15f;        // share of views that come from a click in a list
constexpr float kWish = 0.03f;          // share of views that end on the wish list
constexpr float kRated = 0.25f;         // share of order lines that are rated
constexpr float kReviewed = 0.4f;       // share of ratings that come with words
constexpr float kComesBack = 0.7f;      // share of consumables for which the shopper comes when due
constexpr int64_t kReviewSeconds = 60;  // between stars and words
constexpr float kUpset = 0.15f;         // added to leave_probability after a bad purchase
constexpr int64_t kShortestGap = 1800;  // seconds between two visits
constexpr int64_t kLongestBrowse = 9000;  // seconds after which no view begins
constexpr int64_t kLongestVisit = 10800;  // seconds

struct CartLine {
  uint32_t item = 0;
  bool sure = false;  // a consumable bought again
};

struct PendingRating {
  int64_t time = 0;
  uint32_t item = 0;
  int rating = 0;
};

class Life {
 public:
  Life(const Shop& shop, size_t index)
      : shop_(shop),
        items_(shop.assortment.items),
        rng_(Stream(shop.options.seed, Purpose::kBehaviour, index)),
        intent_(shop.demand.size()) {
    log_.shopper = MakeShopper(shop, index);
  }

  ShopperLog Live();

 private:
  void Come(int64_t start);
  void ShowAds();
  void OpenList(size_t kind);
  void Browse();
  void View(uint32_t item, bool from_list);
  void Checkout();
  void Rate(int64_t until);
  void Log(EventType type, uint32_t item, float quantity = 1, float value = 0,
           uint32_t basket = kNoBasket);
  void Wait(double least, double most) {
    clock_ += static_cast<int64_t>(Between(least, most, rng_));
  }
  size_t Aside(size_t kind) {
    const std::vector<KindShare>& row = shop_.complements[kind];
    return row[rng_.Below(static_cast<uint32_t>(row.size()))].kind;  // rows are uniform
  }
  bool InCart(uint32_t item) const {
    return std::any_of(cart_.begin(), cart_.end(),
                       [item](const CartLine& line) { return line.item == item; });
  }

  const Shop& shop_;
  const std::vector<Item>& items_;
  Rng rng_;
  Memory memory_;
  ShopperLog log_;
  const Shopper& shopper_ = log_.shopper;
  int64_t clock_ = 0;
  uint32_t orders_ = 0;
  bool upset_ = false;
  std::vector<PendingRating> ratings_;
  std::vector<int64_t> returns_;  // times at which a consumable runs out
  // Of the visit:
  std::vector<float> intent_;
  size_t intended_ = 0;  // kind
  std::vector<CartLine> cart_;
  size_t first_impression_ = 0;
};

void Life::Log(EventType type, uint32_t item, float quantity, float value, uint32_t basket) {
  LoggedEvent logged;
  logged.visit = static_cast<uint32_t>(log_.visits.size() - 1);
  logged.event = {.time = clock_,
                  .item = item,
                  .basket = basket,
                  .price = shop_.assortment.offers[item].price,
                  .quantity = quantity,
                  .value = value,
                  .type = type};
  log_.events.push_back(logged);
}

ShopperLog Life::Live() {
  const Calendar& calendar = shop_.calendar;
  const int64_t last_start = calendar.end() - kLongestVisit - 1;
  double day = shopper_.first_day;
  int64_t start = std::min(calendar.MomentOn(static_cast<int>(day), rng_), last_start);
  while (true) {
    Come(start);
    const float leaves = shopper_.leave_probability + (upset_ ? kUpset : 0);
    upset_ = false;
    if (Chance(leaves, rng_)) {
      Rate(calendar.end() - kReviewSeconds);
      log_.left_at = clock_ + 1;
      return std::move(log_);
    }
    // The next visit comes by habit, or when something runs out that this one hasn't replaced.
    std::erase_if(returns_, [this](int64_t time) { return time < clock_ + kDaySeconds; });
    day = calendar.Advance(day, Gamma(1.2, rng_) / 1.2 * shopper_.visit_gap_days);
    const auto due = std::min_element(returns_.begin(), returns_.end());
    if (due != returns_.end()) {
      const double due_day = static_cast<double>(*due - calendar.start()) / kDaySeconds;
      if (due_day < day) {
        day = due_day;
        returns_.erase(due);
      }
    }
    if (day >= calendar.days()) break;
    start = calendar.MomentOn(static_cast<int>(day), rng_);
    if (start > last_start) break;
    Rate(start - kShortestGap);
    if (start < clock_ + kShortestGap) start = clock_ + kShortestGap + rng_.Below(7200);
    if (start > last_start) break;
  }
  Rate(calendar.end() - kReviewSeconds);
  return std::move(log_);
}

void Life::Come(int64_t start) {
  clock_ = start;
  Intent(shop_, shopper_, memory_, start, intent_);
  intended_ = PickWeighted(std::span<const float>(intent_), rng_);
  const Segment& segment = Segments()[shopper_.segment];
  Visit visit;
  visit.start = start;
  visit.device =
      Chance(0.8, rng_)
          ? shopper_.device
          : static_cast<uint8_t>(PickWeighted(std::span<const double>(segment.devices), rng_));
  visit.referrer =
      static_cast<uint8_t>(PickWeighted(std::span<const double>(segment.referrers), rng_));
  const std::string_view referrer = kReferrers[visit.referrer];
  const bool at_home = Chance(referrer == "direct" || referrer == "email" ? 0.6 : 0.3, rng_);
  visit.landing = at_home ? kHome : static_cast<int>(intended_);
  log_.visits.push_back(visit);

  const size_t first_event = log_.events.size();
  first_impression_ = log_.impressions.size();
  cart_.clear();
  ShowAds();
  for (const Memory::Bought& bought : memory_.bought()) {
    if (!Chance(RepeatProbability(shopper_, items_[bought.item], bought.time, start), rng_))
      continue;
    if (InCart(bought.item)) continue;
    Wait(4, 20);
    Log(EventType::kView, bought.item, 1, 12);
    Wait(8, 20);
    Log(EventType::kCart, bought.item);
    cart_.push_back({bought.item, true});
  }
  if (Chance(kList, rng_)) OpenList(intended_);
  Browse();
  Checkout();
  for (size_t i = first_event; i < log_.events.size(); ++i) memory_.Apply(log_.events[i].event);
}

void Life::ShowAds() {
  if (!Chance(kAdRow, rng_)) return;
  std::vector<AdChoice> choices;
  std::vector<uint32_t> clicked;
  for (size_t slot = 0; slot < kSlots.size(); ++slot) {
    AdChoices(shop_.calendar, shop_.assortment, shop_.campaigns, slot, clock_,
              log_.visits.back().landing, choices);
    if (choices.empty()) continue;
    std::vector<float> propensities;
    propensities.reserve(choices.size());
    for (const AdChoice& choice : choices) propensities.push_back(choice.propensity);
    const AdChoice& shown = choices[PickWeighted(std::span<const float>(propensities), rng_)];
    Impression impression;
    impression.time = clock_;
    impression.visit = static_cast<uint32_t>(log_.visits.size() - 1);
    impression.item = shown.item;
    impression.campaign = shown.campaign;
    impression.slot = static_cast<uint8_t>(slot);
    impression.propensity = shown.propensity;
    impression.clicked = Chance(ClickProbability(shop_, shopper_, items_[shown.item], slot), rng_);
    if (impression.clicked) clicked.push_back(shown.item);
    log_.impressions.push_back(impression);
  }
  for (const uint32_t item : clicked) View(item, false);
}

void Life::OpenList(size_t kind) {
  Wait(2, 8);
  const std::vector<uint32_t>& items = shop_.assortment.of_kind[kind];
  std::vector<uint32_t> shown;
  for (int row = 0; row < kListRows; ++row) {
    const uint32_t item = items[shop_.popular[kind].Sample(rng_)];
    if (!OnSale(items_[item], clock_)) continue;
    if (std::find(shown.begin(), shown.end(), item) != shown.end()) continue;
    shown.push_back(item);
    Log(EventType::kImpression, item);
  }
}

// Every view draws its kind from look(k) of choice.h, through the intent that the visit shares.
void Life::Browse() {
  const int64_t start = log_.visits.back().start;
  std::vector<uint32_t> considered;
  for (const uint32_t item : memory_.considered()) {
    if (OnSale(items_[item], start)) considered.push_back(item);
  }
  int n_views = 0;
  do {
    uint32_t item = 0;
    if (!considered.empty() && Chance(kReturn, rng_)) {
      item = Pick(considered, rng_);
    } else {
      size_t kind = intended_;
      if (Chance(kFresh, rng_)) kind = PickWeighted(std::span<const float>(intent_), rng_);
      if (Chance(kAside, rng_)) kind = Aside(kind);
      item = DrawItem(shop_, shopper_, memory_, kind, start, rng_);
    }
    View(item, Chance(kSelect, rng_));
  } while (++n_views < kMostViews && clock_ < start + kLongestBrowse && Chance(kMoreViews, rng_));
}

void Life::View(uint32_t item, bool from_list) {
  Wait(3, 20);
  if (from_list) {
    Log(EventType::kClick, item);
    clock_ += 1;
  }
  const float match = Match(shopper_, items_[item]);
  const double seconds = std::exp(3.2 + 0.8 * (match - 0.4) + 0.8 * rng_.Normal());
  const auto dwell = static_cast<int64_t>(std::clamp(seconds, 2.0, 300.0));
  Log(EventType::kView, item, 1, static_cast<float>(dwell));
  clock_ += dwell;
  if (InCart(item)) return;
  if (Chance(CartProbability(shopper_, items_[item], memory_.Considers(item)), rng_)) {
    Log(EventType::kCart, item);
    cart_.push_back({item, false});
  } else if (Chance(kWish, rng_)) {
    Log(EventType::kWish, item);
  }
}

void Life::Checkout() {
  const bool buys = Chance(shopper_.checkout, rng_);
  std::vector<uint32_t> bought;
  for (const CartLine& line : cart_) {
    if (!line.sure && Chance(kRemove, rng_)) {
      Wait(2, 10);
      Log(EventType::kUncart, line.item);
    } else if (line.sure || buys) {
      bought.push_back(line.item);
    }
  }
  if (bought.empty()) return;
  Wait(40, 180);
  for (const uint32_t i : bought) {
    const Item& item = items_[i];
    const double lasts = Kinds()[item.kind]->repeat_days;
    const bool several = Chance(lasts > 0 ? 0.3 : 0.06, rng_);
    Log(EventType::kPurchase, i, several ? static_cast<float>(2 + rng_.Below(2)) : 1.0f, 0,
        orders_);
    for (size_t n = first_impression_; n < log_.impressions.size(); ++n) {
      Impression& impression = log_.impressions[n];
      if (impression.clicked && impression.item == i) impression.converted = true;
    }
    if (lasts > 0 && Chance(kComesBack, rng_)) {
      const double days = lasts * std::exp(0.15 * rng_.Normal());
      returns_.push_back(clock_ + static_cast<int64_t>(days * kDaySeconds));
    }
    const double pleased =
        3.7 + 0.55 * item.quality + 0.9 * (Match(shopper_, item) - 0.4) + 0.75 * rng_.Normal();
    const int stars = std::clamp(static_cast<int>(std::lround(pleased)), 1, 5);
    upset_ = upset_ || stars <= 2;
    if (Chance(kRated, rng_)) {
      const double delay = Between(4, 15, rng_) * kDaySeconds;
      ratings_.push_back({clock_ + static_cast<int64_t>(delay), i, stars});
    }
  }
  ++orders_;
}

// Hands in the ratings that fall before `until`, each in a short visit of its own.
void Life::Rate(int64_t until) {
  std::stable_sort(ratings_.begin(), ratings_.end(),
                   [](const PendingRating& a, const PendingRating& b) { return a.time < b.time; });
  size_t done = 0;
  for (; done < ratings_.size(); ++done) {
    const PendingRating& rating = ratings_[done];
    const int64_t time = std::max(rating.time, clock_ + 600);
    if (time >= until) break;
    clock_ = time;
    Visit visit;
    visit.start = clock_;
    visit.device = shopper_.device;
    visit.referrer = static_cast<uint8_t>(std::find(kReferrers.begin(), kReferrers.end(), "email") -
                                          kReferrers.begin());
    visit.landing = kReviewPage;
    log_.visits.push_back(visit);
    Log(EventType::kRate, rating.item, 1, static_cast<float>(rating.rating));
    if (!Chance(kReviewed, rng_)) continue;
    clock_ += kReviewSeconds;
    Log(EventType::kReview, rating.item, 1, static_cast<float>(rating.rating));
    log_.reviews.push_back(
        {clock_, rating.item, rating.rating, ReviewText(items_[rating.item], rating.rating, rng_)});
  }
  ratings_.erase(ratings_.begin(), ratings_.begin() + static_cast<std::ptrdiff_t>(done));
}

}  // namespace

ShopperLog Simulate(const Shop& shop, size_t shopper) { return Life(shop, shopper).Live(); }

}  // namespace vitrine::generate
