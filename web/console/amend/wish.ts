import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";

export type SaidBy = components["schemas"]["SaidBy"];
/** Who may have said whom an elder wants or does not want. */
export const SAID_BY: SaidBy[] = ["elder", "family", "worker", "bureau"];
/** Whom a wish is about. */
export type Worker = { worker_id: string; worker_called: string; company_called: string };

/** Keep a wish about a worker: wanted, or not to be sent; `until` is the first day without it. */
export async function wish(person_id: string, worker_id: string, wanted: boolean, said_by: SaidBy, reason: string, until: string | null): Promise<void> {
  const params = { path: { person_id } };
  const body = { worker_id, reason, said_by, until };
  await answered(wanted ? api.POST("/api/v1/people/{person_id}/wanted-workers", { params, body }) : api.POST("/api/v1/people/{person_id}/barred-workers", { params, body }));
}

/** Lift a wish about a worker. */
export async function lift(person_id: string, worker_id: string, wanted: boolean): Promise<void> {
  const params = { path: { person_id, worker_id } };
  await answered(wanted ? api.DELETE("/api/v1/people/{person_id}/wanted-workers/{worker_id}", { params }) : api.DELETE("/api/v1/people/{person_id}/barred-workers/{worker_id}", { params }));
}
