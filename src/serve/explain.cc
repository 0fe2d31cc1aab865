#include "serve/explain.h"

#include <algorithm>
#include <string>

namespace vitrine {
namespace {

// Histories that are scored together hold at most so many events, or are one.
constexpr size_t kMostEvents = 1 << 12;

bool Has(std::span<const uint32_t> items, uint32_t item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

// Appends the events on other products, the latest `most` of them.
void AddWithout(std::span<const Event> events, std::span<const uint32_t> items, size_t most,
                std::vector<Event>& left) {
  size_t begin = events.size();
  for (size_t n = 0; begin > 0 && n < most; --begin) n += !Has(items, events[begin - 1].item);
  for (const Event& event : events.subspan(begin)) {
    if (!Has(items, event.item)) left.push_back(event);
  }
}

// The latest distinct products, the last first.
std::vector<uint32_t> LatestProducts(std::span<const Event> events) {
  std::vector<uint32_t> items;
  for (size_t i = events.size(); i-- > 0 && items.size() < kMostReasons;) {
    if (!Has(items, events[i].item)) items.push_back(events[i].item);
  }
  return items;
}

// Which of the products that were touched are left.
enum class Left : bool { kOthers, kAlone };

// The adaptation of who touched none of `items`, or them alone.
Adaptation PartOf(const Adaptation& adaptation, std::span<const uint32_t> items, Left which) {
  Adaptation left{.gain = adaptation.gain};
  for (const Touched& touched : adaptation.Latest()) {
    if (Has(items, touched.item) == (which == Left::kAlone)) {
      left.products[left.n_products++] = touched;
    }
  }
  return left;
}

bool IsBefore(const Reason& a, const Reason& b) {
  const float first = a.strength(), second = b.strength();
  return first != second ? first > second : a.item < b.item;
}

// What Explain finds of one product, part by part.
class Explainer {
 public:
  Explainer(const Recommender& recommender, std::span<const Event> events, uint32_t item,
            const Request& request, const Adaptation* adaptation)
      : recommender_(recommender),
        events_(events),
        item_(item),
        request_(request),
        adaptation_(adaptation),
        whole_{events.last(std::min(events.size(), kMostRead)), request.now} {}

  Result<Explanation> Run() {
    VITRINE_ASSIGN_OR_RETURN(const Ranking ranking, RankWithout({}));
    found_.source = ranking.source;
    found_.listed = Has(ranking.items, item_);
    found_.adapted = BiasOf({}, Left::kOthers);
    if (Has(request_.exclude, item_)) {
      found_.rule = Rule::kExcluded;
    } else if (!found_.listed && Has(recommender_.NeverListed(events_, request_), item_)) {
      found_.rule = Rule::kRepeat;
    }
    AddReasons();
    AddContext();
    if (found_.listed && found_.source == Source::kModel) {
      VITRINE_RETURN_IF_ERROR(AddCounterfactual(found_.score - ranking.scores.back()));
    }
    return std::move(found_);
  }

 private:
  // What adapting adds to the product's score for who touched none of `items`, or them alone.
  float BiasOf(std::span<const uint32_t> items, Left which) const {
    return adaptation_ == nullptr
               ? 0
               : recommender_.adapter()->Bias(PartOf(*adaptation_, items, which), item_);
  }

  // The list of who never touched `items`.
  Result<Ranking> RankWithout(std::span<const uint32_t> items) {
    left_.clear();
    AddWithout(events_, items, events_.size(), left_);
    return recommender_.Rank(left_, request_,
                             adaptation_ == nullptr ? std::vector<ItemBias>()
                                                    : recommender_.adapter()->Biases(PartOf(
                                                          *adaptation_, items, Left::kOthers)));
  }

  // The score, the base, and what each product does when it is left out, and alone.
  void AddReasons() {
    const std::vector<uint32_t> products = LatestProducts(events_);
    const size_t group = std::max<size_t>(1, kMostEvents / (whole_.events.size() + 1));
    // So that no view of it moves.
    left_.reserve((std::min(group, products.size()) + 1) * whole_.events.size());
    std::vector<History> histories;
    std::vector<float> scores;
    size_t next = 0;
    do {
      const size_t first = next, last = std::min(first + group, products.size());
      left_.clear();
      histories.assign(2, whole_);
      histories[1].events = {};
      const auto ask = [&](size_t begin) {
        histories.push_back({{left_.data() + begin, left_.size() - begin}, request_.now});
      };
      for (; next < last; ++next) {
        const size_t without = left_.size();
        AddWithout(events_, {&products[next], 1}, kMostRead, left_);
        ask(without);
        const size_t alone = left_.size();
        for (const Event& event : whole_.events) {
          if (event.item == products[next]) left_.push_back(event);
        }
        ask(alone);
      }
      scores.resize(histories.size());
      recommender_.ScoreItem(item_, histories, request_.context, scores);
      found_.score = scores[0] + found_.adapted;
      found_.base = scores[1] + BiasOf(products, Left::kOthers);
      for (size_t i = first; i < last; ++i) {
        const float* asked = &scores[2 + 2 * (i - first)];
        const std::span<const uint32_t> one(&products[i], 1);
        const Reason reason{products[i], found_.score - asked[0] - BiasOf(one, Left::kOthers),
                            asked[1] + BiasOf(one, Left::kAlone) - found_.base};
        found_.reasons.push_back(reason);
        for (size_t at = i; at > 0 && IsBefore(reason, found_.reasons[at - 1]); --at) {
          std::swap(found_.reasons[at], found_.reasons[at - 1]);
        }
      }
    } while (next < products.size());
    found_.interaction = found_.score - found_.base;
    for (const Reason& reason : found_.reasons) found_.interaction -= reason.contribution;
  }

  // What leaving out each word of the context takes from the score.
  void AddContext() {
    for (size_t i = 0; i < request_.context.size(); ++i) {
      std::vector<uint32_t> others(request_.context.begin(), request_.context.end());
      others.erase(others.begin() + static_cast<ptrdiff_t>(i));
      float score = 0;
      recommender_.ScoreItem(item_, {&whole_, 1}, others, {&score, 1});
      found_.context.push_back(found_.score - score - found_.adapted);
    }
  }

  // The fewest of the reasons, the first ones, without which the product would not be listed;
  // `margin` is how far its score lies above the last of the list.
  Status AddCounterfactual(float margin) {
    size_t most = 0;  // reasons that speak for the product, of those that may be left out
    while (most < std::min(kMostWithout, found_.reasons.size()) &&
           found_.reasons[most].strength() > 0) {
      ++most;
    }
    const auto first_reasons = [&](size_t n) {
      std::vector<uint32_t> items;
      for (size_t i = 0; i < n; ++i) items.push_back(found_.reasons[i].item);
      return items;
    };
    // First as many as would take it below the last of the list if all others stayed where they
    // are, then one more or one less: it is listed without `listed` of them, and not without
    // `gone`.
    size_t n = 0, listed = 0, gone = most + 1;
    for (float sum = 0; n < most && sum <= margin; ++n) sum += found_.reasons[n].contribution;
    while (listed + 1 < gone) {
      VITRINE_ASSIGN_OR_RETURN(const Ranking other, RankWithout(first_reasons(n)));
      const bool is_listed = Has(other.items, item_);
      (is_listed ? listed : gone) = n;
      n = is_listed ? n + 1 : n - 1;
    }
    if (gone <= most) found_.without = first_reasons(gone);
    return {};
  }

  const Recommender& recommender_;
  std::span<const Event> events_;
  uint32_t item_;
  const Request& request_;
  const Adaptation* adaptation_;
  History whole_;            // the events that a model reads
  std::vector<Event> left_;  // those that are left of them
  Explanation found_;
};

}  // namespace

Result<Explanation> Explain(const Recommender& recommender, std::span<const Event> events,
                            uint32_t item, const Request& request, const Adaptation* adaptation) {
  if (item >= recommender.n_items()) {
    return Error{ErrorCode::kInvalidArgument,
                 "item " + std::to_string(item) + " to explain is not in the catalogue"};
  }
  return Explainer(recommender, events, item, request, adaptation).Run();
}

}  // namespace vitrine
