import { describe, expect, it } from "vitest";
import { minutesLate, place, rowsOf, whereabouts, type CompanyDay, type VisitInDay } from "./timeline";

const DAY = "2026-11-26";
const at = (time: string) => `${DAY}T${time}:00+08:00`;

function visit(worker_id: string, from: string, state: VisitInDay["state"], latest = from): VisitInDay {
  return {
    id: `${worker_id}-${from}`, request_id: "", worker_id, second_worker_id: null, person_name: "林**", item_code: "B01", division_code: "1",
    planned_start: at(from), planned_end: at(from), latest: at(latest), urgent: false, state, departed_at: null, arrived_at: null, left_at: null,
  };
}

describe("the timeline", () => {
  it("lies between its first and its last hour", () => {
    expect(place(at("06:00"), DAY)).toBe(0);
    expect(place(at("13:00"), DAY)).toBe(50);
    expect(place(at("23:30"), DAY)).toBe(100);
    expect(place(at("03:00"), DAY)).toBe(0);
  });

  it("puts the worker on top whom an elder waits for longest, and who is off at the end", () => {
    const hours = [{ from_at: at("08:00"), until_at: at("17:00") }];
    const day: CompanyDay = {
      at: at("10:00"), day: DAY,
      workers: [1, 2, 3, 4].map((number) => ({ worker_id: `w${number}`, number, worker_called: "李师傅", hours: number === 1 ? [] : hours })),
      visits: [visit("w3", "09:30", "accepted"), visit("w4", "08:30", "departed", "09:00"), visit("w2", "09:00", "arrived")],
    };
    const rows = rowsOf(day, Date.parse(at("10:00")));
    expect(rows.map((row) => [row.worker.worker_id, row.late])).toEqual([["w4", 60], ["w3", 30], ["w2", 0], ["w1", 0]]);
    expect(rows.map((row) => whereabouts(row, Date.parse(at("10:00"))).word)).toEqual(["going", "next", "there", "off"]);
    const free = { worker: { ...day.workers[1]!, hours }, visits: [], late: 0 };
    expect([at("10:00"), at("17:00")].map((time) => whereabouts(free, Date.parse(time)).word)).toEqual(["free", "off"]);
  });

  it("calls nobody late who has arrived, or before the agreed hour is past", () => {
    expect(minutesLate(visit("w", "09:00", "arrived"), Date.parse(at("11:00")))).toBe(0);
    expect(minutesLate(visit("w", "09:00", "accepted", "09:30"), Date.parse(at("09:20")))).toBe(0);
    expect(minutesLate(visit("w", "09:00", "offered"), Date.parse(at("11:00")))).toBe(0);
  });
});
