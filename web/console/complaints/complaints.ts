import type { components } from "../../shared/api";
import { answered, api, Refused } from "../../shared/client";

type Schemas = components["schemas"];
export type Complaint = Schemas["Complaint"];
export type ComplaintState = Schemas["ComplaintState"];
export type Step = Schemas["ComplaintStepTaken"];
type Action = Schemas["ComplaintAction"];

/** The tabs: what has a deadline, and what has none and is to be closed or may be appealed. */
export const TABS = ["due", "decided", "remedied", "closed"] as const;
export type Tab = (typeof TABS)[number];

/** The shape of each state (`tokens.css`). */
export const SHAPES: Record<ComplaintState, string> = {
  received: "wait",
  acknowledged: "offered",
  investigated: "promised",
  decided: "going",
  remedied: "here",
  closed: "done",
  appealed: "wait",
};

/** Read a page of the complaints behind a tab. */
export async function fetchComplaints(tab: Tab, after?: string): Promise<Schemas["ComplaintList"]> {
  const state = tab === "due" ? undefined : tab;
  return answered(api.GET("/api/v1/complaints", { params: { query: { state, after } } }));
}

/** Read what a complaint says. */
export async function fetchWords(complaint_id: string): Promise<string> {
  return (await answered(api.GET("/api/v1/complaints/{complaint_id}/words", { params: { path: { complaint_id } } }))).words;
}

/** Read the steps of a complaint in their order. */
export async function fetchSteps(complaint_id: string): Promise<Step[]> {
  return (await answered(api.GET("/api/v1/complaints/{complaint_id}/steps", { params: { path: { complaint_id } } }))).items;
}

/** Read the visit that a complaint is about; null where it is not known here. */
export async function fetchVisit(visit_id: string): Promise<Schemas["Visit"] | null> {
  return answered(api.GET("/api/v1/visits/{visit_id}", { params: { path: { visit_id } } })).catch((why: unknown) => {
    if (why instanceof Refused && why.problem.status === 404) return null;
    throw why;
  });
}

/** Take the next step of a complaint; an upheld decision costs the company a part of the charge. */
export async function advance(complaint_id: string, step: Action, key: string, upheld = false, percent = 0): Promise<Complaint> {
  const params = { path: { complaint_id }, header: { "Idempotency-Key": key } };
  const body = { step, upheld, deduction_percent: upheld ? percent : 0 };
  return answered(api.POST("/api/v1/complaints/{complaint_id}/steps", { params, body }));
}

/** Return the step that follows from where a complaint stands; a decision is one that says more. */
export function next(complaint: Complaint): Action {
  const followed: Record<ComplaintState, Action> = {
    received: "acknowledge",
    acknowledged: "investigated",
    investigated: "decide",
    decided: complaint.upheld ? "remedied" : "close",
    remedied: "close",
    closed: "appeal",
    appealed: "decide",
  };
  return followed[complaint.state];
}

/** Find the visits of the request that an elder names by its number. */
export async function fetchVisits(case_no: string): Promise<Schemas["Visit"][]> {
  const request = await answered(api.GET("/api/v1/requests/by-number/{case_no}", { params: { path: { case_no } } }));
  return (await answered(api.GET("/api/v1/visits", { params: { query: { request_id: request.id } } }))).items;
}

/** Take a complaint about a visit. */
export async function receive(visit_id: string, words: string, override_duplicate: boolean, key: string): Promise<Complaint> {
  const params = { header: { "Idempotency-Key": key } };
  return answered(api.POST("/api/v1/complaints", { params, body: { visit_id, words, override_duplicate } }));
}
