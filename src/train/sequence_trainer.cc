#include "train/sequence_trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>

#include "core/rng.h"
#include "features/profile.h"
#include "layers/frequency.h"
#include "models/adam_step.h"
#include "train/model_writer.h"
#include "train/training_state.h"

namespace vitrine {
namespace {

// Streams of random numbers, so that no two uses share a draw.
constexpr uint64_t kInitStream = uint64_t{1} << 60;
constexpr uint64_t kShuffleStream = uint64_t{2} << 60;
constexpr uint64_t kDropoutStream = uint64_t{3} << 52;  // times kSequenceStreams: below 2^60
constexpr uint64_t kNegativeStream = uint64_t{3} << 60;

constexpr float kInitDeviation = 0.02f;
constexpr size_t kMaxNegatives = 1000000;

}  // namespace

Status SequenceOptions::Check() const {
  if (dim < 1 || dim > 4096) return BadSetting("--dim", "must be 1 to 4096");
  if (blocks < 1 || blocks > 12) return BadSetting("--blocks", "must be 1 to 12");
  if (heads < 1 || dim % heads != 0) return BadSetting("--heads", "must divide --dim");
  if (max_length < 1 || max_length > 1024) return BadSetting("--max-length", "must be 1 to 1024");
  if (!(frequency >= 0 && frequency <= 1)) return BadSetting("--frequency", "must be 0 to 1");
  if (!(dropout >= 0 && dropout < 1))
    return BadSetting("--dropout", "must be at least 0 and below 1");
  if (!(attention_dropout >= 0 && attention_dropout < 1)) {
    return BadSetting("--attention-dropout", "must be at least 0 and below 1");
  }
  if (!(learning_rate > 0) || !std::isfinite(learning_rate)) {
    return BadSetting("--learning-rate", "must be above 0");
  }
  if (batch_size < 1) return BadSetting("--batch-size", "must be 1 or more");
  if (!(average >= 0 && average < 1))
    return BadSetting("--average", "must be at least 0 and below 1");
  if (negatives > kMaxNegatives) return BadSetting("--negatives", "must be 0 to 1000000");
  return {};
}

nlohmann::ordered_json SequenceOptions::ToJson() const {
  return {{"dim", dim},
          {"blocks", blocks},
          {"heads", heads},
          {"max_length", max_length},
          {"frequency", frequency},
          {"cutoff", cutoff},
          {"dropout", dropout},
          {"attention_dropout", attention_dropout},
          {"learning_rate", learning_rate},
          {"batch_size", batch_size},
          {"precision", kPrecisionNames[static_cast<size_t>(precision)]},
          {"average", average},
          {"negatives", negatives}};
}

Result<std::unique_ptr<Trainer>> SequenceTrainer::Create(const SequenceOptions& options,
                                                         uint64_t seed, const TrainingPart& part) {
  // What the log tells beside the products: whether events differ in type, and in the time between.
  SequenceShape shape{.n_items = part.n_items(),
                      .dim = options.dim,
                      .blocks = options.blocks,
                      .heads = options.heads,
                      .inner = 4 * options.dim,
                      .max_length = options.max_length,
                      .frequency = static_cast<float>(options.frequency),
                      .low_frequencies = options.cutoff / 2 + 1};
  std::optional<EventType> type;
  std::optional<size_t> gap;
  part.ForEachShopper([&](uint32_t, std::span<const Event> events) {
    for (size_t i = 0; i < events.size(); ++i) {
      shape.has_types |= type.value_or(events[i].type) != events[i].type;
      type = events[i].type;
      if (i == 0) continue;
      const size_t own = SequenceShape::GapOf(events[i].time - events[i - 1].time);
      shape.has_gaps |= gap.value_or(own) != own;
      gap = own;
    }
  });
  std::unique_ptr<SequenceTrainer> trainer(new SequenceTrainer(options, seed, shape));
  trainer->ReadSamples(part);
  if (trainer->samples_.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 part.dataset->folder() + ": no shopper has two events to learn an order from"};
  }
  return std::unique_ptr<Trainer>(std::move(trainer));
}

SequenceTrainer::SequenceTrainer(const SequenceOptions& options, uint64_t seed,
                                 const SequenceShape& shape)
    : options_(options),
      seed_(seed),
      shape_(shape),
      kernel_(1, shape.max_length),
      backend_(options.precision),
      params_(shape),
      grads_(shape),
      mean_(shape),
      square_(shape),
      average_(shape),
      act_(shape, options.batch_size * shape.max_length, options.batch_size, options.negatives) {
  std::ranges::copy(LowPassKernel<float>(shape.max_length, shape.low_frequencies), kernel_.data());
  InitializeParams();
}

