import { ref, shallowRef } from "vue";
import type { components } from "../../shared/api";
import { api, Refused, Unreachable } from "../../shared/client";
import { day, now, synchronise } from "../../shared/hours";
import { session } from "../../shared/session";
import { reached } from "../outbox/outbox";
import { keep, kept, wipe, type DayPack } from "../sync/store";

export type VisitOfDay = components["schemas"]["VisitOfDay"];
export type Offer = components["schemas"]["Offer"];

const KEPT_MS = 3 * 24 * 3_600_000;
/** How far the phone's clock and its stopwatch may drift apart; a phone that slept stops the stopwatch. */
const DRIFT_MS = 60_000;

export const pack = shallowRef<DayPack | null>(null);
export const offers = shallowRef<Offer[]>([]);
/** The names of the catalogue's items by their codes; asked for with the first offer. */
export const itemNames = ref(new Map<string, string>());
/** When the anchors of the pack were read, by the stopwatch and by the phone's clock; null where the page was closed since. */
let anchored: { watch: number; phone: number } | null = null;

/** Show what is kept of the day; what is older than three days and needed by no act goes. */
export async function readPack(): Promise<void> {
  const clocks = await kept("clocks");
  if (!reached.value && clocks) synchronise(new Date(Date.now() + clocks.platform - clocks.phone).toISOString());
  const old = await kept("pack");
  pack.value = old && now() - Date.parse(old.day) < KEPT_MS ? old : null;
}

/** Fetch the day and the open offers; what has not changed is not sent again. Throw `Refused` or `Unreachable`. */
export async function fetchDay(): Promise<void> {
  await keep("clocks", { platform: now(), phone: Date.now() });
  // The first answer after the page was opened brings anchors that this page's stopwatch counts from.
  const etag = anchored && pack.value?.day === day(now()) ? await kept("etag") : undefined;
  const headers = etag ? { "If-None-Match": etag } : {};
  const asked = { watch: performance.now(), phone: Date.now() };
  const [mine, asks] = await Promise.all([
    api.GET("/api/v1/visits/mine/pack", { headers }),
    api.GET("/api/v1/offers", { params: { query: { limit: 20 } } }),
  ]).catch((why: unknown) => {
    reached.value = false;
    throw new Unreachable(String(why));
  });
  reached.value = true;
  for (const { error } of [mine, asks]) if (error?.code) throw new Refused(error);
  if (mine.data) {
    await keep("pack", mine.data);
    await keep("etag", mine.response.headers.get("etag") ?? "");
    anchored = asked;
  } else if (mine.response.status !== 304) {
    throw new Unreachable(String(mine.response.status));
  }
  pack.value = (await kept("pack")) ?? null;
  offers.value = asks.data?.items ?? [];
  if (offers.value.length && !itemNames.value.size) await fetchNames();
}

async function fetchNames(): Promise<void> {
  const { data } = await api.GET("/api/v1/catalogue");
  itemNames.value = new Map(data?.items.map((item) => [item.code, item.name]));
}

/** Return the seconds since the anchors were read; undefined where the phone cannot say so without its calendar. */
export function elapsed(): number | undefined {
  if (!anchored) return undefined;
  const counted = performance.now() - anchored.watch;
  return Math.abs(Date.now() - anchored.phone - counted) <= DRIFT_MS ? Math.max(0, counted / 1000) : undefined;
}

/** Leave nothing of this account on the phone and show the sign-in form. */
export async function leavePhone(): Promise<void> {
  await wipe();
  session.me = null;
  location.assign(import.meta.env.BASE_URL);
}
