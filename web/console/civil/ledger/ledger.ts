import type { components } from "../../../shared/api";
import { answered, api } from "../../../shared/client";
import { save, type Download } from "../../../shared/download";
import { ownLabel } from "../../finance/finance";
import type { Facts } from "../facts";
import type { Register } from "../modules";
import { everyPage } from "../pages";

type Schemas = components["schemas"];
export type CivilRecord = Schemas["CivilRecord"];
export type Version = Schemas["CivilRecordVersion"];
export type Inspection = Schemas["CivilInspection"];
export type Grant = Schemas["Grant"];
type Body = Schemas["NewCivilRecord"]["facts"];

/** Which records of a register are looked for; empty fits all. */
export type RecordFilter = { register: string; state: string; closed: boolean; within?: string | undefined };

function asked({ register, state, closed, within }: RecordFilter) {
  return { civil_register: register, civil_state: state || undefined, closed, within_id: within || undefined };
}

/** Read a page of a register's records, by number. */
export async function fetchRecords(filter: RecordFilter, after?: string): Promise<Schemas["CivilRecordList"]> {
  return answered(api.GET("/api/v1/civil/records", { params: { query: { ...asked(filter), after, limit: 100 } } }));
}

/** Read all records of which something is overdue, the longest late first. */
export async function fetchOverdue(filter: RecordFilter): Promise<CivilRecord[]> {
  const rows = await everyPage((after) => answered(api.GET("/api/v1/civil/records", { params: { query: { ...asked(filter), overdue: true, after, limit: 500 } } })));
  return rows.sort((one, other) => String(dueOf(one)).localeCompare(String(dueOf(other))));
}

/** Read every open record of a register, for a list to choose from. */
export function fetchOpen(register: string): Promise<CivilRecord[]> {
  return everyPage((after) => answered(api.GET("/api/v1/civil/records", { params: { query: { civil_register: register, closed: false, after, limit: 500 } } })));
}

/** Read one record. */
export async function fetchRecord(record_id: string): Promise<CivilRecord> {
  return answered(api.GET("/api/v1/civil/records/{record_id}", { params: { path: { record_id } } }));
}

/** Read what a record was from which day on. */
export function fetchVersions(record_id: string): Promise<Version[]> {
  const path = { record_id };
  return everyPage((after) => answered(api.GET("/api/v1/civil/records/{record_id}/versions", { params: { path, query: { after, limit: 500 } } })));
}

/** Read what the inspections of a record came to. */
export function fetchInspections(record_id: string): Promise<Inspection[]> {
  const path = { record_id };
  return everyPage((after) => answered(api.GET("/api/v1/civil/records/{record_id}/inspections", { params: { path, query: { after, limit: 500 } } })));
}

/** Add a record: in a division, or within another record. */
export async function addRecord(body: { kind: string; facts: Facts; division_code: string; within_id: string; person_id: string; opened_on: string }, key: string): Promise<CivilRecord> {
  const params = { header: { "Idempotency-Key": key } };
  const { kind, facts } = body;
  const [division_code, within_id, person_id, opened_on] = [body.division_code, body.within_id, body.person_id, body.opened_on].map((text) => text || null);
  return answered(api.POST("/api/v1/civil/records", { params, body: { kind, facts: facts as Body, division_code, within_id, person_id, opened_on } }));
}

/** Record other facts of a record from a day on. */
export async function changeFacts(record_id: string, facts: Facts, valid_from: string, key: string): Promise<CivilRecord> {
  const params = { path: { record_id }, header: { "Idempotency-Key": key } };
  return answered(api.PUT("/api/v1/civil/records/{record_id}/facts", { params, body: { facts: facts as Body, valid_from: valid_from || null } }));
}

/** Bring a record into another state from a day on. */
export async function moveRecord(record_id: string, to: string, facts: Facts | null, on: string, key: string): Promise<CivilRecord> {
  const params = { path: { record_id }, header: { "Idempotency-Key": key } };
  return answered(api.POST("/api/v1/civil/records/{record_id}/moves", { params, body: { to, facts: facts as Body | null, on: on || null } }));
}

/** Record an inspection. */
export async function inspect(record_id: string, passed: boolean, facts: Facts, inspected_on: string, key: string): Promise<void> {
  const params = { path: { record_id }, header: { "Idempotency-Key": key } };
  await answered(api.POST("/api/v1/civil/records/{record_id}/inspections", { params, body: { passed, facts: facts as Body, inspected_on: inspected_on || null } }));
}

/** Read a page of grants: of a benefit, or of a person; empty fits all. */
export async function fetchGrants(programme: string, person: string, after?: string): Promise<Schemas["GrantList"]> {
  return answered(api.GET("/api/v1/civil/grants", { params: { query: { programme: programme || undefined, person_id: person || undefined, after, limit: 100 } } }));
}

/** The ledger of a register as a workbook. */
export function registerFiles(civil_register: string): Download[] {
  return [{ word: "civil.file.excel", take: () => save(api.GET("/api/v1/civil/records.xlsx", { params: { query: { civil_register } }, parseAs: "blob" })) }];
}

/** The ledger of a benefit as a workbook. */
export function grantFiles(programme: string): Download[] {
  return [{ word: "civil.file.excel", take: () => save(api.GET("/api/v1/civil/grants.xlsx", { params: { query: { programme } }, parseAs: "blob" })) }];
}

/** Return the next day by which something is due of a record: its move or its inspection. */
export function dueOf(row: CivilRecord): string | null {
  return [row.due_on, row.inspect_due_on].filter((due): due is string => due !== null).sort()[0] ?? null;
}

/** What a record is called: its first text, such as a name or a bed. */
export function recordCalled(row: CivilRecord, register: Register | undefined): string {
  const fields = Object.keys((register?.fields["properties"] as object | undefined) ?? {});
  const text = fields.map((name) => row.facts[name]).find((value) => typeof value === "string");
  return text === undefined ? String(row.number) : String(text);
}

/** Tell whether the reader has worked on a record. */
export function workedOn(versions: Version[]): boolean {
  return versions.some((version) => version.recorded_by === ownLabel());
}
