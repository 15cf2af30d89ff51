import type { components } from "../../shared/api";
import type { Key } from "../../shared/words";
import type { ActKind, Entry } from "../sync/store";

type State = components["schemas"]["VisitState"];
type Row = components["schemas"]["VisitOfDay"];

const LEADS: Record<ActKind, State> = {
  depart: "departed",
  arrive: "arrived",
  leave: "finished",
  nobody_home: "nobody_home",
  abort: "aborted",
};
const STEPS: Partial<Record<State, { kind: ActKind; label: Key }>> = {
  accepted: { kind: "depart", label: "door.depart" },
  departed: { kind: "arrive", label: "door.arrive" },
  arrived: { kind: "leave", label: "door.leave" },
};

/** Return where a visit stands once everything that waits in the phone has been sent. */
export function stateOf(row: Row, entries: readonly Entry[]): State {
  const waiting = entries.filter((entry) => entry.visit_id === row.visit.id && !entry.refused);
  return waiting.reduce((state, entry) => (STEPS[state] ? LEADS[entry.kind] : state), row.visit.state);
}

/** Return the one next legal step of a visit; undefined where it is over. */
export function stepOf(state: State): { kind: ActKind; label: Key } | undefined {
  return STEPS[state];
}

/** Return the number of the next act of a visit: after all that the server has and all that waits. */
export function sequenceOf(row: Row, entries: readonly Entry[]): number {
  const waiting = entries.filter((entry) => entry.visit_id === row.visit.id && !entry.refused);
  return Math.max(row.sequence, ...waiting.map((entry) => entry.act.sequence ?? 0)) + 1;
}
