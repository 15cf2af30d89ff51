const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const PLACES = ["", "拾", "佰", "仟"];
const GROUPS = ["", "万", "亿", "万亿"];

/** Write fen as yuan with two places and groups of three, `127,405.00`. */
export function yuan(fen: number): string {
  const whole = Math.trunc(Math.abs(fen) / 100).toString();
  const part = (Math.abs(fen) % 100).toString().padStart(2, "0");
  return `${fen < 0 ? "-" : ""}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${part}`;
}

/** Write fen in the capitals that a payment is signed with, `壹拾贰万柒仟肆佰零伍元整` (支付结算办法, annex 1). */
export function capitals(fen: number): string {
  if (!Number.isSafeInteger(fen)) throw new RangeError(`${fen} is no whole number of fen`);
  const positive = Math.abs(fen);
  const [whole, jiao, rest] = [Math.trunc(positive / 100), Math.trunc(positive / 10) % 10, positive % 10];
  const sign = fen < 0 ? "负" : "";
  if (positive === 0) return "零元整";
  const head = whole ? `${grouped(whole)}元` : "";
  if (!jiao && !rest) return `${sign}${head}整`;
  const tens = jiao ? `${DIGITS[jiao]}角` : whole ? "零" : "";
  return `${sign}${head}${tens}${rest ? `${DIGITS[rest]}分` : "整"}`;
}

function grouped(whole: number): string {
  let words = "";
  let gap = false;
  for (let group = 3; group >= 0; group--) {
    const value = Math.trunc(whole / 10 ** (4 * group)) % 10_000;
    if (!value) {
      gap = gap || words !== "";
      continue;
    }
    if (words && (gap || value < 1000)) words += "零";
    words += `${four(value)}${GROUPS[group]}`;
    gap = false;
  }
  return words;
}

function four(value: number): string {
  let words = "";
  let gap = false;
  for (let place = 3; place >= 0; place--) {
    const digit = Math.trunc(value / 10 ** place) % 10;
    if (!digit) {
      gap = gap || words !== "";
      continue;
    }
    words += `${gap ? "零" : ""}${DIGITS[digit]}${PLACES[place]}`;
    gap = false;
  }
  return words;
}
