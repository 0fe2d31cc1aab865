// The forward model against its own equations, solved another way.
#include "train/forward.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "core/rng.h"
#include "support/small_shop.h"

namespace vitrine {
namespace {

constexpr uint32_t kItems = 6;

// A basket a day, each of one to three products.
std::vector<Event> RandomBaskets(Rng& rng, size_t n_baskets) {
  std::vector<Event> events;
  for (size_t b = 0; b < n_baskets; ++b) {
    const size_t n = 1 + rng.Below(3);
    for (size_t i = 0; i < n; ++i) {
      events.push_back({.time = static_cast<int64_t>(b) * kDay,
                        .item = static_cast<uint32_t>(rng.Below(kItems)),
                        .basket = static_cast<uint32_t>(b),
                        .type = EventType::kPurchase});
    }
  }
  return events;
}

struct Row {
  Eigen::VectorXd x, y;
  double weight;
};

Eigen::VectorXd Indicator(const std::vector<Event>& events, size_t first_basket, size_t last_basket,
                          bool counts) {
  Eigen::VectorXd v = Eigen::VectorXd::Zero(kItems + 1);
  for (const Event& event : events) {
    if (event.basket < first_basket || event.basket >= last_basket) continue;
    v(event.item) = counts ? v(event.item) + 1 : 1;
  }
  return v;
}

class Forward : public testing::Test {
 protected:
  Forward() : shop_(kItems) {
    Rng rng(5, 1);
    for (size_t s = 0; s < 40; ++s) {
      histories_.push_back(RandomBaskets(rng, 1 + rng.Below(5)));
      shop_.AddTrain(histories_.back());
    }
    dataset_ = shop_.Open(Split::kNone);
  }

  // (sum of w x x' + lambda I)^-1 (sum of w x y'), of rows without their constant.
  static Eigen::MatrixXd Solve(std::vector<Row> rows, double lambda, bool next_basket,
                               Eigen::MatrixXd* inverse) {
    Eigen::MatrixXd a = Eigen::MatrixXd::Zero(kItems + 1, kItems + 1);
    Eigen::MatrixXd r = Eigen::MatrixXd::Zero(kItems + 1, kItems);
    for (Row& row : rows) {
      row.x(kItems) = next_basket ? 0 : 0.3;
      a += row.weight * row.x * row.x.transpose();
      r += row.weight * row.x * row.y.head(kItems).transpose();
    }
    Eigen::MatrixXd prior = Eigen::MatrixXd::Zero(kItems + 1, kItems);
    if (next_basket) {
      const double rate = r.topRows(kItems).trace() / a.topLeftCorner(kItems, kItems).trace();
      for (uint32_t i = 0; i < kItems; ++i) prior(i, i) = rate / 2;
    }
    *inverse = (a + lambda * Eigen::MatrixXd::Identity(kItems + 1, kItems + 1)).inverse();
    return *inverse * (r - a * prior) + prior;
  }

  static void ExpectNear(const ForwardWeights& fitted, const Eigen::MatrixXd& expected) {
    for (uint32_t j = 0; j < kItems; ++j) {
      for (uint32_t i = 0; i < kItems; ++i) EXPECT_NEAR(fitted.table(i, j), expected(i, j), 1e-5);
      EXPECT_NEAR(fitted.bias[j], 0.3 * expected(kItems, j), 1e-5);
    }
  }

  SmallShop shop_;
  std::vector<std::vector<Event>> histories_;
  Dataset dataset_;
};

TEST_F(Forward, TheNextBasketIsARidgeRegressionOnWhatWentBefore) {
  std::vector<Row> rows;
  const auto end = static_cast<double>(dataset_.info().last_time + 1);
  for (const auto& events : histories_) {
    for (size_t b = 1; b <= events.back().basket; ++b) {
      const double days = (end - static_cast<double>(b) * kDay) / kDay;
      rows.push_back({Indicator(events, 0, b, true), Indicator(events, b, b + 1, false),
                      std::exp2(-days / 90)});
    }
  }
  Eigen::MatrixXd inverse;
  const Eigen::MatrixXd expected = Solve(rows, 3, /*next_basket=*/true, &inverse);
  ForwardOptions options{.task = Task::kNextBasket, .lambda = 3};
  options.profile.binary = false;
  const auto fitted = FitForward({.dataset = &dataset_}, options);
  ASSERT_TRUE(fitted.ok()) << fitted.error().message;
  ExpectNear(*fitted, expected);
}

TEST_F(Forward, DiscoveryLearnsFromLaterBasketsAndFromWholeShoppers) {
  std::vector<Row> rows;
  double items = 0, weights = 0;
  for (const auto& events : histories_) {
    const size_t n_baskets = events.back().basket + 1;
    for (size_t b = 1; b < n_baskets; ++b) {
      const Eigen::VectorXd before = Indicator(events, 0, b, false);
      const Eigen::VectorXd fresh = (Indicator(events, b, n_baskets, false) - before).cwiseMax(0);
      if (fresh.sum() > 0) rows.push_back({before, fresh, 1 / static_cast<double>(b)});
    }
    const double n = Indicator(events, 0, n_baskets, false).sum();
    items += n;
    weights += std::sqrt(n);
  }
  for (const auto& events : histories_) {
    const Eigen::VectorXd whole = Indicator(events, 0, kItems, false);
    rows.push_back({whole, whole, items / weights / std::sqrt(whole.sum())});
  }
  Eigen::MatrixXd inverse;
  Eigen::MatrixXd expected = Solve(rows, 3, /*next_basket=*/false, &inverse);
  const Eigen::VectorXd pull =
      expected.topRows(kItems).diagonal().array() / inverse.diagonal().head(kItems).array();
  expected -= inverse.leftCols(kItems) * pull.asDiagonal();
  const auto fitted = FitForward({.dataset = &dataset_}, {.task = Task::kDiscovery, .lambda = 3});
  ASSERT_TRUE(fitted.ok()) << fitted.error().message;
  ExpectNear(*fitted, expected);
  for (uint32_t i = 0; i < kItems; ++i) EXPECT_EQ(fitted->table(i, i), 0);
}

TEST(ForwardAlone, WithoutAnyoneWhoCameBackItSaysSo) {
  SmallShop shop(kItems);
  for (uint32_t s = 0; s < 5; ++s) shop.AddTrain(SmallShop::Purchases({s}));
  const Dataset dataset = shop.Open(Split::kNone);
  const auto fitted = FitForward({.dataset = &dataset}, {.task = Task::kNextBasket});
  ASSERT_FALSE(fitted.ok());
  EXPECT_EQ(fitted.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(fitted.error().message.find("came back"), std::string::npos);
}

}  // namespace
}  // namespace vitrine
