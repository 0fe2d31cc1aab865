// The exponential against the library's, over all of its range and beyond.
#include "math/exponential.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace vitrine {
namespace {

TEST(Exponential, IsWithinItsToleranceOfTheLibrary) {
  for (int i = -87300; i <= 88300; ++i) {
    const float x = static_cast<float>(i) / 1000;
    const double expected = std::exp(static_cast<double>(x));
    ASSERT_NEAR(Exp(x) / expected, 1, 2e-7) << x;
  }
}

TEST(Exponential, KeepsItsEndsBeyondItsRange) {
  EXPECT_EQ(Exp(-1000.0f), Exp(-87.3f));
  EXPECT_EQ(Exp(-std::numeric_limits<float>::infinity()), Exp(-87.3f));
  EXPECT_EQ(Exp(1000.0f), Exp(88.3f));
  EXPECT_EQ(Exp(0.0f), 1.0f);
  EXPECT_TRUE(std::isnan(Exp(std::numeric_limits<float>::quiet_NaN())));
}

}  // namespace
}  // namespace vitrine
