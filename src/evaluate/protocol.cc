#include "evaluate/protocol.h"

#include <string>

namespace vitrine {
namespace {

constexpr double kGivenSplitValidation = 0.2;

constexpr NamedMetric kShopMetrics[] = {{"ndcg@20", kNdcg20},
                                        {"ndcg@100", kNdcg100},
                                        {"ndcg@10", kNdcg10},
                                        {"recall@20", kCappedRecall20},
                                        {"recall@50", kCappedRecall50},
                                        {"mrr", kMrr},
                                        {"hr@10", kHr10},
                                        {"new-hit@20", kNewHit20},
                                        {"novelty@20", kNovelty20},
                                        {"revenue@20", kRevenue20},
                                        {"conversion@20", kHr20},
                                        {"tail-recall@20", kTailRecall20},
                                        {"diversity@20", kDiversity20},
                                        {"popularity-lift@20", kPopularityLift20},
                                        {"miscalibration@20", kMiscalibration20}};

constexpr NamedMetric kGivenSplitMetrics[] = {{"precision@5", kPrecision5},
                                              {"precision@20", kPrecision20},
                                              {"recall@5", kRecall5},
                                              {"recall@20", kRecall20},
                                              {"ndcg@5", kNdcg5},
                                              {"ndcg@20", kNdcg20},
                                              {"mrr@5", kMrr5},
                                              {"mrr@20", kMrr20},
                                              {"novelty@20", kNovelty20},
                                              {"tail-recall@20", kTailRecall20},
                                              {"diversity@20", kDiversity20},
                                              {"popularity-lift@20", kPopularityLift20},
                                              {"miscalibration@20", kMiscalibration20}};

constexpr NamedMetric kLeaveLastMetrics[] = {{"hr@5", kHr5},
                                             {"ndcg@5", kNdcg5},
                                             {"hr@10", kHr10},
                                             {"ndcg@10", kNdcg10},
                                             {"hr@20", kHr20},
                                             {"ndcg@20", kNdcg20},
                                             {"mrr", kMrr},
                                             {"novelty@20", kNovelty20},
                                             {"tail-recall@20", kTailRecall20},
                                             {"diversity@20", kDiversity20},
                                             {"popularity-lift@20", kPopularityLift20},
                                             {"miscalibration@20", kMiscalibration20}};

bool CanMeasure(Metric metric, const ItemFacts& facts) {
  if (metric == kDiversity20) return !facts.category.empty() || !facts.shoppers.empty();
  return metric != kMiscalibration20 || !facts.category.empty();
}

CaseOptions CaseOptionsOf(const Dataset& dataset, Task task) {
  return {
      .task = task, .target = dataset.info().target, .visit_gap_s = dataset.features().visit_gap_s};
}

}  // namespace

const ProtocolRules& RulesOf(Split split) {
  static constexpr ProtocolRules kShop = {
      .metrics = kShopMetrics, .select = {"ndcg@20", kNdcg20}, .has_baskets = true, .refit = true};
  static constexpr ProtocolRules kGiven = {.metrics = kGivenSplitMetrics,
                                           .select = {"ndcg@20", kNdcg20},
                                           .has_baskets = false,
                                           .refit = true};
  static constexpr ProtocolRules kLast = {.metrics = kLeaveLastMetrics,
                                          .select = {"ndcg@10", kNdcg10},
                                          .has_baskets = false,
                                          .refit = false};
  switch (split) {
    case Split::kGivenSplit:
      return kGiven;
    case Split::kLeaveLast:
      return kLast;
    case Split::kNone:
    case Split::kTime:
    case Split::kStrong:
      break;
  }
  return kShop;
}

std::vector<NamedMetric> MetricsFor(Split split, const ItemFacts& facts) {
  std::vector<NamedMetric> measured;
  for (const NamedMetric& named : RulesOf(split).metrics) {
    if (CanMeasure(named.metric, facts)) measured.push_back(named);
  }
  return measured;
}

nlohmann::ordered_json NotMeasured(Split split, const ItemFacts& facts) {
  nlohmann::ordered_json reasons = nlohmann::ordered_json::object();
  for (const auto& [name, metric] : RulesOf(split).metrics) {
    if (!CanMeasure(metric, facts)) {
      reasons[std::string(name)] = "the catalogue has fewer than two categories";
    }
  }
  return reasons;
}

Status CheckPrefixes(const Dataset& dataset, const Prefixes& prefixes) {
  if (prefixes.lengths.empty() || dataset.info().split == Split::kStrong) return {};
  return {ErrorCode::kInvalidArgument,
          "prefixes are asked of shoppers held out whole; prepare the data with --split strong "
          "(benchmark: --protocol strong), or leave --prefixes and --prefix-events out"};
}

Result<TrainingPlan> PlanTraining(const Dataset& dataset, const PlanOptions& options) {
  TrainingPlan plan;
  plan.fit.dataset = plan.all.dataset = &dataset;
  const CaseOptions cases = CaseOptionsOf(dataset, options.task);
  VITRINE_RETURN_IF_ERROR(CheckPrefixes(dataset, options.prefixes));
  switch (dataset.info().split) {
    case Split::kStrong:
      plan.fit.held_out =
          HoldOutShoppers(dataset.train().size(), options.validation_fraction, options.seed);
      plan.validation =
          CasesFromPrefixes(dataset.train(), cases, options.prefixes, plan.fit.held_out);
      break;
    case Split::kGivenSplit:
      plan.fit.draw = {.share = kGivenSplitValidation, .seed = options.seed};
      plan.validation = CasesFromDraw(dataset.train(), cases, plan.fit.draw);
      break;
    case Split::kLeaveLast:
      plan.fit.without_last = true;
      plan.validation = CasesFromLast(dataset.train(), cases);
      break;
    case Split::kNone:
    case Split::kTime:
      plan.fit.until = ValidationCut(dataset.info(), options.validation_fraction);
      plan.validation = CasesFromTime(dataset.train(), cases, plan.fit.until);
      break;
  }
  if (plan.validation.size() == 0) {
    return Error{
        ErrorCode::kInvalidArgument,
        "no shopper of the training part can be asked about in validation (--validation-fraction " +
            std::to_string(options.validation_fraction) +
            "); use a larger fraction or a longer log"};
  }
  return plan;
}

Cases TestCases(const Dataset& dataset, Task task, const Prefixes& prefixes) {
  const CaseOptions options = CaseOptionsOf(dataset, task);
  switch (dataset.info().split) {
    case Split::kStrong:
      return CasesFromPrefixes(dataset.test(), options, prefixes);
    case Split::kLeaveLast:
      return CasesFromLast(dataset.test(), options);
    case Split::kNone:
    case Split::kTime:
    case Split::kGivenSplit:
      break;
  }
  return CasesFromTime(dataset.test(), options, dataset.info().cut_time);
}

}  // namespace vitrine
