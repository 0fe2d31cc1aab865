// `vitrine recommend`: the list that a page would show, for a history given by hand or from a log.
#include <algorithm>
#include <cstdio>
#include <memory>

#include "cli/batch_lists.h"
#include "cli/command.h"
#include "cli/one_shopper.h"
#include "data/dataset.h"
#include "kernels/native_kernels.h"
#include "serve/calibration.h"
#include "serve/recommender.h"

namespace vitrine {
namespace {

// Of Source.
constexpr const char* kSourceWords[] = {
    "From the history, by the model:", "What sells, since the history says nothing yet:",
    "Made up for the context, by the model:"};

struct Flags {
  ShopperFlags shopper;
  std::string out;
  bool batch = false;
  Exploring exploring;
  size_t count = 12;

  Request Ask(const OneShopper& one) const { return one.Ask(count); }
};

Status RunBatch(const Flags& flags, const OneShopper& one, Command& command) {
  if (flags.shopper.data.empty() || flags.out.empty()) {
    return {ErrorCode::kInvalidArgument,
            "--batch ranks every shopper of a data set into a file; name both with --data and "
            "--out"};
  }
  VITRINE_ASSIGN_OR_RETURN(const Dataset data, Dataset::Open(flags.shopper.data));
  Request request = flags.Ask(one);
  if (flags.shopper.now.empty()) request.now = data.info().last_time;
  VITRINE_ASSIGN_OR_RETURN(const BatchSummary summary,
                           WriteLists(*one.recommender, one.catalogue, data, request, flags.out));
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

// The category of each product, numbered as they first occur; nothing where the shop has none.
std::vector<uint32_t> CategoriesOf(const Catalogue& catalogue) {
  StringIds names;
  std::vector<uint32_t> categories(catalogue.size());
  for (size_t i = 0; i < catalogue.size(); ++i) categories[i] = names.Add(catalogue[i].category);
  if (names.size() == 1 && catalogue[0].category.empty()) categories.clear();
  return categories;
}

Status Run(const Flags& flags, Command& command) {
  if (flags.batch && flags.shopper.adapt) {
    return {ErrorCode::kInvalidArgument,
            "--adapt is for one shopper, as on a device; leave it or --batch out"};
  }
  if (flags.batch && flags.exploring.share != 0) {
    return {ErrorCode::kInvalidArgument,
            "--explore is for one shopper, as on a device; leave it or --batch out"};
  }
  if (flags.batch && flags.shopper.NamesOne()) {
    return {ErrorCode::kInvalidArgument,
            "--batch ranks every shopper; leave --shopper and --history out"};
  }
  if (!flags.batch && flags.shopper.shopper.empty() != flags.shopper.data.empty()) {
    return {ErrorCode::kInvalidArgument, "--data needs --shopper NAME, or --batch"};
  }
  // What they must know of a table is computed as it is read, which is worth it for many lists.
  if (flags.batch) SetCoarseKernels(NativeCoarseKernels());
  VITRINE_ASSIGN_OR_RETURN(const OneShopper one, OpenShopper(flags.shopper));
  if (flags.batch) return RunBatch(flags, one, command);
  if (flags.shopper.adapt) VITRINE_RETURN_IF_ERROR(Adapt(*one.recommender, command));

  const std::vector<uint32_t> categories = CategoriesOf(one.catalogue);
  Request request = flags.Ask(one);
  request.explore = flags.exploring;
  request.explore.categories = categories;
  VITRINE_ASSIGN_OR_RETURN(const Ranking ranking, one.recommender->Recommend(request));
  const size_t n_certain = ranking.items.size() - ranking.propensities.size();
  VITRINE_ASSIGN_OR_RETURN(const Calibration calibration,
                           Calibration::Read(one.recommender->file()));
  const std::vector<double> probabilities = calibration.Probabilities(ranking);
  if (!command.json) std::printf("%s\n", kSourceWords[static_cast<size_t>(ranking.source)]);
  auto& result = command.result;
  result["source"] = kSourceNames[static_cast<size_t>(ranking.source)];
  result["items"] = nlohmann::ordered_json::array();
  for (size_t i = 0; i < ranking.items.size(); ++i) {
    const Product& product = one.catalogue[ranking.items[i]];
    result["items"].push_back(
        {{"id", product.id}, {"score", ranking.scores[i]}, {"title", product.title}});
    std::string likely, note;
    if (i < probabilities.size()) {
      result["items"].back()["probability"] = probabilities[i];
      char text[16];
      std::snprintf(text, sizeof text, "%5.1f %%  ", 100 * probabilities[i]);
      likely = text;
    }
    if (request.explore.share > 0) {
      const float propensity = i < n_certain ? 1 : ranking.propensities[i - n_certain];
      result["items"].back()["propensity"] = propensity;
      if (i >= n_certain) {
        result["items"].back()["explored"] = true;
        note = "  (explored, " + std::to_string(propensity) + ")";
      }
    }
    if (!command.json) {
      std::printf("%3zu  %9.4f  %s%-14s %s%s\n", i + 1, static_cast<double>(ranking.scores[i]),
                  likely.c_str(), product.id.c_str(), product.title.c_str(), note.c_str());
    }
  }
  return {};
}

}  // namespace

void AddRecommend(CLI::App& app, Command& command) {
  CLI::App* sub = app.add_subcommand(
      "recommend", "Rank the catalogue for one shopper, or for every shopper of a log");
  auto flags = std::make_shared<Flags>();
  AddShopperFlags(*sub, flags->shopper);
  sub->add_flag("--batch", flags->batch,
                "Rank for every shopper of --data (at the log's last moment, unless --now says "
                "another); a line of JSON for each goes to --out");
  sub->add_option("--explore", flags->exploring.share,
                  "Share of the list, 0 to 1, to explore what is not known of the shopper")
      ->capture_default_str();
  sub->add_option("--seed", flags->exploring.seed, "Of --explore")->capture_default_str();
  sub->add_option("--out", flags->out, "File for the lists of --batch");
  sub->add_option("--count", flags->count, "Products to list")->check(kWholeNotNegative);
  sub->callback(
      [flags, &command] { command.run = [flags, &command] { return Run(*flags, command); }; });
}

}  // namespace vitrine
