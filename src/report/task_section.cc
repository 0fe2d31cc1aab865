#include "report/task_section.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/evidence.h"
#include "data/report.h"
#include "report/plot.h"
#include "report/words.h"

namespace vitrine::report {
namespace {

constexpr const char* kRank = "ndcg@20";

// A model of the task: the one in question, or one that it is measured against.
struct Contender {
  std::string name;  // plain text
  const Json* metrics;
  const Json* differences;  // of the model in question to this one; nullptr: it is itself
  const Json* by_activity;
};

std::vector<Contender> ContendersOf(const Json& result, const TaskContext& context) {
  std::vector<Contender> contenders = {
      {context.model, &result["metrics"], nullptr, &result["by_activity"]}};
  for (const auto& [label, other] : result["baselines"].items()) {
    contenders.push_back({PlainName(label, context.target), &other["metrics"],
                          &other["differences"], &other["by_activity"]});
  }
  return contenders;
}

double ValueOf(const Json& metrics, std::string_view metric) {
  const auto found = metrics.find(metric);
  return found == metrics.end() ? NAN : NumberAt(*found, "value");
}

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

std::string ModelsFigure(const std::vector<Contender>& contenders, const TaskContext& context,
                         const std::string& n_cases) {
  std::vector<IntervalRow> rows;
  std::string description;
  for (const Contender& contender : contenders) {
    const Measured measured = MeasuredOf((*contender.metrics)[kRank]);
    rows.push_back({contender.name, measured, Number(measured.value), rows.size()});
    description += contender.name + " " + Number(measured.value) + ", interval " +
                   Interval(measured.low, measured.high, 4) + ". ";
  }
  return Figure(
      Element("h3", "How well each model ranks") +
          IntervalPlot({context.id() + "-models", "NDCG@20 of each model", description}, rows,
                       "NDCG@20, 0 to 1", false),
      "NDCG@20: credit for each wanted product among the first 20, more for a higher place. Means "
      "over " +
          n_cases + " test shoppers; bars are 95 % bootstrap intervals.");
}

// Relative differences in accuracy to the first rival.
std::string GainFigure(const Contender& own, const Contender& rival, const TaskContext& context,
                       uint64_t n) {
  std::vector<IntervalRow> rows;
  std::string description;
  for (const auto& [metric, difference] : rival.differences->items()) {
    const double base = ValueOf(*rival.metrics, metric);
    const Measured ahead = MeasuredOf(difference, "diff");
    const MetricWords words = WordsOf(metric);
    // One list length is enough for the eye; the table has them all.
    const bool shown = metric.ends_with("@20") || metric.find('@') == std::string::npos;
    if (!shown || !words.accuracy || !(base > 0) || !std::isfinite(ahead.low)) continue;
    const auto relative = [base](double x) { return 100 * x / base; };
    rows.push_back({words.name,
                    {relative(ahead.value), relative(ahead.low), relative(ahead.high)},
                    Signed(relative(ahead.value), 1) + "\u00a0%",
                    0});
    description += metric + " " + rows.back().words + ", interval " +
                   Interval(rows.back().measured.low, rows.back().measured.high, 1) + ". ";
  }
  if (rows.empty()) return "";
  return Figure(Element("h3", Escape("Gain over " + rival.name)) +
                    IntervalPlot({context.id() + "-gain",
                                  "Difference of " + own.name + " to " + rival.name + " in percent",
                                  description},
                                 rows, "difference to " + rival.name + ", %", true),
                "Right of zero " + Escape(own.name) +
                    " does better. Bars are 95 % intervals of the paired "
                    "difference, over the same resampled shoppers; " +
                    (n < kTooFewCases ? "so few of them tell nothing."
                                      : "one that crosses zero may be chance."));
}

std::string GroupName(const Json& group) {
  const auto from = group["events"][0].get<uint64_t>(), to = group["events"][1].get<uint64_t>();
  return from == to ? FormatCount(from) : FormatCount(from) + "–" + FormatCount(to);
}

std::string ActivityFigure(const std::vector<Contender>& contenders, const TaskContext& context) {
  std::vector<std::string> groups, labels;
  for (const Json& group : *contenders.front().by_activity) groups.push_back(GroupName(group));
  std::vector<GroupSeries> series;
  std::string description;
  for (const Contender& contender : contenders) {
    GroupSeries& one = series.emplace_back(GroupSeries{contender.name, {}});
    description += contender.name + ":";
    for (size_t g = 0; g < groups.size(); ++g) {
      one.groups.push_back(MeasuredOf((*contender.by_activity)[g][kRank]));
      description += " " + groups[g] + " events " + Number(one.groups.back().value) + ",";
    }
    description.back() = '.';
    description += ' ';
    labels.push_back(contender.name);
  }
  return Figure(Element("h3", "For whom it works") + Legend(labels) +
                    GroupPlot({context.id() + "-activity", "NDCG@20 by the length of the history",
                               description},
                              groups, series, "events in the shopper’s history", "NDCG@20"),
                "Test shoppers in groups of like size, by how much they did before the question. "
                "Bars are 95 % bootstrap intervals.");
}

std::string ActivityTable(const std::vector<Contender>& contenders) {
  std::vector<std::string> head = {"Events before", "Shoppers"};
  for (const Contender& contender : contenders) {
    head.push_back(Escape(contender.name));
    if (contender.differences != nullptr) head.emplace_back("Difference");
  }
  std::vector<std::vector<std::string>> rows;
  const Json& groups = *contenders.front().by_activity;
  for (size_t g = 0; g < groups.size(); ++g) {
    auto& row = rows.emplace_back();
    row = {GroupName(groups[g]), FormatCount(groups[g]["cases"].get<uint64_t>())};
    for (const Contender& contender : contenders) {
      const Json& group = (*contender.by_activity)[g];
      const Measured value = MeasuredOf(group[kRank]);
      row.push_back(Number(value.value) + Element("small", Interval(value.low, value.high, 4)));
      if (contender.differences == nullptr) continue;
      const Measured ahead = MeasuredOf(group["difference"], "diff");
      row.push_back(Signed(ahead.value) + Element("small", Interval(ahead.low, ahead.high, 4)));
    }
  }
  return Table("NDCG@20 by the length of the history", head, rows);
}

std::string DifferenceCell(const Contender& rival, const std::string& metric, Better better,
                           uint64_t n) {
  const auto found = rival.differences->find(metric);
  if (found == rival.differences->end()) return Number(NAN);
  const Measured ahead = MeasuredOf(*found, "diff");
  if (!std::isfinite(ahead.value)) return Number(ahead.value);
  std::string word = Doubt(ahead, n);
  if (word.empty()) {
    const bool higher = ahead.value > 0;
    if (better == Better::kNeither) {
      word = higher ? "higher" : "lower";
    } else {
      word = higher == (better == Better::kHigher) ? "better" : "worse";
    }
  }
  const double relative = NumberAt(*found, "relative");
  std::string more = Interval(ahead.low, ahead.high, 4);
  more += "<br>";
  if (std::isfinite(relative)) more += Signed(100 * relative, 1) + "\u00a0%, ";
  return Signed(ahead.value) + Element("small", more + word);
}

std::string MetricTable(const std::vector<Contender>& contenders, bool accuracy, uint64_t n) {
  std::vector<std::string> head = {"Measure"};
  for (const Contender& contender : contenders) {
    head.push_back(Escape(contender.name));
    if (contender.differences != nullptr) {
      head.push_back(contenders.size() == 2 ? "Difference"
                                            : Escape("Difference to " + contender.name));
    }
  }
  std::map<std::string, size_t> times;
  for (const auto& [metric, estimate] : contenders.front().metrics->items()) {
    ++times[WordsOf(metric).name];
  }
  std::vector<std::vector<std::string>> rows;
  std::set<std::string> explained;  // the same measure of other lengths needs no more words
  for (const auto& [metric, estimate] : contenders.front().metrics->items()) {
    const MetricWords words = WordsOf(metric);
    if (words.accuracy != accuracy) continue;
    const size_t at = metric.find('@');
    const bool is_shared = times[words.name] > 1 && at != std::string::npos;
    const std::string name =
        words.name + (is_shared ? " among the first " + metric.substr(at + 1) : "");
    auto& row = rows.emplace_back();
    row.push_back(
        Escape(name) + " " + Element("code", Escape(metric)) +
        (explained.insert(words.name).second ? Element("small", Escape(words.meaning)) : ""));
    for (const Contender& contender : contenders) {
      const Measured value = MeasuredOf((*contender.metrics)[metric]);
      std::string cell = Number(value.value);
      if (std::isfinite(value.low)) {
        cell += Element("small", Interval(value.low, value.high, 4));
      }
      row.push_back(cell);
      if (contender.differences != nullptr) {
        row.push_back(DifferenceCell(contender, metric, words.better, n));
      }
    }
  }
  if (rows.empty()) return "";
  return Table(accuracy ? "How often it is right" : "What the lists are like", head, rows);
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
