#include "train/search.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <numeric>

#include "core/parse_real.h"
#include "core/rng.h"
#include "evaluate/protocol.h"
#include "format/files.h"

namespace vitrine {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

// Rng stream of trial t: "tune" in ASCII, and t.
constexpr uint64_t kTuneStream = uint64_t{0x74756e65} << 32;
constexpr double kFailed = -std::numeric_limits<double>::infinity();

std::vector<std::string> SplitAt(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

Range Between(std::string flag, double low, double high) {
  const bool whole = low == std::floor(low) && high == std::floor(high) && high >= 2;
  return {.flag = std::move(flag),
          .low = low,
          .high = high,
          .logarithmic = low > 0 && high >= 10 * low,
          .whole = whole};
}

// A value as its flag is given it.
std::string TextOf(const Range& range, double value) {
  char text[32];
  std::snprintf(text, sizeof text, range.whole ? "%.0f" : "%.3g",
                range.whole ? std::round(value) : value);
  return text;
}

Range OneOf(std::string flag, std::vector<std::string> choices) {
  return {.flag = std::move(flag), .choices = std::move(choices)};
}

// A race of trials, and where it stands.
class Race {
 public:
  Race(const Dataset& dataset, const std::vector<Trial>& trials, const SearchOptions& options,
       const std::string& out)
      : dataset_(dataset),
        trials_(trials),
        options_(options),
        out_(out),
        metric_(RulesOf(dataset.info().split).select.name) {}

  Result<Json> Run(const Json& identity) {
    VITRINE_RETURN_IF_ERROR(Open(identity));
    std::vector<size_t> racing(trials_.size());
    std::iota(racing.begin(), racing.end(), size_t{0});
    const bool iterated = IsIterated(trials_.front().options.model);
    for (size_t rung = 0, epochs = options_.first_epochs;; ++rung, epochs *= options_.reduction) {
      const bool last = !iterated || racing.size() <= options_.reduction;
      for (size_t i = 0; i < racing.size(); ++i) {
        if (IsDone(racing[i], rung)) continue;
        if (options_.stop_after > 0 && n_runs_ == options_.stop_after) {
          state_["interrupted"] = true;
          return std::move(state_);
        }
        const std::string label = "rung " + std::to_string(rung + 1) + ", trial " +
                                  std::to_string(i + 1) + " of " + std::to_string(racing.size());
        VITRINE_RETURN_IF_ERROR(RunTrial(racing[i], rung, last ? 0 : epochs, label));
        ++n_runs_;
      }
      std::ranges::stable_sort(racing, std::greater<>(), [&](size_t t) { return ValueOf(t); });
      while (!racing.empty() && ValueOf(racing.back()) == kFailed) racing.pop_back();
      if (racing.empty()) {
        return Error{ErrorCode::kInvalidArgument,
                     "no trial could be trained; the first says: " +
                         state_["trials"][0]["failed"].get<std::string>()};
      }
      if (last) break;
      const size_t n_left = (racing.size() + options_.reduction - 1) / options_.reduction;
      for (size_t i = n_left; i < racing.size(); ++i) RemoveFolder(racing[i]);
      racing.resize(n_left);
    }
    for (size_t trial = 0; trial < trials_.size(); ++trial) RemoveFolder(trial);
    state_["best"] = racing.front();
    state_["validation"] = {{metric_, ValueOf(racing.front())}};
    VITRINE_RETURN_IF_ERROR(Save());
    return std::move(state_);
  }

 private:
  std::string FolderOf(size_t trial) const { return out_ + "/trial-" + std::to_string(trial); }
  void RemoveFolder(size_t trial) const {
    std::error_code ignored;
    fs::remove_all(FolderOf(trial), ignored);
  }
  Status Save() const { return WriteTextFile(out_ + "/tune.json", state_.dump(2) + "\n"); }

  // Takes up what an earlier search left, or begins anew.
  Status Open(const Json& identity) {
    const std::string path = out_ + "/tune.json";
    if (options_.resume && fs::exists(path)) {
      VITRINE_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
      state_ = Json::parse(text, nullptr, /*allow_exceptions=*/false);
      if (state_.is_object() && state_.value("identity", Json()) == identity) return {};
      return {ErrorCode::kInvalidArgument,
              path +
                  ": is of another search (other data, flags, ranges or numbers); resume with "
                  "the same ones, or tune with --force instead"};
    }
    VITRINE_RETURN_IF_ERROR(CreateFolder(out_));
    for (size_t trial = 0; trial < trials_.size(); ++trial) RemoveFolder(trial);
    state_ = Json{{"identity", identity}, {"metric", metric_}, {"trials", Json::array()}};
    for (const Trial& trial : trials_) {
      Json& json = state_["trials"].emplace_back();
      json["settings"] = Json::object();
      for (const auto& [flag, value] : trial.settings) json["settings"][flag] = value;
      json["rungs"] = Json::array();
    }
    return Save();
  }

  bool IsDone(size_t trial, size_t rung) const {
    const Json& json = state_["trials"][trial];
    return json.contains("failed") || json["rungs"].size() > rung;
  }
  double ValueOf(size_t trial) const {
    const Json& json = state_["trials"][trial];
    return json.contains("failed") ? kFailed : json["rungs"].back()[metric_].get<double>();
  }

  // Trains on to `epochs` in all, or where that is 0 to the end.
  Status RunTrial(size_t trial, size_t rung, size_t epochs, const std::string& label) {
    TrainOptions options = trials_[trial].options;
    options.refit = false;  // the winner is trained anew by `vitrine train`
    options.pause_at = epochs;
    options.resume = options_.resume || rung > 0;
    options.label = label;
    Json& json = state_["trials"][trial];
    // One that ended early has nothing to add.
    if (rung > 0 && !json["rungs"].back().contains("paused")) {
      json["rungs"].push_back(json["rungs"].back());
      return Save();
    }
    const Result<Json> trained = TrainModel(dataset_, options, FolderOf(trial));
    if (!trained.ok()) {
      if (trained.error().code != ErrorCode::kInvalidArgument) return trained.error();
      json["failed"] = trained.error().message;
      return Save();
    }
    Json& result = json["rungs"].emplace_back();
    result["epochs"] = trained->contains("curve") ? (*trained)["curve"].size() : 0;
    result[metric_] = (*trained)["validation"][metric_];
    if (trained->contains("interrupted")) result["paused"] = true;
    json["chosen"] = (*trained)["settings"];
    return Save();
  }

  const Dataset& dataset_;
  const std::vector<Trial>& trials_;
  const SearchOptions& options_;
  const std::string out_;
  const std::string metric_;
  Json state_;
  size_t n_runs_ = 0;
};

}  // namespace

Result<Range> ParseRange(const std::string& text) {
  const Error bad{ErrorCode::kInvalidArgument,
                  "--range '" + text + "' is not FLAG=LOW:HIGH or FLAG=A,B,C"};
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) return bad;
  std::string flag = text.substr(0, equals);
  flag.erase(0, std::min(flag.find_first_not_of('-'), flag.size()));
  const std::string values = text.substr(equals + 1);
  const auto ends = SplitAt(values, ':');
  if (ends.size() == 2) {
    const double low = ParseReal(ends[0]), high = ParseReal(ends[1]);
    if (!std::isfinite(low) || !std::isfinite(high) || low >= high) return bad;
    return Between(flag, low, high);
  }
  const auto choices = SplitAt(values, ',');
  if (ends.size() > 2 || std::ranges::count(choices, "") > 0) return bad;
  return OneOf(flag, choices);
}

