#include "report/generated_section.h"

#include <string>
#include <vector>

#include "data/report.h"
#include "report/words.h"

namespace vitrine::report {
namespace {

struct Row {
  const char* key;
  const char* name;
  const char* meaning;
  const char* best;
};

constexpr Row kRows[] = {
    {"auc", "Told apart", "how well nearest neighbours tell made-up from real shoppers (AUC)",
     "0.5: not at all"},
    {"precision", "Precision", "made-up shoppers that lie among the real ones", "1"},
    {"recall", "Recall", "real shoppers that lie among the made-up ones", "1"},
    {"popularity_correlation", "Popularity", "correlation of how often products are chosen", "1"},
    {"size_distance", "Sizes", "largest gap between how many products they choose", "0"},
    {"category_distance", "Categories", "share of choices that fall into other categories", "0"},
    {"distinct", "Distinct", "made-up shoppers that are like no other", "1"},
};

}  // namespace

Section GeneratedSection(const Json& judged) {
  const bool held_out = judged["against"] == "held-out";
  std::string html = Element(
      "p", "From noise alone the model made up " +
               FormatCount(judged["behaviours"].get<uint64_t>()) +
               " shoppers. Beside as many real ones, " +
               (held_out ? "who were held out" : "of the training part, since none is held out") +
               ": they choose " + Number(NumberAt(judged, "size_generated"), 1) +
               " products each, the real ones " + Number(NumberAt(judged, "size_real"), 1) + "." +
               (judged["sizes"] == "drawn"
                    ? " It has learned which products they choose; how many was drawn from the "
                      "training part."
                    : ""));
  if (judged.value("collapsed", false)) {
    html += Element("p", R"(class="verdict")",
                    "It has collapsed: next to no real shopper is like any that it makes up.");
  }
  std::vector<std::vector<std::string>> rows;
  for (const Row& row : kRows) {
    if (!judged.contains(row.key)) continue;
    rows.push_back({row.name, Number(NumberAt(judged, row.key), 3), row.best,
                    Element("span", R"(class="wide")", row.meaning)});
  }
  html += Table("Made-up behaviour beside real behaviour", {"", "Value", "At best", "What it is"},
                rows);
  if (judged.contains("transfer")) {
    const Json& transfer = judged["transfer"];
    html += Element(
        "p", "EASE trained on " + FormatCount(transfer["shoppers_generated"].get<uint64_t>()) +
                 " made-up shoppers alone has an NDCG@20 of " +
                 Number(NumberAt(transfer["generated"]["ndcg@20"], "value")) +
                 " on real test shoppers; trained on the " +
                 FormatCount(transfer["shoppers_real"].get<uint64_t>()) + " real ones, " +
                 Number(NumberAt(transfer["real"]["ndcg@20"], "value")) + ". That is " +
                 Percent(NumberAt(transfer, "relative")) + " of it, 95 % interval " +
                 Percent(NumberAt(transfer, "relative_low")) + " to " +
                 Percent(NumberAt(transfer, "relative_high")) + ".");
  }
  return {"generated", "What it makes up", html};
}

}  // namespace vitrine::report
