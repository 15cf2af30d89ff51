import { ref, shallowRef } from "vue";
import type { components, paths } from "../../shared/api";
import { Refused, Unreachable } from "../../shared/client";
import { session } from "../../shared/session";
import { countFrom, inTurn, write } from "../sync/phone";
import { base, keep, kept, type ActKind, type Entry } from "../sync/store";

type Visit = components["schemas"]["Visit"];

const PATHS = {
  depart: "/api/v1/visits/{visit_id}/departure",
  arrive: "/api/v1/visits/{visit_id}/arrival",
  leave: "/api/v1/visits/{visit_id}/leaving",
  nobody_home: "/api/v1/visits/{visit_id}/nobody-home",
  abort: "/api/v1/visits/{visit_id}/abort",
} as const satisfies Record<ActKind, keyof paths>;

/** What was done and the server does not have yet, in its order; with a refusal, what it did not take. */
export const entries = shallowRef<Entry[]>([]);
/** Whether the server answered the last time that it was asked. */
export const reached = ref(navigator.onLine);

/** Read what is waiting; call it when an account's data was opened. */
export async function readEntries(): Promise<void> {
  entries.value = await (await base()).getAll("acts");
}

/** Return the entries that are still to be sent. */
export function unsent(): Entry[] {
  return entries.value.filter((entry) => !entry.refused);
}

/** Keep an act; it is done for the worker from this moment on, and sent with the next `flush`. */
export async function add(entry: Entry): Promise<void> {
  await (await base()).add("acts", entry);
  await readEntries();
}

/** Take a refused act off the list, once somebody has read why. */
export async function dismiss(entry: Entry): Promise<void> {
  await (await base()).delete("acts", entry.order as number);
  await readEntries();
}

/** Send everything that waits, first things first; stop at the first that does not get through. */
export async function flush(): Promise<void> {
  await inTurn(async () => {
    await readEntries();
    for (const entry of unsent()) if (!(await send(entry))) break;
    await readEntries();
  });
}

async function send(entry: Entry, again = false): Promise<boolean> {
  const path = PATHS[entry.kind].replace("{visit_id}", entry.visit_id);
  try {
    await done(entry, await write<Visit>("POST", path, entry.act, entry));
    reached.value = true;
    return true;
  } catch (why) {
    if (why instanceof Unreachable) {
      reached.value = false;
      // From now on the act says that it was made without a signal; that is another content, so it is signed anew.
      if (!entry.act.offline) await (await base()).put("acts", { ...entry, act: { ...entry.act, offline: true } });
      return false;
    }
    if (!(why instanceof Refused)) throw why;
    reached.value = true;
    const { code, detail, status } = why.problem;
    if (status === 401 || code.startsWith("session.signature")) {
      session.ended = true;
      return false;
    }
    if (code === "session.counter_used" && !again) {
      await countFrom(Number(why.problem.parameters?.["latest"] ?? 0));
      delete entry.signed;
      return await send(entry, true);
    }
    await (await base()).put("acts", { ...entry, refused: { code, detail } });
    return true;
  }
}

async function done(entry: Entry, visit: Visit): Promise<void> {
  const pack = await kept("pack");
  const row = pack?.visits.find((row) => row.visit.id === visit.id);
  if (pack && row) {
    row.visit = visit;
    row.sequence = Math.max(row.sequence, entry.act.sequence ?? 0);
    await keep("pack", pack);
  }
  await (await base()).delete("acts", entry.order as number);
}
