import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";

type Schemas = components["schemas"];
export type Rule = Schemas["Rule"];
export type Account = Schemas["Account"];
export type DeadLetter = Schemas["DeadLetter"];
export type PendingChange = Schemas["PendingChange"];

/** Read every rule with its history and the form of its value. */
export async function fetchRules(): Promise<Rule[]> {
  return (await answered(api.GET("/api/v1/rules"))).items;
}

/** Read the names of the rules whose new value waits for a second person. */
export async function fetchWaiting(): Promise<Set<string>> {
  const { items } = await answered(api.GET("/api/v1/pending-changes"));
  return new Set(items.filter((change) => change.kind === "rule" || change.kind === "rule_backdated").map((change) => change.subject));
}

/** Decide a rule anew; the change that waits for a second person, or null where the value is recorded at once. */
export async function decideRule(name: string, value: unknown, valid_from: string, source: string): Promise<PendingChange | null> {
  const body = { value: value as never, valid_from, source };
  return (await answered(api.POST("/api/v1/rules/{name}", { params: { path: { name } }, body }))) ?? null;
}

/** Read a page of the accounts. */
export async function fetchAccounts(after?: string): Promise<Schemas["AccountList"]> {
  return answered(api.GET("/api/v1/accounts", { params: { query: { after } } }));
}

/** Close an account; its sessions end. */
export async function closeAccount(account_id: string): Promise<void> {
  await answered(api.DELETE("/api/v1/accounts/{account_id}", { params: { path: { account_id } } }));
}

/** Read the events that could not be handled. */
export async function fetchLetters(): Promise<DeadLetter[]> {
  return (await answered(api.GET("/api/v1/dead-letters"))).items;
}

/** Handle a dead letter once more; with a reason, give it up. */
export async function settleLetter(dead_letter_id: string, reason?: string): Promise<void> {
  const params = { path: { dead_letter_id } };
  if (reason === undefined) await answered(api.POST("/api/v1/dead-letters/{dead_letter_id}/replay", { params }));
  else await answered(api.POST("/api/v1/dead-letters/{dead_letter_id}/drop", { params, body: { reason } }));
}

/** Which events are looked for: how the type begins, about what, by whom, on which day; empty fits all. */
export type LogFilter = { type: string; subject: string; actor: string; day: string };

/** Read a page of the log, the newest events first. */
export async function fetchEvents(filter: LogFilter, after?: string): Promise<Schemas["LogEntryList"]> {
  const asked = Object.fromEntries(Object.entries(filter).flatMap(([name, text]) => (text.trim() ? [[name, text.trim()]] : [])));
  return answered(api.GET("/api/v1/log/events", { params: { query: { ...asked, after, limit: 100 } } }));
}

/** Compute the chain of the log anew. */
export async function verifyLog(): Promise<Schemas["LogVerification"]> {
  return answered(api.GET("/api/v1/log/verification"));
}
