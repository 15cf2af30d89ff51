import { expect, test } from "vitest";
import { day, elder, hour, number, span, yuan } from "./spoken";

test("numbers are said as people say them", () => {
  const said: [number, string][] = [[2, "两"], [10, "十"], [12, "十二"], [20, "二十"], [105, "一百零五"], [110, "一百一十"], [220, "两百二十"], [1005, "一千零五"], [10050, "一万零五十"], [22000, "两万两千"]];
  expect(said.map(([value]) => number(value))).toEqual(said.map(([, words]) => words));
});

test("hours and windows are said as people say them", () => {
  expect([hour(570), hour(840), hour(735), hour(1085), hour(543)]).toEqual(["上午九点半", "下午两点", "中午十二点一刻", "晚上六点零五分", "上午九点零三分"]);
  expect([span(570, 600), span(840, 960), span(690, 750), span(480, 720)]).toEqual(["上午九点半到十点", "下午两点到四点", "上午十一点半到中午十二点半", "上午八点到十二点"]);
});

test("money, days and names are said as people say them", () => {
  expect([8000, 8050, 8005, 50, 5, 8055].map(yuan)).toEqual(["八十块钱", "八十块五", "八十块零五分", "五毛钱", "五分", "八十块五毛五分"]);
  expect([day(0, "2026-11-26"), day(1, "2026-11-27"), day(7, "2026-12-03")]).toEqual(["今天", "明天", "十二月三号"]);
  expect(elder("王桂芬", "female")).toBe("王奶奶");
});