std::vector<Range> DefaultRanges(const std::string& model, Task task, size_t n_shoppers) {
  std::vector<std::string> batch_sizes;
  for (const size_t size : {50, 100, 200, 500}) {
    if (size <= n_shoppers) batch_sizes.push_back(std::to_string(size));
  }
  if (batch_sizes.empty()) batch_sizes.push_back(std::to_string(n_shoppers));
  const Range batch_size = OneOf("batch-size", batch_sizes);
  if (model == "mult-vae") {
    return {Between("learning-rate", 3e-4, 3e-3),
            Between("dropout", 0.3, 0.8),
            Between("beta", 0.02, 0.5),
            OneOf("hidden", {"200", "400", "600"}),
            OneOf("latent", {"50", "100", "200"}),
            batch_size};
  }
  if (model == "recvae") {
    return {Between("learning-rate", 2e-4, 2e-3),  Between("dropout", 0.4, 0.8),
            Between("gamma", 0.001, 0.05),         OneOf("hidden", {"200", "300", "600"}),
            OneOf("latent", {"50", "100", "200"}), batch_size};
  }
  if (model == "compact") {
    return {Between("learning-rate", 2e-4, 2e-3), Between("dropout", 0.4, 0.8),
            Between("gamma", 0.001, 0.05), OneOf("hidden", {"64", "96", "128", "200"}), batch_size};
  }
  if (model == "gan") {
    return {Between("learning-rate", 3e-4, 3e-3), Between("dropout", 0.3, 0.8),
            Between("adversary", 0.1, 10),        Between("zero-reconstruction", 0.01, 1),
            Between("partial-masking", 0.1, 0.9), OneOf("generator", {"200", "300", "600"})};
  }
  if (model == "sequence") {
    return {Between("learning-rate", 2e-4, 2e-3),    Between("dropout", 0.1, 0.6),
            Between("attention-dropout", 0, 0.6),    Between("frequency", 0, 0.9),
            OneOf("dim", {"32", "64", "128"}),       OneOf("blocks", {"1", "2", "3"}),
            OneOf("max-length", {"20", "50", "100"})};
  }
  if (model == "linear") return {Between("lambda", 10, 5000)};
  if (model == "forward") {
    std::vector<Range> ranges = {Between("lambda", 100, 30000)};
    if (task == Task::kNextBasket) ranges.push_back(Between("half-life-days", 20, 1000));
    return ranges;
  }
  if (model == "item-knn") {
    return {Between("neighbours", 10, 500), Between("shrink", 0, 200), Between("alpha", 0.3, 0.9),
            OneOf("half-life-days", {"0", "15", "30", "60", "120", "240"})};
  }
  if (model == "personal-frequency") return {Between("half-life-days", 5, 1000)};
  if (model == "popularity") return {Between("window-days", 1, 365)};
  return {};
}

std::vector<std::string> EndsOf(const Range& range) {
  if (!range.choices.empty()) return range.choices;
  return {TextOf(range, range.low), TextOf(range, range.high)};
}

Settings DrawSettings(const std::vector<Range>& ranges, uint64_t seed, size_t trial) {
  Settings settings;
  Rng rng(seed, kTuneStream + trial);
  for (const Range& range : ranges) {
    if (!range.choices.empty()) {
      const auto choice = rng.Below(static_cast<uint32_t>(range.choices.size()));
      settings.emplace_back(range.flag, range.choices[choice]);
      continue;
    }
    const double share = rng.Uniform();
    const double value = range.logarithmic ? range.low * std::pow(range.high / range.low, share)
                                           : range.low + share * (range.high - range.low);
    settings.emplace_back(range.flag, TextOf(range, value));
  }
  return settings;
}

Result<Json> Search(const Dataset& dataset, const std::vector<Trial>& trials, const Json& identity,
                    const SearchOptions& options, const std::string& out) {
  return Race(dataset, trials, options, out).Run(identity);
}

}  // namespace vitrine
