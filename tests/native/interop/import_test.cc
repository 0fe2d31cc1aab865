// What an imported sequence model makes of its position embeddings. tests/package/interop.test.mjs
// compares all models with PyTorch, where PyTorch is.
#include "interop/import.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "core/rng.h"
#include "format/files.h"
#include "format/safetensors.h"
#include "models/model.h"

namespace vitrine {
namespace {

constexpr size_t kItems = 9, kDim = 8, kLength = 4;

class ImportedSasRec : public testing::Test {
 protected:
  ImportedSasRec()
      : folder_(testing::TempDir() + "/vitrine_interop_" + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder_);
    const auto add = [&](const std::string& name, std::vector<uint64_t> shape) {
      size_t n = 1;
      for (const uint64_t size : shape) n *= size;
      std::vector<float>& values = values_.emplace_back(n);
      for (float& value : values) value = rng_.Normal();
      writer_.Add<float>(name, std::move(shape), values);
    };
    const auto dense = [&](const std::string& name, size_t out, size_t in) {
      add(name + ".weight", {out, in});
      add(name + ".bias", {out});
    };
    const auto norm = [&](const std::string& name) {
      add(name + ".weight", {kDim});
      add(name + ".bias", {kDim});
    };
    add("item_embeddings.weight", {kItems + 1, kDim});
    add("position_embeddings.weight", {kLength, kDim});
    norm("LayerNorm");
    const std::string block = "item_encoder.layer.0.";
    for (const char* part : {"query", "key", "value", "dense"}) {
      dense(block + "attention." + part, kDim, kDim);
    }
    norm(block + "attention.LayerNorm");
    dense(block + "intermediate.dense_1", 4 * kDim, kDim);
    dense(block + "intermediate.dense_2", kDim, 4 * kDim);
    norm(block + "intermediate.LayerNorm");
    EXPECT_TRUE(writer_.Write(folder_ + "/weights.safetensors").ok());
    std::string ids;
    for (size_t i = 0; i < kItems; ++i) ids += std::to_string(i) + "\n";
    EXPECT_TRUE(WriteTextFile(folder_ + "/items.txt", ids).ok());
  }
  ~ImportedSasRec() override { std::filesystem::remove_all(folder_); }

  // The scores after the first `n_events` products.
  std::vector<float> Scores(Padding padding, size_t n_events) const {
    const auto imported = ImportModel({.from = folder_ + "/weights.safetensors",
                                       .model = "sasrec",
                                       .items = folder_ + "/items.txt",
                                       .ignore = {"pad."},
                                       .heads = 2,
                                       .padding = padding,
                                       .replace = true},
                                      folder_ + "/model");
    EXPECT_TRUE(imported.ok()) << imported.error().message;
    const auto file = ReadTensorFile(folder_ + "/model/model.safetensors");
    EXPECT_TRUE(file.ok() && file->CheckHash().ok());
    const auto model = LoadModel(*file);
    EXPECT_TRUE(model.ok()) << model.error().message;
    std::vector<Event> events(n_events);
    for (size_t i = 0; i < n_events; ++i) events[i].item = static_cast<uint32_t>(i);
    std::vector<float> scores(kItems);
    (*model)->Score({events, 0}, scores);
    return scores;
  }

  std::string folder_;
  Rng rng_{1, 0};
  std::vector<std::vector<float>> values_;
  TensorFileWriter writer_;
};

TEST_F(ImportedSasRec, PaddingMattersToShortHistoriesOnly) {
  for (const size_t n_events : {kLength, kLength + 3}) {
    EXPECT_EQ(Scores(Padding::kLeft, n_events), Scores(Padding::kRight, n_events));
  }
  for (size_t n_events = 1; n_events < kLength; ++n_events) {
    EXPECT_NE(Scores(Padding::kLeft, n_events), Scores(Padding::kRight, n_events));
  }
}

}  // namespace
}  // namespace vitrine
