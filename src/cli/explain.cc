// `vitrine explain`: why a shopper is recommended what, what speaks for a product, and what a model
// listens to.
#include "serve/explain.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>

#include "cli/command.h"
#include "cli/contender.h"
#include "cli/one_shopper.h"
#include "cli/report_file.h"
#include "data/dataset.h"
#include "evaluate/contexts.h"
#include "evaluate/protocol.h"
#include "evaluate/reasons.h"
#include "format/files.h"
#include "report/reason_report.h"
#include "train/progress.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kShown = 3;      // reasons of a product in a list
constexpr size_t kSpeakers = 20;  // products that speak most for another
constexpr size_t kExamples = 3;   // shoppers in the report

// In the order of Rule.
constexpr const char* kRules[] = {"none", "excluded", "repeat"};
constexpr const char* kRulesInWords[] = {"", "it is excluded",
                                         "it is in the history, and products do not repeat"};

struct Flags {
  ShopperFlags shopper;
  std::string product, report;
  size_t count = 12;
};

// The page about what was explained.
using MakePage = std::function<std::string(const report::Run&)>;

std::string NameOf(const Product& product) {
  return product.title.empty() ? product.id : product.title + " (" + product.id + ")";
}

// What is known beside the history, such as "country=DE", and what it adds.
using NamedContext = std::vector<std::pair<std::string, float>>;

Result<NamedContext> NamesOf(const Explanation& found, const OneShopper& one) {
  VITRINE_ASSIGN_OR_RETURN(const auto names, ReadContextNames(one.recommender->file()));
  NamedContext context;
  for (size_t i = 0; i < found.context.size(); ++i) {
    context.emplace_back(names[one.context[i]], found.context[i]);
  }
  return context;
}

Json ToJson(const Explanation& found, uint32_t item, const Catalogue& catalogue,
            const NamedContext& context = {}) {
  Json json{{"id", catalogue[item].id},
            {"title", catalogue[item].title},
            {"listed", found.listed},
            {"rule", kRules[static_cast<size_t>(found.rule)]},
            {"source", kSourceNames[static_cast<size_t>(found.source)]},
            {"score", found.score},
            {"base", found.base},
            {"interaction", found.interaction},
            {"adapted", found.adapted},
            {"context", Json::array()},
            {"reasons", Json::array()},
            {"without", Json::array()}};
  for (const auto& [name, contribution] : context) {
    json["context"].push_back({{"name", name}, {"contribution", contribution}});
  }
  for (const Reason& reason : found.reasons) {
    json["reasons"].push_back({{"id", catalogue[reason.item].id},
                               {"title", catalogue[reason.item].title},
                               {"contribution", reason.contribution},
                               {"alone", reason.alone}});
  }
  for (const uint32_t other : found.without) json["without"].push_back(catalogue[other].id);
  return json;
}

void Print(const Explanation& found, uint32_t item, const Catalogue& catalogue,
           const NamedContext& context, size_t most) {
  std::printf("%s: %.4f\n", NameOf(catalogue[item]).c_str(), static_cast<double>(found.score));
  if (found.source == Source::kPopular) {
    std::printf("  what sells, since the history says nothing yet\n");
    return;
  }
  for (const auto& [name, contribution] : context) {
    std::printf("  %+9.4f  %s\n", static_cast<double>(contribution), name.c_str());
  }
  for (const Reason& reason :
       std::span(found.reasons).first(std::min(most, found.reasons.size()))) {
    std::printf("  %+9.4f  %s", static_cast<double>(reason.contribution),
                NameOf(catalogue[reason.item]).c_str());
    if (report::IsApart(reason.alone, reason.contribution, found.score)) {
      std::printf(" (alone %+.4f)", static_cast<double>(reason.alone));
    }
    std::printf("\n");
  }
  if (most >= found.reasons.size()) {
    std::printf("  %+9.4f  without any history\n", static_cast<double>(found.base));
    std::printf("  %+9.4f  what they say only together\n", static_cast<double>(found.interaction));
    if (found.adapted != 0) {
      std::printf("  %+9.4f  of all that, by adapting\n", static_cast<double>(found.adapted));
    }
  }
  if (found.rule != Rule::kNone) {
    std::printf("  not listed, whatever its score: %s\n",
                kRulesInWords[static_cast<size_t>(found.rule)]);
  }
  if (found.without.empty()) return;
  std::printf("  not listed without");
  for (const uint32_t other : found.without) std::printf(" %s", catalogue[other].id.c_str());
  std::printf("\n");
}

