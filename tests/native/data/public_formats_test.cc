// Public benchmark files become the logs that they stand for, and what is none is refused.
#include "data/public_formats.h"

#include <gtest/gtest.h>

#include <string>

#include "temp_folder.h"

namespace vitrine {
namespace {

TEST(PublicFormats, CfgansTwoFilesArePartedByTheCut) {
  const TempFolder folder;
  const std::string train = folder.Write("a.train", "0 7 3.0\r\n1\t8\t5\n");
  const std::string test = folder.Write("a.test", "0 9 4.0\n");
  ASSERT_TRUE(ConvertCfgan(train, test, 1000000000, folder.Path("log.csv")).ok());
  EXPECT_EQ(folder.ReadAll("log.csv"),
            "shopper,item,time,event,value\n"
            "0,7,999913600,rate,3.0\n1,8,999913600,rate,5\n0,9,1000000000,rate,4.0\n");
}

TEST(PublicFormats, S3recsLinesAreHistoriesInOrder) {
  const TempFolder folder;
  const std::string input = folder.Write("a.txt", "1 5 3\n2 4\n");
  ASSERT_TRUE(ConvertS3rec(input, folder.Path("log.csv")).ok());
  EXPECT_EQ(folder.ReadAll("log.csv"),
            "shopper,item,time,event,value\n"
            "1,5,1000086400,purchase,\n1,3,1000172800,purchase,\n2,4,1000086400,purchase,\n");
}

TEST(PublicFormats, MovielensIsReadInAllItsForms) {
  const std::string expected =
      "shopper,item,time,event,value\n196,242,881250949,rate,4\n22,377,878887116,rate,5\n";
  for (const char* text :
       {"196\t242\t4\t881250949\n22\t377\t5\t878887116\n1\t2\t3\t878887117\n",
        "196::242::4::881250949\n22::377::5::878887116\n1::2::3::878887117\n",
        "userId,movieId,rating,timestamp\n196,242,4,881250949\n22,377,5,878887116\n"}) {
    const TempFolder folder;
    ASSERT_TRUE(ConvertMovielens(folder.Write("u", text), 4, folder.Path("log.csv")).ok());
    EXPECT_EQ(folder.ReadAll("log.csv"), expected);
  }
}

TEST(PublicFormats, MovielensItemsHaveTitlesAndTheirFirstGenre) {
  const TempFolder folder;
  const std::string ratings = folder.Write("u.data", "1\t2\t5\t900\n");
  EXPECT_FALSE(*ConvertMovielensItems(ratings, folder.Path("none.csv")));
  folder.Write("movies.csv",
               "movieId,title,genres\n3,\"American President, The (1995)\",Comedy|Romance\n");
  EXPECT_TRUE(*ConvertMovielensItems(ratings, folder.Path("products.csv")));
  EXPECT_EQ(folder.ReadAll("products.csv"),
            "item,title,category\n3,\"American President, The (1995)\",\"Comedy\"\n");
  folder.Write("movies.dat", "1::Jumanji \"X\" (1995)::Adventure|Children's\n");
  EXPECT_TRUE(*ConvertMovielensItems(ratings, folder.Path("products.csv")));
  EXPECT_EQ(folder.ReadAll("products.csv"),
            "item,title,category\n1,\"Jumanji \"\"X\"\" (1995)\",\"Adventure\"\n");
  folder.Write("u.item",
               "2|GoldenEye (1995)|01-Jan-1995||http://x|0|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0|1|0|0\n");
  EXPECT_TRUE(*ConvertMovielensItems(ratings, folder.Path("products.csv")));
  EXPECT_EQ(folder.ReadAll("products.csv"),
            "item,title,category\n2,\"GoldenEye (1995)\",\"Action\"\n");
  folder.Write("u.item", "2|GoldenEye\n");
  EXPECT_FALSE(ConvertMovielensItems(ratings, folder.Path("products.csv")).ok());
}

TEST(PublicFormats, MovielensUsersAreTheContext) {
  const TempFolder folder;
  folder.Write("u.user", "196|49|M|writer|55105\n22|17|F|student|40206\n");
  const std::string input =
      folder.Write("u.data", "196\t242\t4\t881250949\n22\t377\t5\t878887116\n9\t1\t5\t7\n");
  ASSERT_TRUE(ConvertMovielens(input, 4, folder.Path("log.csv")).ok());
  EXPECT_EQ(folder.ReadAll("log.csv"),
            "shopper,item,time,event,value,context\n"
            "196,242,881250949,rate,4,age=45;sex=M;occupation=writer\n"
            "22,377,878887116,rate,5,age=1;sex=F;occupation=student\n9,1,7,rate,5,\n");
  folder.Write("u.user", "196|x|M|writer|55105\n");
  const Status bad = ConvertMovielens(input, 4, folder.Path("other.csv"));
  ASSERT_FALSE(bad.ok());
  EXPECT_NE(bad.error().message.find("u.user, line 1"), std::string::npos) << bad.error().message;
}

TEST(PublicFormats, WhatIsNoneNamesFileAndLineAndLeavesNothing) {
  const TempFolder folder;
  const std::string out = folder.Path("log.csv");
  const auto expect = [&](const Status& status, const std::string& place) {
    ASSERT_FALSE(status.ok());
    EXPECT_NE(status.error().message.find(place), std::string::npos) << status.error().message;
    EXPECT_EQ(folder.List().size(), 2u) << "half-written output";
  };
  const std::string good = folder.Write("good", "1 2 3\n");
  const std::string bad = folder.Write("bad", "1 2 3\n1 2 x\n4\n");
  expect(ConvertCfgan(good, bad, 1000000000, out), "bad, line 2");
  expect(ConvertS3rec(bad, out), "bad, line 3");
  expect(ConvertMovielens(good, 4, out), "good, line 1");
  expect(ConvertS3rec(folder.Path("absent"), out), "absent");
  folder.Write("bad", "");
  expect(ConvertS3rec(bad, out), "is empty");
}

}  // namespace
}  // namespace vitrine
