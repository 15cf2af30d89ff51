import { expect, test } from "vitest";
import { clockOf, daysSaid, daysTyped, readDays } from "./weekdays";

test("weekdays are read however they are typed", () => {
  for (const typed of ["135", "一三五", "周一、三、五", "1 3 5", "星期一三五", "每周一，三，五"]) expect(readDays(typed)).toBe(21);
  for (const typed of ["1-5", "周一到周五", "一至五", "12345"]) expect(readDays(typed)).toBe(31);
  for (const typed of ["每天", "1-7", "天天"]) expect(readDays(typed)).toBe(127);
  expect(readDays("67")).toBe(96);
  for (const typed of ["7", "周日", "星期天"]) expect(readDays(typed)).toBe(64);
});

test("what says no weekday is refused", () => {
  for (const typed of ["", "8", "0", "5-1", "周", "abc", "1-", "-"]) expect(readDays(typed)).toBeNull();
});

test("weekdays are said, typed and read back", () => {
  for (let mask = 1; mask <= 127; mask += 1) {
    expect(readDays(daysTyped(mask))).toBe(mask);
    expect(readDays(daysSaid(mask, "zh"))).toBe(mask);
  }
  expect([daysSaid(31, "zh"), daysSaid(21, "zh"), daysSaid(127, "zh")]).toEqual(["周一到周五", "周一、三、五", "每天"]);
  expect([daysSaid(31, "en"), daysSaid(21, "en"), daysSaid(127, "en")]).toEqual(["Mon–Fri", "Mon, Wed, Fri", "daily"]);
});

test("minutes of the day are a clock", () => {
  expect([clockOf(0), clockOf(630), clockOf(1440)]).toEqual(["00:00", "10:30", "24:00"]);
});
