#include "generate/best_list.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/parallel.h"
#include "generate/simulate.h"

namespace vitrine::generate {
namespace {

constexpr size_t kListLength = 20;
// What a segment's shoppers buy, whatever page they came to, counts as so many of those who came to
// the page: it speaks where few simulated shoppers did.
constexpr float kPriorShoppers = 20;

// What a shopper bought, and to which row of gains it adds.
struct Bought {
  size_t segment = 0;
  int landing = kHome;
  float gain = 0;  // of each item: 1 / ideal DCG
  std::vector<uint32_t> items;
};

float IdealDcg(size_t n_items) {
  double ideal = 0;
  for (size_t rank = 0; rank < std::min(n_items, kListLength); ++rank) {
    ideal += 1 / std::log2(static_cast<double>(rank) + 2);
  }
  return static_cast<float>(ideal);
}

template <size_t n>
double ShareOf(const std::array<double, n>& weights, std::optional<size_t> i) {
  return i ? weights[*i] / std::accumulate(weights.begin(), weights.end(), 0.0) : 1;
}

template <class Names>
std::optional<size_t> Find(const Names& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<size_t>(found - names.begin());
}

}  // namespace

BestLists::BestLists(const Shop& shop, size_t n_shoppers)
    : n_items_(shop.assortment.items.size()),
      gains_(Segments().size() * (1 + Kinds().size()) * n_items_),
      buyers_(Segments().size() * (1 + Kinds().size())) {
  constexpr size_t kRound = 4096;
  std::vector<Bought> round(kRound);
  for (size_t first = 0; first < n_shoppers; first += kRound) {
    const size_t n = std::min(kRound, n_shoppers - first);
    ParallelForDynamic(n, 64, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        const ShopperLog log = Simulate(shop, shop.options.shoppers + first + i);
        Bought& bought = round[i];
        bought.segment = log.shopper.segment;
        bought.landing = log.visits.front().landing;
        bought.items.clear();
        for (const LoggedEvent& logged : log.events) {
          if (logged.event.type == EventType::kPurchase) bought.items.push_back(logged.event.item);
        }
        std::sort(bought.items.begin(), bought.items.end());
        bought.items.erase(std::unique(bought.items.begin(), bought.items.end()),
                           bought.items.end());
        bought.gain = bought.items.empty() ? 0 : 1 / IdealDcg(bought.items.size());
      }
    });
    const auto add = [&](size_t row, const Bought& bought) {
      ++buyers_[row];
      for (const uint32_t item : bought.items) gains_[row * n_items_ + item] += bought.gain;
    };
    for (size_t i = 0; i < n; ++i) {
      const Bought& bought = round[i];
      if (bought.items.empty()) continue;
      const size_t row = bought.segment * (1 + Kinds().size());
      add(row, bought);
      if (bought.landing != kHome) add(row + 1 + static_cast<size_t>(bought.landing), bought);
    }
  }
}

void BestLists::Score(const VisitContext& context, std::span<float> scores) const {
  std::fill(scores.begin(), scores.end(), 0.0f);
  const size_t n_rows = 1 + Kinds().size();
  for (size_t s = 0; s < Segments().size(); ++s) {
    const Segment& segment = Segments()[s];
    const auto chance = static_cast<float>(ShareOf(segment.countries, context.country) *
                                           ShareOf(segment.devices, context.device) *
                                           ShareOf(segment.referrers, context.referrer));
    const float* all = gains_.data() + s * n_rows * n_items_;
    if (context.landing == kHome) {
      for (size_t i = 0; i < n_items_; ++i) scores[i] += chance * all[i];
      continue;
    }
    const size_t row = s * n_rows + 1 + static_cast<size_t>(context.landing);
    const float* own = gains_.data() + row * n_items_;
    // The prior must not speak of a segment that never comes to this page.
    const float n_own = buyers_[row];
    const float prior =
        n_own * kPriorShoppers / (n_own + kPriorShoppers) / (buyers_[s * n_rows] + 1);
    const float kept = n_own / (n_own + kPriorShoppers);
    for (size_t i = 0; i < n_items_; ++i) scores[i] += chance * (kept * own[i] + prior * all[i]);
  }
}

VisitContext ParseVisitContext(std::string_view text) {
  VisitContext context;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = part.substr(0, equals), value = part.substr(equals + 1);
    if (name == "country") context.country = Find(kCountries, value);
    if (name == "device") context.device = Find(kDevices, value);
    if (name == "channel") context.referrer = Find(kReferrers, value);
    if (name != "landing") continue;
    for (size_t kind = 0; kind < Kinds().size(); ++kind) {
      if (Kinds()[kind]->category == value) context.landing = static_cast<int>(kind);
    }
  }
  return context;
}

}  // namespace vitrine::generate