// The products listed for one shopper, or one product, each with its reasons.
Result<MakePage> ExplainShopper(const Flags& flags, Command& command) {
  VITRINE_ASSIGN_OR_RETURN(const OneShopper one, OpenShopper(flags.shopper));
  if (flags.shopper.adapt) VITRINE_RETURN_IF_ERROR(Adapt(*one.recommender, command));
  const Request request = one.Ask(flags.count);
  std::vector<uint32_t> items;
  if (flags.product.empty()) {
    VITRINE_ASSIGN_OR_RETURN(const Ranking ranking, one.recommender->Recommend(request));
    items = ranking.items;
  } else {
    VITRINE_ASSIGN_OR_RETURN(const uint32_t item,
                             FindProduct(one.catalogue, flags.product, "--product"));
    items = {item};
  }
  command.result["items"] = Json::array();
  for (const uint32_t item : items) {
    VITRINE_ASSIGN_OR_RETURN(const Explanation found,
                             Explain(*one.recommender, one.recommender->events(), item, request,
                                     one.recommender->adaptation()));
    VITRINE_ASSIGN_OR_RETURN(const NamedContext context, NamesOf(found, one));
    command.result["items"].push_back(ToJson(found, item, one.catalogue, context));
    if (command.json) continue;
    const size_t most = flags.product.empty() ? kShown : found.reasons.size();
    Print(found, item, one.catalogue, context, most);
  }
  const Json example{{"events", one.recommender->events().size()},
                     {"items", command.result["items"]}};
  return MakePage([example, &command](const report::Run& run) {
    return report::ShopperReport(command.result, example, run);
  });
}

// Whose purchase, alone and just now, raises the product most.
Result<MakePage> ExplainProduct(const Flags& flags, Command& command) {
  VITRINE_ASSIGN_OR_RETURN(const OneShopper one, OpenShopper(flags.shopper));
  VITRINE_ASSIGN_OR_RETURN(const uint32_t item,
                           FindProduct(one.catalogue, flags.product, "--product"));
  const size_t n = one.recommender->n_items();
  std::vector<Event> events(n);
  std::vector<History> histories = {{{}, one.now}};
  for (uint32_t i = 0; i < n; ++i) {
    events[i] = {.time = one.now, .item = i, .type = EventType::kPurchase};
    histories.push_back({{&events[i], 1}, one.now});
  }
  std::vector<float> scores(histories.size());
  one.recommender->model().ScoreItem(item, histories, scores);
  std::vector<Reason> reasons;
  for (uint32_t i = 0; i < n; ++i) {
    if (i != item) reasons.push_back({i, scores[i + 1] - scores[0]});
  }
  const size_t shown = std::min(kSpeakers, reasons.size());
  std::ranges::partial_sort(
      reasons, reasons.begin() + static_cast<ptrdiff_t>(shown),
      [](const Reason& a, const Reason& b) {
        return a.contribution != b.contribution ? a.contribution > b.contribution : a.item < b.item;
      });
  reasons.resize(shown);
  command.result = {{"id", one.catalogue[item].id},
                    {"title", one.catalogue[item].title},
                    {"base", scores[0]},
                    {"reasons", Json::array()}};
  if (!command.json) std::printf("What speaks for %s:\n", NameOf(one.catalogue[item]).c_str());
  for (const Reason& reason : reasons) {
    const Product& product = one.catalogue[reason.item];
    command.result["reasons"].push_back(
        {{"id", product.id}, {"title", product.title}, {"contribution", reason.contribution}});
    if (!command.json) {
      std::printf("  %+9.4f  %s\n", static_cast<double>(reason.contribution),
                  NameOf(product).c_str());
    }
  }
  return MakePage(
      [&command](const report::Run& run) { return report::ProductReport(command.result, run); });
}

// Lists with reasons of some of the shoppers asked.
Result<Json> Examples(const OneShopper& one, const Cases& cases) {
  Json examples = Json::array();
  const size_t step = std::max<size_t>(1, cases.size() / kExamples);
  for (size_t i = step / 2; i < cases.size() && examples.size() < kExamples; i += step) {
    const History history = cases.HistoryOf(i);
    const Request request{.count = kShown, .now = history.now};
    VITRINE_ASSIGN_OR_RETURN(const Ranking ranking, one.recommender->Rank(history.events, request));
    Json lists = Json::array();
    for (const uint32_t item : ranking.items) {
      VITRINE_ASSIGN_OR_RETURN(const Explanation found,
                               Explain(*one.recommender, history.events, item, request));
      lists.push_back(ToJson(found, item, one.catalogue));
    }
    examples.push_back({{"events", history.events.size()}, {"items", std::move(lists)}});
  }
  return examples;
}

