// Stand in for parts of the C++ runtime that the engine refers to but never uses, and that would be
// 5 % of its download.
#include <cstdarg>
#include <cstdint>

extern "C" {

// Embind writes the address of a type that was never registered into an error message, which only a
// mistake in engine.cc can bring up. The call, which clang makes one of siprintf, would bring all
// of printf along.
int siprintf(char* out, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const auto address = va_arg(arguments, uintptr_t);
  va_end(arguments);
  int n = 0;
  for (int shift = 28; shift >= 0; shift -= 4) out[n++] = "0123456789abcdef"[address >> shift & 15];
  out[n] = '\0';
  return n;
}

// What catching an exception or a dynamic_cast would ask of the type information of the standard
// library's classes. Neither happens here: the engine is built without both.
extern const uintptr_t kClassTypeInfo[] __asm__("_ZTVN10__cxxabiv117__class_type_infoE");
extern const uintptr_t kSiClassTypeInfo[] __asm__("_ZTVN10__cxxabiv120__si_class_type_infoE");
extern const uintptr_t kVmiClassTypeInfo[] __asm__("_ZTVN10__cxxabiv121__vmi_class_type_infoE");
const uintptr_t kClassTypeInfo[4] = {};
const uintptr_t kSiClassTypeInfo[4] = {};
const uintptr_t kVmiClassTypeInfo[4] = {};
}
