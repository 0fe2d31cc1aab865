// The one shopper that a subcommand is about: products named by hand, or a shopper of a log.
#ifndef VITRINE_CLI_ONE_SHOPPER_H_
#define VITRINE_CLI_ONE_SHOPPER_H_

#include <string>
#include <vector>

#include "cli/command.h"
#include "data/catalogue.h"
#include "serve/recommender.h"

namespace vitrine {

struct ShopperFlags {
  std::string model, data, shopper, now;
  std::vector<std::string> history, exclude, context;
  std::string repeats = "model";
  bool adapt = false;

  bool NamesOne() const { return !shopper.empty() || !history.empty(); }
};

// Adds --model, --history, --data, --shopper, --context, --exclude, --repeats, --adapt and --now.
void AddShopperFlags(CLI::App& sub, ShopperFlags& flags);

// not-found for a product that the model does not have; `flag` names it in the error.
Result<uint32_t> FindProduct(const Catalogue& catalogue, const std::string& id, const char* flag);

// A model, and what is asked of it for that shopper, whose history the recommender has.
struct OneShopper {
  Catalogue catalogue;
  std::unique_ptr<Recommender> recommender;
  std::vector<uint32_t> exclude, context;
  int64_t now = 0;
  Repeats repeats = Repeats::kByModel;

  Request Ask(size_t count) const {
    return {.count = count, .now = now, .repeats = repeats, .exclude = exclude, .context = context};
  }
};
Result<OneShopper> OpenShopper(const ShopperFlags& flags);

// Adapts the model to the shopper, as a page does, and notes how; unsupported where it cannot.
Status Adapt(Recommender& recommender, Command& command);

}  // namespace vitrine

#endif  // VITRINE_CLI_ONE_SHOPPER_H_
