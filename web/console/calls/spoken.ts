const DIGITS = "零一二三四五六七八九";

/** Say a whole number up to 99,999 as people do: 二 is 两 before a measure word. */
export function number(value: number, measured = true): string {
  if (measured && value === 2) return "两";
  if (value === 0) return "零";
  const [wan, rest] = [Math.trunc(value / 10_000), value % 10_000];
  const head = wan ? `${number(wan)}万` : "";
  const gap = wan && rest && rest < 1000 ? "零" : "";
  return head + gap + (rest ? below(rest, wan === 0) : "");
}

function below(value: number, first: boolean): string {
  let said = "";
  let gap = false;
  for (const [unit, word] of [[1000, "千"], [100, "百"], [10, "十"], [1, ""]] as const) {
    const digit = Math.trunc(value / unit) % 10;
    if (!digit) {
      gap = said !== "";
      continue;
    }
    const silent = digit === 1 && unit === 10 && said === "" && first;
    said += `${gap ? "零" : ""}${silent ? "" : digit === 2 && unit >= 100 ? "两" : DIGITS[digit]}${word}`;
    gap = false;
  }
  return said;
}

/** Say an hour of the day: `上午九点半`, `下午两点`, `中午十二点一刻`. */
export function hour(minute: number, half = true): string {
  const [hours, rest] = [Math.trunc(minute / 60), minute % 60];
  const part = hours < 6 ? "清早" : hours < 12 ? "上午" : hours === 12 ? "中午" : hours < 18 ? "下午" : "晚上";
  const twelve = hours > 12 ? hours - 12 : hours;
  const tail = rest === 0 ? "" : rest === 30 ? "半" : rest === 15 ? "一刻" : rest === 45 ? "三刻" : `${rest < 10 ? "零" : ""}${number(rest, false)}分`;
  return `${half ? part : ""}${number(twelve)}点${tail}`;
}

/** Say a window: `上午九点半到十点`; the part of the day once where it is the same. */
export function span(from: number, to: number): string {
  const same = (from < 720 && to <= 720) || (from >= 780 && to >= 780 && (from < 1080) === (to <= 1080));
  return `${hour(from)}到${to === 720 ? "十二点" : hour(to, !same)}`;
}

/** Say the day: `今天`, `明天`, `后天`, `十二月三号`. */
export function day(days: number, date: string): string {
  const near = ["今天", "明天", "后天"][days];
  return near ?? `${number(Number(date.slice(5, 7)), false)}月${number(Number(date.slice(8)), false)}号`;
}

/** Say money: `八十块钱`, `八十块五`, `八十块零五分`. */
export function yuan(fen: number): string {
  const [whole, jiao, rest] = [Math.trunc(fen / 100), Math.trunc(fen / 10) % 10, fen % 10];
  if (!jiao && !rest) return `${number(whole)}块钱`;
  const head = whole ? `${number(whole)}块` : "";
  if (!rest) return head ? `${head}${DIGITS[jiao]}` : `${DIGITS[jiao]}毛钱`;
  return `${head}${jiao ? `${DIGITS[jiao]}毛` : head ? "零" : ""}${DIGITS[rest]}分`;
}

/** Call an elder by name as one greets them: `王奶奶`, `沈爷爷`. */
export function elder(name: string, sex: "male" | "female"): string {
  return `${name.slice(0, 1)}${sex === "female" ? "奶奶" : "爷爷"}`;
}
