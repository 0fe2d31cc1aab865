#include "cli/target_size.h"

#include <gtest/gtest.h>

namespace vitrine {
namespace {

FormQuality Form(size_t precision, uint64_t bytes, double overlap, double loss) {
  return {kPrecisions[precision], bytes, overlap, 0, loss};
}

TEST(ChooseForm, DoesNotTakeChanceForQuality) {
  // int4 happens to do better, but lists other products.
  const std::vector<FormQuality> forms = {Form(0, 1000, 1, 0), Form(1, 500, 1, 0),
                                          Form(2, 250, 0.99, 0.0004), Form(3, 125, 0.88, -0.03)};
  EXPECT_STREQ(ChooseForm(forms, 2000)->precision.name, "int8");
  EXPECT_STREQ(ChooseForm(forms, 200)->precision.name, "int4");
}

TEST(ChooseForm, OfWhatListsAlikeTakesTheLeastLoss) {
  const std::vector<FormQuality> forms = {Form(0, 1000, 1, 0), Form(2, 250, 0.985, 0.004),
                                          Form(3, 125, 0.983, 0.02)};
  EXPECT_STREQ(ChooseForm(forms, 2000)->precision.name, "f32");
  EXPECT_STREQ(ChooseForm(forms, 300)->precision.name, "int8");
}

TEST(ChooseForm, SaysWhatTheSmallestFormTakes) {
  const auto chosen = ChooseForm({Form(0, 1000, 1, 0), Form(3, 125, 0.9, 0)}, 100);
  ASSERT_FALSE(chosen.ok());
  EXPECT_NE(chosen.error().message.find("int4, has 125 bytes"), std::string::npos);
}

}  // namespace
}  // namespace vitrine
