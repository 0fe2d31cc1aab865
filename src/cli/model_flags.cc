#include "cli/model_flags.h"

#include <algorithm>

#include "backend/cpu/gemm.h"

namespace vitrine {
namespace {

constexpr size_t kCompactWidth = 128;

std::string List(const std::vector<std::string>& names, const char* separator) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : separator) + name;
  return list;
}

// "vae, gan and sequence".
std::string InWords(std::vector<std::string> names) {
  if (names.size() < 2) return List(names, "");
  const std::string last = " and " + names.back();
  names.pop_back();
  return List(names, ", ") + last;
}

}  // namespace

void ModelFlags::Own(const std::vector<std::string>& models, CLI::Option* option) {
  option->group(List(models, ", "));
  owned_.emplace_back(option, models);
}

Result<TrainOptions> ModelFlags::OptionsFor(const Dataset& dataset) const {
  const std::vector<std::string> parts = Parts();
  // Without this a setting that the model does not have would be passed over without a word.
  for (const auto& [option, models] : owned_) {
    const std::string& kind = options_.model == "vae" ? variant_ : options_.model;
    const bool fits = std::ranges::any_of(models, [&](const std::string& model) {
      return model == options_.model || model == kind ||
             (options_.model == "blend" &&
              (model == variant_ || std::ranges::count(parts, model) > 0));
    });
    if (option->count() == 0 || fits) continue;
    return Error{ErrorCode::kInvalidArgument, option->get_name() + " is a setting of " +
                                                  InWords(models) + ", not of " + kind +
                                                  "; leave it out"};
  }
  TrainOptions options = options_;
  options.parts = parts;
  if (no_refit_) options.refit = false;
  options.prefixes = {.of_events = !prefix_events_.empty(),
                      .lengths = prefix_events_.empty() ? prefixes_ : prefix_events_};
  const auto form = std::ranges::find(kLinearFormNames, form_) - kLinearFormNames;
  options.closed_form.form = static_cast<LinearForm>(form);
  if (options.closed_form.form == LinearForm::kDense && options.model == "linear" &&
      !options.closed_form.neighbours.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "--neighbours makes a linear model sparse; leave it out, or --form dense"};
  }
  options.task = task_ == "next-basket" ? Task::kNextBasket : Task::kDiscovery;
  const auto variant = std::ranges::find(kVaeVariantNames, variant_) - kVaeVariantNames;
  options.variant = static_cast<VaeVariant>(variant);
  options.vae.deterministic = options.variant == VaeVariant::kDae;
  options.recvae.tied = options.variant == VaeVariant::kCompact;
  if (options.recvae.tied) options.recvae.hidden = kCompactWidth;
  options.vae.hidden = hidden_.value_or(options.vae.hidden);
  options.recvae.hidden = hidden_.value_or(options.recvae.hidden);
  options.recvae.latent = options.vae.latent;
  const auto precision = static_cast<Precision>(std::ranges::find(kPrecisionNames, precision_) -
                                                std::begin(kPrecisionNames));
  if (precision == Precision::kBf16 && !HasBf16()) {
    return Error{ErrorCode::kInvalidArgument,
                 "--precision bf16: this processor has no products in bf16 (AVX512_BF16); leave it "
                 "out"};
  }
  options.gan.side = side_ == kGanSideNames[0] ? GanSide::kShopper : GanSide::kItem;
  FitBatches(dataset, options);
  const auto set = [&](auto& model) {
    model.batch_size = batch_size_.value_or(model.batch_size);
    model.learning_rate = learning_rate_.value_or(model.learning_rate);
    model.dropout = dropout_.value_or(model.dropout);
    model.precision = precision;
  };
  set(options.vae);
  set(options.recvae);
  set(options.gan);
  set(options.sequence);
  options.gan.average = average_.value_or(options.gan.average);
  options.sequence.average = average_.value_or(options.sequence.average);
  return options;
}

std::vector<std::string> ModelFlags::Parts() const {
  if (!parts_.empty()) return parts_;
  std::vector<std::string> parts = options_.parts;
  // Most of a next basket is what the shopper bought before.
  if (task_ == "next-basket") parts.insert(parts.begin(), "personal-frequency");
  return parts;
}

bool ModelFlags::Has(const std::string& flag) const {
  return std::ranges::any_of(all_,
                             [&](const CLI::Option* option) { return option->check_lname(flag); });
}

std::vector<GivenFlag> ModelFlags::Given() const {
  std::vector<GivenFlag> given;
  for (const CLI::Option* option : all_) {
    if (option->count() == 0) continue;
    given.push_back(
        {option->get_name().substr(2), option->results(), option->get_items_expected_max() > 0});
  }
  return given;
}

void ModelFlags::AddTo(CLI::App* app) {
  const size_t n_before = app->get_options().size();
  AddFlags(app);
  const std::vector<CLI::Option*> options = app->get_options();
  all_.assign(options.begin() + static_cast<ptrdiff_t>(n_before), options.end());
}

