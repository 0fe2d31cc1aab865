// The best form of a model file under a budget of bytes, and what each form costs in quality.
#ifndef VITRINE_CLI_TARGET_SIZE_H_
#define VITRINE_CLI_TARGET_SIZE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "data/dataset.h"
#include "format/tensor_file.h"

namespace vitrine {

// How a file may keep its item tables, the most precise first.
struct Precision {
  const char* name;
  DType dtype;
  bool coded = false;  // by product quantisation
};
inline constexpr Precision kPrecisions[] = {{"f32", DType::kF32},
                                            {"f16", DType::kF16},
                                            {"int8", DType::kI8},
                                            {"int4", DType::kU8},
                                            {"pq", DType::kI8, true}};

// Whether `file` has enough products for `precision`; if not, invalid-argument.
Status CheckPrecision(const TensorFile& file, const Precision& precision);

// Writes `file` to `path` in `precision`.
Status WriteIn(const TensorFile& file, const Precision& precision, const std::string& path);

// "2MB", "500 KB" or a number of bytes; KB and MB are of 1,000. invalid-argument for others.
Result<uint64_t> ParseSize(const std::string& text);

struct FormQuality {
  Precision precision;
  uint64_t bytes = 0;
  double overlap = 0;  // share of the lists of 20 that the model as it is has, too
  double value = 0;    // of the protocol's metric
  double loss = 0;     // by how much of itself it is below that of the model as it is
};

// Writes `file` in every form that it can have to `scratch`, one after the other, and asks each
// about the test part of `dataset`, or, where there is none, about what validation would be asked.
Result<std::vector<FormQuality>> MeasureForms(const TensorFile& file, const Dataset& dataset,
                                              const std::string& scratch);

// The form of the least loss among those of at most `most_bytes`; of equals the smaller.
// invalid-argument where none is that small.
Result<FormQuality> ChooseForm(const std::vector<FormQuality>& forms, uint64_t most_bytes);

}  // namespace vitrine

#endif  // VITRINE_CLI_TARGET_SIZE_H_
