import type { components } from "./api";

export type LiveEvent = components["schemas"]["LiveEvent"];
export type LiveType = LiveEvent["type"];
export type BoardChange = components["schemas"]["BoardChange"];
type Listener = { types: ReadonlySet<LiveType>; hear: (event: LiveEvent) => void; resync: () => void };

/** Spread over this many milliseconds, the pages that lost their connection together do not ask again together. */
const JITTER = 1000;
const listeners = new Set<Listener>();
const sources = new Map<LiveType, (frame: MessageEvent<string>) => void>();
const watchers = new Set<(change: BoardChange) => void>();
let source: EventSource | null = null;

/**
 * Hear of events of some types until the returned function is called. `resync` is called at the opening of the
 * connection, after a lost one and where frames may be missing: fetch anew what is shown.
 */
export function listen(types: LiveType[], hear: Listener["hear"], resync: Listener["resync"]): () => void {
  const listener = { types: new Set(types), hear, resync };
  listeners.add(listener);
  const stream = (source ??= open());
  for (const type of types) {
    if (sources.has(type)) continue;
    const heard = (frame: MessageEvent<string>) => tell(type, JSON.parse(frame.data) as LiveEvent);
    sources.set(type, heard);
    stream.addEventListener(type, heard);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) shut();
  };
}

/** Hear the rows of the board that have changed, beside what `listen` hears, until the returned function is called. */
export function watchBoard(hear: (change: BoardChange) => void): () => void {
  watchers.add(hear);
  return () => watchers.delete(hear);
}

function open(): EventSource {
  const stream = new EventSource("/api/v1/live");
  stream.addEventListener("resync", () => {
    for (const listener of listeners) setTimeout(() => listeners.has(listener) && listener.resync(), Math.random() * JITTER);
  });
  stream.addEventListener("board", (frame: MessageEvent<string>) => {
    const change = JSON.parse(frame.data) as BoardChange;
    for (const hear of watchers) hear(change);
  });
  stream.onerror = () => {
    // The browser tries again by itself unless it was refused: then once more, when somebody may have signed in.
    if (stream.readyState !== EventSource.CLOSED || stream !== source) return;
    const waiting = [...listeners];
    shut();
    setTimeout(() => waiting.forEach((one) => listeners.has(one) && listen([...one.types], one.hear, one.resync)), 10_000);
  };
  return stream;
}

function shut(): void {
  source?.close();
  source = null;
  sources.clear();
}

function tell(type: LiveType, event: LiveEvent): void {
  for (const listener of listeners) if (listener.types.has(type)) listener.hear(event);
}
