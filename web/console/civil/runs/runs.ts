import type { components } from "../../../shared/api";
import { answered, api } from "../../../shared/client";
import { save, type Download } from "../../../shared/download";
import { everyPage } from "../pages";

type Schemas = components["schemas"];
export type PayRun = Schemas["PayRun"];
export type PayLine = Schemas["PayLine"];
export type Payment = Schemas["BenefitPayment"];
export type PayRunState = Schemas["PayRunState"];

/** The shape of each state (`tokens.css`). */
export const SHAPES: Record<PayRunState, string> = { computed: "wait", cancelled: "void", approved: "promised", paid: "done" };

/** Read a page of the runs, the newest first; an empty name fits every benefit. */
export async function fetchRuns(programme: string, after?: string): Promise<Schemas["PayRunList"]> {
  return answered(api.GET("/api/v1/civil/pay-runs", { params: { query: { programme: programme || undefined, after, limit: 100 } } }));
}

/** Read one run. */
export async function fetchRun(run_id: string): Promise<PayRun> {
  return answered(api.GET("/api/v1/civil/pay-runs/{run_id}", { params: { path: { run_id } } }));
}

/** Read a page of what a run entered. */
export async function fetchLines(run_id: string, after?: string): Promise<Schemas["PayLineList"]> {
  return answered(api.GET("/api/v1/civil/pay-runs/{run_id}/lines", { params: { path: { run_id }, query: { after, limit: 200 } } }));
}

/** Read everything that a run sends. */
export function fetchPayments(run_id: string): Promise<Payment[]> {
  const path = { run_id };
  return everyPage((after) => answered(api.GET("/api/v1/civil/pay-runs/{run_id}/payments", { params: { path, query: { after, limit: 500 } } })));
}

/** Draw up a month of a benefit. */
export async function compute(programme: string, month: string, key: string): Promise<PayRun> {
  return answered(api.POST("/api/v1/civil/pay-runs", { params: { header: { "Idempotency-Key": key } }, body: { programme, month } }));
}

/** Throw away a run that nobody has approved. */
export async function cancel(run_id: string): Promise<PayRun> {
  return answered(api.DELETE("/api/v1/civil/pay-runs/{run_id}", { params: { path: { run_id } } }));
}

/** Approve a run as the second person. */
export async function approve(run_id: string): Promise<PayRun> {
  return answered(api.POST("/api/v1/civil/pay-runs/{run_id}/approval", { params: { path: { run_id } } }));
}

/** Compute every line again; how many do not come out. */
export async function check(run_id: string): Promise<number> {
  return (await answered(api.GET("/api/v1/civil/pay-runs/{run_id}/check", { params: { path: { run_id } } }))).differences;
}

/** Close a run with what the bank could not pay: payment → reason. */
export async function takeReturns(run_id: string, reasons: Map<string, string>, key: string): Promise<PayRun> {
  const returned = [...reasons].map(([payment_id, reason]) => ({ payment_id, reason }));
  return answered(api.POST("/api/v1/civil/pay-runs/{run_id}/returns", { params: { path: { run_id }, header: { "Idempotency-Key": key } }, body: { returned } }));
}

/** What the bank needs. */
export function bankFiles(run_id: string): Download[] {
  return [{ word: "civil.run.bank_file", take: () => save(api.POST("/api/v1/civil/pay-runs/{run_id}/bank-file", { params: { path: { run_id } }, parseAs: "blob" })) }];
}
