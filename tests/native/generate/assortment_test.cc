// The products, and the tables they are put together from.
#include "generate/assortment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "example.h"
#include "generate/pictures.h"
#include "generate/vocabulary/vocabulary.h"

namespace vitrine::generate {
namespace {

TEST(Vocabulary, IsCompleteAndItsKeysExist) {
  ASSERT_LE(Kinds().size(), 64u);
  std::unordered_set<std::string_view> pictures, categories;
  for (const Kind* kind : Kinds()) {
    SCOPED_TRACE(kind->picture);
    EXPECT_TRUE(pictures.insert(kind->picture).second);
    EXPECT_TRUE(categories.insert(kind->category).second);
    EXPECT_FALSE(Drawing(kind->picture).empty());
    EXPECT_GE(kind->nouns.size(), 1u);
    EXPECT_GE(kind->materials.size(), 1u);
    EXPECT_GE(kind->sizes.size(), 1u);
    EXPECT_GE(kind->variants.size(), 3u);
    EXPECT_GE(kind->features.size(), 2u);
    EXPECT_GE(kind->praise.size(), 2u);
    EXPECT_EQ(kind->complaints.size(), kind->praise.size());
    EXPECT_LT(kind->lowest_price, kind->highest_price);
    EXPECT_NE(kind->title.find("{variant}"), std::string_view::npos);
    for (const std::string_view key : kind->complements) {
      EXPECT_NE(KindIndex(key), KindIndex(kind->picture));
    }
  }
  for (const Segment& segment : Segments()) {
    for (const std::string_view key : segment.kinds) EXPECT_LT(KindIndex(key), Kinds().size());
  }
  for (const Department& department : Departments()) {
    const auto serves = [&department](const Brand& brand) {
      return std::count(brand.departments.begin(), brand.departments.end(), department.name) > 0;
    };
    EXPECT_GE(std::count_if(Brands().begin(), Brands().end(), serves), 4) << department.name;
  }
  for (const Brand& brand : Brands()) {
    for (const std::string_view name : brand.departments) {
      EXPECT_TRUE(std::any_of(Departments().begin(), Departments().end(),
                              [name](const Department& d) { return d.name == name; }))
          << brand.name << " serves " << name;
    }
  }
}

TEST(Assortment, TitlesAreDistinctEvenWhereWordsRunOut) {
  const Calendar calendar(0, 30);
  const Assortment assortment = MakeAssortment(1, 30000, calendar);
  std::unordered_set<std::string> titles;
  for (const Offer& offer : assortment.offers) {
    EXPECT_TRUE(titles.insert(offer.title).second) << offer.title;
    EXPECT_EQ(offer.title.find('{'), std::string::npos) << offer.title;
  }
}

TEST(Assortment, EveryItemIsListedUnderItsKindAlone) {
  const Assortment& assortment = ExampleShop().assortment;
  size_t n = 0;
  for (size_t kind = 0; kind < Kinds().size(); ++kind) {
    EXPECT_GE(assortment.of_kind[kind].size(), 10u);
    for (const uint32_t item : assortment.of_kind[kind])
      EXPECT_EQ(assortment.items[item].kind, kind);
    n += assortment.of_kind[kind].size();
  }
  EXPECT_EQ(n, assortment.items.size());
}

TEST(Assortment, EveryKindHasSomethingOnSaleAllTheTime) {
  const Shop& shop = ExampleShop();
  for (const auto& items : shop.assortment.of_kind) {
    EXPECT_LE(shop.assortment.items[items.front()].launched, shop.calendar.start());
    EXPECT_EQ(shop.assortment.items[items.front()].sold_out, kNever);
  }
}

TEST(Assortment, ExactlyTheSoldOutHaveNoStock) {
  const Assortment& assortment = ExampleShop().assortment;
  size_t sold_out = 0;
  for (size_t i = 0; i < assortment.items.size(); ++i) {
    EXPECT_EQ(assortment.items[i].sold_out != kNever, assortment.offers[i].stock == 0);
    sold_out += assortment.offers[i].stock == 0;
  }
  EXPECT_GT(sold_out, assortment.items.size() / 50);
  EXPECT_LT(sold_out, assortment.items.size() / 10);
}

TEST(Assortment, PricesRiseWithTheirBand) {
  const Assortment& assortment = ExampleShop().assortment;
  for (size_t kind = 0; kind < Kinds().size(); ++kind) {
    double low = 0, high = 0, n_low = 0, n_high = 0;
    for (const uint32_t item : assortment.of_kind[kind]) {
      const double price = assortment.offers[item].price;
      EXPECT_GT(price, 0.6 * Kinds()[kind]->lowest_price);
      EXPECT_LT(price, 1.3 * Kinds()[kind]->highest_price);
      const bool cheap = assortment.items[item].band < 2;
      (cheap ? low : high) += price;
      ++(cheap ? n_low : n_high);
    }
    if (n_low > 0 && n_high > 0) {
      EXPECT_LT(low / n_low, high / n_high) << Kinds()[kind]->category;
    }
  }
}

TEST(Assortment, PopularityIsLongTailed) {
  std::vector<double> popularity;
  for (const Item& item : ExampleShop().assortment.items) popularity.push_back(item.popularity);
  std::sort(popularity.rbegin(), popularity.rend());
  const auto tenth = popularity.begin() + static_cast<std::ptrdiff_t>(popularity.size() / 10);
  const double top = std::accumulate(popularity.begin(), tenth, 0.0);
  const double all = std::accumulate(popularity.begin(), popularity.end(), 0.0);
  EXPECT_GT(top / all, 0.3);
  EXPECT_LT(top / all, 0.7);
}

TEST(Assortment, SomeProductsAreNew) {
  const Shop& shop = ExampleShop();
  const auto is_new = [&shop](const Item& item) { return item.launched > shop.calendar.start(); };
  const auto& items = shop.assortment.items;
  const auto n = static_cast<double>(std::count_if(items.begin(), items.end(), is_new));
  EXPECT_NEAR(n / static_cast<double>(items.size()), 0.28, 0.06);
}

TEST(Assortment, DescriptionsNameTheBrandAndEndAsSentences) {
  const Shop& shop = ExampleShop();
  for (size_t item = 0; item < 200; ++item) {
    const std::string text = Describe(shop.options.seed, shop.assortment, item);
    EXPECT_NE(text.find(Brands()[shop.assortment.items[item].brand].name), std::string::npos);
    EXPECT_EQ(text.back(), '.');
    EXPECT_GT(text.size(), 40u);
    EXPECT_LT(text.size(), 300u);
  }
}

}  // namespace
}  // namespace vitrine::generate
