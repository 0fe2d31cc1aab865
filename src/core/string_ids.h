// Names to dense numbers: each distinct text gets the next index, in order of first appearance.
#ifndef VITRINE_CORE_STRING_IDS_H_
#define VITRINE_CORE_STRING_IDS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vitrine {

// A flat hash table, since reading a log looks up several names per row.
class StringIds {
 public:
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

  StringIds() = default;
  StringIds(StringIds&&) = default;
  StringIds& operator=(StringIds&&) = default;

  // The index of `name`, given a new one if it has none.
  uint32_t Add(std::string_view name) {
    if (names_.size() * 2 >= slots_.size()) Grow();
    const uint32_t hash = Hash(name);
    Slot& slot = slots_[FindSlot(hash, name)];
    if (slot.id == kNone) {
      slot = {hash, static_cast<uint32_t>(names_.size())};
      names_.emplace_back(name);
    }
    return slot.id;
  }
  // The index of `name`, or kNone.
  uint32_t Find(std::string_view name) const {
    return slots_.empty() ? kNone : slots_[FindSlot(Hash(name), name)].id;
  }
  const std::string& Name(uint32_t id) const { return names_[id]; }
  size_t size() const { return names_.size(); }

 private:
  struct Slot {
    uint32_t hash = 0;
    uint32_t id = kNone;  // kNone: empty
  };

  static uint32_t Hash(std::string_view name) {
    const uint64_t hash = std::hash<std::string_view>()(name);
    return static_cast<uint32_t>(hash ^ hash >> 32);
  }
  // The slot of `name`, or the empty one where it belongs.
  size_t FindSlot(uint32_t hash, std::string_view name) const {
    const size_t mask = slots_.size() - 1;
    size_t at = hash & mask;
    while (slots_[at].id != kNone && (slots_[at].hash != hash || names_[slots_[at].id] != name)) {
      at = (at + 1) & mask;
    }
    return at;
  }
  void Grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2);
    std::swap(old, slots_);
    const size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.id == kNone) continue;
      size_t at = slot.hash & mask;
      while (slots_[at].id != kNone) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }

  std::deque<std::string> names_;
  std::vector<Slot> slots_;  // a power of two, at most half of them taken
};

}  // namespace vitrine

#endif  // VITRINE_CORE_STRING_IDS_H_
