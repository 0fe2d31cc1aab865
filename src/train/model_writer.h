// What every model file holds beside its weights.
#ifndef VITRINE_TRAIN_MODEL_WRITER_H_
#define VITRINE_TRAIN_MODEL_WRITER_H_

#include <functional>
#include <string>
#include <vector>

#include "core/csr.h"
#include "data/dataset.h"
#include "evaluate/training_part.h"
#include "features/profile.h"
#include "format/safetensors.h"

namespace vitrine {

// Metadata "profile.*".
void AddProfile(const ProfileOptions& options, TensorFileWriter& writer);

// Adds a model's tensors and metadata; owns what the writer then borrows, so it outlives the
// writing.
using AddModel = std::function<void(TensorFileWriter&)>;

// The item-item table "linear.table" (n_items x n_items), borrowed until the file is written.
void AddDenseTable(const Matrix& weights, TensorFileWriter& writer);
void AddSparseTable(const Csr& weights, TensorFileWriter& writer);

// The frame of a model file: name and sizes, the data set's hash, catalogue, popularity, features,
// and how to serve. Borrows the catalogue and from this object until the file is written.
class ModelFrame {
 public:
  ModelFrame(std::string model, const TrainingPart& part, Task task);
  // Of weights from elsewhere, whose log is unknown: no product is popular, no feature fitted.
  ModelFrame(std::string model, const Catalogue& catalogue, Task task);
  void AddTo(TensorFileWriter& writer) const;
  // Only what LoadModel needs.
  void AddCore(TensorFileWriter& writer) const;

 private:
  std::string model_;
  const Catalogue* catalogue_;
  std::string data_hash_ = "unknown";
  FeatureParams features_;
  Task task_;
  std::vector<float> popularity_;
};

}  // namespace vitrine

#endif  // VITRINE_TRAIN_MODEL_WRITER_H_
