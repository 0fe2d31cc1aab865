#include "models/sequence.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "kernels/attention.h"
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

// How many rows the path [begin, end) begins with as an earlier path does, and where that one lies.
std::pair<size_t, size_t> SharedStart(std::span<const uint32_t> rows, std::span<const size_t> ends,
                                      size_t begin, size_t end) {
  size_t shared = 0, where = begin, other = 0;
  for (const size_t other_end : ends) {
    if (other_end >= end) break;  // the path itself
    const size_t most = std::min(other_end - other, end - begin);
    const auto differs =
        std::mismatch(rows.begin() + other, rows.begin() + other + most, rows.begin() + begin);
    const auto same = static_cast<size_t>(differs.first - rows.begin()) - other;
    if (same > shared) {
      shared = same;
      where = other;
    }
    other = other_end;
  }
  return {shared, where};
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
                                            Paths& paths) const {
  std::vector<Token> known;
  std::vector<float> rows;
  for (const History& history : histories) {
    const auto counts = [&](const Event& event) {
      return event.item < shape_.n_items &&
             profile_.type_weight[static_cast<size_t>(event.type)] > 0;
    };
    size_t first = history.events.size(), left = 0;
    while (first > 0 && left < shape_.max_length) left += counts(history.events[--first]);
    const Event* before = nullptr;
    for (uint32_t place = 0; const Event& event : history.events.subspan(first)) {
      if (!counts(event)) continue;
      --left;
      Token token{.item = event.item, .type = static_cast<uint32_t>(event.type)};
      token.place = places_from_first_ ? place++ : static_cast<uint32_t>(left);
      if (before != nullptr) {
        token.gap = static_cast<uint32_t>(SequenceShape::GapOf(event.time - before->time));
      }
      before = &event;
      const auto at =
          static_cast<uint32_t>(std::find(known.begin(), known.end(), token) - known.begin());
      if (at == known.size()) {
        known.push_back(token);
        Embed(token, rows);
      }
      paths.rows.push_back(at);
    }
    paths.ends.push_back(paths.rows.size());
  }
  return rows;
}

SequenceModel::Asked SequenceModel::AskFor(const Paths& paths, const std::vector<float>& in,
                                           bool is_last) const {
  const size_t stride = item_table_.padded_dim();
  Asked asked{.positions = {}, .rows = {}, .answers = paths.rows};
  size_t begin = 0;
  for (const size_t end : paths.ends) {
    size_t at = is_last && end > begin ? end - 1 : begin;
    if (!is_last && shape_.frequency == 0) {
      const auto [shared, where] = SharedStart(paths.rows, paths.ends, begin, end);
      std::copy_n(asked.answers.begin() + where, shared, asked.answers.begin() + begin);
      at += shared;
    }
    for (; at < end; ++at) {
      asked.answers[at] = static_cast<uint32_t>(asked.positions.size());
      asked.positions.push_back({begin, at, end});
      const float* row = &in[paths.rows[at] * stride];
      asked.rows.insert(asked.rows.end(), row, row + stride);
    }
    begin = end;
  }
  return asked;
}

