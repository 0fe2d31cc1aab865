#include "data/fields.h"

#include <algorithm>

namespace vitrine {
namespace {

struct Names {
  Field field;
  std::string_view names;  // as Normalize leaves them, best first
};

// Common names of columns in shops' logs: Online Retail, RetailRocket, Amazon reviews, MovieLens,
// RecBole, GA4's BigQuery export, Taobao, and the usual names of order tables.
constexpr Names kEventNames[] = {
    {Field::kShopper,
     "shopper shopperid userpseudoid userid user customerid customer visitorid visitor clientid "
     "memberid member accountid buyerid reviewerid uid personid profileid customeremail email "
     "deviceid sessionid"},
    {Field::kItem,
     "item itemid productid product sku stockcode productsku itemsku parentasin asin movieid "
     "articleid variantid contentid objectid productcode itemcode goodsid gtin ean iid "
     "lineitemsku itemsitemid"},
    {Field::kTime,
     "time eventtimestamp timestampmicros timestamp eventtime datetime unixtime unixreviewtime "
     "unixtimestamp "
     "invoicedate orderdate purchasedate purchasetime createdat occurredat date ts eventdate "
     "reviewtime tdat"},
    {Field::kEvent,
     "event eventname eventtype action behavior behaviour behaviortype behaviourtype "
     "interaction interactiontype activity type"},
    {Field::kQuantity,
     "quantity qty pieces units count itemquantity orderquantity lineitemquantity itemsquantity"},
    {Field::kPrice, "price unitprice itemprice saleprice productprice lineitemprice itemsprice"},
    {Field::kOrder,
     "order orderid ecommercetransactionid transactionid invoice invoiceno invoiceid "
     "invoicenumber orderno ordernumber basketid cartid receiptid receipt ticketid"},
    {Field::kRating, "rating stars score overall"},
    {Field::kValue, "value eventvalue"},
    {Field::kDwell, "dwell dwelltime dwellseconds dwells seconds timeonpage viewduration"},
    {Field::kReview, "review reviewtext reviewbody comment text"},
    {Field::kTitle,
     "title itemname productname producttitle itemtitle lineitemname itemsitemname name "
     "description "
     "productdescription"},
    {Field::kCategory,
     "category itemcategory itemsitemcategory productcategory categorycode maincategory categoryid "
     "producttype "
     "department genres genre"},
    {Field::kBrand, "brand itembrand itemsitembrand productbrand manufacturer vendor"},
    {Field::kImage, "image imageurl imagelink picture imurl"},
    {Field::kDevice, "device devicecategory devicetype"},
    {Field::kCountry, "country geocountry countrycode market"},
    {Field::kChannel,
     "channel referrer referer trafficsource trafficsourcesource utmsource source"},
    {Field::kLanding, "landing landingcategory landingpage"},
    {Field::kContext, "context"},
};

// Product files: feeds of Google Merchant Center and Shopify, schema.org, Amazon metadata.
constexpr Names kProductNames[] = {
    {Field::kItem,
     "id item itemid productid sku stockcode productsku itemsku parentasin asin movieid articleid "
     "variantid variantsku handle productcode itemcode gtin ean code"},
    {Field::kTitle, "title name itemname productname producttitle itemtitle label description"},
    {Field::kCategory,
     "category categories itemcategory productcategory producttype googleproductcategory "
     "maincategory categorycode categoryid type department genres genre"},
    {Field::kBrand, "brand brandname itembrand productbrand manufacturer vendor"},
    {Field::kPrice, "price saleprice unitprice itemprice variantprice productprice offersprice"},
    {Field::kStock,
     "stock stockquantity inventory inventoryquantity variantinventoryqty quantity "
     "qty"},
    {Field::kImage, "image imageurl imagelink imagesrc picture images imurl"},
};

// "Unit_Price:float" to "unitprice": RecBole's type suffix goes, and all but letters and digits.
std::string Normalize(std::string_view name) {
  std::string result;
  for (const char c : name.substr(0, name.find(':'))) {
    if (c >= 'A' && c <= 'Z') result += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) result += c;
    if (static_cast<uint8_t>(c) >= 0x80) result += c;  // letters of other scripts
  }
  return result;
}

std::string List(const auto& values) {
  std::string text;
  for (const auto& value : values) {
    if (!text.empty()) text += ", ";
    text += value;
  }
  return text;
}

}  // namespace

Status AddColumnChoice(std::string_view text, ColumnChoices& choices) {
  const size_t equals = text.find('=');
  const auto field = std::find(kFieldNames.begin(), kFieldNames.end(), text.substr(0, equals));
  if (equals == std::string_view::npos || field == kFieldNames.end() || equals + 1 == text.size()) {
    return {ErrorCode::kInvalidArgument, "--column " + std::string(text) +
                                             ": write FIELD=NAME, where FIELD is one of " +
                                             List(kFieldNames)};
  }
  choices[static_cast<Field>(field - kFieldNames.begin())] = text.substr(equals + 1);
  return {};
}

Status CheckColumnChoices(const std::string& files, const std::vector<std::string>& columns,
                          const ColumnChoices& choices) {
  for (const auto& [field, choice] : choices) {
    const std::string name = Normalize(choice);
    if (std::none_of(columns.begin(), columns.end(),
                     [&, &choice = choice](const std::string& column) {
                       return column == choice || Normalize(column) == name;
                     })) {
      return {ErrorCode::kNotFound, files + ": has no column '" + choice + "' for the " +
                                        std::string(kFieldNames[static_cast<size_t>(field)]) +
                                        "; it has " + List(columns)};
    }
  }
  return {};
}

ColumnMatcher::ColumnMatcher(FileKind kind, const ColumnChoices& choices) : choices_(choices) {
  const auto add = [this](const Names& row) {
    int rank = 0;
    for (size_t begin = 0; begin < row.names.size(); ++rank) {
      const size_t end = std::min(row.names.find(' ', begin), row.names.size());
      by_name_.emplace(row.names.substr(begin, end - begin), Match{row.field, rank});
      begin = end + 1;
    }
  };
  if (kind == FileKind::kEvents) {
    for (const Names& row : kEventNames) add(row);
  } else {
    for (const Names& row : kProductNames) add(row);
  }
}

std::optional<ColumnMatcher::Match> ColumnMatcher::Find(std::string_view column) const {
  const std::string name = Normalize(column);
  for (const auto& [field, choice] : choices_) {
    if (choice == column || Normalize(choice) == name) return Match{field, -1};
  }
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

}  // namespace vitrine
