// The departments in the shop's order, and look-ups over their kinds.
#include "core/check.h"
#include "generate/vocabulary/vocabulary.h"

namespace vitrine::generate {

const std::vector<Department>& Departments() {
  static const auto& departments = *new std::vector<Department>{
      Kitchen(),  CoffeeAndPantry(), Living(),       Garden(),     Outdoor(),
      Clothing(), BathAndCare(),     CityAndSport(), DeskAndPlay()};
  return departments;
}

const std::vector<const Kind*>& Kinds() {
  static const auto& kinds = *[] {
    auto* all = new std::vector<const Kind*>;
    for (const Department& department : Departments()) {
      for (const Kind& kind : department.kinds) all->push_back(&kind);
    }
    return all;
  }();
  return kinds;
}

size_t DepartmentOf(size_t kind) {
  size_t department = 0;
  while (kind >= Departments()[department].kinds.size()) {
    kind -= Departments()[department++].kinds.size();
  }
  return department;
}

size_t KindIndex(std::string_view picture) {
  size_t kind = 0;
  while (kind < Kinds().size() && Kinds()[kind]->picture != picture) ++kind;
  VITRINE_CHECK(kind < Kinds().size());
  return kind;
}

}  // namespace vitrine::generate
