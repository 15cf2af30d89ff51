import { openDB, type DBSchema } from "idb";
import { session } from "../../shared/session";

/** What has been typed for one elder and is not saved yet. */
export type Draft = { item: string; window: string; quantity: number; note: string; urgent: boolean; key: string; at: number };

interface Store extends DBSchema {
  drafts: { key: string; value: Draft };
}

const store = openDB<Store>("console", 1, { upgrade: (db) => void db.createObjectStore("drafts") });
// An account sees its own drafts alone, also where several people sit at one machine.
const name = (person_id: string) => `${session.me?.account_id} ${person_id}`;

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
