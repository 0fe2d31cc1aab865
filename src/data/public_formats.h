// Public benchmark files, as they are shipped, to logs that `prepare` reads.
#ifndef VITRINE_DATA_PUBLIC_FORMATS_H_
#define VITRINE_DATA_PUBLIC_FORMATS_H_

#include <cstdint>
#include <string>

#include "core/result.h"

namespace vitrine {

// The columns of what the functions below write: shopper,item,time,event,value, and context
// where there is one.

// A training and a test file of "user item rating" a line, between blanks or tabs: what CFGAN's
// authors ship. Every row is a rating, those of the test file after `cut_time` (seconds UTC).
Status ConvertCfgan(const std::string& train, const std::string& test, int64_t cut_time,
                    const std::string& out);

// A line per user: the user, then items in the order of time, between blanks: what S3-Rec's authors
// ship. Every item is a purchase, a day after the one before.
Status ConvertS3rec(const std::string& input, const std::string& out);

// MovieLens ratings: u.data (tabs), ratings.dat (two colons) or ratings.csv (commas, a header):
// user, item, rating, seconds. Only ratings of at least `min_rating` are kept.
// A file u.user beside u.data (id|age|sex|occupation|...) gives each event its user's context.
Status ConvertMovielens(const std::string& input, double min_rating, const std::string& out);
// The products beside such a file, where there is a u.item (bars), movies.dat (two colons) or
// movies.csv: their titles, and as the category the first of their genres. False where there is
// none.
Result<bool> ConvertMovielensItems(const std::string& input, const std::string& out);

}  // namespace vitrine

#endif  // VITRINE_DATA_PUBLIC_FORMATS_H_
