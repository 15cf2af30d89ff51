import type { components, paths } from "../../shared/api";
import { answered, api, Refused } from "../../shared/client";
import { language } from "../../shared/words";

type Schemas = components["schemas"];
export type ListKind = Schemas["ListKind"];
export type ListColumn = Schemas["ListColumn"];
export type ListReport = Schemas["ListReport"];
export type ListRemark = Schemas["ListRemark"];
type ListPath = Extract<keyof paths, `/api/v1/imports/${string}`>;

/** A file as it was when it was chosen: what is tried is what is taken in, also where the file is saved anew meanwhile. */
export type ListFile = { name: string; content: ArrayBuffer };
/** Header of the file → name of our column; empty where the header is not used. */
export type Mapping = Record<string, string>;

/** The bytes that the platform takes of one list. */
export const LARGEST = 10_000_000;
const WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/** Read which kinds of lists there are, their columns, and which of them the reader may bring. */
export async function fetchKinds(): Promise<ListKind[]> {
  return (await answered(api.GET("/api/v1/imports"))).items;
}

/** Bring a list, or try it. A list with faults is a report like any other: nothing of it was written. */
export async function bring(kind: string, file: ListFile, mapping: Mapping, dry_run: boolean, key: string): Promise<ListReport> {
  const column = Object.entries(mapping).flatMap(([theirs, ours]) => (ours ? [`${ours}=${theirs}`] : []));
  const call = api.POST(`/api/v1/imports/${kind}` as ListPath, {
    params: { query: { dry_run, column }, header: { "Idempotency-Key": key } },
    headers: { "Content-Type": /\.xlsx$/i.test(file.name) ? WORKBOOK : "text/csv" },
    // As it is, not as a form: the same bytes under the same key are one act, and a form has a new boundary each time.
    body: "",
    bodySerializer: () => file.content,
  });
  try {
    return await answered(call);
  } catch (why) {
    const report = why instanceof Refused ? (why.problem as { report?: ListReport }).report : undefined;
    if (!report) throw why;
    return report;
  }
}

/** What a kind of list is called. */
export function kindCalled(kind: ListKind): string {
  return language.value === "en" ? kind.en : kind.zh;
}

/** What a column is called: its first header. */
export function columnCalled(column: ListColumn): string {
  return column.titles[0] ?? column.name;
}

/** Say why, without the place: that has cells of its own. */
export function reasonOf(remark: ListRemark): string {
  const english = language.value === "en";
  const sentence = english ? remark.why_en : remark.why;
  const colon = english ? ": " : "：";
  const mark = remark.column === null ? colon : `${remark.column}${english ? "”" : "」"}${colon}`;
  const at = sentence.indexOf(mark);
  return at < 0 ? sentence : sentence.slice(at + mark.length);
}
