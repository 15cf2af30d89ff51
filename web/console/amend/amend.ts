import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";
import { day, hour, now } from "../../shared/hours";
import { dateIn } from "../calls/order";
import { instant, type Window } from "../calls/window";

type Schemas = components["schemas"];
export type CareRequest = Schemas["CareRequest"];
export type Amendment = Schemas["RequestAmendment"];

/** What is typed about a request that is to be another; empty stays as it is. */
export type Typed = { window: Window | null; quantity: number; note: string; address: boolean; reason: string };

/** How each refusal that the elder may agree to is confirmed by a second press. */
export const CONFIRMED_BY: Record<string, "override_duplicate" | "accept_own_cost" | "release"> = {
  "request.duplicate": "override_duplicate",
  "request.over_quota": "accept_own_cost",
  "request.place_elsewhere": "release",
  "visit.worker_busy": "release",
  "visit.worker_unsuitable": "release",
  "visit.worker_barred": "release",
};

/** Read a request as it is now. */
export async function fetchRequest(request_id: string): Promise<CareRequest> {
  return answered(api.GET("/api/v1/requests/{request_id}", { params: { path: { request_id } } }));
}

/** Write a request's window as operators type it. */
export function windowOf(request: { earliest: string; latest: string }): string {
  const days = Math.round((Date.parse(day(request.earliest)) - Date.parse(day(now()))) / 86_400_000);
  const ahead = days === 0 ? "" : days === 1 ? "m" : days === 2 ? "h" : `+${days} `;
  const digits = (at: string) => hour(at).replace(":", "");
  return `${days < 0 ? "" : ahead}${digits(request.earliest)}-${digits(request.latest)}`;
}

/** Amend a request; `confirmed` holds what a second press has agreed to. */
export async function amend(request: CareRequest, typed: Typed, confirmed: ReadonlySet<string>, key: string): Promise<CareRequest> {
  const { window, quantity, note, address, reason } = typed;
  const date = window && dateIn(window.days);
  const body: Amendment = {
    earliest: window && date ? instant(date, window.from) : null,
    latest: window && date ? instant(date, window.to) : null,
    quantity: quantity === request.quantity ? null : quantity,
    note: note.trim() || null,
    follow_address: address,
    reason: reason.trim(),
    override_duplicate: confirmed.has("override_duplicate"),
    accept_own_cost: confirmed.has("accept_own_cost"),
    release: confirmed.has("release"),
  };
  const params = { path: { request_id: request.id }, header: { "Idempotency-Key": key } };
  return answered(api.POST("/api/v1/requests/{request_id}/amendment", { params, body }));
}
