// Reads a moment that a flag names.
#ifndef VITRINE_CLI_MOMENT_H_
#define VITRINE_CLI_MOMENT_H_

#include <cstdint>
#include <string>

#include "core/result.h"
#include "data/time_parser.h"

namespace vitrine {

// Seconds since 1970-01-01 UTC, as `parser` reads `text`.
inline Result<int64_t> ParseMoment(const std::string& flag, const std::string& text,
                                   TimeParser parser) {
  int64_t seconds = 0;
  if (!parser.Parse(text, seconds)) {
    return Error{ErrorCode::kInvalidArgument, flag + " '" + text +
                                                  "' is no time; write it as 2011-10-01 or "
                                                  "2011-10-01T12:00:00Z"};
  }
  return seconds;
}

}  // namespace vitrine

#endif  // VITRINE_CLI_MOMENT_H_
