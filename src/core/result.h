// Errors as values: everything that also compiles to WebAssembly returns a Result or a Status.
#ifndef VITRINE_CORE_RESULT_H_
#define VITRINE_CORE_RESULT_H_

#include <optional>
#include <string>
#include <utility>

namespace vitrine {

// The closed list of what can go wrong. Names reach JavaScript in kebab case ("bad-format").
enum class ErrorCode {
  kBadFormat,           // bytes or text that are not what they should be
  kUnsupportedVersion,  // written by a newer Vitrine
  kUnsupported,         // valid, but not something this build or machine can do
  kInvalidArgument,     // a flag, setting or call that cannot be meant
  kNotFound,            // a file, product or column that is not there
  kOutOfMemory,
  kIo,        // the operating system refused a read or a write
  kInternal,  // a bug of ours
};

// The code's name as JavaScript sees it.
inline const char* ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kBadFormat:
      return "bad-format";
    case ErrorCode::kUnsupportedVersion:
      return "unsupported-version";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kInvalidArgument:
      return "invalid-argument";
    case ErrorCode::kNotFound:
      return "not-found";
    case ErrorCode::kOutOfMemory:
      return "out-of-memory";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

// One sentence that says what, where, and what to do.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
};

// Success, or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)), ok_(false) {}  // NOLINT: implicit on purpose
  Status(ErrorCode code, std::string message) : error_{code, std::move(message)}, ok_(false) {}

  bool ok() const { return ok_; }
  const Error& error() const { return error_; }

 private:
  Error error_;
  bool ok_ = true;
};

// A value, or an Error. Not a std::variant, whose tables of destructors a page would download.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit on purpose
  Result(ErrorCode code, std::string message) : Result(Error{code, std::move(message)}) {}

  bool ok() const { return value_.has_value(); }
  // Precondition: !ok().
  const Error& error() const { return error_; }
  // Precondition of the four below: ok().
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  Error error_;
};

}  // namespace vitrine

// Returns the error of a Status or Result expression from the enclosing function.
#define VITRINE_RETURN_IF_ERROR(expression)                         \
  do {                                                              \
    if (auto vitrine_status = (expression); !vitrine_status.ok()) { \
      return vitrine_status.error();                                \
    }                                                               \
  } while (false)

#define VITRINE_CONCAT_INNER(a, b) a##b
#define VITRINE_CONCAT(a, b) VITRINE_CONCAT_INNER(a, b)

// VITRINE_ASSIGN_OR_RETURN(auto x, MakeX()): x, or return MakeX()'s error.
#define VITRINE_ASSIGN_OR_RETURN(target, expression) \
  VITRINE_ASSIGN_OR_RETURN_INNER(VITRINE_CONCAT(vitrine_result_, __LINE__), target, expression)
#define VITRINE_ASSIGN_OR_RETURN_INNER(result, target, expression) \
  auto result = (expression);                                      \
  if (!result.ok()) return result.error();                         \
  target = std::move(*result)

#endif  // VITRINE_CORE_RESULT_H_
