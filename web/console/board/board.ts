import { useQuery, useQueryClient } from "@tanstack/vue-query";
import { onScopeDispose } from "vue";
import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";
import { synchronise } from "../../shared/hours";
import { listen, watchBoard, type BoardChange } from "../../shared/live";
import { merged, type BoardRow } from "./rows";

type Schemas = components["schemas"];

/** When somebody arrives changes without an event, by the way that is left. */
const AGAIN = 60_000;
/** Whether the next reading is a second one, which has all that the first may lack. */
let second = false;
/** The latest changes: a reading that was under way when they came may be without them. */
let recent: BoardChange[] = [];
const RECENT = 100;

/**
 * Read the board, set the clock by it, and keep up with the rows that change; all of it is read again after a lost
 * connection. What was read for somebody before may lack what has just happened: it is asked for once more as soon as
 * it is read again.
 */
export function useBoard(): ReturnType<typeof useQuery<BoardRow[]>> {
  const queries = useQueryClient();
  const unwatch = watchBoard((change) => {
    recent = [...recent.slice(1 - RECENT), change];
    synchronise(change.at);
    queries.setQueryData<BoardRow[]>(["board"], (rows) => rows && merged(rows, change));
  });
  const unlisten = listen([], () => undefined, () => void queries.invalidateQueries({ queryKey: ["board"] }));
  onScopeDispose(() => {
    unwatch();
    unlisten();
  });
  return useQuery<BoardRow[]>({
    queryKey: ["board"],
    queryFn: async () => {
      const asked = api.GET("/api/v1/board");
      const { at, rows } = await answered(asked);
      const again = Number((await asked).response.headers.get("x-read-again"));
      if (again && !second) {
        setTimeout(() => {
          second = true;
          void queries.invalidateQueries({ queryKey: ["board"] });
        }, again * 1000);
      }
      second = false;
      synchronise(at);
      return recent.filter((change) => change.at >= at).reduce(merged, rows);
    },
    refetchInterval: AGAIN,
  });
}

/** Return the requests that somebody has waited for longer than a rule allows: those with an open case. */
export async function fetchWaitedTooLong(): Promise<Set<string>> {
  const { items } = await answered(api.GET("/api/v1/cases", { params: { query: { limit: 200 } } }));
  return new Set(items.map((item) => item.subject_id));
}

/** Read how a request came to where it is: every decision about it, in order. */
export async function fetchDecisions(request_id: string): Promise<Schemas["DecisionRecord"][]> {
  return (await answered(api.GET("/api/v1/requests/{request_id}/decisions", { params: { path: { request_id } } }))).items;
}

/** Read the note for the worker who comes; the reading is recorded. */
export async function fetchNote(request_id: string): Promise<string | null> {
  return (await answered(api.GET("/api/v1/requests/{request_id}/note", { params: { path: { request_id } } }))).note;
}

/** Withdraw a request for the elder. */
export async function cancel(request_id: string, reason: string): Promise<void> {
  const params = { path: { request_id } };
  await answered(api.POST("/api/v1/requests/{request_id}/cancellation", { params, body: { by: "elder", reason } }));
}
