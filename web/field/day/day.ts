import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";

export type Visit = components["schemas"]["Visit"];
export type PersonCard = components["schemas"]["PersonCard"];

/** List the signed-in worker's visits of today, in order. */
export async function todaysVisits(): Promise<Visit[]> {
  return (await answered(api.GET("/api/v1/visits/mine"))).items;
}

/** Read whose door a visit goes to; the reading is recorded. */
export async function elder(person_id: string): Promise<PersonCard> {
  const params = { path: { person_id }, query: { purpose: "visit" } };
  return await answered(api.GET("/api/v1/people/{person_id}", { params }));
}

/** Return the name of each item of the catalogue by its code. */
export async function itemNames(): Promise<Map<string, string>> {
  const { items } = await answered(api.GET("/api/v1/catalogue"));
  return new Map(items.map((item) => [item.code, item.name]));
}
