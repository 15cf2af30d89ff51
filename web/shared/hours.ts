import { ref } from "vue";

/** The district's zone. The platform stores UTC; only the pages know this. */
export const ZONE = "Asia/Shanghai";
/** Its distance from UTC, the same all year. */
export const ZONE_OFFSET = "+08:00";

// The platform's clock when it was last read, and the page's own stopwatch at that instant. A rehearsal may put the
// platform's clock forward, and a machine's clock may be wrong, so that neither is ever asked for the hour.
let read = 0;
let since = 0;

/** The platform's clock, once a second: what countdowns and lateness are counted by. */
export const clock = ref(0);

/** Set the clock by an instant that the platform has just told. */
export function synchronise(instant: string): void {
  read = Date.parse(instant);
  since = performance.now();
  clock.value = read;
}

/** Return the platform's clock in milliseconds since 1970. */
export function now(): number {
  return read + (performance.now() - since);
}

setInterval(() => {
  if (read) clock.value = now();
}, 1000);

function parts(instant: number | string, locale: string, wanted: Intl.DateTimeFormatOptions): string {
  const at = typeof instant === "string" ? Date.parse(instant) : instant;
  return new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...wanted }).format(at);
}

/** Write the hour, `09:14` or with seconds `09:14:32`. */
export function hour(instant: number | string, seconds = false): string {
  const wanted = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  return parts(instant, "en-GB", seconds ? { ...wanted, second: "2-digit" } : wanted);
}

/** Write the district's day, `2026-11-26`: what the API calls a day. */
export function day(instant: number | string): string {
  return parts(instant, "sv-SE", { year: "numeric", month: "2-digit", day: "2-digit" });
}

/** Write the day as people say it, `11月26日周四` or `Thu 26 Nov`. */
export function spokenDay(instant: number | string, language: "zh" | "en"): string {
  const locale = language === "zh" ? "zh-CN" : "en-GB";
  return parts(instant, locale, { month: "short", day: "numeric", weekday: "short" });
}

/** Write day and hour, `11-26 09:14`. */
export function stamp(instant: number | string): string {
  return `${day(instant).slice(5)} ${hour(instant)}`;
}

/** Return how many whole minutes one instant lies after another; negative where it lies before. */
export function minutesBetween(from: number | string, until: number | string): number {
  const [begin, end] = [from, until].map((at) => (typeof at === "string" ? Date.parse(at) : at)) as [number, number];
  return Math.trunc((end - begin) / 60_000);
}
