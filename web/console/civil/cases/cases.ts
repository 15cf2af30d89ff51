import type { components } from "../../../shared/api";
import { answered, api } from "../../../shared/client";
import { ownLabel } from "../../finance/finance";
import type { Facts } from "../facts";
import { everyPage } from "../pages";

type Schemas = components["schemas"];
export type Case = Schemas["CivilCase"];
export type CaseStep = Schemas["CivilCaseStep"];
type Body = Schemas["NewCivilCase"]["facts"];

/** Which cases are looked for; empty fits all. */
export type CaseFilter = { module: string; kind: string; state: string; closed: boolean };

function asked({ module, kind, state, closed }: CaseFilter) {
  return { civil_module: module || undefined, civil_kind: kind || undefined, civil_state: state || undefined, closed };
}

/** Read a page of the cases that fit, by number. */
export async function fetchCases(filter: CaseFilter, after?: string): Promise<Schemas["CivilCaseList"]> {
  return answered(api.GET("/api/v1/civil/cases", { params: { query: { ...asked(filter), after, limit: 100 } } }));
}

/** Read all cases whose time is over, the longest late first. */
export async function fetchOverdue(filter: CaseFilter): Promise<Case[]> {
  const rows = await everyPage((after) => answered(api.GET("/api/v1/civil/cases", { params: { query: { ...asked(filter), overdue: true, after, limit: 500 } } })));
  return rows.sort((one, other) => String(one.due_at).localeCompare(String(other.due_at)));
}

/** Read one case. */
export async function fetchCase(civil_case_id: string): Promise<Case> {
  return answered(api.GET("/api/v1/civil/cases/{civil_case_id}", { params: { path: { civil_case_id } } }));
}

/** Read what was done with a case, oldest first; the reading of the reasons is written down. */
export async function fetchSteps(civil_case_id: string): Promise<CaseStep[]> {
  const path = { civil_case_id };
  return everyPage((after) => answered(api.GET("/api/v1/civil/cases/{civil_case_id}/steps", { params: { path, query: { after, limit: 500 } } })));
}

/** Open a case about a person. */
export async function openCase(kind: string, person_id: string, facts: Facts, key: string): Promise<Case> {
  const params = { header: { "Idempotency-Key": key } };
  return answered(api.POST("/api/v1/civil/cases", { params, body: { kind, person_id, facts: facts as Body } }));
}

/** Bring a case into another state; with `facts` all of them anew. */
export async function moveCase(civil_case_id: string, to: string, facts: Facts | null, reason: string, key: string): Promise<Case> {
  const params = { path: { civil_case_id }, header: { "Idempotency-Key": key } };
  const body = { to, facts: facts as Body | null, reason: reason.trim() || null };
  return answered(api.POST("/api/v1/civil/cases/{civil_case_id}/moves", { params, body }));
}

/** Tell whether the reader has worked on a case. */
export function workedOn(steps: CaseStep[]): boolean {
  return steps.some((step) => step.by === ownLabel());
}
