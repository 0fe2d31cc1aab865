// What other systems call the events that we store.
#ifndef VITRINE_FEATURES_EVENT_NAMES_H_
#define VITRINE_FEATURES_EVENT_NAMES_H_

#include <optional>
#include <string_view>

#include "features/event.h"

namespace vitrine {

struct NamedEvent {
  EventType type;
  bool cancels = false;  // takes a purchase back
};

// By the names of GA4, Vertex AI, Algolia Insights, Recombee, Segment, RetailRocket and Taobao;
// letter case and all but letters and digits are passed over. Nothing for a name that says
// nothing of a product, such as "page_view".
std::optional<NamedEvent> FindEvent(std::string_view name);

}  // namespace vitrine

#endif  // VITRINE_FEATURES_EVENT_NAMES_H_
