import { openDB, type DBSchema } from "idb";
import { session } from "../../shared/session";

/** What has been typed for one elder and is not saved yet; `call` is the call in which the key was made. */
export type Draft = { item: string; window: string; quantity: number; note: string; urgent: boolean; key: string; at: number; call: string | null };
/** What stands in the fields of a smaller form, and the district's day on which it was typed. */
export type Form = { day: string; fields: Record<string, string | number | boolean> };

interface Store extends DBSchema {
  drafts: { key: string; value: Draft };
}
interface Forms extends DBSchema {
  forms: { key: string; value: Form };
}

const store = openDB<Store>("console", 1, { upgrade: (db) => void db.createObjectStore("drafts") });
// A store of its own: another version of the first would wait for every page of an earlier release to be closed.
const forms = openDB<Forms>("console forms", 1, { upgrade: (db) => void db.createObjectStore("forms") });
// An account sees its own drafts alone, also where several people sit at one machine.
const name = (of: string) => `${session.me?.account_id} ${of}`;

/** Return the draft about a person, if one was left. */
export async function draftOf(person_id: string): Promise<Draft | undefined> {
  return (await store).get("drafts", name(person_id));
}

/** Keep a draft on this machine: a reload, a crash and a lost network leave it. */
export async function keep(person_id: string, draft: Draft): Promise<void> {
  await (await store).put("drafts", draft, name(person_id));
}

/** Forget the draft about a person. */
export async function forget(person_id: string): Promise<void> {
  await (await store).delete("drafts", name(person_id));
}

/** Return what was left in a smaller form. */
export async function formOf(about: string): Promise<Form | undefined> {
  return (await forms).get("forms", name(about));
}

/** Keep what stands in a smaller form. */
export async function keepForm(about: string, form: Form): Promise<void> {
  await (await forms).put("forms", form, name(about));
}

/** Forget what was left in a smaller form. */
export async function forgetForm(about: string): Promise<void> {
  await (await forms).delete("forms", name(about));
}
