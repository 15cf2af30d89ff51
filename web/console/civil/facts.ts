import { language } from "../../shared/words";

/** One field of a module's facts, read from its JSON Schema: what a form asks for, and how a value is shown. */
export type Entry = {
  name: string;
  title: string;
  kind: "text" | "whole" | "number" | "money" | "switch" | "choice" | "day" | "month" | "person" | "group" | "rows";
  /** whether it may be left empty */
  optional: boolean;
  /** true: the platform computes it, a form only shows it */
  computed: boolean;
  least?: number;
  most?: number;
  longest?: number;
  /** the enumeration of a choice, by the name that `/words` knows it by */
  enumeration?: string;
  choices?: string[];
  /** the fields of a group, or of each row */
  parts?: Entry[];
  /** what a form begins with */
  initial?: unknown;
};

type Schema = {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string;
  title?: string;
  format?: string;
  pattern?: string;
  enum?: unknown[];
  anyOf?: Schema[];
  items?: Schema;
  default?: unknown;
  readOnly?: boolean;
  properties?: Record<string, Schema>;
  required?: string[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
};

/** What is typed or stored, by the names of the fields. */
export type Facts = Record<string, unknown>;

const MONEY = /(^|_)fen$/;

/** Read the fields of facts from the JSON Schema of a declaration. */
export function entriesOf(schema: unknown): Entry[] {
  const whole = schema as Schema;
  return partsOf(whole, whole.$defs ?? {});
}

function partsOf(schema: Schema, shared: Record<string, Schema>): Entry[] {
  return Object.entries(schema.properties ?? {}).map(([name, part]) => entryOf(name, part, shared, schema.required?.includes(name) ?? false));
}

function entryOf(name: string, part: Schema, shared: Record<string, Schema>, required: boolean): Entry {
  const ways = part.anyOf?.filter((way) => way.type !== "null");
  const optional = ways !== undefined && ways.length < (part.anyOf?.length ?? 0);
  const said = ways?.[0] ?? part;
  const enumeration = said.$ref?.split("/").at(-1);
  const schema: Schema = enumeration ? { ...shared[enumeration], ...said } : said;
  const entry: Entry = { name, title: titleOf(name, part.title), kind: kindOf(name, schema), optional: optional || !required, computed: part.readOnly ?? false };
  if (schema.minimum !== undefined) entry.least = schema.minimum;
  if (schema.maximum !== undefined) entry.most = schema.maximum;
  if (schema.maxLength !== undefined) entry.longest = schema.maxLength;
  if (schema.maxItems !== undefined) entry.most = schema.maxItems;
  if (schema.enum) {
    entry.choices = schema.enum.map(String);
    if (enumeration) entry.enumeration = enumeration;
  }
  if (entry.kind === "group") entry.parts = partsOf(schema, shared);
  if (entry.kind === "rows") entry.parts = partsOf(schema.items?.$ref ? (shared[schema.items.$ref.split("/").at(-1) ?? ""] ?? {}) : (schema.items ?? {}), shared);
  if (part.default !== undefined && part.default !== null) entry.initial = part.default;
  return entry;
}

/** A field is called by its Chinese title; in English by its name, which is English words. */
function titleOf(name: string, title: string | undefined): string {
  const words = name.replace(MONEY, "").replace(/_id$/, "").replaceAll("_", " ").trim() || "amount";
  return language.value === "zh" ? (title ?? words).replace("（分）", "") : words;
}

function kindOf(name: string, schema: Schema): Entry["kind"] {
  if (schema.enum) return "choice";
  if (schema.type === "boolean") return "switch";
  if (schema.type === "integer") return MONEY.test(name) ? "money" : "whole";
  if (schema.type === "number") return "number";
  if (schema.type === "array") return "rows";
  if (schema.type === "object") return "group";
  if (schema.format === "date") return "day";
  if (schema.format === "uuid") return "person";
  return schema.pattern?.startsWith("^20[0-9]{2}-(0") ? "month" : "text";
}

/** Return what a form begins with: what is stored, or what the declaration says. */
export function typedOf(entries: Entry[], stored: Facts = {}): Facts {
  return Object.fromEntries(entries.filter((entry) => !entry.computed).map((entry) => [entry.name, beginOf(entry, stored[entry.name] ?? entry.initial)]));
}

function beginOf(entry: Entry, value: unknown): unknown {
  if (entry.kind === "group") return typedOf(entry.parts ?? [], (value ?? {}) as Facts);
  if (entry.kind === "rows") return ((value ?? []) as Facts[]).map((row) => typedOf(entry.parts ?? [], row));
  if (entry.kind === "switch") return value ?? false;
  if (entry.kind === "money") return typeof value === "number" ? (value / 100).toFixed(2) : "";
  return value === undefined || value === null ? "" : String(value);
}

/** Put what was typed together to facts; what cannot be read stays as it is, and the platform says why not. */
export function factsOf(entries: Entry[], typed: Facts): Facts {
  return Object.fromEntries(entries.filter((entry) => !entry.computed).map((entry) => [entry.name, readOf(entry, typed[entry.name])]));
}

function readOf(entry: Entry, value: unknown): unknown {
  if (entry.kind === "group") return factsOf(entry.parts ?? [], value as Facts);
  if (entry.kind === "rows") return (value as Facts[]).map((row) => factsOf(entry.parts ?? [], row));
  if (entry.kind === "switch") return value;
  const text = String(value ?? "").trim();
  if (text === "") return entry.optional ? (entry.initial === undefined ? null : entry.initial) : text;
  if (entry.kind === "money") return fenOf(text);
  if (entry.kind !== "whole" && entry.kind !== "number") return text;
  return Number.isNaN(Number(text)) ? text : Number(text);
}

/** Read an amount in yuan, `1,234.50`, as fen; what is none stays as it is. */
export function fenOf(text: string): number | string {
  const match = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(text.replace(/[,，\s¥￥元]/g, ""));
  return match ? Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0")) : text;
}
