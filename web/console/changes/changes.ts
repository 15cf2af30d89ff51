import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";

export type Change = components["schemas"]["PendingChange"];

/** Read the changes that nobody has confirmed yet, the oldest first. */
export async function fetchChanges(): Promise<Change[]> {
  return (await answered(api.GET("/api/v1/pending-changes", { params: { query: { limit: 500 } } }))).items;
}

/** Put a change in force, as the second person. */
export async function confirmChange(change_id: string): Promise<void> {
  await answered(api.POST("/api/v1/pending-changes/{change_id}/confirmation", { params: { path: { change_id } } }));
}

/** Take a change back. */
export async function withdrawChange(change_id: string): Promise<void> {
  await answered(api.POST("/api/v1/pending-changes/{change_id}/withdrawal", { params: { path: { change_id } } }));
}

/** Return what is proposed, field by field. */
export function contentOf(change: Change): [string, string][] {
  return Object.entries(change.content).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
}
