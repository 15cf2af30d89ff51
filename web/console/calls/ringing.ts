import { useQuery, useQueryClient } from "@tanstack/vue-query";
import { computed, onBeforeUnmount, onMounted, reactive } from "vue";
import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";
import { listen, type LiveType } from "../../shared/live";

type Schemas = components["schemas"];
export type LiveCall = Schemas["LiveCall"];
export type TakenCall = Schemas["TakenCall"];

/** After these other calls ring or are spoken. */
const CHANGES: LiveType[] = ["calls.call_rang.v1", "calls.call_answered.v1", "calls.call_ended.v1"];

/** The calls that this desk does not want to answer now; they ring on elsewhere. */
const aside = reactive(new Set<string>());

async function fetchCalls(): Promise<LiveCall[]> {
  return (await answered(api.GET("/api/v1/calls"))).items;
}

/** Take a call; everybody whose number it is comes back with the full name, and the reading is recorded. */
export async function takeCall(call_id: string): Promise<TakenCall> {
  return answered(api.POST("/api/v1/calls/{call_id}/taking", { params: { path: { call_id } } }));
}

/** Read how many calls the own account has taken today, and how long it took from the ring to the saved order. */
export async function fetchToday(): Promise<Schemas["CallsToday"]> {
  return answered(api.GET("/api/v1/calls/today"));
}

/** The calls of this moment: those that nobody has taken, and the own ones. They follow what the exchange reports. */
export function useCalls() {
  const queries = useQueryClient();
  const { data } = useQuery({ queryKey: ["calls"], queryFn: fetchCalls, refetchInterval: 15_000 });
  const changed = () => void queries.invalidateQueries({ queryKey: ["calls"] });
  let end: () => void = () => undefined;
  onMounted(() => (end = listen(CHANGES, changed, changed)));
  onBeforeUnmount(() => end());
  const calls = computed(() => data.value ?? []);
  const ringing = computed(() => calls.value.filter((call) => !call.taken && !aside.has(call.id)));
  const mine = computed(() => calls.value.filter((call) => call.mine));
  return { calls, ringing, mine, changed, putAside: (call: LiveCall) => aside.add(call.id) };
}

/** Write a number in groups, as it is read out: `139 1234 0001`, `0317 222 1234`. */
export function grouped(number: string): string {
  const head = number.startsWith("0") && !number.startsWith("010") && !number.startsWith("02") ? 4 : 3;
  const [rest, tail] = [number.slice(head, -4), number.slice(-4)];
  return [number.slice(0, head), rest, tail].filter(Boolean).join(" ");
}
