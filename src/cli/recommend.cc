// `vitrine recommend`: the list that a page would show, for a history given by hand or from a log.
#include <cstdio>
#include <ctime>
#include <memory>

#include "cli/batch_lists.h"
#include "cli/command.h"
#include "cli/model_path.h"
#include "cli/moment.h"
#include "data/dataset.h"
#include "serve/recommender.h"

namespace vitrine {
namespace {

struct Flags {
  std::string model, data, shopper, now, out, repeats = "model";
  bool batch = false;
  std::vector<std::string> history, exclude;
  size_t count = 12;
};

Result<uint32_t> FindProduct(const Catalogue& catalogue, const std::string& id, const char* flag) {
  const uint32_t item = catalogue.Find(id);
  if (item == StringIds::kNone) {
    return Error{ErrorCode::kNotFound, std::string(flag) + " '" + id +
                                           "' is not a product of this model; name ids of its "
                                           "catalogue, as the log or the product file has them"};
  }
  return item;
}

// The last events of `shopper` in the data set, from either part.
Result<std::vector<Event>> ShopperEvents(const Dataset& data, const std::string& shopper) {
  std::vector<Event> events;
  for (const Shoppers* part : {&data.test(), &data.train()}) {
    for (size_t i = 0; i < part->size(); ++i) {
      if (part->Name(i) != shopper) continue;
      part->Read(i, events);
      return events;
    }
  }
  return Error{ErrorCode::kNotFound,
               data.folder() + ": knows no shopper '" + shopper + "'; name one as the log does"};
}

Status RunBatch(const Flags& flags, const Recommender& recommender, const Catalogue& catalogue,
                Request request, Command& command) {
  if (flags.data.empty() || flags.out.empty()) {
    return {ErrorCode::kInvalidArgument,
            "--batch ranks every shopper of a data set into a file; name both with --data and "
            "--out"};
  }
  if (!flags.shopper.empty() || !flags.history.empty()) {
    return {ErrorCode::kInvalidArgument,
            "--batch ranks every shopper; leave --shopper and --history out"};
  }
  VITRINE_ASSIGN_OR_RETURN(const Dataset data, Dataset::Open(flags.data));
  if (flags.now.empty()) request.now = data.info().last_time;
  VITRINE_ASSIGN_OR_RETURN(const BatchSummary summary,
                           WriteLists(recommender, catalogue, data, request, flags.out));
  const double per_second = static_cast<double>(summary.shoppers) / summary.seconds;
  command.result = {{"shoppers", summary.shoppers},
                    {"unknown_events", summary.unknown_events},
                    {"seconds", summary.seconds},
                    {"users_per_second", per_second},
                    {"out", flags.out}};
  if (!command.json) {
    std::printf("%zu lists in %s, %.0f shoppers a second\n", summary.shoppers, flags.out.c_str(),
                per_second);
    if (summary.unknown_events > 0) {
      std::printf("  passed over: %zu events on products that the model does not rank\n",
                  summary.unknown_events);
    }
  }
  return {};
}

Status Run(const Flags& flags, Command& command) {
  VITRINE_ASSIGN_OR_RETURN(TensorFile file, OpenModel(flags.model));
  VITRINE_ASSIGN_OR_RETURN(const Catalogue catalogue, ReadCatalogue(file));
  VITRINE_ASSIGN_OR_RETURN(const std::unique_ptr<Recommender> recommender,
                           Recommender::Create(std::move(file)));
  Request request{.count = flags.count, .now = std::time(nullptr)};
  if (!flags.now.empty()) {
    VITRINE_ASSIGN_OR_RETURN(
        request.now,
        ParseMoment("--now", flags.now, TimeParser(DateOrder::kMonthFirst, TimeZone())));
  }
  if (flags.repeats != "model") {
    request.repeats = flags.repeats == "include" ? Repeats::kInclude : Repeats::kExclude;
  }

  std::vector<uint32_t> exclude;
  for (const std::string& id : flags.exclude) {
    VITRINE_ASSIGN_OR_RETURN(const uint32_t item, FindProduct(catalogue, id, "--exclude"));
    exclude.push_back(item);
  }
  request.exclude = exclude;
  if (flags.batch) return RunBatch(flags, *recommender, catalogue, request, command);

  if (flags.shopper.empty() != flags.data.empty()) {
    return {ErrorCode::kInvalidArgument, "--data needs --shopper NAME, or --batch"};
  }
  if (!flags.shopper.empty()) {
    VITRINE_ASSIGN_OR_RETURN(const Dataset data, Dataset::Open(flags.data));
    VITRINE_ASSIGN_OR_RETURN(const std::string trained_on, recommender->file().Text("data.hash"));
    if (trained_on != data.info().hash) {
      return {ErrorCode::kInvalidArgument, flags.model + " was not trained on " + flags.data +
                                               "; name the data set it came from"};
    }
    VITRINE_ASSIGN_OR_RETURN(const std::vector<Event> events, ShopperEvents(data, flags.shopper));
    for (const Event& event : events) VITRINE_RETURN_IF_ERROR(recommender->Track(event));
    if (flags.now.empty() && !events.empty()) request.now = events.back().time;
  }
  // Products named by hand were bought a minute apart, the last one just now.
  for (size_t i = 0; i < flags.history.size(); ++i) {
    VITRINE_ASSIGN_OR_RETURN(const uint32_t item,
                             FindProduct(catalogue, flags.history[i], "--history"));
    const auto minutes_ago = static_cast<int64_t>(flags.history.size() - 1 - i);
    VITRINE_RETURN_IF_ERROR(recommender->Track({.time = request.now - 60 * minutes_ago,
                                                .item = item,
                                                .price = catalogue[item].price,
                                                .type = EventType::kPurchase}));
  }
  VITRINE_ASSIGN_OR_RETURN(const Ranking ranking, recommender->Recommend(request));
  auto& result = command.result;
  result["source"] = ranking.source == Source::kModel ? "model" : "popular";
  result["items"] = nlohmann::ordered_json::array();
  for (size_t i = 0; i < ranking.items.size(); ++i) {
    const Product& product = catalogue[ranking.items[i]];
    result["items"].push_back(
        {{"id", product.id}, {"score", ranking.scores[i]}, {"title", product.title}});
    if (!command.json) {
      std::printf("%3zu  %9.4f  %-14s %s\n", i + 1, static_cast<double>(ranking.scores[i]),
                  product.id.c_str(), product.title.c_str());
    }
  }
  return {};
}

}  // namespace

void AddRecommend(CLI::App& app, Command& command) {
  CLI::App* sub = app.add_subcommand(
      "recommend", "Rank the catalogue for one shopper, or for every shopper of a log");
  auto flags = std::make_shared<Flags>();
  sub->add_option("--model", flags->model, "Model file, or folder from `vitrine train`")
      ->required();
  sub->add_option("--history", flags->history, "Product ids the shopper bought, oldest first");
  auto* data = sub->add_option("--data", flags->data, "Data set folder, for --shopper or --batch");
  auto* shopper =
      sub->add_option("--shopper", flags->shopper, "Shopper of the log whose history to use");
  shopper->needs(data);
  sub->add_flag("--batch", flags->batch,
                "Rank for every shopper of --data; a line of JSON for each goes to --out");
  sub->add_option("--out", flags->out, "File for the lists of --batch");
  sub->add_option("--count", flags->count, "Products to list")
      ->check(kWholeNotNegative)
      ->capture_default_str();
  sub->add_option("--exclude", flags->exclude, "Product ids never to list");
  sub->add_option("--repeats", flags->repeats,
                  "Products of the history: include, exclude, or as the model was trained")
      ->check(CLI::IsMember({"model", "include", "exclude"}))
      ->capture_default_str();
  sub->add_option(
      "--now", flags->now,
      "The moment of asking, such as 2011-12-09 (default: now; the shopper's last event; of "
      "--batch the log's)");
  sub->callback(
      [flags, &command] { command.run = [flags, &command] { return Run(*flags, command); }; });
}

}  // namespace vitrine
