import type { components } from "../../shared/api";
import { day, now } from "../../shared/hours";
import { placeRequest, quoteRequest, type Quote } from "../../shared/requests";
import { instant, type Window } from "./window";

type Item = components["schemas"]["CatalogueItem"];

/** An order that could be saved: what, when and what it costs. */
export type Meant = { item: Item; window: Window; date: string; quantity: number; price: number };

const DAY = 86_400_000;

/** Return the district's day so many days from today. */
export function dateIn(days: number): string {
  return day(now() + days * DAY);
}

/** What of an order the price, the quota and the choice of a company rest on. */
const body = (person_id: string, meant: Meant, urgent: boolean) => ({
  person_id,
  item_code: meant.item.code,
  earliest: instant(meant.date, meant.window.from),
  latest: instant(meant.date, meant.window.to),
  quantity: meant.quantity,
  urgent,
});

/** Ask what an order would come to: who would come, what is left, and what the elder has to be told. */
export async function quote(person_id: string, meant: Meant, urgent: boolean): Promise<Quote> {
  return quoteRequest({ ...body(person_id, meant, urgent), override_duplicate: false, accept_own_cost: false });
}

/** Save an order, in a call or without one; `confirmed` holds the codes of the refusals that the elder was told of and wants it in spite of. */
export async function save(person_id: string, meant: Meant, note: string, urgent: boolean, confirmed: ReadonlySet<string>, call_id: string | null, key: string) {
  const told = { override_duplicate: confirmed.has("request.duplicate"), accept_own_cost: confirmed.has("request.over_quota") };
  return placeRequest({ ...body(person_id, meant, urgent), ...told, channel: "phone", note: note.trim() || null, call_id }, key);
}

/** The refusals that a second press confirms. */
export const CONFIRMABLE: ReadonlySet<string> = new Set(["request.duplicate", "request.over_quota"]);
