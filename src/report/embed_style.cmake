# cmake -DINPUT=style.css -DOUTPUT=... -P embed_style.cmake: a C++ source that defines Style() of style.h.
file(READ ${INPUT} css)
file(WRITE ${OUTPUT} "// Made from src/report/style.css by embed_style.cmake.
#include \"report/style.h\"

namespace vitrine::report {

std::string_view Style() { return R\"css(${css})css\"; }

}  // namespace vitrine::report
")
