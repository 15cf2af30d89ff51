import type { components } from "../../shared/api";
import { minutesBetween } from "../../shared/hours";
import type { BoardChange } from "../../shared/live";

type Schemas = components["schemas"];
export type BoardRow = Schemas["BoardRow"];
export type BoardState = Schemas["BoardState"];
export type Tab = "all" | "late" | BoardState;

/** The tabs in the order of a request's life; the last six add up to the first, `late` cuts across them. */
export const TABS: Tab[] = ["all", "late", "unserved", "waiting", "offered", "accepted", "on_the_way", "there"];

/** The shape of each state (`tokens.css`). */
export const SHAPES: Record<BoardState, string> = {
  waiting: "wait",
  offered: "offered",
  accepted: "promised",
  on_the_way: "going",
  there: "here",
  unserved: "none",
};

/** Put the changed rows in place of those that were read before. */
export function merged(rows: BoardRow[], change: BoardChange): BoardRow[] {
  const changed = new Set([...change.gone, ...change.rows.map((row) => row.request_id)]);
  return [...rows.filter((row) => !changed.has(row.request_id)), ...change.rows];
}

/** How many minutes the agreed hour is past while nobody is at the door; zero or less where it is not. */
export function minutesLate(row: BoardRow, now: number): number {
  return row.state === "there" || row.state === "unserved" ? 0 : minutesBetween(row.latest, now);
}

/** How many minutes nobody has been found, where nobody has. */
export function minutesWaiting(row: BoardRow, now: number): number | null {
  const searching = row.state === "waiting" || row.state === "offered" || row.state === "unserved";
  return searching ? Math.max(0, minutesBetween(row.entered_at, now)) : null;
}

/** Put on top what cannot wait: the latest first, then what nobody takes, what waits too long, the earliest deadline. */
export function byPressure(rows: BoardRow[], tooLong: ReadonlySet<string>, now: number): BoardRow[] {
  const rank = (row: BoardRow) =>
    minutesLate(row, now) > 0 ? 0 : row.state === "unserved" ? 1 : tooLong.has(row.request_id) ? 2 : row.urgent ? 3 : 4;
  const keyed = rows.map((row) => ({ row, rank: rank(row) }));
  keyed.sort((a, b) => a.rank - b.rank || a.row.latest.localeCompare(b.row.latest));
  return keyed.map(({ row }) => row);
}

/** Count the rows of each tab. */
export function counts(rows: BoardRow[], now: number): Record<Tab, number> {
  const counted = Object.fromEntries(TABS.map((tab) => [tab, 0])) as Record<Tab, number>;
  for (const row of rows) {
    counted.all += 1;
    counted[row.state] += 1;
    if (minutesLate(row, now) > 0) counted.late += 1;
  }
  return counted;
}
