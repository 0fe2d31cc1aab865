// A shop of the default breadth with fewer shoppers, and what they did; made once per process.
#ifndef VITRINE_TESTS_NATIVE_GENERATE_EXAMPLE_H_
#define VITRINE_TESTS_NATIVE_GENERATE_EXAMPLE_H_

#include <vector>

#include "core/check.h"
#include "core/parallel.h"
#include "generate/shop.h"
#include "generate/simulate.h"

namespace vitrine::generate {

inline const Shop& ExampleShop() {
  static const auto& shop = *[] {
    auto made = MakeShop({.products = 2000, .shoppers = 1200, .days = 365, .seed = 11});
    VITRINE_CHECK(made.ok());
    return new Shop(std::move(*made));
  }();
  return shop;
}

inline const std::vector<ShopperLog>& ExampleLogs() {
  static const auto& logs = *[] {
    auto* all = new std::vector<ShopperLog>(ExampleShop().options.shoppers);
    ParallelForDynamic(all->size(), 16, [all](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) (*all)[i] = Simulate(ExampleShop(), i);
    });
    return all;
  }();
  return logs;
}

}  // namespace vitrine::generate

#endif  // VITRINE_TESTS_NATIVE_GENERATE_EXAMPLE_H_
