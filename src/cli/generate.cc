// `vitrine generate`: writes the example shop.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "cli/command.h"
#include "format/staged_folder.h"
#include "generate/write_shop.h"
#include "train/progress.h"

namespace vitrine {
namespace {

struct Options {
  generate::ShopOptions shop;
  std::string out;
  bool force = false;
};

// "1,234,567".
std::string Grouped(uint64_t value) {
  std::string text = std::to_string(value);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

uint64_t BytesIn(const std::string& folder) {
  namespace fs = std::filesystem;
  uint64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file(error)) bytes += entry.file_size(error);
  }
  return bytes;
}

void Summarise(const Options& options, const generate::ShopCounts& counts) {
  const auto of = [&counts](EventType type) { return Grouped(counts.of(type)); };
  std::printf("%s: %s products, %s shoppers, %d days, seed %llu\n",
              std::string(generate::kShopName).c_str(), Grouped(options.shop.products).c_str(),
              Grouped(options.shop.shoppers).c_str(), options.shop.days,
              static_cast<unsigned long long>(options.shop.seed));
  std::printf("  %s events in %s visits: %s views, %s into the cart, %s bought in %s orders\n",
              Grouped(counts.n_events()).c_str(), Grouped(counts.visits).c_str(),
              of(EventType::kView).c_str(), of(EventType::kCart).c_str(),
              of(EventType::kPurchase).c_str(), Grouped(counts.orders).c_str());
  std::printf("  %s ratings, %s of them with words; %s shoppers have left\n",
              of(EventType::kRate).c_str(), Grouped(counts.reviews).c_str(),
              Grouped(counts.left).c_str());
  std::printf("  %s campaigns, %s impressions, %s clicks; %s pictures\n",
              Grouped(counts.campaigns).c_str(), Grouped(counts.impressions).c_str(),
              Grouped(counts.clicks).c_str(), Grouped(counts.pictures).c_str());
}

Status Run(const Options& options, Command& command) {
  const auto start = std::chrono::steady_clock::now();
  VITRINE_ASSIGN_OR_RETURN(const generate::Shop shop, generate::MakeShop(options.shop));
  VITRINE_ASSIGN_OR_RETURN(StagedFolder folder,
                           StagedFolder::Create(options.out, options.force, generate::kShopFile));
  Result<generate::ShopCounts> counts = generate::ShopCounts{};
  {
    Progress progress("generate", options.shop.shoppers, "shoppers");
    counts = generate::WriteShop(shop, folder.path(), [&progress](size_t done) {
      progress.Update(done, static_cast<double>(done), "");
    });
  }
  if (!counts.ok()) return counts.error();
  const uint64_t bytes = BytesIn(folder.path());
  VITRINE_RETURN_IF_ERROR(folder.Commit());
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  if (!command.json) {
    Summarise(options, *counts);
    std::printf("Written to %s in %.1f s, %.1f MB.\n", options.out.c_str(), seconds,
                static_cast<double>(bytes) / 1e6);
    const std::string out = options.out.substr(0, options.out.find_last_not_of('/') + 1);
    std::printf(
        "Next: vitrine prepare --events %s/events.csv --products %s/products.csv "
        "--out %s-data\n",
        out.c_str(), out.c_str(), out.c_str());
  }
  command.result = {{"out", options.out},
                    {"name", generate::kShopName},
                    {"seed", options.shop.seed},
                    {"products", options.shop.products},
                    {"shoppers", options.shop.shoppers},
                    {"days", options.shop.days},
                    {"counts", generate::ToJson(*counts)},
                    {"seconds", seconds},
                    {"bytes", bytes},
                    {"peak_bytes", PeakBytes()}};
  return {};
}

}  // namespace

void AddGenerate(CLI::App& app, Command& command) {
  auto options = std::make_shared<Options>();
  CLI::App* sub = app.add_subcommand(
      "generate", "Make an example shop: products with pictures, and a log of what shoppers did");
  sub->add_option("--out", options->out, "Folder to make")->required();
  sub->add_option("--products", options->shop.products, "Number of products")
      ->check(kWholeNotNegative)
      ->capture_default_str();
  sub->add_option("--shoppers", options->shop.shoppers, "Number of shoppers")
      ->check(kWholeNotNegative)
      ->capture_default_str();
  sub->add_option("--days", options->shop.days, "Length of the log, which ends with 2024")
      ->check(kCount)
      ->capture_default_str();
  sub->add_option("--seed", options->shop.seed, "Another seed makes another shop")
      ->check(kWholeNotNegative)
      ->capture_default_str();
  sub->add_flag("--force", options->force, "Replace the example shop that is in the folder");
  sub->callback([options, &command] {
    command.run = [options, &command] { return Run(*options, command); };
  });
}

}  // namespace vitrine
