// The page around a report: one file that loads nothing and runs nothing.
#ifndef VITRINE_REPORT_PAGE_H_
#define VITRINE_REPORT_PAGE_H_

#include <string>
#include <vector>

#include "data/dataset.h"
#include "report/html.h"

namespace vitrine::report {

struct Section {
  std::string id;       // its own on the page
  std::string heading;  // plain text
  std::string content;  // HTML
  // HTML that follows; the first section's that has any is open, that of others is to be unfolded.
  std::string details = {};
};

struct Page {
  std::string kind;     // "Evaluation"
  std::string heading;  // plain text, as everything but the sections is
  std::string lede;     // HTML
  std::vector<Section> sections;
  std::string version;
};

std::string Render(const Page& page);

// What every report tells of the run that it is about.
struct Run {
  std::string command;  // the command line
  std::string version;
  Json data;  // DescribeData
};

// {"hash", "split", "cut_time", "target", "products", "first_time", "last_time", "train", "test",
// "prepared"}: the data set, and what `vitrine prepare` said of it.
Json DescribeData(const Dataset& dataset);

// What the data set holds, and what of the log was dropped.
Section DataSection(const Json& data);
// Command, time, memory and hashes; `more` comes first.
Section RunSection(const Run& run, const Json& result, Facts more);

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_PAGE_H_
