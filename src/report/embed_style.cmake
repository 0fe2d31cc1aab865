# cmake "-DINPUTS=style/a.css;style/b.css" -DOUTPUT=... -P embed_style.cmake: a C++ source that defines
# Style() of style.h, the files one after another.
set(parts "")
foreach(input IN LISTS INPUTS)
  file(READ ${input} css)
  string(APPEND parts "    R\"css(${css})css\"\n")
endforeach()
file(WRITE ${OUTPUT} "// Made from src/report/style by embed_style.cmake.
#include \"report/style.h\"

namespace vitrine::report {

std::string_view Style() {
  return
${parts}      ;
}

}  // namespace vitrine::report
")
