// What is taken out of a log before anything is learnt from it: repeats, cancellations, bots.
#ifndef VITRINE_DATA_CLEANING_H_
#define VITRINE_DATA_CLEANING_H_

#include <cstdint>
#include <limits>

#include "data/event_log.h"

namespace vitrine {

// Every function here works on a sorted log and lets nothing from `cut_time` on change what
// becomes of an earlier event, so that the training part never learns of the test part.
inline constexpr int64_t kNoCut = std::numeric_limits<int64_t>::max();

// Of events of one shopper that agree in everything but their line, keeps the first. The rating
// that comes with a review goes too where a row within the day before it gave the same.
void DropDuplicates(EventLog& log);

struct Netting {
  uint64_t n_cancellations = 0;  // that found a purchase
  uint64_t n_removed = 0;        // purchases taken back whole
  uint64_t n_reduced = 0;        // purchases taken back in part
  double n_leftover = 0;         // pieces taken back beyond what was bought
};

// Takes the pieces of each cancellation off the latest earlier purchases of the same product by
// the same shopper, latest first. A cancellation without a quantity takes back one purchase; one
// without a product, its whole order.
Netting NetCancellations(EventLog& log, int64_t cut_time);

// A shopper is a bot by either rule. Browsing is views and clicks; a row counts once.
struct BotRules {
  double max_events_per_day = 500;  // browsing per day with any; more is a bot
  uint64_t quick_events = 100;      // more browsing than this, with nothing put into a cart, bought
                                    // wished, rated or reviewed, and most of it within the same
                                    // second as what came before, is a bot
};

// Drops the events of bots; gives the number of shoppers. The second rule rests where no time of
// the log is finer than a minute.
uint64_t DropBots(EventLog& log, const BotRules& rules, int64_t cut_time);

}  // namespace vitrine

#endif  // VITRINE_DATA_CLEANING_H_
