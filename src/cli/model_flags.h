// The flags of `train` and `benchmark` that say which model to train, and how.
#ifndef VITRINE_CLI_MODEL_FLAGS_H_
#define VITRINE_CLI_MODEL_FLAGS_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "data/dataset.h"
#include "train/train.h"

namespace vitrine {

// A flag of the command line, without its dashes.
struct GivenFlag {
  std::string name;
  std::vector<std::string> values;
  bool takes_values = true;
};

class ModelFlags {
 public:
  // Registers the flags with `app`, which this object must not outlive.
  void AddTo(CLI::App* app);
  // Groups `option` under the names of `models`, or of variants of vae, and refuses it for others.
  void Own(const std::vector<std::string>& models, CLI::Option* option);

  // Whether there is a flag of this name, without its dashes.
  bool Has(const std::string& flag) const;
  // Those of its flags that were given, in the order of the help.
  std::vector<GivenFlag> Given() const;

  // invalid-argument for a setting of another model than the chosen one.
  Result<TrainOptions> OptionsFor(const Dataset& dataset) const;

 private:
  void AddFlags(CLI::App* app);
  std::vector<std::string> Parts() const;  // of a blend

  std::vector<std::pair<const CLI::Option*, std::vector<std::string>>> owned_;
  std::vector<const CLI::Option*> all_;
  std::string task_ = "discovery";
  bool no_refit_ = false;
  std::vector<size_t> prefixes_, prefix_events_;
  std::vector<std::string> parts_;  // empty: by the task
  TrainOptions options_;
  // Settings of several models, each with a default of its own.
  std::optional<double> learning_rate_, dropout_, average_;
  std::optional<size_t> batch_size_, hidden_;
  std::string precision_ = kPrecisionNames[0];
  std::string variant_ = kVaeVariantNames[0];
  std::string side_ = kGanSideNames[0];
  std::string form_ = kLinearFormNames[0];
};

}  // namespace vitrine

#endif  // VITRINE_CLI_MODEL_FLAGS_H_
