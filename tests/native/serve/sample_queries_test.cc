// Vectors of made-up shoppers: the same on any number of threads, of every kind that there is.
#include "models/sample_queries.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "core/parallel.h"
#include "format/safetensors.h"

namespace vitrine {
namespace {

std::vector<float> Values(const Matrix& m) { return {m.data(), m.data() + m.rows() * m.stride()}; }

TEST(SampleQueries, AreManyDifferentAndRepeatable) {
  const auto file = ReadTensorFile(std::string(VITRINE_TEST_CASES) + "/serve/compact.safetensors");
  ASSERT_TRUE(file.ok()) << file.error().message;
  const auto loaded = LoadModel(*file);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const auto* model = dynamic_cast<const FactorModel*>(loaded->get());
  ASSERT_NE(model, nullptr);
  std::vector<float> popularity(model->n_items(), 1.0f);
  const Matrix queries = SampleQueries(*model, popularity);
  EXPECT_EQ(queries.cols(), model->item_table().padded_dim());
  std::set<float> firsts;
  for (size_t r = 0; r < queries.rows(); ++r) {
    for (size_t c = 0; c < queries.cols(); ++c) ASSERT_TRUE(std::isfinite(queries(r, c)));
    firsts.insert(queries(r, 0));
  }
  EXPECT_GT(firsts.size(), queries.rows() / 2);

  const size_t n_threads = NumThreads();
  SetNumThreads(n_threads == 1 ? 3 : 1);
  EXPECT_EQ(Values(SampleQueries(*model, popularity)), Values(queries));
  SetNumThreads(n_threads);

  // Where one product sells and the others do not, every history begins with it.
  std::fill(popularity.begin(), popularity.end(), 0.0f);
  popularity[5] = 1e6f;
  const Matrix same = SampleQueries(*model, popularity);
  EXPECT_EQ(same(0, 0), same(6, 0));  // both of a single product
}

}  // namespace
}  // namespace vitrine
