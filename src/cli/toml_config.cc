#include "cli/toml_config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

namespace vitrine {
namespace {

std::string ToText(const toml::node& node) {
  if (const auto text = node.value<std::string>(); node.is_string()) return *text;
  if (node.is_boolean()) return *node.value<bool>() ? "true" : "false";
  std::ostringstream out;
  node.visit([&](const auto& value) { out << value; });
  return out.str();
}

void Collect(const toml::table& table, const std::vector<std::string>& parents,
             std::vector<CLI::ConfigItem>& items) {
  for (const auto& [key, node] : table) {
    std::string name(key.str());
    if (const toml::table* inner = node.as_table()) {
      std::vector<std::string> path = parents;
      path.push_back(name);
      Collect(*inner, path, items);
      continue;
    }
    std::replace(name.begin(), name.end(), '_', '-');
    CLI::ConfigItem item;
    item.parents = parents;
    item.name = name;
    if (const toml::array* values = node.as_array()) {
      for (const toml::node& value : *values) item.inputs.push_back(ToText(value));
    } else {
      item.inputs.push_back(ToText(node));
    }
    items.push_back(std::move(item));
  }
}

}  // namespace

std::vector<CLI::ConfigItem> TomlConfig::from_config(std::istream& input) const {
  std::vector<CLI::ConfigItem> entries;
  try {
    Collect(toml::parse(input), {}, entries);
  } catch (const toml::parse_error& error) {
    std::ostringstream message;
    message << "--config: " << error.description() << " (line " << error.source().begin.line
            << "); the file must be TOML";
    throw CLI::FileError(message.str());
  }
  return entries;
}

std::string TomlConfig::to_config(const CLI::App* app, bool default_also, bool write_description,
                                  std::string prefix) const {
  return CLI::ConfigTOML().to_config(app, default_also, write_description, std::move(prefix));
}

}  // namespace vitrine
