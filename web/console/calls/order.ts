import type { components } from "../../shared/api";
import { day, now } from "../../shared/hours";
import { placeRequest } from "../../shared/requests";
import { instant, type Window } from "./window";

type Item = components["schemas"]["CatalogueItem"];

/** An order that could be saved: what, when and what it costs. */
export type Meant = { item: Item; window: Window; date: string; quantity: number; price: number };

const DAY = 86_400_000;

/** Return the district's day so many days from today. */
export function dateIn(days: number): string {
  return day(now() + days * DAY);
}

/** Save an order; `confirmed` holds the codes of the refusals that the elder was told of and wants it in spite of. */
export async function save(person_id: string, meant: Meant, note: string, urgent: boolean, confirmed: ReadonlySet<string>, key: string) {
  return placeRequest(
    {
      person_id,
      item_code: meant.item.code,
      earliest: instant(meant.date, meant.window.from),
      latest: instant(meant.date, meant.window.to),
      quantity: meant.quantity,
      urgent,
      channel: "phone",
      note: note.trim() || null,
      override_duplicate: confirmed.has("request.duplicate"),
      accept_own_cost: confirmed.has("request.over_quota"),
    },
    key,
  );
}

/** The refusals that a second press confirms. */
export const CONFIRMABLE: ReadonlySet<string> = new Set(["request.duplicate", "request.over_quota"]);