std::vector<float> SequenceModel::Attend(const Block& block, const std::vector<float>& in,
                                         const Paths& paths, const Asked& asked,
                                         bool is_last) const {
  const size_t stride = item_table_.padded_dim(), n = in.size() / stride;
  const size_t width = shape_.dim / shape_.heads;
  const float scale = 1 / std::sqrt(static_cast<float>(width));
  std::vector<float> context(asked.rows.size()), asking(stride), part(stride);
  std::vector<float> weights(shape_.max_length);
  std::vector<uint32_t> outputs(shape_.dim);  // of a layer: all of them
  std::iota(outputs.begin(), outputs.end(), 0);
  // Where few positions are asked about many rows, keys and values are not made: with the weights
  // K, V and the biases k, v of their layers,
  //   <q, K x + k> = <K'q, x> + <q, k>, of which the softmax does not see what is the same for all,
  //   and the sum of w (V x + v) = V (the sum of w x) + v.
  std::vector<float> key, value;
  if (!is_last) {
    key = block.key.Apply(in, n);
    value = block.value.Apply(in, n);
  }
  const auto table = [&](const std::vector<float>& rows) {
    return TableRows::Of({is_last ? in.data() : rows.data(), n, stride, stride});
  };
  const TableRows keys = table(key), values = table(value);
  const std::vector<float> query =
      is_last ? block.query.Apply(asked.rows, asked.positions.size()) : block.query.Apply(in, n);
  for (size_t i = 0; i < asked.positions.size(); ++i) {
    const auto& [begin, at, end] = asked.positions[i];
    const std::span path(&paths.rows[begin], at + 1 - begin);
    const float* q = &query[(is_last ? i : path.back()) * stride];
    float* to = &context[i * stride];
    for (size_t h = 0; h < shape_.dim; h += width) {
      std::fill(asking.begin(), asking.end(), 0.0f);
      if (is_last) {
        GatherRows(block.key.weight, {&outputs[h], width}, {q + h, width}, 0,
                   {asking.data(), block.key.weight.stride});
      } else {
        std::copy_n(q + h, width, &asking[h]);
      }
      for (float& product : asking) product *= scale;
      std::fill(part.begin(), part.end(), 0.0f);
      AttendRows(keys, values, path, {asking, false}, weights, part);
      if (is_last) {
        GemvRows(block.value.weight, {h, width}, {part, block.value.weight.IsWhole()}, to + h);
        for (size_t c = h; c < h + width; ++c) to[c] += block.value.bias[c];
      } else {
        std::copy_n(&part[h], width, to + h);
      }
    }
  }
  return context;
}

std::vector<float> SequenceModel::Filter(const Block& block, const std::vector<float>& in,
                                         const Paths& paths, const Asked& asked) const {
  const size_t stride = item_table_.padded_dim();
  const TableRows rows = TableRows::Of({in.data(), in.size() / stride, stride, stride});
  std::vector<float> filtered(asked.rows.size()), weights(shape_.max_length);
  for (size_t i = 0; i < asked.positions.size(); ++i) {
    const auto& [begin, at, end] = asked.positions[i];
    const size_t t = at - begin, length = end - begin;
    for (size_t j = 0; j < length; ++j) weights[j] = kernel_[j < t ? t - j : j - t];
    float* slow = &filtered[i * stride];
    GatherRows(rows, {&paths.rows[begin], length}, weights, 0, {slow, stride});
    const float* x = &asked.rows[i * stride];
    for (size_t c = 0; c < shape_.dim; ++c) {
      slow[c] += block.rescale[c] * block.rescale[c] * (x[c] - slow[c]) + x[c];
    }
  }
  block.frequency.Apply(kSequenceNormEpsilon, filtered, asked.positions.size());
  return filtered;
}

std::vector<float> SequenceModel::Apply(const Block& block, const std::vector<float>& in,
                                        Paths& paths, bool is_last) const {
  Asked asked = AskFor(paths, in, is_last);
  const size_t n = asked.positions.size();
  std::vector<float> mixed = block.output.Apply(Attend(block, in, paths, asked, is_last), n);
  Axpy(1, asked.rows.data(), mixed.data(), mixed.size());
  block.attention.Apply(kSequenceNormEpsilon, mixed, n);
  if (shape_.frequency > 0) {
    const std::vector<float> filtered = Filter(block, in, paths, asked);
    for (size_t c = 0; c < mixed.size(); ++c) {
      mixed[c] += shape_.frequency * (filtered[c] - mixed[c]);
    }
  }
  std::vector<float> inner = block.inner.Apply(mixed, n);
  GeluInPlace(inner.data(), inner.size());
  std::vector<float> out = block.outer.Apply(inner, n);
  Axpy(1, mixed.data(), out.data(), out.size());
  block.final.Apply(kSequenceNormEpsilon, out, n);
  paths.rows = std::move(asked.answers);
  return out;
}

std::vector<float> SequenceModel::EncodeMany(std::span<const History> histories) const {
  const size_t stride = item_table_.padded_dim();
  Paths paths;
  std::vector<float> vectors(histories.size() * stride), rows = ReadPaths(histories, paths);
  // Of the last block only the last positions are wanted.
  for (const Block& block : blocks_) rows = Apply(block, rows, paths, &block == &blocks_.back());
  size_t begin = 0;
  for (size_t i = 0; i < histories.size(); ++i) {
    const size_t end = paths.ends[i];
    if (end > begin) std::copy_n(&rows[paths.rows[end - 1] * stride], stride, &vectors[i * stride]);
    begin = end;
  }
  return vectors;
}

}  // namespace vitrine
