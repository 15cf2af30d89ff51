import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";

type Schemas = components["schemas"];

/** Read how far the budget of a year is charged. */
export function fetchBudget(year: number): Promise<Schemas["Budget"]> {
  return answered(api.GET("/api/v1/budget", { params: { query: { year } } }));
}

/** Read the months that are closed, the newest first. */
export async function fetchClosed(): Promise<Schemas["ClosedMonth"][]> {
  return (await answered(api.GET("/api/v1/closed-months"))).items;
}

/** Close a month for good. */
export async function closeMonth(month: string): Promise<void> {
  await answered(api.POST("/api/v1/closed-months", { body: { month } }));
}
