# cmake -DFOLDER=... -DOUTPUT=... -P embed_drawings.cmake: puts every drawing of FOLDER into one
# C++ source that defines Drawing() of pictures.h.
file(GLOB drawings RELATIVE ${FOLDER} ${FOLDER}/*.svg)
list(SORT drawings)
set(entries "")
foreach(drawing IN LISTS drawings)
  file(READ ${FOLDER}/${drawing} svg)
  string(REGEX REPLACE "\\.svg$" "" stem ${drawing})
  string(APPEND entries "    {\"${stem}\", R\"svg(${svg})svg\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made from src/generate/pictures by embed_drawings.cmake.
#include <utility>

#include \"generate/pictures.h\"

namespace vitrine::generate {

std::string_view Drawing(std::string_view picture) {
  static constexpr std::pair<std::string_view, std::string_view> kDrawings[] = {
${entries}  };
  for (const auto& [name, svg] : kDrawings) {
    if (name == picture) return svg;
  }
  return {};
}

}  // namespace vitrine::generate
")
