#include "generate/write_shop.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <numeric>
#include <set>
#include <string_view>
#include <vector>

#include "core/parallel.h"
#include "format/files.h"
#include "generate/pictures.h"
#include "generate/simulate.h"
#include "generate/tables.h"
#include "generate/truth.h"

namespace vitrine::generate {
namespace {

Status WriteProducts(const Shop& shop, const std::string& folder) {
  constexpr size_t kFlushBytes = 1 << 20;
  VITRINE_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(folder + "/products.csv"));
  std::string rows(kProductColumns);
  for (size_t item = 0; item < shop.assortment.items.size(); ++item) {
    AppendProduct(shop, item, rows);
    if (rows.size() < kFlushBytes) continue;
    VITRINE_RETURN_IF_ERROR(file.Write(rows));
    rows.clear();
  }
  VITRINE_RETURN_IF_ERROR(file.Write(rows));
  return file.Commit();
}

// Pictures are many and small, so they go without the flush to the disk that AtomicFile makes.
Status WritePicture(const std::string& path, std::string_view svg) {
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file << svg;
  file.close();
  if (file) return {};
  return {ErrorCode::kIo, path + ": cannot write: " + std::strerror(errno) +
                              "; free some disk space and run again"};
}

// One picture for each kind and variant that some product has.
Status WritePictures(const Shop& shop, const std::string& folder, ShopCounts& counts) {
  VITRINE_RETURN_IF_ERROR(CreateFolder(folder + "/pictures"));
  std::set<std::pair<size_t, size_t>> used;
  for (size_t item = 0; item < shop.assortment.items.size(); ++item) {
    used.emplace(shop.assortment.items[item].kind, shop.assortment.offers[item].variant);
  }
  for (const auto& [k, v] : used) {
    const Kind& kind = *Kinds()[k];
    const Variant& variant = kind.variants[v];
    const std::string title = std::string(kind.nouns[0]) + ", " + std::string(variant.name);
    VITRINE_RETURN_IF_ERROR(WritePicture(folder + "/" + PicturePath(k, v),
                                         Recolour(Drawing(kind.picture), variant.rgb, title)));
  }
  counts.pictures = used.size();
  return {};
}

Status WriteCampaigns(const Shop& shop, const std::string& folder, ShopCounts& counts) {
  std::string rows(kCampaignColumns);
  for (const Campaign& campaign : shop.campaigns.list) AppendCampaign(shop, campaign, rows);
  counts.campaigns = shop.campaigns.list.size();
  return WriteTextFile(folder + "/campaigns.csv", rows);
}

// The rows of some consecutive shoppers.
struct Block {
  std::string events;
  std::string reviews;
  std::string impressions;
  ShopCounts counts;
};

void Count(const ShopperLog& log, ShopCounts& counts) {
  for (const LoggedEvent& logged : log.events) {
    ++counts.of(logged.event.type);
    if (logged.event.type != EventType::kPurchase) continue;
    counts.revenue += double{logged.event.price} * logged.event.quantity;
  }
  uint32_t orders = 0;
  for (const LoggedEvent& logged : log.events) {
    if (logged.event.basket != kNoBasket) orders = std::max(orders, logged.event.basket + 1);
  }
  counts.orders += orders;
  counts.visits += log.visits.size();
  counts.reviews += log.reviews.size();
  counts.impressions += log.impressions.size();
  for (const Impression& impression : log.impressions) {
    counts.clicks += impression.clicked;
    counts.conversions += impression.converted;
  }
  counts.left += log.left_at != kNever;
}

void Add(const ShopCounts& from, ShopCounts& to) {
  for (size_t type = 0; type < kEventTypes; ++type) to.events[type] += from.events[type];
  to.visits += from.visits;
  to.orders += from.orders;
  to.reviews += from.reviews;
  to.impressions += from.impressions;
  to.clicks += from.clicks;
  to.conversions += from.conversions;
  to.left += from.left;
  to.revenue += from.revenue;
}

// Blocks of shoppers are simulated side by side and written in order; a round of blocks is all that
// is in memory.
Status WriteShoppers(const Shop& shop, const std::string& folder, const ShopProgress& progress,
                     ShopperTruth& truth, ShopCounts& counts) {
  constexpr size_t kBlockShoppers = 64;
  const size_t n_shoppers = shop.options.shoppers;
  VITRINE_ASSIGN_OR_RETURN(AtomicFile events, AtomicFile::Create(folder + "/events.csv"));
  VITRINE_ASSIGN_OR_RETURN(AtomicFile reviews, AtomicFile::Create(folder + "/reviews.csv"));
  VITRINE_ASSIGN_OR_RETURN(AtomicFile impressions, AtomicFile::Create(folder + "/impressions.csv"));
  VITRINE_RETURN_IF_ERROR(events.Write(kEventColumns));
  VITRINE_RETURN_IF_ERROR(reviews.Write(kReviewColumns));
  VITRINE_RETURN_IF_ERROR(impressions.Write(kImpressionColumns));
  std::vector<Block> round(4 * NumThreads());
  const size_t round_shoppers = round.size() * kBlockShoppers;
  for (size_t first = 0; first < n_shoppers; first += round_shoppers) {
    const size_t n = std::min(round_shoppers, n_shoppers - first);
    ParallelForDynamic(n, kBlockShoppers, [&](size_t begin, size_t end) {
      Block& block = round[begin / kBlockShoppers];
      block.events.clear();
      block.reviews.clear();
      block.impressions.clear();
      block.counts = {};
      for (size_t shopper = first + begin; shopper < first + end; ++shopper) {
        const ShopperLog log = Simulate(shop, shopper);
        AppendEvents(shopper, log, block.events);
        AppendReviews(shopper, log, block.reviews);
        AppendImpressions(shop, shopper, log, block.impressions);
        Count(log, block.counts);
        truth.Set(shopper, log);
      }
    });
    for (size_t b = 0; b * kBlockShoppers < n; ++b) {
      VITRINE_RETURN_IF_ERROR(events.Write(round[b].events));
      VITRINE_RETURN_IF_ERROR(reviews.Write(round[b].reviews));
      VITRINE_RETURN_IF_ERROR(impressions.Write(round[b].impressions));
      Add(round[b].counts, counts);
    }
    if (progress) progress(first + n);
  }
  VITRINE_RETURN_IF_ERROR(events.Commit());
  VITRINE_RETURN_IF_ERROR(reviews.Commit());
  return impressions.Commit();
}

Status WriteAbout(const Shop& shop, const std::string& folder, const ShopCounts& counts) {
  std::string first, last;
  AppendTime(shop.calendar.start(), first);
  AppendTime(shop.calendar.end() - 1, last);
  nlohmann::ordered_json about;
  about["name"] = kShopName;
  about["currency"] = kCurrency;
  about["settings"] = {{"products", shop.options.products},
                       {"shoppers", shop.options.shoppers},
                       {"days", shop.options.days},
                       {"seed", shop.options.seed}};
  about["period"] = {{"first", first}, {"last", last}};
  about["counts"] = ToJson(counts);
  return WriteTextFile(folder + "/" + kShopFile, about.dump(1) + "\n");
}

}  // namespace

