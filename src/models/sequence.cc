#include "models/sequence.h"

#include <algorithm>
#include <cmath>

#include "kernels/vector_ops.h"
#include "math/activations.h"

namespace vitrine {
namespace {

SequenceShape ReadShape(size_t n_items, LayerReader& reader) {
  constexpr size_t kMaxWidth = 1 << 16;
  SequenceShape shape{.n_items = n_items};
  shape.dim = reader.Size("dim", 1, kMaxWidth);
  shape.blocks = reader.Size("blocks", 1, 64);
  shape.heads = reader.Size("heads", 1, 64);
  shape.inner = reader.Size("inner", 1, kMaxWidth);
  shape.max_length = reader.Size("max_length", 1, 4096);
  shape.has_types = reader.Size("types", 0, 1) != 0;
  shape.has_gaps = reader.Size("gaps", 0, 1) != 0;

  const double frequency = reader.Real("frequency");
  if (!reader.status().ok()) return shape;
  if (!(frequency >= 0 && frequency <= 1)) reader.Fail("impossible weight of the frequency branch");
  if (shape.dim % shape.heads != 0) reader.Fail("impossible number of heads");
  shape.frequency = static_cast<float>(frequency);
  return shape;
}

}  // namespace

struct SequenceModel::Scratch {
  size_t stride;          // of a row of dim values
  std::vector<float> in;  // length x stride
  std::vector<float> key, value;
  std::vector<float> query, context, branch, mixed, inner, weights;
};

Result<std::unique_ptr<Model>> SequenceModel::Read(const TensorFile& file, size_t n_items) {
  std::unique_ptr<SequenceModel> model(new SequenceModel);
  LayerReader reader(file);
  model->profile_ = reader.Profile();
  reader.SetPrefix("sequence.");
  model->shape_ = ReadShape(n_items, reader);
  VITRINE_RETURN_IF_ERROR(reader.status());
  const SequenceShape& s = model->shape_;
  model->item_table_ = reader.Table("item.table", n_items, s.dim);
  model->place_table_ = reader.Weight("place.table", s.max_length, s.dim);
  if (s.has_types) {
    model->type_table_ = reader.Weight("type.table", kEventTypes, s.dim);
  }
  if (s.has_gaps) {
    model->gap_table_ = reader.Weight("gap.table", SequenceShape::kGaps, s.dim);
  }
  model->input_ = reader.Norm("input", s.dim);
  model->places_from_first_ = file.metadata().contains("sequence.places_from_first");
  if (s.frequency > 0) model->kernel_ = reader.Bias("frequency.kernel", s.max_length);
  for (size_t i = 0; i < s.blocks; ++i) {
    reader.SetPrefix("sequence.block" + std::to_string(i) + ".");
    Block& block = model->blocks_.emplace_back();
    block.query = reader.Dense("query", s.dim, s.dim);
    block.key = reader.Dense("key", s.dim, s.dim);
    block.value = reader.Dense("value", s.dim, s.dim);
    block.output = reader.Dense("output", s.dim, s.dim);
    block.attention = reader.Norm("attention", s.dim);
    if (s.frequency > 0) {
      block.rescale = reader.Bias("frequency.rescale", s.dim);
      block.frequency = reader.Norm("frequency", s.dim);
    }
    block.inner = reader.Dense("inner", s.inner, s.dim);
    block.outer = reader.Dense("outer", s.dim, s.inner);
    block.final = reader.Norm("final", s.dim);
  }

  VITRINE_RETURN_IF_ERROR(reader.status());

  return std::unique_ptr<Model>(std::move(model));
}

size_t SequenceModel::Embed(const History& history, std::vector<float>& rows) const {
  std::vector<const Event*> tokens;
  for (size_t i = history.events.size(); i-- > 0 && tokens.size() < shape_.max_length;) {
    const Event& event = history.events[i];
    if (event.item >= shape_.n_items) continue;
    if (profile_.type_weight[static_cast<size_t>(event.type)] > 0) tokens.push_back(&event);
  }
  std::reverse(tokens.begin(), tokens.end());
  const size_t stride = item_table_.padded_dim();
  rows.assign(tokens.size() * stride, 0.0f);
  constexpr float kOne = 1;
  for (size_t t = 0; t < tokens.size(); ++t) {
    const Event& event = *tokens[t];
    float* row = rows.data() + t * stride;
    const auto add = [&](ConstMatrixView table, size_t r) {
      Axpy(1, table.Row(r), row, table.stride);
    };
    item_table_.Accumulate({&event.item, 1}, {&kOne, 1}, {row, stride});
    add(place_table_, places_from_first_ ? t : tokens.size() - 1 - t);
    if (shape_.has_types) add(type_table_, static_cast<size_t>(event.type));
    if (shape_.has_gaps) {
      add(gap_table_, t == 0 ? 0 : SequenceShape::GapOf(event.time - tokens[t - 1]->time));
    }
    input_.Apply(kSequenceNormEpsilon, row);
  }
  return tokens.size();
}

void SequenceModel::Apply(const Block& block, size_t length, size_t t, Scratch& s,
                          float* out) const {
  const size_t dim = shape_.dim, width = dim / shape_.heads;
  const float* in = s.in.data() + t * s.stride;
  block.query.Apply(in, Identity{}, s.query.data());
  std::fill(s.context.begin(), s.context.end(), 0.0f);
  const float scale = 1 / std::sqrt(static_cast<float>(width));
  for (size_t h = 0; h < shape_.heads; ++h) {
    const size_t first = h * width;
    float max = -INFINITY, sum = 0;
    for (size_t j = 0; j <= t; ++j) {
      const float* key = s.key.data() + j * s.stride + first;
      float score = 0;
      for (size_t c = 0; c < width; ++c) score += s.query[first + c] * key[c];
      s.weights[j] = score * scale;
      max = std::max(max, s.weights[j]);
    }
    for (size_t j = 0; j <= t; ++j) sum += s.weights[j] = Exp(s.weights[j] - max);
    for (size_t j = 0; j <= t; ++j) {
      const float* value = s.value.data() + j * s.stride + first;
      const float weight = s.weights[j] / sum;
      for (size_t c = 0; c < width; ++c) s.context[first + c] += weight * value[c];
    }
  }
  block.output.Apply(s.context.data(), Identity{}, s.mixed.data());
  for (size_t c = 0; c < dim; ++c) s.mixed[c] += in[c];
  block.attention.Apply(kSequenceNormEpsilon, s.mixed.data());

  if (shape_.frequency > 0) {
    float* slow = s.branch.data();
    std::fill(s.branch.begin(), s.branch.end(), 0.0f);
    for (size_t j = 0; j < length; ++j) {
      Axpy(kernel_[j < t ? t - j : j - t], s.in.data() + j * s.stride, slow, s.stride);
    }
    for (size_t c = 0; c < dim; ++c) {
      slow[c] += block.rescale[c] * block.rescale[c] * (in[c] - slow[c]) + in[c];
    }
    block.frequency.Apply(kSequenceNormEpsilon, slow);
    for (size_t c = 0; c < dim; ++c) {
      s.mixed[c] = shape_.frequency * slow[c] + (1 - shape_.frequency) * s.mixed[c];
    }
  }

  block.inner.Apply(s.mixed.data(), Gelu{}, s.inner.data());
  block.outer.Apply(s.inner.data(), Identity{}, out);
  for (size_t c = 0; c < dim; ++c) out[c] += s.mixed[c];
  block.final.Apply(kSequenceNormEpsilon, out);
}

std::vector<float> SequenceModel::Encode(const History& history) const {
  Scratch s;
  s.stride = item_table_.padded_dim();
  const size_t length = Embed(history, s.in);
  if (length == 0) return std::vector<float>(s.stride);
  s.key.resize(length * s.stride);
  s.value.resize(length * s.stride);
  for (std::vector<float>* row : {&s.query, &s.context, &s.branch, &s.mixed}) row->resize(s.stride);
  s.inner.resize(PaddedNarrowDim(shape_.inner));
  s.weights.resize(length);
  std::vector<float> out(length * s.stride);
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const Block& block = blocks_[i];
    for (size_t t = 0; t < length; ++t) {
      const float* row = s.in.data() + t * s.stride;
      block.key.Apply(row, Identity{}, s.key.data() + t * s.stride);
      block.value.Apply(row, Identity{}, s.value.data() + t * s.stride);
    }
    // Of the last block only the last position is wanted.
    for (size_t t = i + 1 == blocks_.size() ? length - 1 : 0; t < length; ++t) {
      Apply(block, length, t, s, out.data() + t * s.stride);
    }
    std::swap(s.in, out);
  }
  const float* last = s.in.data() + (length - 1) * s.stride;
  return {last, last + s.stride};
}

}  // namespace vitrine
