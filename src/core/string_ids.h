// Names to dense numbers: each distinct text gets the next index, in order of first appearance.
#ifndef VITRINE_CORE_STRING_IDS_H_
#define VITRINE_CORE_STRING_IDS_H_

#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>

namespace vitrine {

class StringIds {
 public:
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

  StringIds() = default;
  StringIds(StringIds&&) = default;  // deque elements keep their addresses when moved
  StringIds& operator=(StringIds&&) = default;

  // The index of `name`, given a new one if it has none.
  uint32_t Add(std::string_view name) {
    const auto found = index_.find(name);
    if (found != index_.end()) return found->second;
    const auto id = static_cast<uint32_t>(names_.size());
    index_.emplace(names_.emplace_back(name), id);
    return id;
  }
  // The index of `name`, or kNone.
  uint32_t Find(std::string_view name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? kNone : found->second;
  }
  const std::string& Name(uint32_t id) const { return names_[id]; }
  size_t size() const { return names_.size(); }

 private:
  std::deque<std::string> names_;
  std::unordered_map<std::string_view, uint32_t> index_;
};

}  // namespace vitrine

#endif  // VITRINE_CORE_STRING_IDS_H_
