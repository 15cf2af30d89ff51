import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";
import { synchronise } from "../../shared/hours";
import type { LiveType } from "../../shared/live";
import type { CompanyDay } from "./timeline";

type Schemas = components["schemas"];
export type Offer = Schemas["Offer"];
export type Candidate = Schemas["VisitCandidate"];
export type Certificate = Schemas["Certificate"];
export type Explanation = Schemas["CompanyExplanation"];
export type Reason = Schemas["OfferRefusalReason"];

/** The reasons of a refusal in the order of their digits. */
export const REASONS: Reason[] = ["no_time", "no_worker", "too_far", "ill", "skill", "equipment", "other"];

/** What is chosen for: the visit of an offer that waits for its answer, or one that is promised. */
export type Target = {
  visit_id: string;
  worker_id: string;
  item_code: string;
  division_code: string;
  person_name: string | null;
  planned_start: string;
  planned_end: string;
  /** null: the visit is promised already */
  offer_id: string | null;
};

/** After these, offers or the day are other ones. */
export const CHANGES: LiveType[] = [
  "offers.visit_offered.v1",
  "offers.offer_accepted.v1",
  "offers.offer_refused.v1",
  "offers.offer_lapsed.v1",
  "offers.offer_withdrawn.v1",
  "visits.visit_moved.v1",
  "visits.visit_missed.v1",
  "visits.visit_aborted.v1",
  "visits.nobody_home.v1",
  "visits.worker_departed.v1",
  "visits.worker_arrived.v1",
  "visits.visit_finished.v1",
];

/** Read the offers that wait for an answer, the nearest deadline first. */
export async function fetchOffers(): Promise<Offer[]> {
  return (await answered(api.GET("/api/v1/offers", { params: { query: { limit: 200 } } }))).items;
}

const GONE: Schemas["OfferState"][] = ["refused", "lapsed", "withdrawn"];

/** Read the offers made on a day that did not become the company's to do, in the order in which they were made. */
export async function fetchGone(day: string): Promise<Offer[]> {
  const lists = await Promise.all(
    GONE.map((state) => answered(api.GET("/api/v1/offers", { params: { query: { state, day, limit: 200 } } }))),
  );
  return lists.flatMap(({ items }) => items).sort((a, b) => a.made_at.localeCompare(b.made_at));
}

/** Read what the decisions on a request that the company was offered say of its own workers. */
export async function fetchExplanation(request_id: string): Promise<Explanation[]> {
  return (await answered(api.GET("/api/v1/requests/{request_id}/explanation", { params: { path: { request_id } } }))).items;
}

/** Read the company's day, today where none is named, and set the clock by it. */
export async function fetchDay(provider_id: string, day?: string): Promise<CompanyDay> {
  const params = { path: { provider_id }, query: { day } };
  const read = await answered(api.GET("/api/v1/companies/{provider_id}/day", { params }));
  synchronise(read.at);
  return read;
}

/** Read who of the company may go to a visit, and the rule that forbids each of the others. */
export async function fetchCandidates(visit_id: string): Promise<Candidate[]> {
  return (await answered(api.GET("/api/v1/visits/{visit_id}/candidates", { params: { path: { visit_id } } }))).items;
}

/** Read the certificates that run out up to a day, the soonest first. */
export async function fetchCertificates(provider_id: string, until: string): Promise<Certificate[]> {
  const params = { path: { provider_id }, query: { until } };
  return (await answered(api.GET("/api/v1/companies/{provider_id}/certificates", { params }))).items;
}

/** Accept an offer; with `worker_id` that worker goes. */
export async function accept(offer_id: string, worker_id: string | null): Promise<void> {
  const params = { path: { offer_id } };
  await answered(api.POST("/api/v1/offers/{offer_id}/acceptance", { params, body: { worker_id } }));
}

/** Refuse an offer. */
export async function refuse(offer_id: string, reason: Reason, note: string): Promise<void> {
  const params = { path: { offer_id } };
  await answered(api.POST("/api/v1/offers/{offer_id}/refusal", { params, body: { reason, note: note.trim() || null } }));
}

/** Send another worker to a promised visit. */
export async function sendAnother(visit_id: string, worker_id: string, reason: string): Promise<void> {
  const params = { path: { visit_id } };
  await answered(api.PUT("/api/v1/visits/{visit_id}/worker", { params, body: { worker_id, reason } }));
}
