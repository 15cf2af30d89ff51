import type { RatePoint, Series } from "./overview";

export const WIDTH = 716;
export const HEIGHT = 176;
const LEFT = 44;
const RIGHT = 60;
const TOP = 14;
const BOTTOM = 30;
/** How many months the chart shows, this one among them. */
const MONTHS = 13;
/** The least height of the paper, in percentage points: a rate of 99.6 % is not a cliff. */
const LEAST_SPAN = 5;
/** The least distance between the baselines of two labels. */
const LINE = 17;

export type Mark = { point: RatePoint; x: number; y: number; value: number; label: string };
export type Chart = { marks: Mark[]; ticks: { y: number; label: string }[]; line: string; upper: string; lower: string; centre: number | null; labels: { upper: number; centre: number; lower: number } | null; months: { x: number; label: string }[] };

const share = ({ rate }: RatePoint): number | null => (rate.n ? (100 * rate.numerator) / rate.n : null);

/** Lay out a control chart: marks of the months that were rated, limits in steps, ticks at round percentages. */
export function layOut(series: Series): Chart {
  const { points, centre } = series;
  const values = points.flatMap((point) => [share(point), point.lower, point.upper]).filter((value) => value !== null);
  const [least, most] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 100];
  const every = [1, 2, 5, 10, 25].find((step) => (most - least) / step <= 5) ?? 25;
  const floor = Math.max(0, Math.floor((least - 0.01) / every) * every);
  const high = Math.min(100, Math.max(floor + LEAST_SPAN, Math.ceil(most / every) * every));
  const low = Math.max(0, Math.min(floor, high - LEAST_SPAN));
  const y = (value: number) => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const step = (WIDTH - LEFT - RIGHT) / Math.max(1, points.length);
  const x = (place: number) => LEFT + step * (place + 0.5);
  const marks = points.flatMap((point, place) => {
    const value = share(point);
    return value === null ? [] : [{ point, x: x(place), y: y(value), value, label: monthLabel(point.rate.month, place) }];
  });
  const steps = (side: "lower" | "upper") =>
    points.map((point, place) => (point[side] === null ? "" : `M${(x(place) - step / 2).toFixed(1)} ${y(point[side]).toFixed(1)}h${step.toFixed(1)}`)).join("");
  const last = [...points].reverse().find((point) => point.upper !== null);
  return {
    marks,
    ticks: Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, place) => ({ y: y(low + place * every), label: `${low + place * every}%` })),
    line: marks.map((mark, place) => `${place ? "L" : "M"}${mark.x.toFixed(1)} ${mark.y.toFixed(1)}`).join(""),
    upper: steps("upper"),
    lower: steps("lower"),
    centre: centre === null ? null : y(centre),
    labels: last && last.upper !== null && last.lower !== null && centre !== null ? spread(y(last.upper), y(centre), y(last.lower)) : null,
    months: points.map((point, place) => ({ x: x(place), label: monthLabel(point.rate.month, place) })),
  };
}

/** Set the three labels beside their lines, one under the other where the lines lie close, and all of them on the paper. */
function spread(upper: number, centre: number, lower: number): { upper: number; centre: number; lower: number } {
  const middle = Math.min(Math.max(centre, TOP + LINE), HEIGHT - BOTTOM - LINE);
  return { upper: Math.min(upper, middle - LINE) + 5, centre: middle + 5, lower: Math.max(lower, middle + LINE) + 5 };
}

/** Write a month short, `11`, and with its year at the beginning and each January: `26-01`. */
function monthLabel(month: string | null, place: number): string {
  const text = (month ?? "").slice(2);
  return place === 0 || text.endsWith("-01") ? text : text.slice(3);
}

/** Return the months up to that of a day, the earliest first, as `2026-11`. */
export function lastMonths(today: string): string[] {
  const [year = 0, month = 0] = today.split("-").map(Number);
  return Array.from({ length: MONTHS }, (_, place) => {
    const at = year * 12 + month - 1 - (MONTHS - 1 - place);
    return `${Math.trunc(at / 12)}-${String((at % 12) + 1).padStart(2, "0")}`;
  });
}
