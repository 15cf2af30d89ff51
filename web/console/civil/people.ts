import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";

export type PersonLine = components["schemas"]["PersonLine"];

/** Find people by the beginning of a name, its pinyin, or a part of the address; clerks find who lives in their division. */
export async function findPeople(said: string): Promise<PersonLine[]> {
  return (await answered(api.GET("/api/v1/people", { params: { query: { q: said, limit: 20 } } }))).items;
}

/** Read what a person is called; the reading is written down with its purpose. */
export async function fetchPerson(person_id: string, purpose: string): Promise<components["schemas"]["PersonCard"]> {
  return answered(api.GET("/api/v1/people/{person_id}", { params: { path: { person_id }, query: { purpose } } }));
}
