import type { Language } from "../../shared/words";

const ZH = ["一", "二", "三", "四", "五", "六", "日"];
const EN = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const EVERY = 127;

/** Write a mask of weekdays as people say it: `每天`, `周一到周五`, `周一、三、五`; `daily`, `Mon–Fri`, `Mon, Wed, Fri`. */
export function daysSaid(mask: number, language: Language): string {
  const names = language === "zh" ? ZH : EN;
  if (mask === EVERY) return language === "zh" ? "每天" : "daily";
  const days = names.flatMap((name, at) => (mask & (1 << at) ? [{ name, at }] : []));
  const [first, last] = [days[0], days.at(-1)];
  const span = first && last && last.at - first.at === days.length - 1 && days.length > 2;
  if (language === "zh") return `周${span ? `${first.name}到周${last.name}` : days.map((day) => day.name).join("、")}`;
  return span ? `${first.name}–${last.name}` : days.map((day) => day.name).join(", ");
}

/** Write a mask as it is typed: `135`, `1-5`. */
export function daysTyped(mask: number): string {
  const digits = ZH.flatMap((_, at) => (mask & (1 << at) ? [at + 1] : []));
  const [first, last] = [digits[0] ?? 0, digits.at(-1) ?? 0];
  return digits.length > 2 && last - first === digits.length - 1 ? `${first}-${last}` : digits.join("");
}

/** Read weekdays as they are typed: `135`, `1-5`, `一三五`, `周一到周五`, `每天`. Null where it says none. */
export function readDays(typed: string): number | null {
  const text = typed
    .trim()
    .replace(/每天|天天/g, "1-7")
    .replace(/周|星期|礼拜|每/g, "")
    .replace(/天/g, "日")
    .replace(/[一二三四五六日]/g, (sign) => String(ZH.indexOf(sign) + 1))
    .replace(/到|至|~|–/g, "-")
    .replace(/[\s、,，]/g, "");
  if (!/^(?:[1-7](?:-[1-7])?)+$/.test(text)) return null;
  let mask = 0;
  for (const [, from, to] of text.matchAll(/([1-7])(?:-([1-7]))?/g)) {
    const [first, last] = [Number(from), Number(to ?? from)];
    if (first > last) return null;
    for (let day = first; day <= last; day += 1) mask |= 1 << (day - 1);
  }
  return mask;
}

/** Write minutes of the day, `10:30`. */
export function clockOf(minute: number): string {
  return `${String(Math.trunc(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}
