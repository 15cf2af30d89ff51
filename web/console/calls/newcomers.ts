import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";

type Schemas = components["schemas"];
export type NewcomerLine = Schemas["NewcomerLine"];
export type NewcomerCard = Schemas["NewcomerCard"];
export type Registration = Schemas["NewcomerRegistration"];

/** Note a caller who is not registered: what can be asked on the telephone; the rest comes later. */
export async function enterNewcomer(said: { name: string; phone: string; address: string }, call_id: string | null, key: string): Promise<Schemas["NotedNewcomer"]> {
  const params = { header: { "Idempotency-Key": key } };
  return answered(api.POST("/api/v1/newcomers", { params, body: { ...said, call_id } }));
}

/** Read who waits to be registered; names and numbers are masked. */
export async function fetchNewcomers(): Promise<NewcomerLine[]> {
  return (await answered(api.GET("/api/v1/newcomers", { params: { query: { limit: 50 } } }))).items;
}

/** Read what one of them has said, in full; the reading is recorded. */
export async function fetchNewcomer(newcomer_id: string): Promise<NewcomerCard> {
  return answered(api.GET("/api/v1/newcomers/{newcomer_id}", { params: { path: { newcomer_id } } }));
}

/** Register one of them with what was still missing; the id of the new person. */
export async function registerNewcomer(newcomer_id: string, body: Registration, key: string): Promise<string> {
  const params = { path: { newcomer_id }, header: { "Idempotency-Key": key } };
  return (await answered(api.POST("/api/v1/newcomers/{newcomer_id}/registration", { params, body }))).person_id;
}

/** Say why one of them is not registered. */
export async function dismissNewcomer(newcomer_id: string, reason: string): Promise<void> {
  const params = { path: { newcomer_id } };
  await answered(api.POST("/api/v1/newcomers/{newcomer_id}/dismissal", { params, body: { reason } }));
}

/** Read a place as it is copied from a map, `38.3045, 116.8388`: latitude, then longitude. */
export function readPlace(typed: string): { latitude: number; longitude: number } | null {
  const match = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,，\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(typed);
  if (!match) return null;
  const [latitude, longitude] = [Number(match[1]), Number(match[2])];
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null;
}
