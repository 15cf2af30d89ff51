import { now } from "../../shared/hours";
import { elapsed, type VisitOfDay } from "../day/day";
import { sequenceOf } from "../day/steps";
import { add, entries, reached } from "../outbox/outbox";
import { kept, type ActKind } from "../sync/store";
import type { Fix } from "./position";

/** Make one act of a visit, now, and keep it; whoever calls this sends what is kept. */
export async function act(row: VisitOfDay, kind: ActKind, fix: Fix | null, said: { code?: string; reason?: string } = {}): Promise<void> {
  await add({
    kind,
    visit_id: row.visit.id,
    act: {
      id: crypto.randomUUID?.() ?? newId(),
      claimed_at: new Date(now()).toISOString(),
      sequence: sequenceOf(row, entries.value),
      offline: !navigator.onLine || !reached.value,
      mocked: false,
      ...fix,
      ...(said.code ? { code: said.code } : {}),
      ...(said.reason ? { reason: said.reason } : {}),
      device: (await kept("key"))?.id ?? null,
      anchor: row.anchor,
      elapsed_seconds: elapsed() ?? null,
    },
  });
}

// Outside a secure context there is no randomUUID; the bits are the same.
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