uint64_t ShopCounts::n_events() const {
  return std::accumulate(events.begin(), events.end(), uint64_t{0});
}

nlohmann::ordered_json ToJson(const ShopCounts& counts) {
  nlohmann::ordered_json json;
  json["events"] = counts.n_events();
  for (size_t type = 0; type < kEventTypes; ++type) {
    if (counts.events[type] > 0) json[std::string(kEventTypeNames[type])] = counts.events[type];
  }
  json["visits"] = counts.visits;
  json["orders"] = counts.orders;
  json["campaigns"] = counts.campaigns;
  json["ads"] = {{"impressions", counts.impressions},
                 {"clicks", counts.clicks},
                 {"conversions", counts.conversions}};
  json["left"] = counts.left;
  json["pictures"] = counts.pictures;
  json["revenue"] = std::round(counts.revenue * 100) / 100;
  return json;
}

Result<ShopOptions> ReadShopOptions(const std::string& folder) {
  const std::string path = folder + "/" + kShopFile;
  const Error bad{ErrorCode::kInvalidArgument,
                  path +
                      " is not there, or not of a shop that `vitrine generate` made; name the "
                      "folder that it wrote"};
  const Result<std::string> text = ReadTextFile(path);
  if (!text.ok()) return bad;
  const auto about = nlohmann::json::parse(*text, nullptr, false);
  const auto settings = about.is_object() ? about.find("settings") : about.end();
  if (settings == about.end() || !settings->is_object()) return bad;
  for (const char* key : {"products", "shoppers", "days", "seed"}) {
    const auto value = settings->find(key);
    if (value == settings->end() || !value->is_number_unsigned()) return bad;
  }
  return ShopOptions{.products = (*settings)["products"],
                     .shoppers = (*settings)["shoppers"],
                     .days = (*settings)["days"],
                     .seed = (*settings)["seed"]};
}

Result<ShopCounts> WriteShop(const Shop& shop, const std::string& folder,
                             const ShopProgress& progress) {
  ShopCounts counts;
  const std::string truth_folder = folder + "/truth";
  VITRINE_RETURN_IF_ERROR(CreateFolder(truth_folder));
  VITRINE_RETURN_IF_ERROR(WriteProducts(shop, folder));
  VITRINE_RETURN_IF_ERROR(WritePictures(shop, folder, counts));
  VITRINE_RETURN_IF_ERROR(WriteCampaigns(shop, folder, counts));
  ShopperTruth truth(shop.options.shoppers);
  VITRINE_RETURN_IF_ERROR(WriteShoppers(shop, folder, progress, truth, counts));
  VITRINE_RETURN_IF_ERROR(truth.Write(truth_folder + "/shoppers.safetensors"));
  VITRINE_RETURN_IF_ERROR(WriteItemTruth(shop, truth_folder + "/items.safetensors"));
  VITRINE_RETURN_IF_ERROR(WriteModelTruth(shop, truth_folder + "/model.json"));
  VITRINE_RETURN_IF_ERROR(WriteAbout(shop, folder, counts));
  return counts;
}

}  // namespace vitrine::generate
