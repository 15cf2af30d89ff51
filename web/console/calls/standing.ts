import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";

type Schemas = components["schemas"];
export type StandingOrder = Schemas["StandingOrder"];
export type OrderAmendment = Schemas["StandingOrderAmendment"];

/** The refusals that a second press confirms. */
export const CONFIRMABLE: ReadonlySet<string> = new Set(["standing_order.duplicate"]);

/** Change a standing order; the order that holds from then on, which is another one where it begins later. */
export async function amendOrder(order_id: string, body: OrderAmendment, key: string): Promise<StandingOrder> {
  const params = { path: { order_id }, header: { "Idempotency-Key": key } };
  return answered(api.POST("/api/v1/standing-orders/{order_id}/amendment", { params, body }));
}

/** End a standing order; requests that were made of it stay. */
export async function endOrder(order_id: string, reason: string, key: string): Promise<StandingOrder> {
  const params = { path: { order_id }, header: { "Idempotency-Key": key } };
  return answered(api.POST("/api/v1/standing-orders/{order_id}/end", { params, body: { reason } }));
}
