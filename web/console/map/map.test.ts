import { expect, test } from "vitest";
import type { BoardRow } from "../board/rows";
import { around, place, towns, type Outline } from "./map";

test("north is up and a degree east is narrower than a degree north", () => {
  const [south, north, east] = [place({ latitude: 38, longitude: 116 }, 38), place({ latitude: 39, longitude: 116 }, 38), place({ latitude: 38, longitude: 117 }, 38)];
  expect(north.y).toBeLessThan(south.y);
  expect((east.x - south.x) / (south.y - north.y)).toBeCloseTo(0.788, 3);
});

test("a view holds every point with a margin, and is never narrower than a kilometre", () => {
  const view = around([{ x: 0, y: 0 }, { x: 1000, y: 500 }]);
  expect([view.x, view.y, view.width, view.height]).toEqual([-60, -60, 1120, 620]);
  expect(around([{ x: 5, y: 5 }]).width).toBeGreaterThanOrEqual(100);
});

test("towns with late and unserved requests stand on top", () => {
  const outline = (division_code: string, name: string) => ({ division_code, name }) as Outline;
  const row = (division_code: string, state: BoardRow["state"], latest: string) => ({ division_code, state, latest }) as BoardRow;
  const now = Date.parse("2026-03-02T10:00:00Z");
  const rows = [
    row("130903001001", "accepted", "2026-03-02T11:00:00Z"),
    row("130903001002", "accepted", "2026-03-02T11:30:00Z"),
    row("130903002001", "accepted", "2026-03-02T09:00:00Z"),
    row("130903002001", "unserved", "2026-03-02T09:00:00Z"),
  ];
  const listed = towns([outline("130903001000", "一街"), outline("130903002000", "二街")], rows, now);
  expect(listed.map(({ name, open, late, unserved }) => [name, open, late, unserved])).toEqual([["二街", 2, 1, 1], ["一街", 2, 0, 0]]);
});
