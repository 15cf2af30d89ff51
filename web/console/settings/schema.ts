/** One input of a form: a part of the value, or all of it where `name` is empty. */
export type Field = { name: string; title: string; kind: "whole" | "number" | "switch" | "choice" | "text"; least?: number; most?: number; choices?: string[] };

type Schema = { type?: string; title?: string; enum?: unknown[]; minimum?: number; maximum?: number; exclusiveMinimum?: number; properties?: Record<string, Schema> };
const KINDS: Record<string, Field["kind"]> = { integer: "whole", number: "number", boolean: "switch", string: "text" };

/** Read the inputs of a rule's value from its JSON Schema; null where the value is a list or deeper and is typed as JSON. */
export function fieldsOf(form: unknown): Field[] | null {
  const schema = form as Schema;
  if (schema.type !== "object") {
    const field = fieldOf("", schema);
    return field && [field];
  }
  const fields = Object.entries(schema.properties ?? {}).map(([name, part]) => fieldOf(name, part));
  return fields.length > 0 && fields.every((field) => field !== null) ? fields : null;
}

function fieldOf(name: string, schema: Schema): Field | null {
  const choices = schema.enum?.map(String);
  const kind = choices ? "choice" : KINDS[schema.type ?? ""];
  if (!kind) return null;
  const field: Field = { name, title: name || (schema.title ?? ""), kind };
  const least = schema.minimum ?? schema.exclusiveMinimum;
  if (least !== undefined) field.least = least;
  if (schema.maximum !== undefined) field.most = schema.maximum;
  if (choices) field.choices = choices;
  return field;
}

/** Put what was typed together to the value that the API takes; an empty or unreadable number stays the text it is. */
export function valueOf(fields: Field[], typed: Record<string, unknown>): unknown {
  const read = ({ name, kind }: Field) => {
    const text = typed[name];
    if (kind !== "whole" && kind !== "number") return text;
    return String(text).trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
  };
  const [only] = fields;
  return only && only.name === "" ? read(only) : Object.fromEntries(fields.map((field) => [field.name, read(field)]));
}
