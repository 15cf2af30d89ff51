import type { components } from "../../shared/api";
import { minutesLate, type BoardRow, type BoardState } from "../board/rows";

export type Outline = components["schemas"]["DivisionOutline"];
export type Spot = components["schemas"]["Spot"];
/** What is drawn, in units of the picture: the left upper corner, width and height. */
export type View = { x: number; y: number; width: number; height: number };

/** A degree of latitude is so many units high. */
const DEGREE = 10_000;
const MARGIN = 0.06;
/** The narrowest view: about a kilometre. */
const LEAST = 100;

/** The outline of each state's shape, about the origin and two units wide; those of `tokens.css`. */
export const OUTLINES: Record<BoardState | "late", string> = {
  waiting: "M-.8 0a.8 .8 0 1 0 1.6 0a.8 .8 0 1 0-1.6 0z",
  offered: "M-.8 0a.8 .8 0 1 0 1.6 0a.8 .8 0 1 0-1.6 0zM0-.8v1.6",
  accepted: "M-.8-.8h1.6v1.6h-1.6z",
  on_the_way: "M-.7-1l1.7 1l-1.7 1z",
  there: "M-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0z",
  unserved: "M-.9-.9l1.8 1.8M.9-.9l-1.8 1.8",
  late: "M0-1.2l1.2 1.2l-1.2 1.2l-1.2-1.2z",
};

/** Put a place onto the picture: north is up, and a degree of longitude is as much narrower as it is at `middle`. */
export function place(at: Spot, middle: number): { x: number; y: number } {
  return { x: at.longitude * DEGREE * Math.cos((middle * Math.PI) / 180), y: -at.latitude * DEGREE };
}

/** Return the view that holds all of some points, with a margin around them. */
export function around(points: { x: number; y: number }[]): View {
  if (!points.length) return { x: 0, y: 0, width: LEAST, height: LEAST };
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(Math.max(...xs) - left, LEAST), Math.max(Math.max(...ys) - top, LEAST)];
  const margin = MARGIN * Math.max(width, height);
  return { x: left - margin, y: top - margin, width: width + 2 * margin, height: height + 2 * margin };
}

export type Town = { code: string; name: string; open: number; late: number; unserved: number };

/** Count the requests of each town, the towns with late and unserved ones on top. */
export function towns(outlines: Outline[], rows: BoardRow[], now: number): Town[] {
  const counted = new Map(outlines.map(({ division_code: code, name }) => [code.slice(0, 9), { code, name, open: 0, late: 0, unserved: 0 }]));
  for (const row of rows) {
    const town = counted.get(row.division_code.slice(0, 9));
    if (!town) continue;
    town.open += 1;
    if (row.state === "unserved") town.unserved += 1;
    if (minutesLate(row, now) > 0) town.late += 1;
  }
  return [...counted.values()].sort((a, b) => b.late + b.unserved - (a.late + a.unserved) || b.open - a.open || a.code.localeCompare(b.code));
}
