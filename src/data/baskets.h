// Gives the orders of a data set dense numbers.
#ifndef VITRINE_DATA_BASKETS_H_
#define VITRINE_DATA_BASKETS_H_

#include <cstdint>
#include <vector>

#include "data/event_log.h"
#include "data/partition.h"

namespace vitrine {

// Purchases without an order number belong together while each follows the one before within this.
inline constexpr int64_t kBasketGapS = 1800;

struct Baskets {
  std::vector<uint32_t> number;  // by event of the log; kNoBasket outside the kept purchases
  uint32_t n = 0;
};

// Numbers the training part first, in the order of its shoppers, so that those numbers do not
// depend on the test part; an order that spans the cut has one number.
Baskets NumberBaskets(const EventLog& log, const Partition& parts);

}  // namespace vitrine

#endif  // VITRINE_DATA_BASKETS_H_
