#include "cli/one_shopper.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>

#include "cli/model_path.h"
#include "cli/moment.h"
#include "data/dataset.h"
#include "evaluate/contexts.h"

namespace vitrine {
namespace {

// The events of `shopper` in the data set, from the test part if it has them.
Result<std::vector<Event>> ShopperEvents(const Dataset& data, const std::string& shopper) {
  std::vector<Event> events;
  for (const Shoppers* part : {&data.test(), &data.train()}) {
    for (size_t i = 0; i < part->size(); ++i) {
      if (part->Name(i) != shopper) continue;
      part->Read(i, events);
      return events;
    }
  }
  const Shoppers& known = data.train().size() > 0 ? data.train() : data.test();
  const std::string one = known.size() > 0 ? ", such as '" + std::string(known.Name(0)) + "'" : "";
  return Error{ErrorCode::kNotFound, data.folder() + ": knows no shopper '" + shopper +
                                         "'; name one as the log does" + one};
}

Status TrackFromLog(const ShopperFlags& flags, OneShopper& one) {
  VITRINE_ASSIGN_OR_RETURN(const Dataset data, Dataset::Open(flags.data));
  VITRINE_ASSIGN_OR_RETURN(const std::string trained_on, one.recommender->file().Text("data.hash"));
  if (trained_on != data.info().hash) {
    return {ErrorCode::kInvalidArgument,
            flags.model + " was not trained on " + flags.data + "; name the data set it came from"};
  }
  VITRINE_ASSIGN_OR_RETURN(const std::vector<Event> events, ShopperEvents(data, flags.shopper));
  for (const Event& event : events) VITRINE_RETURN_IF_ERROR(one.recommender->Track(event));
  if (flags.now.empty() && !events.empty()) one.now = events.back().time;
  return {};
}

// The numbers of what `context` says of a shopper who came at `came`, ascending: the month is that
// of then. Values that the model does not know are passed over, as in a page, with a word.
Result<std::vector<uint32_t>> FindContext(const TensorFile& file,
                                          const std::vector<std::string>& context, int64_t came) {
  VITRINE_ASSIGN_OR_RETURN(const std::vector<std::string> names, ReadContextNames(file));
  if (names.empty() && !context.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "--context: this model was trained without; prepare a log with a column such as "
                 "country, device, channel, landing or context, and train --model gan"};
  }
  std::string joined;
  for (const std::string& part : context) {
    if (part.find('=') == std::string::npos) {
      return Error{ErrorCode::kInvalidArgument,
                   "--context '" + part + "' is not a name and a value, such as country=DE"};
    }
    joined += (joined.empty() ? "" : ";") + part;
    if (std::ranges::find(names, part) != names.end()) continue;
    std::fprintf(stderr, "--context '%s' is not known to the model, and says nothing; it knows",
                 part.c_str());
    for (const std::string& name : names) std::fprintf(stderr, " %s", name.c_str());
    std::fprintf(stderr, "\n");
  }
  return ContextColumns(names, joined, came);
}

}  // namespace

void AddShopperFlags(CLI::App& sub, ShopperFlags& flags) {
  sub.add_option("--model", flags.model, "Model file, or folder from `vitrine train`")->required();
  sub.add_option("--history", flags.history, "Product ids the shopper bought, oldest first");
  auto* data = sub.add_option("--data", flags.data, "Data set folder, the log of --shopper");
  sub.add_option("--shopper", flags.shopper, "Shopper of the log whose history to use")
      ->needs(data);
  sub.add_option("--context", flags.context,
                 "What is known of the shopper, such as country=DE; of a gan alone");
  sub.add_flag("--adapt", flags.adapt,
               "Adapt the model to the shopper first, as a page does; for models that were trained "
               "with --adapt");
  sub.add_option("--exclude", flags.exclude, "Product ids never to list");
  sub.add_option("--repeats", flags.repeats,
                 "Products of the history: include, exclude, or as the model was trained")
      ->check(CLI::IsMember({"model", "include", "exclude"}))
      ->capture_default_str();
  sub.add_option(
      "--now", flags.now,
      "The moment of asking, such as 2011-12-09 (default: now; the shopper's last event)");
}

Result<uint32_t> FindProduct(const Catalogue& catalogue, const std::string& id, const char* flag) {
  const uint32_t item = catalogue.Find(id);
  if (item == StringIds::kNone) {
    return Error{ErrorCode::kNotFound, std::string(flag) + " '" + id +
                                           "' is not a product of this model; name ids of its "
                                           "catalogue, as the log or the product file has them"};
  }
  return item;
}

Result<OneShopper> OpenShopper(const ShopperFlags& flags) {
  VITRINE_ASSIGN_OR_RETURN(TensorFile file, OpenModel(flags.model));
  VITRINE_ASSIGN_OR_RETURN(Catalogue catalogue, ReadCatalogue(file));
  VITRINE_ASSIGN_OR_RETURN(std::unique_ptr<Recommender> recommender,
                           Recommender::Create(std::move(file)));
  OneShopper one{.catalogue = std::move(catalogue),
                 .recommender = std::move(recommender),
                 .now = std::time(nullptr)};
  if (!flags.now.empty()) {
    VITRINE_ASSIGN_OR_RETURN(
        one.now, ParseMoment("--now", flags.now, TimeParser(DateOrder::kMonthFirst, TimeZone())));
  }
  if (flags.repeats != "model") {
    one.repeats = flags.repeats == "include" ? Repeats::kInclude : Repeats::kExclude;
  }
  for (const std::string& id : flags.exclude) {
    VITRINE_ASSIGN_OR_RETURN(const uint32_t item, FindProduct(one.catalogue, id, "--exclude"));
    one.exclude.push_back(item);
  }
  if (!flags.shopper.empty()) VITRINE_RETURN_IF_ERROR(TrackFromLog(flags, one));
  // Products named by hand were bought a minute apart, the last one just now.
  for (size_t i = 0; i < flags.history.size(); ++i) {
    VITRINE_ASSIGN_OR_RETURN(const uint32_t item,
                             FindProduct(one.catalogue, flags.history[i], "--history"));
    const auto minutes_ago = static_cast<int64_t>(flags.history.size() - 1 - i);
    VITRINE_RETURN_IF_ERROR(one.recommender->Track({.time = one.now - 60 * minutes_ago,
                                                    .item = item,
                                                    .price = one.catalogue[item].price,
                                                    .type = EventType::kPurchase}));
  }
  const std::span<const Event> events = one.recommender->events();
  const int64_t came = events.empty() ? one.now : std::min(events.front().time, one.now);
  VITRINE_ASSIGN_OR_RETURN(one.context, FindContext(one.recommender->file(), flags.context, came));
  return one;
}

Status Adapt(Recommender& recommender, Command& command) {
  if (recommender.adapter() == nullptr) {
    return {ErrorCode::kUnsupported,
            "--adapt: the model cannot adapt; train it with --adapt, or leave the flag out"};
  }
  AdaptRun run = recommender.BeginAdapting();
  while (run.Step()) {
  }
  recommender.SetAdaptation(run.Finish());
  command.result["adapt"] = {{"gain", recommender.adaptation()->gain}, {"steps", run.n_steps()}};
  return {};
}

}  // namespace vitrine
