// Text, numbers and JSON values as HTML.
#ifndef VITRINE_REPORT_HTML_H_
#define VITRINE_REPORT_HTML_H_

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine::report {

using Json = nlohmann::ordered_json;

// For content and for attributes in quotes. Control characters become U+FFFD.
std::string Escape(std::string_view text);

// `attributes` and `content` are HTML: Element("td", R"(class="number")", "12").
std::string Element(std::string_view name, std::string_view attributes, std::string_view content);
std::string Element(std::string_view name, std::string_view content);

// Rows of cells that are HTML; the first of a row is its heading. `caption` is plain text. On a
// phone a row of more than three cells, or of any table that `stacks`, stands below its heading,
// each cell with the name of its column.
std::string Table(std::string_view caption, const std::vector<std::string>& head,
                  const std::vector<std::vector<std::string>>& rows, bool stacks = false);
// Two parts beside each other, where there is room.
std::string Beside(std::string_view left, std::string_view right);
// Pairs of a name and a value, both HTML.
using Facts = std::vector<std::pair<std::string, std::string>>;
std::string FactList(const Facts& facts);

// "0.4368", "+0.0079", "54.9 %", "12.3 MB", with spaces that do not break; a dash for what is not
// finite.
std::string Number(double value, int decimals = 4);
std::string Signed(double value, int decimals = 4);
std::string Percent(double share, int decimals = 1);
std::string Bytes(double n);

// Any JSON value in words, escaped: "50, 100", "variant: mult-vae; hidden: 600".
std::string Words(const Json& value);
// The number under `key`; NaN where there is none.
double NumberAt(const Json& object, std::string_view key);
std::string TextAt(const Json& object, std::string_view key);  // escaped; "" where there is none

}  // namespace vitrine::report

#endif  // VITRINE_REPORT_HTML_H_
