#include "report/page.h"

#include <cmath>
#include <string_view>
#include <utility>

#include "data/report.h"
#include "format/files.h"
#include "report/style.h"

namespace vitrine::report {
namespace {

Json PartJson(const Shoppers& part) {
  return {{"shoppers", part.size()}, {"events", part.n_events()}};
}

std::string Count(const Json& object, std::string_view key) {
  const double n = NumberAt(object, key);
  return std::isfinite(n) ? FormatCount(static_cast<uint64_t>(n)) : "–";
}

std::string SplitWords(const Json& data) {
  const std::string split = data["split"];
  if (split == "time") {
    return "What happened from " + FormatTime(data["cut_time"].get<int64_t>()) +
           " UTC on is the test; training saw only what came before.";
  }
  if (split == "strong") return "The test shoppers are held out whole; training never saw them.";
  if (split == "given-split") return "As given: one file to train on, one to test on.";
  if (split == "leave-last") return "Each shopper’s last event is the test.";
  return "Nothing is set apart for a test.";
}

std::string DroppedTable(const Json& prepared) {
  const double n_read = NumberAt(prepared["rows"], "read");
  const auto row = [&](const std::string& what, const Json& object, std::string_view key) {
    const double share = NumberAt(object, key) / n_read;
    return std::vector<std::string>{
        what, Count(object, key),
        share > 0 && share < 0.0001 ? "under " + Percent(0.0001, 2) : Percent(share, 2)};
  };
  std::vector<std::vector<std::string>> rows = {row("Kept", prepared["rows"], "kept")};
  if (NumberAt(prepared["rows"], "netted") > 0) {
    rows.push_back(row("Netted against a cancellation", prepared["rows"], "netted"));
  }
  for (const Json& reason : prepared.value("dropped", Json::array())) {
    rows.push_back(row("Dropped: rows that " + TextAt(reason, "meaning"), reason, "rows"));
  }
  return Table("All " + Count(prepared["rows"], "read") + " rows of the log",
               {"What became of them", "Rows", "Share"}, rows);
}

}  // namespace

std::string Render(const Page& page) {
  // Nothing may be loaded or run, whatever stands in the page.
  std::string head =
      "<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; img-src data:\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n";
  head += Element("title", Escape(page.heading + " · Vitrine")) + "\n";
  head += Element("style", Style()) + "\n";

  std::string contents, sections, open = "open";
  for (const Section& section : page.sections) {
    contents +=
        Element("li", Element("a", "href=\"#" + section.id + "\"",
                              Escape(section.heading.substr(0, section.heading.find(':')))));
    std::string content = section.content;
    if (!section.details.empty()) {
      content += Element("details", std::exchange(open, ""),
                         Element("summary", "All measures, number by number") + section.details);
    }
    sections += Element("section", "aria-labelledby=\"" + section.id + "\"",
                        Element("h2", "id=\"" + section.id + "\"", Escape(section.heading)) + "\n" +
                            content) +
                "\n";
  }
  const std::string body =
      Element("header",
              Element("div", Element("p", R"(class="kind")", Escape("Vitrine · " + page.kind)) +
                                 Element("h1", Escape(page.heading)) +
                                 Element("p", R"(class="lede")", page.lede)) +
                  Element("nav", R"(aria-label="On this page")", Element("ul", contents))) +
      "\n" + Element("main", "\n" + sections) + "\n" +
      Element("footer", Element("p", "Made by vitrine " + Escape(page.version) +
                                         ". This page is one file: it loads nothing, runs nothing "
                                         "and sends nothing."));
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n" + head + "</head>\n<body>\n" + body +
         "\n</body>\n</html>\n";
}

Json DescribeData(const Dataset& dataset) {
  const DatasetInfo& info = dataset.info();
  Json data = {{"hash", info.hash},
               {"split", kSplitNames[static_cast<size_t>(info.split)]},
               {"cut_time", info.cut_time},
               {"target", kEventTypeNames[static_cast<size_t>(info.target)]},
               {"products", info.n_items},
               {"first_time", info.first_time},
               {"last_time", info.last_time},
               {"train", PartJson(dataset.train())},
               {"test", PartJson(dataset.test())}};
  const auto text = ReadTextFile(dataset.folder() + "/report.json");
  if (text.ok()) {
    Json prepared = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
    if (prepared.is_object() && prepared.contains("rows")) data["prepared"] = std::move(prepared);
  }
  return data;
}

Section DataSection(const Json& data) {
  Facts facts = {{"Products", Count(data, "products")},
                 {"To train on", Count(data["train"], "shoppers") + " shoppers, " +
                                     Count(data["train"], "events") + " events"}};
  if (data["split"] != "none") {
    facts.emplace_back("To test on", Count(data["test"], "shoppers") + " shoppers, " +
                                         Count(data["test"], "events") +
                                         " events, those before the test included");
  }
  // Logs without times are numbered from 1970 on.
  if (data["split"] == "time" || data["split"] == "none") {
    facts.emplace_back("Period", FormatTime(data["first_time"].get<int64_t>()) + " to " +
                                     FormatTime(data["last_time"].get<int64_t>()) + " UTC");
  }
  facts.emplace_back("To foresee", TextAt(data, "target") + " events");
  facts.emplace_back("Test part", SplitWords(data));
  std::string content = FactList(facts);
  if (data.contains("prepared")) content = Beside(content, DroppedTable(data["prepared"]));
  return {"data", "The data", content};
}

Section RunSection(const Run& run, const Json& result, Facts more) {
  more.emplace_back("Command", Element("code", Escape(run.command)));
  more.emplace_back("Took", Number(NumberAt(result, "seconds"), 1) + " s, at most " +
                                Bytes(NumberAt(result, "peak_bytes")) + " of memory");
  if (std::isfinite(NumberAt(result, "users_per_second"))) {
    more.emplace_back("Ranking speed", Count(result, "users_per_second") + " shoppers a second");
  }
  more.emplace_back("Data set, SHA-256", Element("code", TextAt(run.data, "hash")));
  if (!TextAt(result, "sha256").empty()) {
    more.emplace_back("Model file, SHA-256", Element("code", TextAt(result, "sha256")));
  }
  return {"run", "How to repeat this", FactList(more)};
}

}  // namespace vitrine::report
