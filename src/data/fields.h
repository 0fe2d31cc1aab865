// What a column of a log or product file can mean, and how its name tells.
#ifndef VITRINE_DATA_FIELDS_H_
#define VITRINE_DATA_FIELDS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/result.h"

namespace vitrine {

enum class Field : uint8_t {
  kShopper,
  kItem,
  kTime,
  kEvent,
  kQuantity,
  kPrice,
  kOrder,
  kRating,
  kValue,  // a rating or a number of seconds, by event
  kDwell,  // seconds
  kReview,
  kTitle,
  kCategory,
  kBrand,
  kImage,
  kStock,
  kDevice,
  kCountry,
  kChannel,
  kLanding,
  kContext,  // all of them in one: "season=winter;price band=low"
};
inline constexpr size_t kFields = 21;
// As --column and the report spell them.
inline constexpr std::array<std::string_view, kFields> kFieldNames = {
    "shopper", "item",  "time",   "event",   "quantity", "price",    "order",
    "rating",  "value", "dwell",  "review",  "title",    "category", "brand",
    "image",   "stock", "device", "country", "channel",  "landing",  "context"};

// A row's values as text, by field; empty where the row has none.
struct FieldValues {
  std::array<std::string_view, kFields> text;

  std::string_view& operator[](Field field) { return text[static_cast<size_t>(field)]; }
  std::string_view operator[](Field field) const { return text[static_cast<size_t>(field)]; }
};

enum class FileKind : uint8_t { kEvents, kProducts };

// The columns that the user named: field to column.
using ColumnChoices = std::map<Field, std::string>;

// Parses "shopper=CustomerID". invalid-argument for a field that does not exist.
Status AddColumnChoice(std::string_view text, ColumnChoices& choices);

// not-found where a column that the user named is not among `columns`, those of `files`.
Status CheckColumnChoices(const std::string& files, const std::vector<std::string>& columns,
                          const ColumnChoices& choices);

// Decides which columns of one file mean what.
class ColumnMatcher {
 public:
  ColumnMatcher(FileKind kind, const ColumnChoices& choices);

  // A meaning, and how good the name is for it: lower wins over other columns of that field.
  struct Match {
    Field field;
    int rank;  // -1: named by the user
  };
  // Of a column by its name, "device.category" for nested ones. Letter case and all but letters
  // and digits are passed over.
  std::optional<Match> Find(std::string_view column) const;
  bool IsChosen(Field field) const { return choices_.contains(field); }

 private:
  ColumnChoices choices_;
  std::unordered_map<std::string, Match> by_name_;
};

}  // namespace vitrine

#endif  // VITRINE_DATA_FIELDS_H_
