#include "models/sequence.h"

#include <algorithm>
#include <cmath>

#include "kernels/gather.h"
#include "kernels/vector_ops.h"

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

void SequenceModel::Embed(const Token& token, std::vector<float>& rows) const {
  const size_t stride = item_table_.padded_dim();
  rows.resize(rows.size() + stride);
  float* row = &rows[rows.size() - stride];
  const auto add = [&](ConstMatrixView table, size_t r) {
    Axpy(1, table.Row(r), row, table.stride);
  };
  constexpr float kOne = 1;
  item_table_.Accumulate({&token.item, 1}, {&kOne, 1}, {row, stride});
  add(place_table_, token.place);
  if (shape_.has_types) add(type_table_, token.type);
  if (shape_.has_gaps) add(gap_table_, token.gap);
  input_.Apply(kSequenceNormEpsilon, {row, stride}, 1);
}

std::vector<float> SequenceModel::ReadPaths(std::span<const History> histories,
                                            std::vector<Path>& paths) const {
  std::vector<Token> known;
  std::vector<float> rows;
  std::vector<const Event*> events;
  for (const History& history : histories) {
    events.clear();
    for (size_t i = history.events.size(); i-- > 0 && events.size() < shape_.max_length;) {
      const Event& event = history.events[i];
      if (event.item >= shape_.n_items) continue;
      if (profile_.type_weight[static_cast<size_t>(event.type)] > 0) events.push_back(&event);
    }
    Path& path = paths.emplace_back();
    for (size_t i = events.size(); i-- > 0;) {
      const Event& event = *events[i];
      Token token{.item = event.item, .type = static_cast<uint32_t>(event.type)};
      token.place = static_cast<uint32_t>(places_from_first_ ? path.size() : i);
      if (!path.empty()) {
        token.gap = static_cast<uint32_t>(SequenceShape::GapOf(event.time - events[i + 1]->time));
      }
      size_t at = 0;
      while (at < known.size() && !(known[at] == token)) ++at;
      if (at == known.size()) {
        known.push_back(token);
        Embed(token, rows);
      }
      path.push_back(static_cast<uint32_t>(at));
    }
  }
  return rows;
}