void ModelFlags::AddFlags(CLI::App* app) {
  app->add_option("--model", options_.model,
                  List({std::begin(kModelNames), std::end(kModelNames)}, ", "))
      ->capture_default_str();
  app->add_option("--task", task_,
                  "What to be good at: discovery (new products) or next-basket (repeats count)")
      ->check(CLI::IsMember({"discovery", "next-basket"}))
      ->capture_default_str();
  app->add_option("--validation-fraction", options_.validation_fraction,
                  "Share of the training period (or of its shoppers) to choose on")
      ->capture_default_str();
  app->add_option("--seed", options_.seed, "Seed of every random draw")->capture_default_str();
  CLI::Option* prefixes =
      app->add_option("--prefixes", prefixes_,
                      "Of shoppers held out whole: ask after so many of their first baskets; each "
                      "number is a question of its own")
          ->check(kCount);
  app->add_option("--prefix-events", prefix_events_, "The same, after so many events")
      ->check(kCount)
      ->excludes(prefixes);
  app->add_flag("--no-refit", no_refit_,
                "Keep the model of the fitting part; do not train again on all");

  CLI::Option* adapts =
      app->add_flag("--adapt", options_.adapt,
                    "Let the model adapt to its shopper on the device, by settings that validation "
                    "chooses; adds about 110 bytes for each product to the file");

  AdaptGrid& adapt = options_.adapt_grid;
  const std::string choose = "; several values: choose among them on validation";
  app->add_option(
         "--adapt-gain", adapt.gains,
         "How strongly what is around the shopper's products counts; one value is taken as it is, "
         "of several validation chooses, or none")
      ->needs(adapts)
      ->check(kAboveZero);
  app->add_option("--adapt-decay", adapt.decays,
                  "What an earlier product counts for each later one" + choose)
      ->needs(adapts)
      ->check(kShare);
  app->add_option(
         "--adapt-sharpness", adapt.sharpnesses,
         "Of the likelihood that a shopper's own gain climbs; 0: the same gain for all" + choose)
      ->needs(adapts)
      ->check(kNotNegative);

  // First, so that other flags are set on top of it.
  Own({"gan"},
      app->add_option_function<std::string>(
             "--preset", [this](const std::string&) { options_.gan = GanOptions::Paper(); },
             "paper: 100 values of noise, 256-512-1024 against 1024-512-256, binary cross "
             "entropy")
          ->check(CLI::IsMember({"paper"})));
  const std::vector<std::string> iterated = {"vae", "gan", "sequence"};
  Own(iterated, app->add_option("--epochs", options_.epochs, "At most so many")
                    ->capture_default_str()
                    ->check(kCount));
  Own(iterated, app->add_option("--patience", options_.patience,
                                "Epochs without a better validation before stopping")
                    ->capture_default_str()
                    ->check(kCount));
  Own(iterated,
      app->add_option("--batch-size", batch_size_,
                      "Samples per step (default: 100 shoppers of mult-vae and dae, up to 500 "
                      "of recvae and compact, 64 vectors of a gan, 256 prefixes of a "
                      "sequence)")
          ->check(kCount));
  Own(iterated, app->add_option(
                    "--learning-rate", learning_rate_,
                    "Adam's rate (default: 0.001 of mult-vae, dae and a gan's generator, 0.0005 of "
                    "the others)"));
  Own(iterated,
      app->add_option("--dropout", dropout_,
                      "Share left out: of the input of a vae or a gan, or behind every layer "
                      "of a sequence (default: 0.5)"));
  Own(iterated,
      app->add_option("--precision", precision_,
                      "f32, or bf16: dense products of factors rounded to 8 bits, nearly twice as "
                      "fast on processors that have them; sums and weights stay in f32")
          ->check(CLI::IsMember(
              std::vector<std::string>{std::begin(kPrecisionNames), std::end(kPrecisionNames)}))
          ->capture_default_str());

  Own({"vae"}, app->add_option("--variant", variant_, "mult-vae, recvae, compact or dae")
                   ->check(CLI::IsMember(std::vector<std::string>{std::begin(kVaeVariantNames),
                                                                  std::end(kVaeVariantNames)}))
                   ->capture_default_str());
  Own({"vae"}, app->add_option("--hidden", hidden_,
                               "Width of the hidden layers (default: 600, compact 128)"));
  VaeOptions& vae = options_.vae;
  Own({"mult-vae", "recvae", "dae"},
      app->add_option("--latent", vae.latent, "Width of the latent")->capture_default_str());
  Own({"mult-vae"},
      app->add_option("--beta", vae.beta, "Weight of the KL term")->capture_default_str());
  Own({"mult-vae"},
      app->add_option("--anneal-epochs", vae.anneal_epochs, "Epochs over which beta grows from 0")
          ->check(kWholeNotNegative)
          ->capture_default_str());
  RecVaeOptions& recvae = options_.recvae;
  Own({"recvae", "compact"}, app->add_option("--gamma", recvae.gamma,
                                             "Weight of the KL term, for each product of a history")
                                 ->capture_default_str());
  Own({"recvae", "compact"}, app->add_option("--encoder-epochs", recvae.encoder_epochs,
                                             "Passes of the encoder for one of the decoder")
                                 ->check(kCount)
                                 ->capture_default_str());

  Own({"gan", "sequence"},
      app->add_option("--average", average_,
                      "Decay of the running average that is the model, 0 for none (default: 0.99 "
                      "of a gan, 0.999 of a sequence)"));
  Own({"gan"}, app->add_option("--side", side_,
                               "What a behaviour vector is: the products of a shopper, or the "
                               "shoppers of an item")
                   ->check(CLI::IsMember(std::vector<std::string>{std::begin(kGanSideNames),
                                                                  std::end(kGanSideNames)}))
                   ->capture_default_str());
  GanOptions& gan = options_.gan;
  const auto add_gan = [&](const char* flag, auto& value, const char* text) {
    Own({"gan"}, app->add_option(flag, value, text)->capture_default_str());
  };
  add_gan("--generator", gan.generator, "Widths of the generator's hidden layers");
  add_gan("--discriminator", gan.discriminator, "Widths of the discriminator's hidden layers");
  add_gan("--noise", gan.noise, "Values of noise that the generator is fed");
  add_gan("--anchor", gan.weights.anchor, "Weight of the multinomial likelihood");
  add_gan("--adversary", gan.weights.adversary, "Weight of the adversarial loss, 0 for none");
  add_gan("--zero-reconstruction", gan.weights.zero, "Weight of pushing down what was not chosen");
  add_gan("--partial-masking", gan.weights.masking,
          "Share of what was not chosen that the discriminator sees");
  add_gan("--temperature", gan.weights.temperature,
          "Of the relaxed draws that the discriminator sees, 0 for the chances themselves");
  add_gan("--unconditional", gan.unconditional, "Share generated from noise alone");
  add_gan(
      "--context-only", gan.context_only,
      "Share generated from what is known before a shopper does anything, where the log says it");
  Own({"gan"}, app->add_flag("--context-month", gan.context_month,
                             "The month of a shopper's first event is known, too: the page has it "
                             "from its clock"));
  add_gan("--discriminator-rate", gan.discriminator_rate, "Adam's rate of the discriminator");
  add_gan("--generator-steps", gan.generator_steps, "Steps of the generator for each batch");
  add_gan("--discriminator-steps", gan.discriminator_steps,
          "Steps of the discriminator for each batch");

  SequenceOptions& sequence = options_.sequence;
  const auto add = [&](const char* flag, auto& value, const char* text) {
    Own({"sequence"}, app->add_option(flag, value, text)->capture_default_str());
  };
  add("--dim", sequence.dim, "Width of an event's vector");
  add("--blocks", sequence.blocks, "Blocks, one after the other");
  add("--heads", sequence.heads, "Attention heads of a block");
  add("--max-length", sequence.max_length, "Events that it looks back");
  add("--frequency", sequence.frequency, "Weight of the frequency branch against attention");
  add("--cutoff", sequence.cutoff, "Frequencies that count as slow, both sides");
  add("--attention-dropout", sequence.attention_dropout, "Share of the attention left out");
  add("--negatives", sequence.negatives,
      "Products drawn for each batch's softmax, for large catalogues; 0: it goes over all");

  Own({"blend"},
      app->add_option("--parts", parts_,
                      "Models to blend; one that is named twice is trained with two seeds")
          ->default_str("linear vae, of next baskets personal-frequency, too"));

  ClosedFormOptions& grid = options_.closed_form;
  const std::string several = "; several values: choose among them on validation";
  Own({"linear", "forward"},
      app->add_option("--lambda", grid.lambda, "Weight of the ridge" + several)->check(kAboveZero));
  Own({"popularity"}, app->add_option("--window-days", grid.window_days,
                                      "Only the last days, 0 for all time" + several)
                          ->check(kNotNegative));
  Own({"personal-frequency", "item-knn", "forward", "linear"},
      app->add_option("--half-life-days", grid.half_life_days,
                      "Decay of a history, 0 for none" + several)
          ->check(kNotNegative));
  Own({"linear"}, app->add_option("--form", form_,
                                  "Whether every product listens to every other (dense), or to its "
                                  "neighbours (sparse); auto: dense where that fits the memory")
                      ->check(CLI::IsMember({"auto", "dense", "sparse"}))
                      ->capture_default_str());
  Own({"linear", "item-knn"},
      app->add_option(
             "--neighbours", grid.neighbours,
             "Others that a product listens to; of linear, makes it sparse (200)" + several)
          ->check(kCount));
  Own({"item-knn"},
      app->add_option("--shrink", grid.shrink, "Pull of rare pairs towards 0" + several)
          ->check(kNotNegative));
  Own({"item-knn"}, app->add_option("--alpha", grid.alpha,
                                    "Of asymmetric cosine: 0.5 is cosine, 1 the probability of a "
                                    "product given one of the history" +
                                        several)
                        ->check(kShare));
}

}  // namespace vitrine
