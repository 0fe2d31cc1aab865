// How probabilities of listed products are judged.
#include "evaluate/calibration_report.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/drawn_lists.h"
#include "train/calibrate.h"

namespace vitrine {
namespace {

// Two lists of two products; every number by hand.
TEST(CalibrationReport, AddsUpWhatWasSaidAndWhatCame) {
  std::vector<Listed> lists(2 * kRanked, {.score = kNothing});
  lists[0] = {2, true};
  lists[1] = {1, false};
  lists[kRanked] = {2, false};
  lists[kRanked + 1] = {1, false};
  const double p2 = Sigmoid(1), p1 = Sigmoid(-1);
  CalibrationReport report;
  report.Add({{1, 2}, {-1, 1}, 0}, lists);
  const auto json = report.ToJson({.resamples = 200});
  EXPECT_EQ(json["shown"], 4);
  EXPECT_EQ(json["hits"], 1);
  const auto value = [&json](const char* metric) { return json[metric]["value"].get<double>(); };
  EXPECT_NEAR(value("brier@20"), ((1 - p2) * (1 - p2) + p2 * p2 + 2 * p1 * p1) / 4, 1e-6);
  EXPECT_NEAR(value("log_loss@20"), -(std::log(p2) + std::log(1 - p2) + 2 * std::log(1 - p1)) / 4,
              1e-6);
  // Four products in bins of their own, in the order of what was said.
  EXPECT_NEAR(value("ece@20"), (2 * p1 + p2 + (1 - p2)) / 4, 1e-6);
  EXPECT_EQ(json["bins"].size(), 4u);
  const auto& base = json["base"];
  // Of the other list: none of two for the first, one of two for the second; half of each more.
  EXPECT_NEAR(base["overall"]["brier@20"].get<double>(), (25.0 / 36 + 1.0 / 36 + 0.5) / 4, 1e-6);
  // At its place: 1/4 for the hit and for both seconds, 3/4 for the first of the other list.
  EXPECT_NEAR(base["by_place"]["brier@20"].get<double>(), (2 * 0.5625 + 2 * 0.0625) / 4, 1e-6);
  EXPECT_NEAR(base["by_place"]["difference"]["brier@20"]["diff"].get<double>(),
              value("brier@20") - 0.3125, 1e-6);
  EXPECT_TRUE(CalibrationReport().ToJson({}).is_null());
}

TEST(CalibrationReport, WhatIsRightIsWithinItsIntervalAndWhatIsNotIsTold) {
  const std::vector<Listed> lists = DrawLists(3000, 4);
  const auto judge = [&lists](const Calibration& calibration) {
    CalibrationReport report;
    report.Add(calibration, lists);
    return report.ToJson({.resamples = 200});
  };
  const auto right = judge(FitCalibration(DrawLists(3000, 5)));
  EXPECT_LT(right["ece@20"]["value"], 0.01);
  const auto& difference = right["base"]["by_place"]["difference"]["log_loss@20"];
  EXPECT_LT(difference["high"], 0);
  Calibration boastful = FitCalibration(DrawLists(3000, 5));
  for (double& odds : boastful.log_odds) odds += 1;
  const auto wrong = judge(boastful);
  EXPECT_GT(wrong["ece@20"]["low"], 0.05);
  EXPECT_GT(wrong["brier@20"]["value"], right["brier@20"]["value"]);
}

}  // namespace
}  // namespace vitrine
