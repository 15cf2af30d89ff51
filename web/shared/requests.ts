import type { operations } from "./api";
import { answered, api, Refused } from "./client";

type Place = operations["placeRequest"];
type Ask = operations["quoteRequest"];
type List = operations["listRequests"];

export type NewRequest = Place["requestBody"]["content"]["application/json"];
export type CareRequest = Place["responses"][201]["content"]["application/json"];
export type Quote = Ask["responses"][200]["content"]["application/json"];
export type CareRequestList = List["responses"][200]["content"]["application/json"];
export type Filter = NonNullable<List["parameters"]["query"]>;

/** Log a care request. `key` is one UUID per press of the button, kept across retries: sent twice, it acts once. */
export async function placeRequest(body: NewRequest, key: string): Promise<CareRequest> {
  const { data, error } = await api.POST("/api/v1/requests", { body, params: { header: { "Idempotency-Key": key } } });
  if (error) throw new Refused(error);
  return data;
}

/** Ask what placing a request would come to; nothing is written. */
export async function quoteRequest(body: Ask["requestBody"]["content"]["application/json"]): Promise<Quote> {
  return answered(api.POST("/api/v1/requests/quote", { body }));
}

/** List care requests, the most pressing first; `next` goes into the filter's `after` for the rows that follow. */
export async function listRequests(filter: Filter): Promise<CareRequestList> {
  const { data, error } = await api.GET("/api/v1/requests", { params: { query: filter } });
  if (error) throw new Refused(error);
  return data;
}
