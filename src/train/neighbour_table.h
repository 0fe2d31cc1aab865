// What shoppers look at around each product, counted.
#ifndef VITRINE_TRAIN_NEIGHBOUR_TABLE_H_
#define VITRINE_TRAIN_NEIGHBOUR_TABLE_H_

#include "core/csr.h"
#include "evaluate/training_part.h"

namespace vitrine {

// The table of src/serve/adapt.h: how much of what is looked at around product a is product b. Each
// shopper by itself: from every event on a, the k-th event (k = 0 .. 7) to either side that is on
// another product b gives the pair .7^k, up to a pause of more than a day; a shopper's whole says 1
// of a pair at most. A(a, b) = the sum over shoppers / (the row's sum + 5); a row keeps its largest
// 20.
Csr NeighbourTable(const TrainingPart& part);

}  // namespace vitrine

#endif  // VITRINE_TRAIN_NEIGHBOUR_TABLE_H_