void SequenceTrainer::InitializeParams() {
  uint64_t part = 0;
  Params::ForEachPart(params_, [&](const std::string& name, Matrix& matrix) {
    ++part;
    if (name.ends_with(".gain")) {
      std::fill_n(matrix.data(), matrix.cols(), 1.0f);
      return;
    }
    const bool rescale = name.ends_with(".rescale");
    if (name.ends_with(".bias") && !rescale) return;
    const float deviation = rescale ? 1.0f : kInitDeviation;
    for (size_t r = 0; r < matrix.rows(); ++r) {
      Rng rng(seed_, kInitStream + (part << 40) + r);
      for (size_t c = 0; c < matrix.cols(); ++c) matrix(r, c) = deviation * rng.Normal();
    }
  });
}

void SequenceTrainer::ReadSamples(const TrainingPart& part) {
  const ProfileOptions profile;
  const EventType target = part.dataset->info().target;
  part.ForEachShopper([&](uint32_t, std::span<const Event> events) {
    const size_t first = tokens_.size();
    int64_t before = 0;
    for (const Event& event : events) {
      if (profile.type_weight[static_cast<size_t>(event.type)] <= 0) continue;
      const size_t n_before = tokens_.size() - first;
      const size_t gap = n_before == 0 ? 0 : SequenceShape::GapOf(event.time - before);
      if (n_before > 0 && event.type == target) {
        samples_.push_back({static_cast<uint32_t>(tokens_.size()),
                            static_cast<uint32_t>(std::min(n_before, shape_.max_length))});
      }
      tokens_.push_back({event.item, static_cast<uint8_t>(event.type), static_cast<uint8_t>(gap)});
      before = event.time;
    }
  });
  if (options_.negatives == 0) return;
  std::vector<size_t> times(shape_.n_items);
  for (const Sample& sample : samples_) ++times[tokens_[sample.end].item];
  double total = 0;
  for (const size_t n : times) {
    drawn_below_.push_back(total += std::pow(static_cast<double>(n + 1), 0.75));
  }
  for (double& below : drawn_below_) below /= total;
}

ClassSample SequenceTrainer::DrawSample(std::span<const uint32_t> samples) {
  target_items_.clear();
  drawn_items_.clear();
  correction_.clear();
  for (const uint32_t s : samples) target_items_.push_back(tokens_[samples_[s].end].item);
  Rng rng(seed_, kNegativeStream + step_);
  const auto n = static_cast<double>(options_.negatives);
  while (drawn_items_.size() < options_.negatives) {
    const double draw = rng.Uniform();
    const auto at = std::ranges::upper_bound(drawn_below_, draw) - drawn_below_.begin();
    const size_t item = std::min(static_cast<size_t>(at), shape_.n_items - 1);
    const double share = drawn_below_[item] - (item == 0 ? 0 : drawn_below_[item - 1]);
    drawn_items_.push_back(static_cast<uint32_t>(item));
    correction_.push_back(static_cast<float>(-std::log(n * share)));
  }
  for (const auto* items : {&target_items_, &drawn_items_}) {
    for (const uint32_t item : *items) {
      input_.indices.push_back(item);
      input_.EndRow();
    }
  }
  return {target_items_.data(), drawn_items_.data(), correction_.data(), drawn_items_.size()};
}

std::vector<std::pair<size_t, size_t>> SequenceTrainer::ShuffleBatches(
    std::vector<uint32_t>& order) const {
  order.resize(samples_.size());
  std::iota(order.begin(), order.end(), 0u);
  Rng rng(seed_, kShuffleStream + epoch_);
  Shuffle(order, rng);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return samples_[a].length < samples_[b].length; });
  std::vector<std::pair<size_t, size_t>> batches;
  for (size_t first = 0; first < order.size();) {
    size_t last = first;
    while (last < order.size() && last - first < options_.batch_size &&
           samples_[order[last]].length == samples_[order[first]].length) {
      ++last;
    }
    batches.emplace_back(first, last);
    first = last;
  }
  Shuffle(batches, rng);
  return batches;
}

