import { expect, test } from "vitest";
import { instant, readWindow } from "./window";

const BATH = { window_from: 480, window_to: 1080 };

test("a window is read as operators type it", () => {
  const written: [string, [number, number, number]][] = [
    ["0930", [0, 570, 600]],
    ["m0930", [1, 570, 600]],
    ["M 930", [1, 570, 600]],
    ["h9-11", [2, 540, 660]],
    ["+3 14-1530", [3, 840, 930]],
    ["s", [0, 480, 720]],
    ["mx", [1, 720, 1080]],
    ["09:30-10:15", [0, 570, 615]],
    ["2330", [0, 1410, 1440]],
  ];
  for (const [typed, [days, from, to]] of written) expect(readWindow(typed, BATH), typed).toEqual({ days, from, to });
});

test("what says no window is none", () => {
  for (const typed of ["", "m", "0960", "25", "11-9", "9-9", "2345", "明天", "9-", "s9", "12345"])
    expect(readWindow(typed, BATH), typed).toBeNull();
  expect(readWindow("s", { window_from: 800, window_to: 1000 })).toBeNull();
});

test("an instant is the district's", () => {
  expect(instant("2026-11-27", 570)).toBe("2026-11-27T09:30:00+08:00");
  expect(instant("2026-11-27", 1440)).toBe("2026-11-27T23:59:59+08:00");
});
