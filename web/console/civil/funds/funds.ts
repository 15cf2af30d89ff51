import type { components } from "../../../shared/api";
import { answered, api } from "../../../shared/client";
import { everyPage } from "../pages";

type Schemas = components["schemas"];
export type Fund = Schemas["Fund"];
export type FundEntry = Schemas["FundEntry"];
export type FundPlan = Schemas["FundPlan"];
export type FundConsent = Schemas["FundConsent"];

/** Read every fund that the reader may see, with where it stands in this year. */
export function fetchFunds(): Promise<Fund[]> {
  return everyPage((after) => answered(api.GET("/api/v1/civil/funds", { params: { query: { after, limit: 500 } } })));
}

/** Read what came in and went out. */
export function fetchEntries(fund_id: string): Promise<FundEntry[]> {
  const path = { fund_id };
  return everyPage((after) => answered(api.GET("/api/v1/civil/funds/{fund_id}/entries", { params: { path, query: { after, limit: 500 } } })));
}

/** Read what a fund may spend in which year, as it was recorded. */
export async function fetchPlans(fund_id: string): Promise<FundPlan[]> {
  return (await answered(api.GET("/api/v1/civil/funds/{fund_id}/plans", { params: { path: { fund_id }, query: { limit: 500 } } }))).items;
}

/** Read what was asked beyond what was left. */
export async function fetchConsents(fund_id: string): Promise<FundConsent[]> {
  return (await answered(api.GET("/api/v1/civil/funds/{fund_id}/consents", { params: { path: { fund_id }, query: { limit: 500 } } }))).items;
}

/** Open the fund of a kind that a division holds. */
export async function openFund(kind: string, division_code: string): Promise<Fund> {
  return answered(api.POST("/api/v1/civil/funds", { body: { kind, division_code } }));
}

/** Record what a fund may spend in a year. */
export async function planYear(fund_id: string, year: number, fen: number, source: string, key: string): Promise<void> {
  const params = { path: { fund_id }, header: { "Idempotency-Key": key } };
  await answered(api.POST("/api/v1/civil/funds/{fund_id}/plans", { params, body: { year, fen, source } }));
}

/** Enter money that has come in, by a paper. */
export async function putIn(fund_id: string, fen: number, reference: string, replenishes: boolean, key: string): Promise<void> {
  const params = { path: { fund_id }, header: { "Idempotency-Key": key } };
  await answered(api.POST("/api/v1/civil/funds/{fund_id}/entries", { params, body: { fen, reference, replenishes } }));
}

/** Undo an entry by another of the opposite amount. */
export async function reverse(fund_entry_id: string, reason: string, key: string): Promise<void> {
  const params = { path: { fund_entry_id }, header: { "Idempotency-Key": key } };
  await answered(api.POST("/api/v1/civil/fund-entries/{fund_entry_id}/reversal", { params, body: { reason } }));
}

/** Find the case of a number that people speak, among those the reader may see. */
export async function findCase(number: number): Promise<string | null> {
  const rows = await everyPage((after) => answered(api.GET("/api/v1/civil/cases", { params: { query: { closed: false, after, limit: 500 } } })));
  return rows.find((row) => row.number === number)?.civil_case_id ?? null;
}

/** Ask that one case be paid for beyond what is left. */
export async function ask(fund_id: string, subject_id: string, fen: number, key: string): Promise<void> {
  const params = { path: { fund_id }, header: { "Idempotency-Key": key } };
  await answered(api.POST("/api/v1/civil/funds/{fund_id}/consents", { params, body: { subject_id, fen } }));
}

/** Say, as the second person, whether the matter may be paid for. */
export async function decide(consent_id: string, agreed: boolean): Promise<void> {
  await answered(api.POST("/api/v1/civil/fund-consents/{consent_id}/decision", { params: { path: { consent_id } }, body: { agreed } }));
}
