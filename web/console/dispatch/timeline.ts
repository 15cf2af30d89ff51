import type { components } from "../../shared/api";
import { minutesBetween, ZONE_OFFSET } from "../../shared/hours";

type Schemas = components["schemas"];
export type CompanyDay = Schemas["CompanyDay"];
export type WorkerInDay = Schemas["WorkerInDay"];
export type VisitInDay = Schemas["VisitInDay"];

/** The hours that the timeline shows. */
export const FROM = 6;
export const UNTIL = 20;

/** Return where an instant lies on the timeline of a day, in percent of its width; outside, its nearer end. */
export function place(instant: string | number, day: string): number {
  const at = typeof instant === "string" ? Date.parse(instant) : instant;
  const hours = (at - Date.parse(`${day}T00:00:00${ZONE_OFFSET}`)) / 3_600_000;
  return (Math.min(Math.max(hours, FROM), UNTIL) - FROM) * (100 / (UNTIL - FROM));
}

/** How many minutes the agreed arrival is past while nobody has arrived; 0 where it is not. */
export function minutesLate(visit: VisitInDay, now: number): number {
  if (visit.state === "missed") return Math.max(0, minutesBetween(visit.latest, now));
  const awaited = visit.state === "accepted" || visit.state === "departed";
  return awaited ? Math.max(0, minutesBetween(visit.latest, now)) : 0;
}

export type Row = { worker: WorkerInDay; visits: VisitInDay[]; late: number };

/** Put each visit into the row of whoever goes, the latest worker on top; offered visits stand where they were asked for. */
export function rowsOf(day: CompanyDay, now: number): Row[] {
  const rows = day.workers.map((worker) => {
    const visits = day.visits.filter(({ worker_id, second_worker_id }) => [worker_id, second_worker_id].includes(worker.worker_id));
    return { worker, visits, late: Math.max(0, ...visits.map((visit) => minutesLate(visit, now))) };
  });
  return rows.sort((a, b) => b.late - a.late || Number(b.worker.hours.length > 0) - Number(a.worker.hours.length > 0) || a.worker.number - b.worker.number);
}

/** Where a worker is: at a door, on the way to one, waiting for the next, done, or off. */
export type Whereabouts =
  | { word: "there" | "going" | "next"; visit: VisitInDay }
  | { word: "done" | "free" | "off"; visit: null };

/** Say where a worker is by what the phones have reported. */
export function whereabouts({ worker, visits }: Row, now: number): Whereabouts {
  const first = (state: VisitInDay["state"]) => visits.find((visit) => visit.state === state);
  const there = first("arrived");
  if (there) return { word: "there", visit: there };
  const going = first("departed");
  if (going) return { word: "going", visit: going };
  const next = first("accepted");
  if (next) return { word: "next", visit: next };
  if (!worker.hours.some((window) => Date.parse(window.until_at) > now)) return { word: "off", visit: null };
  return { word: visits.some((visit) => visit.state !== "offered") ? "done" : "free", visit: null };
}
