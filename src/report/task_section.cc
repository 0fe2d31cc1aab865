#include "report/task_section.h"

#include <algorithm>
#include <cmath>

#include "core/evidence.h"
#include "data/report.h"
#include "report/task_contender.h"
#include "report/task_figures.h"
#include "report/task_tables.h"
#include "report/words.h"

namespace vitrine::report {
namespace {

// What a share of `metric` is a share of; empty for a metric that has no such words.
std::string ShareWords(std::string_view metric, const std::string& verb) {
  if (metric == "conversion@20" || metric == "hr@20") {
    return "of shoppers find at least one product that they go on to " + verb +
           " among the 20 shown";
  }
  if (metric == "precision@20") {
    return "of the 20 products shown are ones that the shopper goes on to " + verb;
  }
  if (metric == "revenue@20") return "of the money spent went to products among the 20 shown";
  if (metric == "recall@20") {
    return "of the products that shoppers go on to " + verb + " are among the 20 shown";
  }
  if (metric == "coverage@20") return "of the catalogue is shown to somebody";
  return "";
}

// The measure that says most in one sentence.
std::string_view HeadlineOf(const Json& metrics) {
  for (const std::string_view metric : {"conversion@20", "hr@20", "precision@20"}) {
    if (metrics.contains(metric)) return metric;
  }
  return kRank;
}

// "vae is ahead by 7.9 points (95 % interval 5.9 to 9.8), more than chance explains."
std::string HowSure(const std::string& own, const Measured& difference, uint64_t n, double unit,
                    int decimals, const std::string& unit_name) {
  if (n < kTooFewCases) {
    return "Only " + Shoppers(n) + ": too few to tell which model is better.";
  }
  const std::string size =
      Element("b", Number(std::abs(difference.value) * unit, decimals)) + unit_name;
  const bool behind = difference.value < 0;
  const double sign = behind ? -unit : unit;
  const double a = sign * difference.low, b = sign * difference.high;
  const std::string interval =
      " (95\u00a0% interval " + Interval(std::min(a, b), std::max(a, b), decimals) + ")";
  if (!Excludes0(difference)) {
    return "The difference of " + size + interval + " may be chance.";
  }
  return Escape(own) + (behind ? " is behind by " : " is ahead by ") + size + interval +
         ", more than chance explains.";
}

// `share` of one list or shopper, told of `n` shoppers.
std::string OverAll(std::string share, uint64_t n) {
  const auto put = [&share](std::string_view before, const std::string& after) {
    const size_t at = share.find(before);
    if (at != std::string::npos) share.replace(at, before.size(), after);
    return at != std::string::npos;
  };
  if (!put("of shoppers ", "of the " + Shoppers(n) + " ")) {
    put("products shown ", "products shown to each of the " + Shoppers(n) + " ");
  }
  return share;
}

std::string Verdict(const std::vector<Contender>& contenders, const std::string& verb, uint64_t n) {
  const Contender& own = contenders.front();
  const std::string_view metric = HeadlineOf(*own.metrics);
  const std::string share = OverAll(ShareWords(metric, verb), n);
  const double value = ValueOf(*own.metrics, metric);
  const std::string told = share.empty() ? Number(value) + " of NDCG@20" : Percent(value) + " ";
  std::string html = "With " + Element("b", Escape(own.name)) + ", " + Element("b", told) +
                     (share.empty() ? " over " + Shoppers(n) : share);
  if (contenders.size() == 1) return Element("p", R"(class="verdict")", html + ".") + "\n";
  const Contender& rival = contenders[1];
  const double theirs = ValueOf(*rival.metrics, metric);
  html += "; with " + Escape(rival.name) + ", " +
          Element("b", share.empty() ? Number(theirs) : Percent(theirs)) + ". ";
  const Measured ahead = MeasuredOf((*rival.differences)[std::string(metric)], "diff");
  html += share.empty() ? HowSure(own.name, ahead, n, 1, 4, "")
                        : HowSure(own.name, ahead, n, 100, 1, " points");
  return Element("p", R"(class="verdict")", html) + "\n";
}

// Shopper by shopper against the first rival, and by how much against the strongest.
std::string Notes(const std::vector<Contender>& contenders, uint64_t n) {
  if (contenders.size() == 1) return "";
  const Contender& rival = contenders[1];
  const Json& counts = (*rival.differences)[kRank];
  std::string html = "Shopper by shopper, by NDCG@20: ahead of " + Escape(rival.name) + " for " +
                     FormatCount(counts["higher"].get<uint64_t>()) + ", even for " +
                     FormatCount(counts["equal"].get<uint64_t>()) + ", behind for " +
                     FormatCount(counts["lower"].get<uint64_t>()) + ".";
  const auto strongest = std::max_element(
      contenders.begin() + 1, contenders.end(), [](const Contender& a, const Contender& b) {
        return ValueOf(*a.metrics, kRank) < ValueOf(*b.metrics, kRank);
      });
  if (strongest != contenders.begin() + 1 && n >= kTooFewCases) {
    html += " The strongest of the others is " + Element("b", Escape(strongest->name)) + ". " +
            HowSure(contenders.front().name, MeasuredOf((*strongest->differences)[kRank], "diff"),
                    n, 1, 4, " of NDCG@20");
  }
  return Element("p", html) + "\n";
}

std::string Tiles(const std::vector<Contender>& contenders, const std::string& verb) {
  std::string tiles;
  for (const char* metric :
       {"conversion@20", "hr@20", "precision@20", "revenue@20", "recall@20", "coverage@20"}) {
    const double value = ValueOf(*contenders.front().metrics, metric);
    if (!std::isfinite(value)) continue;
    std::string tile =
        Element("b", Percent(value)) + Element("span", Escape(ShareWords(metric, verb)));
    if (contenders.size() > 1) {
      tile += Element("span", Escape(contenders[1].name) + ": " +
                                  Percent(ValueOf(*contenders[1].metrics, metric)));
    }
    tiles += Element("li", tile);
  }
  return tiles.empty() ? "" : Element("ul", R"(class="tiles")", tiles) + "\n";
}

std::string LeftOut(const Json& left_out) {
  static constexpr std::pair<const char*, const char*> kReasons[] = {
      {"no_history", "had no history"},
      {"no_target", "had nothing to foresee"},
      {"too_few_baskets", "had too few baskets"},
      {"nothing_new", "wanted nothing new"}};
  std::string html;
  for (const auto& [key, words] : kReasons) {
    const auto n = left_out.value(key, uint64_t{0});
    if (n > 0) html += (html.empty() ? "" : ", ") + FormatCount(n) + " " + words;
  }
  return html.empty() ? "" : " Left out: " + html + ".";
}

}  // namespace

std::string TaskContext::id() const {
  if (after.empty()) return task;
  std::string id = task + "-after-" + after;
  std::ranges::replace(id, ' ', '-');
  return id;
}

Section TaskSection(const Json& result, const TaskContext& context) {
  const std::vector<Contender> contenders = ContendersOf(result, context);
  const auto n = result["cases"].get<uint64_t>();
  const std::string n_cases = FormatCount(n);
  const std::string verb = VerbOf(context.target);
  const bool discovery = context.task == "discovery";
  std::string html =
      Beside(Verdict(contenders, verb, n) + Notes(contenders, n), Tiles(contenders, verb));
  std::string figures;
  if (contenders.size() > 2) figures += ModelsFigure(contenders, context, n_cases);
  if (contenders.size() > 1) figures += GainFigure(contenders[0], contenders[1], context, n);
  figures += ActivityFigure(contenders, context);
  html += Element("div", R"(class="figures")", figures) + "\n";
  html += Element("p", R"(class="note")",
                  "Measured on " + Shoppers(n) +
                      (discovery ? "; what a shopper had seen before is not listed and does not "
                                   "count."
                                 : "; what was bought before is listed and counts.") +
                      LeftOut(result["left_out"]));
  const std::string after = context.after.empty() ? "" : " after " + context.after;
  const std::string heading = discovery ? "Discovery" + after + ": products new to the shopper"
                                        : "Next basket" + after + ": all of it, repeats included";
  const std::string tables = MetricTable(contenders, true, n) + MetricTable(contenders, false, n) +
                             ActivityTable(contenders);
  return {context.id(), heading, html, tables};
}

}  // namespace vitrine::report
