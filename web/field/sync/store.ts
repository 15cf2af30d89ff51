import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { components } from "../../shared/api";
import type { Me } from "../../shared/session";

type Schemas = components["schemas"];
export type DayPack = Schemas["DayPack"];
export type ActKind = Schemas["ActKind"];
export type Problem = Schemas["Problem"];

/** The key that this phone signs with; its private half cannot be read out. `counter` is the last one that was used. */
export type PhoneKey = { id: string; pair: CryptoKeyPair; counter: number };

/** The platform's clock and the phone's own at one instant, so that a page opened without a signal knows the hour. */
export type Clocks = { platform: number; phone: number };

/** One act as it was made, kept until the server has it; `signed` once it was sent, so that it is sent again the same. */
export type Entry = {
  order?: number;
  kind: ActKind;
  visit_id: string;
  act: Schemas["NewAct"];
  signed?: { key: string; counter: number; signature: string; body: string };
  refused?: Pick<Problem, "code" | "detail">;
};

type Kept = { me: Me; pack: DayPack; etag: string; key: PhoneKey; clocks: Clocks };

interface Field extends DBSchema {
  kept: { key: string; value: Kept[keyof Kept] };
  acts: { key: number; value: Entry };
}

const PREFIX = "field-";
const LAST = "field.account";
let opened: { name: string; base: Promise<IDBPDatabase<Field>> } | null = null;

/** Tell whose data was open last on this phone. */
export function lastAccount(): string | null {
  return localStorage.getItem(LAST);
}

/** Open what is kept for one account; each has a database of its own, so that no other account reads it. */
export async function open(account_id: string): Promise<IDBPDatabase<Field>> {
  const name = PREFIX + account_id;
  if (opened?.name !== name) {
    const upgrade = (base: IDBPDatabase<Field>) => {
      base.createObjectStore("kept");
      base.createObjectStore("acts", { keyPath: "order", autoIncrement: true });
    };
    opened = { name, base: openDB<Field>(name, 1, { upgrade }) };
    localStorage.setItem(LAST, account_id);
  }
  return await opened.base;
}

/** Return the open database; it is an error to ask before somebody has signed in. */
export async function base(): Promise<IDBPDatabase<Field>> {
  if (!opened) throw new Error("nobody is signed in");
  return await opened.base;
}

/** Read one thing that is kept. */
export async function kept<Name extends keyof Kept>(name: Name): Promise<Kept[Name] | undefined> {
  return (await (await base()).get("kept", name)) as Kept[Name] | undefined;
}

/** Keep one thing. */
export async function keep<Name extends keyof Kept>(name: Name, value: Kept[Name]): Promise<void> {
  await (await base()).put("kept", value, name);
}

/** Leave nothing of the open account on the phone. */
export async function wipe(): Promise<void> {
  if (!opened) return;
  const { name, base } = opened;
  opened = null;
  localStorage.removeItem(LAST);
  (await base).close();
  await deleteDB(name);
}

/** Forget what other accounts read on this phone; what they have not sent yet waits for their next sign-in. */
export async function forgetOthers(account_id: string): Promise<void> {
  for (const { name } of (await indexedDB.databases?.()) ?? []) {
    if (!name?.startsWith(PREFIX) || name === PREFIX + account_id) continue;
    const other = await openDB<Field>(name);
    const unsent = await other.count("acts");
    if (unsent) await other.clear("kept");
    other.close();
    if (!unsent) await deleteDB(name);
  }
}
