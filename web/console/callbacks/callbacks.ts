import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";
import { session } from "../../shared/session";

type Schemas = components["schemas"];
export type CallBack = Schemas["CallBack"];
export type Result = Schemas["CallBackResult"];
export type Card = Schemas["PersonCard"];

/** What the elder has said so far; undefined is not asked yet, a null is an elder who cannot or will not say. */
export type Answers = { came?: boolean; stayed?: number | null; goods?: boolean; score?: number | null };
export type Question = "came" | "stayed" | "goods" | "score";

/** Read whom to call at this hour, the most pressing first. */
export async function fetchCallBacks(): Promise<CallBack[]> {
  return (await answered(api.GET("/api/v1/call-backs", { params: { query: { limit: 200 } } }))).items;
}

/** Read whom to call and by which number; the reading is recorded. */
export async function fetchCard(person_id: string): Promise<Card> {
  const params = { path: { person_id }, query: { purpose: "call-back" } };
  return answered(api.GET("/api/v1/people/{person_id}", { params }));
}

/** Save what the elder said; only the answer to this names the company. */
export async function save(call_back_id: string, answers: Answers, key: string): Promise<Result> {
  const came = answers.came === true;
  const body = {
    came,
    stayed_minutes: came ? (answers.stayed ?? null) : null,
    goods_instead: came && answers.goods === true,
    score: came ? (answers.score ?? null) : null,
  };
  const params = { path: { call_back_id }, header: { "Idempotency-Key": key } };
  return answered(api.POST("/api/v1/call-backs/{call_back_id}/answers", { params, body }));
}

/** Record that nobody answered. */
export async function noAnswer(call_back_id: string, key: string): Promise<Schemas["CallState"]> {
  const params = { path: { call_back_id }, header: { "Idempotency-Key": key } };
  return (await answered(api.POST("/api/v1/call-backs/{call_back_id}/no-answer", { params }))).state;
}

/** Return the questions of a call: where nobody came there is nothing else to ask. */
export function questions(answers: Answers): Question[] {
  return answers.came === false ? ["came"] : ["came", "stayed", "goods", "score"];
}

/** Return the first question without an answer; null where all are answered. */
export function open(answers: Answers): Question | null {
  return questions(answers).find((question) => answers[question] === undefined) ?? null;
}

const place = (id: string) => `call-back ${session.me?.account_id} ${id}`;

/** Return what was answered before a reload. */
export function kept(id: string): Answers {
  return JSON.parse(sessionStorage.getItem(place(id)) ?? "{}") as Answers;
}

/** Keep the answers over a reload; without answers, forget them. */
export function keep(id: string, answers: Answers | null): void {
  if (answers) sessionStorage.setItem(place(id), JSON.stringify(answers));
  else sessionStorage.removeItem(place(id));
}
