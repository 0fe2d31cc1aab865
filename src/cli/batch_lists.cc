#include "cli/batch_lists.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/parallel.h"
#include "format/files.h"
#include "serve/calibration.h"
#include "serve/rank_many.h"
#include "train/progress.h"

namespace vitrine {
namespace {

constexpr size_t kTile = 4096;    // shoppers whose lines wait to be written
constexpr size_t kTogether = 16;  // who share each block of the item table

using Shopper = std::pair<const Shoppers*, size_t>;

// Every shopper once: of one in both parts the test part has all events.
std::vector<Shopper> AllShoppers(const Dataset& data) {
  std::vector<Shopper> all;
  std::unordered_set<std::string_view> tested;
  for (size_t i = 0; i < data.test().size(); ++i) {
    all.emplace_back(&data.test(), i);
    tested.insert(data.test().Name(i));
  }
  for (size_t i = 0; i < data.train().size(); ++i) {
    if (!tested.contains(data.train().Name(i))) all.emplace_back(&data.train(), i);
  }
  return all;
}

std::string LineOf(std::string_view shopper, const Ranking& ranking, const Calibration& calibration,
                   const Catalogue& catalogue) {
  const std::vector<double> probabilities = calibration.Probabilities(ranking);
  nlohmann::ordered_json line{{"shopper", shopper},
                              {"source", kSourceNames[static_cast<size_t>(ranking.source)]},
                              {"items", nlohmann::ordered_json::array()}};
  for (size_t i = 0; i < ranking.items.size(); ++i) {
    line["items"].push_back({{"id", catalogue[ranking.items[i]].id}, {"score", ranking.scores[i]}});
    if (!probabilities.empty()) line["items"].back()["probability"] = probabilities[i];
  }
  return line.dump() + "\n";
}

}  // namespace

Result<BatchSummary> WriteLists(const Recommender& recommender, const Catalogue& catalogue,
                                const Dataset& data, const Request& request,
                                const std::string& out) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<uint32_t> item_of(data.info().n_items);
  for (size_t i = 0; i < item_of.size(); ++i) item_of[i] = catalogue.Find(data.catalogue()[i].id);

  VITRINE_ASSIGN_OR_RETURN(const Calibration calibration, Calibration::Read(recommender.file()));
  VITRINE_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(out));
  const std::vector<Shopper> shoppers = AllShoppers(data);
  Progress progress("recommend", shoppers.size(), "shoppers");
  std::atomic<size_t> unknown = 0;
  for (size_t tile = 0; tile < shoppers.size(); tile += kTile) {
    const size_t n = std::min(kTile, shoppers.size() - tile);
    std::vector<std::string> lines(n);
    std::vector<Status> failures(n);
    ParallelForDynamic(n, kTogether, [&](size_t first, size_t last) {
      std::vector<std::vector<Event>> histories(last - first);
      for (size_t i = first; i < last; ++i) {
        const auto& [part, row] = shoppers[tile + i];
        std::vector<Event>& events = histories[i - first];
        part->Read(row, events);
        unknown += std::erase_if(events, [&](Event& event) {
          event.item = item_of[event.item];
          return event.item == StringIds::kNone;
        });
      }
      const auto rankings = RankMany(recommender, histories, request);
      if (!rankings.ok()) {
        failures[first] = rankings.error();
        return;
      }
      for (size_t i = first; i < last; ++i) {
        const auto& [part, row] = shoppers[tile + i];
        lines[i] = LineOf(part->Name(row), (*rankings)[i - first], calibration, catalogue);
      }
    });
    for (size_t i = 0; i < n; ++i) {
      VITRINE_RETURN_IF_ERROR(failures[i]);
      VITRINE_RETURN_IF_ERROR(file.Write(lines[i]));
    }
    progress.Update(tile + n, static_cast<double>(tile + n), "");
  }
  VITRINE_RETURN_IF_ERROR(file.Commit());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return BatchSummary{shoppers.size(), unknown, seconds.count()};
}

}  // namespace vitrine
