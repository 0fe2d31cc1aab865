// What is known of shoppers before they do anything: country, device, channel, landing page, or
// what a log's context column says.
#ifndef VITRINE_EVALUATE_CONTEXTS_H_
#define VITRINE_EVALUATE_CONTEXTS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/csr.h"
#include "core/result.h"
#include "evaluate/training_part.h"
#include "features/event.h"
#include "features/profile.h"
#include "format/tensor_file.h"

namespace vitrine {

// A value that fewer training shoppers have is left out: it says nothing that can be relied on.
inline constexpr size_t kLeastContextShoppers = 5;

struct ContextRows {
  std::vector<std::string> names;  // "country=DE": of each column
  Csr rows;                        // of each shopper: the columns that hold
};

// The parts of "country=DE;device=phone".
std::vector<std::string_view> SplitContext(std::string_view context);

// "month=2011-09": of a moment, UTC. Months as names are in their order in time.
std::string MonthName(int64_t time);

// The columns that hold for a shopper who begins at `time` with `context`, ascending and distinct.
// Unknown ones are passed over; of months, where there are any and `context` names none, the last
// one known that has begun by then holds.
std::vector<uint32_t> ContextColumns(std::span<const std::string> names, std::string_view context,
                                     int64_t time);

// The names that a model file has; none of one that was trained without.
Result<std::vector<std::string>> ReadContextNames(const TensorFile& file);

// The context of each row of TrainingMatrix(part, options): that of the shopper's first event, with
// its month where `months` and the context names none.
ContextRows TrainingContexts(const TrainingPart& part, const ProfileOptions& options,
                             bool months = false);

}  // namespace vitrine

#endif  // VITRINE_EVALUATE_CONTEXTS_H_
