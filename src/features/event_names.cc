#include "features/event_names.h"

#include <string>

namespace vitrine {
namespace {

struct Names {
  NamedEvent event;
  std::string_view names;  // lower case, letters and digits only, between blanks
};

constexpr Names kNames[] = {
    {{EventType::kView},
     " view viewitem detailpageview detailview productview productviewed viewproduct itemview "
     "viewedobjectids viewed pv viewcontent "},
    {{EventType::kClick},
     " click selectitem productclick productclicked clickedobjectids "
     "clickedobjectidsaftersearch clicked "},
    {{EventType::kCart},
     " cart addtocart addedtocartobjectids addedtocartobjectidsaftersearch cartaddition "
     "productadded addtobasket basket cartadd "},
    {{EventType::kUncart},
     " uncart removefromcart deletecartaddition productremoved removefrombasket cartremove "
     "notinterested dislike "},
    {{EventType::kWish},
     " wish wishlist addtowishlist bookmark convertedobjectids favorite favourite fav "
     "productaddedtowishlist addtofavorites addtofavourites "},
    {{EventType::kPurchase},
     " purchase buy transaction order ordercompleted purchasecomplete purchasedobjectids "
     "purchasedobjectidsaftersearch purchased bought sale "},
    {{EventType::kPurchase, /*cancels=*/true},
     " refund refunded orderrefunded return returned cancel cancelled canceled cancellation "
     "ordercancelled ordercanceled "},
    {{EventType::kRate}, " rate rating rated "},
    {{EventType::kReview}, " review reviewed productreviewed writereview "},
    {{EventType::kDwell}, " dwell userengagement viewportion timeonpage "},
    {{EventType::kImpression},
     " impression impressions list viewitemlist productlistviewed shown exposure "},
};

}  // namespace

std::optional<NamedEvent> FindEvent(std::string_view name) {
  std::string key = " ";
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') key += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) key += c;
  }
  if (key.size() == 1) return std::nullopt;
  key += ' ';
  for (const Names& row : kNames) {
    if (row.names.find(key) != std::string_view::npos) return row.event;
  }
  return std::nullopt;
}

}  // namespace vitrine
