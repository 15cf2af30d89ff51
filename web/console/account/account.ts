import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";

export type OwnSession = components["schemas"]["OwnSession"];

/** List where the account is signed in. */
export async function mySessions(): Promise<OwnSession[]> {
  return (await answered(api.GET("/api/v1/me/sessions"))).items;
}

/** Sign another device out. */
export async function endSession(session_id: string): Promise<void> {
  await answered(api.DELETE("/api/v1/me/sessions/{session_id}", { params: { path: { session_id } } }));
}

/** Change the own password: every session ends, this one too. */
export async function changePassword(before: string, after: string): Promise<void> {
  await answered(api.PUT("/api/v1/me/password", { body: { old: before, new: after } }));
  await answered(api.GET("/api/v1/me")).catch(() => undefined);
}