std::vector<float> SequenceModel::Apply(const Block& block, const std::vector<float>& in,
                                        std::vector<Path>& paths, bool is_last) const {
  const size_t stride = item_table_.padded_dim(), n = in.size() / stride;
  // Which positions there are. Without the frequency branch, one depends on those before it alone,
  // and is the same for all paths that begin alike.
  struct Position {
    const Path* path;
    size_t t;
  };
  std::vector<Position> asked;
  std::vector<Path> next(paths.size());
  for (size_t p = 0; p < paths.size(); ++p) {
    const Path& path = paths[p];
    size_t same = 0, as = 0;
    for (size_t other = 0; other < p && shape_.frequency == 0 && !is_last; ++other) {
      size_t t = 0;
      while (t < path.size() && t < paths[other].size() && path[t] == paths[other][t]) ++t;
      if (t > same) same = t, as = other;
    }
    next[p].assign(next[as].begin(), next[as].begin() + static_cast<ptrdiff_t>(same));
    if (is_last && !path.empty()) same = path.size() - 1;
    for (size_t t = same; t < path.size(); ++t) {
      next[p].push_back(static_cast<uint32_t>(asked.size()));
      asked.push_back({&path, t});
    }
  }

  const auto table = [&](const std::vector<float>& rows) {
    return TableRows::Of({rows.data(), n, stride, stride});
  };
  const size_t width = shape_.dim / shape_.heads, n_asked = asked.size();
  const float scale = 1 / std::sqrt(static_cast<float>(width));
  std::vector<float> part(stride), weights(shape_.max_length);
  std::vector<float> context(n_asked * stride), own(context.size()), branch(context.size());
  std::vector<uint32_t> outputs(shape_.dim);  // of a layer: all of them
  for (uint32_t c = 0; c < outputs.size(); ++c) outputs[c] = c;
  for (size_t i = 0; i < n_asked; ++i) {
    std::copy_n(&in[(*asked[i].path)[asked[i].t] * stride], stride, &own[i * stride]);
  }
  // Where few positions are asked about many rows, keys and values are not made: with the weights
  // K, V and the biases k, v of their layers,
  //   <q, K x + k> = <K'q, x> + <q, k>, of which the softmax does not see what is the same for all,
  //   and the sum of w (V x + v) = V (the sum of w x) + v.
  std::vector<float> key, value;
  if (!is_last) {
    key = block.key.Apply(in, n);
    value = block.value.Apply(in, n);
  }
  const std::vector<float> query = is_last ? block.query.Apply(own, n_asked) : block.query.Apply(in, n);
  for (size_t i = 0; i < n_asked; ++i) {
    const auto& [path, t] = asked[i];
    const float* x = &own[i * stride];
    const float* q = &query[(is_last ? i : (*path)[t]) * stride];
    float* to = &context[i * stride];
    for (size_t h = 0; h < shape_.dim; h += width) {
      std::fill(part.begin(), part.end(), 0.0f);
      if (is_last) {
        GatherRows(block.key.weight, {&outputs[h], width}, {q + h, width}, 0,
                   {part.data(), block.key.weight.stride});
      } else {
        std::copy_n(q + h, width, &part[h]);
      }
      for (float& product : part) product *= scale;
      GemvRows(table(is_last ? in : key), {0, t + 1, path->data()}, {part, false}, weights.data());
      SoftmaxInPlace(weights.data(), t + 1, 1);
      std::fill(part.begin(), part.end(), 0.0f);
      GatherRows(table(is_last ? in : value), {path->data(), t + 1}, weights, 0, part);
      if (is_last) {
        GemvRows(block.value.weight, {h, width}, {part, block.value.weight.IsWhole()}, to + h);
        for (size_t c = h; c < h + width; ++c) to[c] += block.value.bias[c];
      } else {
        std::copy_n(&part[h], width, to + h);
      }
    }
    if (shape_.frequency == 0) continue;
    float* slow = &branch[i * stride];
    for (size_t j = 0; j < path->size(); ++j) weights[j] = kernel_[j < t ? t - j : j - t];
    GatherRows(table(in), *path, weights, 0, {slow, stride});
    for (size_t c = 0; c < shape_.dim; ++c) {
      slow[c] += block.rescale[c] * block.rescale[c] * (x[c] - slow[c]) + x[c];
    }
  }
  std::vector<float> mixed = block.output.Apply(context, n_asked);
  Axpy(1, own.data(), mixed.data(), mixed.size());
  block.attention.Apply(kSequenceNormEpsilon, mixed, n_asked);
  if (shape_.frequency > 0) {
    block.frequency.Apply(kSequenceNormEpsilon, branch, n_asked);
    for (size_t c = 0; c < mixed.size(); ++c) {
      mixed[c] += shape_.frequency * (branch[c] - mixed[c]);
    }
  }
  std::vector<float> inner = block.inner.Apply(mixed, n_asked);
  GeluInPlace(inner.data(), inner.size());
  std::vector<float> out = block.outer.Apply(inner, n_asked);
  Axpy(1, mixed.data(), out.data(), out.size());
  block.final.Apply(kSequenceNormEpsilon, out, n_asked);
  paths = std::move(next);
  return out;
}

std::vector<float> SequenceModel::EncodeMany(std::span<const History> histories) const {
  const size_t stride = item_table_.padded_dim();
  std::vector<Path> paths;
  std::vector<float> vectors(histories.size() * stride), rows = ReadPaths(histories, paths);
  // Of the last block only the last positions are wanted.
  for (const Block& block : blocks_) rows = Apply(block, rows, paths, &block == &blocks_.back());
  for (size_t i = 0; i < paths.size(); ++i) {
    if (!paths[i].empty()) std::copy_n(&rows[paths[i].back() * stride], stride, &vectors[i * stride]);
  }
  return vectors;
}

}  // namespace vitrine