SequenceBatch SequenceTrainer::MakeBatch(std::span<const uint32_t> samples) {
  input_.Clear();
  input_.cols = shape_.table_rows();
  target_.Clear();
  target_.cols = shape_.n_items;
  const size_t length = samples_[samples.front()].length;
  for (const uint32_t s : samples) {
    const Sample& sample = samples_[s];
    for (size_t t = 0; t < length; ++t) {
      const Token& token = tokens_[sample.end - length + t];
      input_.indices.push_back(token.item);
      input_.indices.push_back(static_cast<uint32_t>(shape_.first_place() + length - 1 - t));
      if (shape_.has_types) {
        input_.indices.push_back(static_cast<uint32_t>(shape_.first_type() + token.type));
      }
      if (shape_.has_gaps) {
        // What came before the first event that is looked at is not seen.
        input_.indices.push_back(
            static_cast<uint32_t>(shape_.first_gap() + (t == 0 ? 0 : token.gap)));
      }
      input_.EndRow();
    }
    target_.indices.push_back(options_.negatives > 0 ? 0 : tokens_[sample.end].item);
    target_.EndRow();
  }
  ClassSample sample;
  if (options_.negatives > 0) {
    sample = DrawSample(samples);
    target_.cols = 1 + options_.negatives;
  }
  input_transposed_ = Transpose(input_);
  return {
      .length = length,
      .input = input_,
      .input_transposed = input_transposed_,
      .target = target_,
      .hidden = {static_cast<float>(options_.dropout), seed_, kDropoutStream + step_},
      .attention = {static_cast<float>(options_.attention_dropout), seed_, kDropoutStream + step_},
      .sample = sample};
}

Result<nlohmann::ordered_json> SequenceTrainer::RunEpoch() {
  std::vector<uint32_t> order;
  Adam<float> adam{.rate = static_cast<float>(options_.learning_rate)};
  // By the full size, so that a short batch weighs what its samples do.
  const float scale = 1 / static_cast<float>(options_.batch_size);
  double sum = 0;
  for (const auto& [first, last] : ShuffleBatches(order)) {
    const SequenceBatch batch = MakeBatch(std::span(order).subspan(first, last - first));
    SequenceForwardBackward(backend_, shape_, batch, scale, kernel_.data(), params_, act_, grads_);
    double loss = 0;
    for (size_t i = 0; i < last - first; ++i) loss += act_.loss(i, 0);
    if (!std::isfinite(loss)) {
      return Diverged(epoch_ + 1, options_.learning_rate);
    }
    adam.SetStep(static_cast<double>(++step_));
    SequenceUpdate(backend_, adam, grads_, params_, mean_, square_);
    UpdateAverage(backend_, options_.average, step_, params_, average_);
    sum += loss;
  }
  ++epoch_;
  return nlohmann::ordered_json{{"loss", sum / static_cast<double>(samples_.size())}};
}

void AddSequence(const SequenceShape& shape, const SequenceParams<CpuBackend>& params,
                 const Matrix& kernel, TensorFileWriter& writer) {
  AddProfile(ProfileOptions{}, writer);
  const auto size = [&](const char* name, size_t value) {
    writer.SetMetadata(name, static_cast<int64_t>(value));
  };
  size("sequence.dim", shape.dim);
  size("sequence.blocks", shape.blocks);
  size("sequence.heads", shape.heads);
  size("sequence.inner", shape.inner);
  size("sequence.max_length", shape.max_length);
  size("sequence.types", shape.has_types ? 1 : 0);
  size("sequence.gaps", shape.has_gaps ? 1 : 0);

  writer.SetMetadata("sequence.frequency", static_cast<double>(shape.frequency));
  writer.SetMetadata("vitrine.tables", "sequence.item.table");
  const ConstMatrixView table = params.table;
  const auto rows = [&](const char* name, size_t first, size_t last) {
    if (last > first) writer.Add(name, table.Rows(first, last - first));
  };
  if (shape.frequency > 0) writer.Add("sequence.frequency.kernel", kernel);
  rows("sequence.item.table", 0, shape.first_place());
  rows("sequence.place.table", shape.first_place(), shape.first_type());
  rows("sequence.type.table", shape.first_type(), shape.first_gap());
  rows("sequence.gap.table", shape.first_gap(), shape.table_rows());
  SequenceParams<CpuBackend>::ForEachPart(
      params, [&](const std::string& name, const Matrix& matrix) {
        const bool unused = shape.frequency == 0 && name.find(".frequency.") != std::string::npos;
        if (name != "sequence.table" && !unused) writer.Add(name, matrix);
      });
}

void SequenceTrainer::AddState(TensorFileWriter& writer) const {
  AddTrainingState<Params>({epoch_, step_}, params_, mean_, square_, writer);
  Params::ForEachPart(average_, [&](const std::string& name, const Matrix& matrix) {
    writer.Add("state.average." + name, matrix);
  });
}

Status SequenceTrainer::RestoreState(const TensorFile& file) {
  VITRINE_ASSIGN_OR_RETURN(const TrainingPosition position,
                           RestoreTrainingState<Params>(file, params_, mean_, square_));
  epoch_ = position.epoch;
  step_ = position.step;
  return RestoreParts(file, "state.average.", average_);
}

}  // namespace vitrine
