import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";
import { clock, day } from "../../shared/hours";
import type { LiveType } from "../../shared/live";
import { minutesLate, type BoardRow } from "../board/rows";
import { lastMonths } from "./chart";

type Schemas = components["schemas"];
export type NumberName = Schemas["NumberName"];
export type NumberRow = Schemas["NumberRow"];
export type Series = Schemas["RateSeries"];
export type RatePoint = Schemas["RatePoint"];
export type Rate = Schemas["SatisfactionRate"];
export type Case = Schemas["Case"];
export type Step = Exclude<NumberName, "satisfaction" | "late" | "unserved"> | "rated";

/** After these the numbers of today are others. */
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
  "visits.visit_verified.v1",
  "feedback.feedback_given.v1",
];

/** The steps of a request in the order of its life. */
export const STEPS: Step[] = ["requested", "offered", "accepted", "arrived", "finished", "verified", "rated"];

/** Read how far the requests of today have come. */
export async function fetchFunnel(): Promise<Record<Step, number>> {
  return (await answered(api.GET("/api/v1/funnel"))).today;
}

/** Read the satisfaction rate month by month with its control limits; the last point is this month. */
export async function fetchSeries(): Promise<Series> {
  return answered(api.GET("/api/v1/rates/series", { params: { query: { month: lastMonths(day(clock.value)) } } }));
}

/** Read each company's rate of this month. */
export async function fetchCompanyRates(): Promise<Rate[]> {
  const [month = ""] = lastMonths(day(clock.value)).slice(-1);
  return (await answered(api.GET("/api/v1/rates/companies", { params: { query: { month } } }))).items;
}

/** Read what waits for a person. */
export async function fetchCases(): Promise<Case[]> {
  return (await answered(api.GET("/api/v1/cases", { params: { query: { limit: 200 } } }))).items;
}

/** Read what a number means and what it is now. */
export async function fetchNumber(number: NumberName, month?: string): Promise<Schemas["NumberDefinition"]> {
  return answered(api.GET("/api/v1/numbers/{number}", { params: { path: { number }, query: { month } } }));
}

/** Read a page of the rows that a number was counted from. */
export async function fetchRows(number: NumberName, month?: string, after?: string): Promise<Schemas["NumberRowList"]> {
  return answered(api.GET("/api/v1/numbers/{number}/rows", { params: { path: { number }, query: { month, after } } }));
}

/** Read a visit: when the worker came and went, and how well that is proved. */
export async function fetchVisit(visit_id: string): Promise<Schemas["Visit"]> {
  return answered(api.GET("/api/v1/visits/{visit_id}", { params: { path: { visit_id } } }));
}

/** Return the visits of a rate's group that are over, whether or not anybody said how they were. */
export function finished(rate: Rate): number {
  return rate.n + (rate.excluded["auto"] ?? 0) + (rate.excluded["invalid"] ?? 0) + (rate.excluded["silent"] ?? 0);
}

/** Count values, the most frequent first. */
export function tally(values: string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}

/** Return the requests whose agreed hour is past while nobody is at the door, the longest late first. */
export function lateRows(rows: BoardRow[], now: number): BoardRow[] {
  return rows.filter((row) => minutesLate(row, now) > 0).sort((one, other) => one.latest.localeCompare(other.latest));
}

/** Write a percentage with one place, without the sign. */
export function percent(value: number): string {
  return value.toFixed(1);
}
