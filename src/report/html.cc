#include "report/html.h"

#include <cmath>
#include <cstdio>
#include <limits>

namespace vitrine::report {
namespace {

constexpr const char* kNone = "–";

// What rounds to 0 has no sign.
bool RoundsTo0(double value, int decimals) {
  return std::abs(value) < 0.5 * std::pow(10, -decimals);
}

std::string Print(const char* format, double value, int decimals) {
  if (!std::isfinite(value)) return kNone;
  char text[64];
  std::snprintf(text, sizeof text, format, decimals, value);
  return text;
}

// HTML without its elements, for an attribute.
std::string WithoutElements(std::string_view html) {
  std::string text;
  bool inside = false;
  for (const char c : html) {
    if (c == '<') inside = true;
    if (!inside) text += c;
    if (c == '>') {
      inside = false;
      text += ' ';
    }
  }
  text.resize(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

std::string Escape(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
          html += "\uFFFD";
        } else {
          html += c;
        }
    }
  }
  return html;
}

std::string Element(std::string_view name, std::string_view attributes, std::string_view content) {
  std::string html = "<" + std::string(name);
  if (!attributes.empty()) html.append(" ").append(attributes);
  return html.append(">").append(content).append("</").append(name).append(">");
}

std::string Element(std::string_view name, std::string_view content) {
  return Element(name, "", content);
}

std::string Table(std::string_view caption, const std::vector<std::string>& head,
                  const std::vector<std::vector<std::string>>& rows, bool stacks) {
  stacks = stacks || head.size() > 3;
  std::string header, body;
  std::vector<std::string> attributes;  // of the cells
  for (const std::string& cell : head) {
    header += Element("th", R"(scope="col")", cell);
    attributes.push_back(stacks ? "data-label=\"" + WithoutElements(cell) + "\"" : "");
  }
  for (const auto& row : rows) {
    std::string cells = Element("th", R"(scope="row")", row.front());
    for (size_t c = 1; c < row.size(); ++c) cells += Element("td", attributes[c], row[c]);
    body += Element("tr", cells) + "\n";
  }
  // A wide table scrolls by itself, by keyboard too.
  const std::string scrolls =
      std::string(stacks ? R"(class="scroll stacks")" : R"(class="scroll")") +
      R"( tabindex="0" role="group" aria-label=")" + Escape(caption) + "\"";
  return Element("div", scrolls,
                 Element("table", Element("caption", Escape(caption)) +
                                      Element("thead", Element("tr", header)) + "\n" +
                                      Element("tbody", body))) +
         "\n";
}

std::string Beside(std::string_view left, std::string_view right) {
  return Element("div", R"(class="beside")", Element("div", left) + Element("div", right)) + "\n";
}

std::string FactList(const Facts& facts) {
  std::string html;
  for (const auto& [name, value] : facts) {
    html += Element("div", Element("dt", name) + Element("dd", value));
  }
  return Element("dl", R"(class="facts")", html) + "\n";
}

std::string Number(double value, int decimals) {
  return Print("%.*f", RoundsTo0(value, decimals) ? 0 : value, decimals);
}
std::string Signed(double value, int decimals) {
  return RoundsTo0(value, decimals) ? Number(0, decimals) : Print("%+.*f", value, decimals);
}

std::string Percent(double share, int decimals) {
  return Print("%.*f\u00a0%%", 100 * share, decimals);
}

std::string Bytes(double n) {
  return n < 1e6 ? Print("%.*f\u00a0kB", n / 1e3, 1)
                 : Print("%.*f\u00a0MB", n / 1e6, n < 1e8 ? 1 : 0);
}

std::string Words(const Json& value) {
  if (value.is_null()) return kNone;
  if (value.is_string()) return Escape(value.get_ref<const std::string&>());
  if (!value.is_structured()) return Escape(value.dump());
  std::string words;
  for (const auto& [key, element] : value.items()) {
    if (!words.empty()) words += value.is_object() ? "; " : ", ";
    if (value.is_object()) words += Escape(key) + ": ";
    words += Words(element);
  }
  return words.empty() ? kNone : words;
}

double NumberAt(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return found->get<double>();
}

std::string TextAt(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? "" : Words(*found);
}

}  // namespace vitrine::report
