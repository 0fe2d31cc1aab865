// The shop's true structure on disk, for tests of what a model should find.
//
// items.safetensors, one row per product in the order of products.csv:
//   kind, brand, style, band (u8); quality, popularity (f32); launched, sold_out (i64)
// shoppers.safetensors, one row per shopper:
//   segment, country, device (u8); taste_kind (u8, x 8), taste_share (f32, x 8), style_taste
//   (f32, x 6), price (f32), favourite_brand (u8, x 3), visit_gap_days, leave_probability, repeat,
//   checkout (f32); first_time, left_at (i64)
// model.json names what the numbers stand for and states the formulas with their constants.
#ifndef VITRINE_GENERATE_TRUTH_H_
#define VITRINE_GENERATE_TRUTH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "generate/shop.h"
#include "generate/simulate.h"

namespace vitrine::generate {

// Collects one row per shopper; rows may be set from many threads at once.
class ShopperTruth {
 public:
  explicit ShopperTruth(size_t n_shoppers);
  void Set(size_t shopper, const ShopperLog& log);
  Status Write(const std::string& path) const;

 private:
  std::vector<uint8_t> segment_, country_, device_;
  std::vector<uint8_t> taste_kind_, favourite_brand_;
  std::vector<float> taste_share_, style_taste_, price_;
  std::vector<float> visit_gap_days_, leave_probability_, repeat_, checkout_;
  std::vector<int64_t> first_time_, left_at_;
};

Status WriteItemTruth(const Shop& shop, const std::string& path);
Status WriteModelTruth(const Shop& shop, const std::string& path);

}  // namespace vitrine::generate

#endif  // VITRINE_GENERATE_TRUTH_H_
