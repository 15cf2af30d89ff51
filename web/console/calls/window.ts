/** A window as it is meant: days from today, minutes of the district's day. */
export type Window = { days: number; from: number; to: number };
/** When an item is done, in minutes of the day. */
export type Hours = { window_from: number; window_to: number };

const NOON = 12 * 60;
const LEAST = 30;

/**
 * Read a window as operators type it: `0930` half an hour from 9:30, `0930-11` or `0930-1100`, `s` the morning and `x` the
 * afternoon as far as the item is done then; before it `m` for tomorrow, `h` for the day after, `+3 ` for in three days.
 * Null where it says no window.
 */
export function readWindow(typed: string, item: Hours): Window | null {
  const match = /^(?:(m|h)\s*|\+(\d{1,2})\s+)?(?:(s|x)|(\d{1,4})(?:[-–~](\d{1,4}))?)$/.exec(typed.trim().toLowerCase().replaceAll(":", ""));
  if (!match) return null;
  const [, near, far, half, begin, end] = match;
  const days = near === "m" ? 1 : near === "h" ? 2 : Number(far ?? 0);
  if (half) {
    const [from, to] = half === "s" ? [item.window_from, Math.min(NOON, item.window_to)] : [Math.max(NOON, item.window_from), item.window_to];
    return from < to ? { days, from, to } : null;
  }
  const from = minutes(begin ?? "");
  const to = end ? minutes(end) : from === null ? null : from + LEAST;
  return from === null || to === null || from >= to || to > 24 * 60 ? null : { days, from, to };
}

/** `9` and `09` are nine o'clock, `930` and `0930` half past. */
function minutes(digits: string): number | null {
  const [hour, minute] = digits.length > 2 ? [Number(digits.slice(0, -2)), Number(digits.slice(-2))] : [Number(digits), 0];
  return digits === "" || hour > 24 || minute > 59 ? null : hour * 60 + minute;
}

/** Return the instant of a minute of a day: the district's zone has no summer time. */
export function instant(day: string, minute: number): string {
  const clock = `${String(Math.trunc(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
  return minute === 24 * 60 ? `${day}T23:59:59+08:00` : `${day}T${clock}:00+08:00`;
}
