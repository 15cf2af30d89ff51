import type { components } from "../../shared/api";
import { answered, api, Refused } from "../../shared/client";
import { save } from "../../shared/download";
import { day, now } from "../../shared/hours";

type Schemas = components["schemas"];
export type Sheet = {
  card: Schemas["PersonCard"];
  standing: Schemas["Standing"] | null;
  quotas: Schemas["MonthOfQuota"][];
  requests: Schemas["CareRequest"][];
  visits: Schemas["VisitLine"][];
  orders: Schemas["StandingOrder"][];
  wanted: Schemas["WantedWorker"][];
  barred: Schemas["BarredWorker"][];
};
/** Whoever may be meant, in full by the number that rang, else masked; `newcomer_id` of one who is not registered yet. */
export type Candidate = { person_id: string; name: string; born_on: string; relation: string | null; division_code: string | null; newcomer_id?: string };

/** How a whole telephone number is typed; digits between other hyphens are of an address, as in `3-2-1502`. */
const TELEPHONE = /^\+?[\d\s]{7,}$|^0\d{2,3}-\d{7,8}$|^\d{3}-\d{4}-\d{4}$/;

/**
 * Find who may be calling or meant: by telephone or its last four digits, by the number of a request, by how the name
 * begins, in characters or pinyin, by a part of the address.
 */
export async function find(typed: string): Promise<Candidate[]> {
  const digits = typed.replace(/[\s-]/g, "");
  if (/^\d{8}$/.test(digits)) {
    const params = { path: { case_no: digits } };
    const request = await answered(api.GET("/api/v1/requests/by-number/{case_no}", { params })).catch(() => null);
    if (request) return [{ person_id: request.person_id, name: request.case_no, born_on: "", relation: null, division_code: null }];
  }
  if (TELEPHONE.test(typed.trim())) {
    const { items } = await answered(api.GET("/api/v1/people/callers", { params: { query: { phone: digits } } }));
    return items.map((caller) => ({ ...caller, division_code: null }));
  }
  const { items } = await answered(api.GET("/api/v1/people", { params: { query: { q: typed.trim(), limit: 9 } } }));
  return items.map((line) => ({ ...line, relation: null }));
}

/** Return who may be calling: everybody whose number it is, and who called from it before and is not registered yet. */
export function candidatesOf(call: Schemas["TakenCall"]): Candidate[] {
  const people = call.callers.map((caller) => ({ ...caller, division_code: null }));
  const waiting = call.newcomers.map(({ id, name }) => ({ person_id: "", name, born_on: "", relation: null, division_code: null, newcomer_id: id }));
  return [...people, ...waiting];
}

/** Read the sheet of a person; each reading of the card is recorded. What the programme does not know is null. */
export async function fetchSheet(person_id: string): Promise<Sheet> {
  const path = { person_id };
  const query = { person_id, limit: 20 };
  const [card, standing, quotas, requests, visits, orders, wanted, barred] = await Promise.all([
    answered(api.GET("/api/v1/people/{person_id}", { params: { path, query: { purpose: "call" } } })),
    orMissing(answered(api.GET("/api/v1/people/{person_id}/standing", { params: { path } }))),
    answered(api.GET("/api/v1/people/{person_id}/quotas", { params: { path } })),
    answered(api.GET("/api/v1/requests", { params: { query } })),
    answered(api.GET("/api/v1/visits", { params: { query } })),
    answered(api.GET("/api/v1/standing-orders", { params: { query } })),
    answered(api.GET("/api/v1/people/{person_id}/wanted-workers", { params: { path } })),
    answered(api.GET("/api/v1/people/{person_id}/barred-workers", { params: { path } })),
  ]);
  return { card, standing, quotas: quotas.items, requests: requests.items, visits: visits.items, orders: orders.items, wanted: wanted.items, barred: barred.items };
}

async function orMissing<Data>(call: Promise<Data>): Promise<Data | null> {
  return call.catch((why: unknown) => {
    if (why instanceof Refused && why.problem.status === 404) return null;
    throw why;
  });
}

/** Save the card for an elder's wall; the reading is recorded. */
export function saveHomeCard(person_id: string): Promise<void> {
  return save(api.GET("/api/v1/people/{person_id}/home-card", { params: { path: { person_id } }, parseAs: "blob" }));
}

/** Make a link by which the family follows a visit and rates it; it is recorded. */
export function makeFamilyLink(visit_id: string): Promise<Schemas["FamilyLink"]> {
  return answered(api.POST("/api/v1/visits/{visit_id}/family-link", { params: { path: { visit_id } } }));
}

const PROMISED = new Set<Schemas["VisitState"]>(["accepted", "departed", "arrived"]);

/** The visit that a family would follow now: the next one that is promised, else the last one that was made. */
export function followed(sheet: Sheet): Schemas["Visit"] | undefined {
  const promised = sheet.visits.filter((visit) => PROMISED.has(visit.state));
  return promised.sort((a, b) => a.planned_start.localeCompare(b.planned_start))[0] ?? past(sheet)[0];
}

const OPEN = new Set<Schemas["RequestState"]>(["waiting", "offered", "accepted", "under_way"]);

/** The requests that the elder still waits for, the earliest first. */
export function open(sheet: Sheet): Schemas["CareRequest"][] {
  return sheet.requests.filter((request) => OPEN.has(request.state)).sort((a, b) => a.earliest.localeCompare(b.earliest));
}

/** The quota of the month of a day, or of this month where none is meant; null where nothing is granted. */
export function quotaOf(sheet: Sheet, date: string | undefined): Schemas["MonthOfQuota"] | null {
  const month = (date ?? day(now())).slice(0, 7);
  return sheet.quotas.find((quota) => quota.month === month) ?? null;
}

/** The visits that have been, the latest first. */
export function past(sheet: Sheet): Schemas["VisitLine"][] {
  const over = sheet.visits.filter((visit) => visit.left_at !== null);
  return over.sort((a, b) => b.planned_start.localeCompare(a.planned_start)).slice(0, 4);
}

/** The codes of what this elder asks for most, at most nine, filled up from the catalogue. */
export function usual(sheet: Sheet, catalogue: string[]): string[] {
  const times = new Map<string, number>();
  for (const { item_code } of sheet.requests) times.set(item_code, (times.get(item_code) ?? 0) + 1);
  const known = [...times.keys()].sort((a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0));
  return [...new Set([...known, ...catalogue])].slice(0, 7);
}
