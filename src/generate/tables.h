// The rows of the shop's CSV files.
#ifndef VITRINE_GENERATE_TABLES_H_
#define VITRINE_GENERATE_TABLES_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "generate/shop.h"
#include "generate/simulate.h"

namespace vitrine::generate {

inline constexpr std::string_view kProductColumns =
    "id,title,category,brand,price,stock,image,description,department,launched\n";
inline constexpr std::string_view kEventColumns =
    "shopper,session,time,event,item,price,quantity,order,rating,dwell,country,device,referrer,"
    "landing\n";
inline constexpr std::string_view kReviewColumns = "shopper,item,time,rating,text\n";
inline constexpr std::string_view kCampaignColumns =
    "campaign,slot,promotes,target,starts,ends,budget\n";
inline constexpr std::string_view kImpressionColumns =
    "campaign,item,shopper,session,time,slot,propensity,click,conversion\n";

// Each appends whole rows.
void AppendProduct(const Shop& shop, size_t item, std::string& rows);
void AppendEvents(size_t shopper, const ShopperLog& log, std::string& rows);
void AppendReviews(size_t shopper, const ShopperLog& log, std::string& rows);
void AppendCampaign(const Shop& shop, const Campaign& campaign, std::string& rows);
void AppendImpressions(const Shop& shop, size_t shopper, const ShopperLog& log, std::string& rows);

}  // namespace vitrine::generate

#endif  // VITRINE_GENERATE_TABLES_H_
