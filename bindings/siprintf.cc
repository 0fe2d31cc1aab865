// Embind writes the address of a type that was never registered into an error message, which only a
// mistake in engine.cc can bring up. The call, which clang makes one of siprintf, would bring all
// of printf along, 3 % of the engine's download; this stands in for it.
#include <cstdarg>
#include <cstdint>

extern "C" int siprintf(char* out, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const auto address = va_arg(arguments, uintptr_t);
  va_end(arguments);
  int n = 0;
  for (int shift = 28; shift >= 0; shift -= 4) out[n++] = "0123456789abcdef"[address >> shift & 15];
  out[n] = '\0';
  return n;
}