void Print(const ReasonQuality& quality) {
  std::printf("Of %zu shoppers, the first product recommended, in deviations of the scores:\n",
              quality.n_cases);
  const auto show = [](const char* what, const auto& gains, size_t order, const char* than) {
    const Estimate& gain = gains[order];
    std::printf("  %-34s %+.3f  [%+.3f, %+.3f]  than %s\n", what, gain.value, gain.interval.low,
                gain.interval.high, than);
  };
  for (const auto& [order, than] : {std::pair{ReasonQuality::kRandom, "in random order"},
                                    std::pair{ReasonQuality::kRecency, "the latest first"}}) {
    show("without the strongest reasons, lower", quality.deletion_gain, order, than);
    show("with them alone, higher", quality.insertion_gain, order, than);
  }
  std::printf(
      "What speaks for a product: the last product of the history %.0f %%, the four before "
      "%.0f %%, the 15 before those %.0f %%, earlier ones %.0f %%\n",
      100 * quality.by_place[0], 100 * quality.by_place[1], 100 * quality.by_place[2],
      100 * quality.by_place[3]);
}

// What the model listens to, over the test part.
Result<MakePage> ExplainModel(const Flags& flags, Command& command) {
  if (flags.shopper.data.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "what is to be explained? Name --history or --shopper for a list, --product for a "
                 "product, or --data for the model on the data set's test part"};
  }
  VITRINE_ASSIGN_OR_RETURN(const Dataset dataset, Dataset::Open(flags.shopper.data));
  if (dataset.info().split == Split::kNone) {
    return Error{ErrorCode::kInvalidArgument,
                 dataset.folder() + ": has no test part; prepare it with a split"};
  }
  ShopperFlags alone = flags.shopper;
  alone.data.clear();
  VITRINE_ASSIGN_OR_RETURN(const OneShopper one, OpenShopper(alone));
  VITRINE_RETURN_IF_ERROR(CheckItems(one.recommender->file(), dataset.catalogue()));
  const Cases cases = TestCases(dataset, Task::kDiscovery);
  VITRINE_ASSIGN_OR_RETURN(const ReasonQuality quality,
                           MeasureReasons(*one.recommender, cases, {}));
  command.result = {{"model", one.recommender->model().name()}};
  command.result.update(quality.ToJson());
  if (!command.json) Print(quality);
  Json examples;
  if (!flags.report.empty()) {
    VITRINE_ASSIGN_OR_RETURN(examples, Examples(one, cases));
  }
  return MakePage([examples, &command](const report::Run& run) {
    return report::ReasonReport(command.result, examples, run);
  });
}

Result<MakePage> ExplainAsked(const Flags& flags, Command& command) {
  if (flags.shopper.NamesOne() || !flags.shopper.context.empty()) {
    return ExplainShopper(flags, command);
  }
  if (flags.shopper.adapt) {
    return Error{ErrorCode::kInvalidArgument,
                 "--adapt is to a shopper; name --shopper or --history, or leave it out"};
  }
  return flags.product.empty() ? ExplainModel(flags, command) : ExplainProduct(flags, command);
}

Status Run(const Flags& flags, Command& command) {
  if (!flags.report.empty() && flags.shopper.data.empty()) {
    return {ErrorCode::kInvalidArgument,
            "--report says which data set the model is of; name it with --data"};
  }
  const auto start = std::chrono::steady_clock::now();
  VITRINE_ASSIGN_OR_RETURN(const MakePage page, ExplainAsked(flags, command));
  command.result["seconds"] =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  command.result["peak_bytes"] = PeakBytes();
  if (flags.report.empty()) return {};
  VITRINE_ASSIGN_OR_RETURN(const Dataset dataset, Dataset::Open(flags.shopper.data));
  return WriteTextFile(flags.report, page(RunOf(command, dataset)));
}

}  // namespace

void AddExplain(CLI::App& app, Command& command) {
  CLI::App* sub = app.add_subcommand(
      "explain", "Say why a shopper is recommended what, or what a model listens to");
  auto flags = std::make_shared<Flags>();
  AddShopperFlags(*sub, flags->shopper);
  sub->add_option("--product", flags->product,
                  "Explain this product alone: for the shopper, or what speaks for it at all");
  sub->add_option("--count", flags->count, "Products of the list that is explained")
      ->check(kWholeNotNegative);
  sub->add_option(
      "--report", flags->report,
      "With --data: a page about the shopper's list, the product or, with neither, what "
      "the model listens to, to be written");
  sub->callback(
      [flags, &command] { command.run = [flags, &command] { return Run(*flags, command); }; });
}

}  // namespace vitrine
