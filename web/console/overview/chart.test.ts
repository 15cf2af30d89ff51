import { describe, expect, it } from "vitest";
import { HEIGHT, lastMonths, layOut } from "./chart";
import type { RatePoint, Series } from "./overview";

const point = (month: string, numerator: number, n: number, lower: number | null, upper: number | null, outside = false) =>
  ({ rate: { month, numerator, n }, lower, upper, outside }) as RatePoint;

describe("the control chart", () => {
  it("draws no mark for a month without ratings, and breaks the limits there", () => {
    const series: Series = { centre: 95, spread: 1, points: [point("2026-01", 95, 100, 90, 99), point("2026-02", 0, 0, null, null)] };
    const chart = layOut(series);
    expect(chart.marks.map((mark) => mark.label)).toEqual(["26-01"]);
    expect(chart.upper.match(/M/g)).toHaveLength(1);
    expect(chart.months.map((month) => month.label)).toEqual(["26-01", "02"]);
  });
  it("keeps every mark and limit on the paper", () => {
    const chart = layOut({ centre: 60, spread: 1, points: [point("2025-12", 0, 3, 0, 100), point("2026-01", 3, 3, 0, 100)] });
    for (const { y } of [...chart.marks, ...chart.ticks]) expect(y >= 0 && y <= HEIGHT).toBe(true);
  });
  it("writes its labels one under the other where the limits lie close, and shows no cliff where there is none", () => {
    for (const centre of [0, 0.2, 50, 99.8, 100]) {
      const chart = layOut({ centre, spread: 1, points: [point("2026-01", centre, 100, Math.max(0, centre - 0.3), Math.min(100, centre + 0.2))] });
      const { upper, centre: middle, lower } = chart.labels!;
      expect(middle - upper).toBeGreaterThanOrEqual(17);
      expect(lower - middle).toBeGreaterThanOrEqual(17);
      expect(upper).toBeGreaterThanOrEqual(14);
      expect(lower).toBeLessThanOrEqual(HEIGHT - 20);
      expect(chart.ticks.length).toBeGreaterThan(5);
    }
  });
  it("is empty, but there, without any rating", () => {
    expect(layOut({ centre: null, spread: 1, points: [point("2026-01", 0, 0, null, null)] }).line).toBe("");
  });
});

describe("the months", () => {
  it("go back over the turn of a year", () => {
    const months = lastMonths("2026-01-15");
    expect(months).toHaveLength(13);
    expect([months[0], months[11], months[12]]).toEqual(["2025-01", "2025-12", "2026-01"]);
  });
});
