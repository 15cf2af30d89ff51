import { useQuery, useQueryClient } from "@tanstack/vue-query";
import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";
import { minutesBetween, synchronise } from "../../shared/hours";
import type { LiveType } from "../../shared/live";

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

/** After these the board is another one. */
export const CHANGES: LiveType[] = [
  "care-requests.care_requested.v1",
  "care-requests.care_request_amended.v1",
  "care-requests.care_request_cancelled.v1",
  "care-requests.care_request_unserved.v1",
  "offers.visit_offered.v1",
  "offers.offer_accepted.v1",
  "offers.offer_refused.v1",
  "offers.offer_lapsed.v1",
  "offers.offer_withdrawn.v1",
  "visits.visit_moved.v1",
  "visits.visit_missed.v1",
  "visits.visit_aborted.v1",
  "visits.worker_departed.v1",
  "visits.worker_arrived.v1",
  "visits.visit_finished.v1",
];

/** Whether the next reading is a second one, which has all that the first may lack. */
let second = false;

/**
 * Read the board, and set the clock by it. What was read for somebody before may lack what has just happened: it is
 * asked for once more as soon as it is read again.
 */
export function useBoard(refetchInterval?: number | (() => number)): ReturnType<typeof useQuery<BoardRow[]>> {
  const queries = useQueryClient();
  return useQuery<BoardRow[]>({
    queryKey: ["board"],
    queryFn: async () => {
      const asked = api.GET("/api/v1/board");
      const { at, rows } = await answered(asked);
      const again = Number((await asked).response.headers.get("x-read-again"));
      if (again && !second) {
        setTimeout(() => {
          second = true;
          void queries.invalidateQueries({ queryKey: ["board"] });
        }, again * 1000);
      }
      second = false;
      synchronise(at);
      return rows;
    },
    refetchInterval,
  });
}

/** Return the requests that somebody has waited for longer than a rule allows: those with an open case. */
export async function fetchWaitedTooLong(): Promise<Set<string>> {
  const { items } = await answered(api.GET("/api/v1/cases", { params: { query: { limit: 200 } } }));
  return new Set(items.map((item) => item.subject_id));
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

/** Read how a request came to where it is: every decision about it, in order. */
export async function fetchDecisions(request_id: string): Promise<Schemas["DecisionRecord"][]> {
  return (await answered(api.GET("/api/v1/requests/{request_id}/decisions", { params: { path: { request_id } } }))).items;
}

/** Read the note for the worker who comes; the reading is recorded. */
export async function fetchNote(request_id: string): Promise<string | null> {
  return (await answered(api.GET("/api/v1/requests/{request_id}/note", { params: { path: { request_id } } }))).note;
}

/** Withdraw a request for the elder. */
export async function cancel(request_id: string, reason: string): Promise<void> {
  const params = { path: { request_id } };
  await answered(api.POST("/api/v1/requests/{request_id}/cancellation", { params, body: { by: "elder", reason } }));
}
