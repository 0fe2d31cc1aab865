#include "train/gan_options.h"

#include <algorithm>
#include <cmath>

#include "train/trainer.h"

namespace vitrine {

GanOptions GanOptions::Paper() {
  GanOptions paper;
  paper.generator = {256, 512, 1024};
  paper.discriminator = {1024, 512, 256};
  paper.noise = 100;
  paper.conditional = false;
  paper.rectified = true;
  paper.weights = {.loss = GanLoss::kCrossEntropy,
                   .anchor = 0,
                   .adversary = 1,
                   .zero = 0,
                   .masking = 1,
                   .temperature = 0};
  paper.unconditional = 1;
  paper.learning_rate = paper.discriminator_rate = 1e-4;
  return paper;
}

Status GanOptions::Check() const {
  const auto are_widths = [](const std::vector<size_t>& widths) {
    return !widths.empty() &&
           std::ranges::all_of(widths, [](size_t w) { return w >= 1 && w <= 65536; });
  };
  const auto is_share = [](double share) { return share >= 0 && share <= 1; };
  const auto is_weight = [](double weight) { return weight >= 0 && std::isfinite(weight); };
  const auto is_rate = [](double rate) { return rate > 0 && std::isfinite(rate); };
  if (!are_widths(generator)) return BadSetting("--generator", "takes widths of 1 to 65536");
  if (!are_widths(discriminator))
    return BadSetting("--discriminator", "takes widths of 1 to 65536");
  if (noise < 1 || noise > 65536) return BadSetting("--noise", "must be 1 to 65536");
  if (!is_weight(weights.anchor)) return BadSetting("--anchor", "must be 0 or more");
  if (!is_weight(weights.adversary)) return BadSetting("--adversary", "must be 0 or more");
  if (weights.anchor == 0 && weights.adversary == 0) {
    return BadSetting("--anchor", "and --adversary are both 0: there is nothing to learn from");
  }
  if (!is_weight(weights.zero)) return BadSetting("--zero-reconstruction", "must be 0 or more");
  if (!is_share(weights.masking)) return BadSetting("--partial-masking", "must be 0 to 1");
  if (!is_weight(weights.temperature)) return BadSetting("--temperature", "must be 0 or more");
  if (!(dropout >= 0 && dropout < 1))
    return BadSetting("--dropout", "must be at least 0 and below 1");
  if (!is_share(unconditional)) return BadSetting("--unconditional", "must be 0 to 1");
  if (!is_share(context_only)) return BadSetting("--context-only", "must be 0 to 1");
  if (!is_rate(learning_rate)) return BadSetting("--learning-rate", "must be above 0");
  if (!is_rate(discriminator_rate)) return BadSetting("--discriminator-rate", "must be above 0");
  if (batch_size < 1) return BadSetting("--batch-size", "must be 1 or more");
  if (generator_steps < 1) return BadSetting("--generator-steps", "must be 1 or more");
  if (discriminator_steps < 1) return BadSetting("--discriminator-steps", "must be 1 or more");
  if (!(average >= 0 && average < 1))
    return BadSetting("--average", "must be at least 0 and below 1");
  return {};
}

nlohmann::ordered_json GanOptions::ToJson() const {
  return {{"side", kGanSideNames[static_cast<size_t>(side)]},
          {"generator", generator},
          {"discriminator", discriminator},
          {"noise", noise},
          {"conditional", conditional},
          {"activation", rectified ? "relu" : "tanh"},
          {"loss", weights.loss == GanLoss::kHinge ? "hinge" : "cross-entropy"},
          {"anchor", weights.anchor},
          {"adversary", weights.adversary},
          {"zero_reconstruction", weights.zero},
          {"partial_masking", weights.masking},
          {"temperature", weights.temperature},
          {"dropout", dropout},
          {"unconditional", unconditional},
          {"context_only", context_only},
          {"context_month", context_month},
          {"learning_rate", learning_rate},
          {"discriminator_rate", discriminator_rate},
          {"batch_size", batch_size},
          {"precision", kPrecisionNames[static_cast<size_t>(precision)]},
          {"generator_steps", generator_steps},
          {"discriminator_steps", discriminator_steps},
          {"average", average}};
}

}  // namespace vitrine
