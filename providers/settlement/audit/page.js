// Check the whole file and write the statement from its events alone: green where everything agrees, else what differs.
const faults = [];
const fail = (zh, en) => faults.push([zh, en]);
const same = (what, stated, computed) => {
  if (canonical(stated === undefined ? null : stated) !== canonical(computed)) {
    const [left, right] = [stated, computed].map((value) => (typeof value === "object" ? canonical(value) : value));
    fail(`${what[0]}：写的是 ${left}，算出来是 ${right}`, `${what[1]}: ${left} is written, ${right} is computed`);
  }
};
const yuan = (fen) => `${fen < 0 ? "−" : ""}${divided(Math.abs(fen), 100)}.${`${Math.abs(fen) % 100}`.padStart(2, "0")}`;
const localDay = (instant) => new Date(Date.parse(instant) + 8 * 3600e3).toISOString().slice(0, 10);

function element(name, content, ...children) {
  const made = document.createElement(name);
  if (content !== null) made.textContent = content;
  made.append(...children);
  return made;
}

// What the browser has read of the page itself, without the code (the policy names its hash) and without the data.
function shell() {
  const copy = document.documentElement.cloneNode(true);
  copy.querySelectorAll("script").forEach((script) => (script.textContent = ""));
  copy.querySelector("#data").removeAttribute("data-sha256");
  return document.childNodes.length === 2 && document.compatMode === "CSS1Compat" ? copy.outerHTML : "";
}

async function rulesOf(pack, events) {
  for (const { version, values, numbers } of pack.rules) {
    const digest12 = (await hexOf(canonical(values))).slice(0, 12);
    same([`规则版本 ${version}`, `rules ${version}`], version, digest12);
    for (const name of Object.keys(RULES)) {
      const event = events.get(numbers[name]);
      if (numbers[name] && !(event && event.data.name === `charge.${name}`)) {
        fail(`规则 ${version} 缺少 ${name} 的事件`, `rules ${version} lack the event of ${name}`);
      } else if (event) same([`规则 ${name}`, `rule ${name}`], values[name], event.data.value);
    }
  }
}

async function lineOf(pack, events, place, drafted) {
  const about = pack.lines[place], what = (zh, en) => [`第 ${place + 1} 行${zh}`, `line ${place + 1} ${en}`];
  const charge = events.get(about.charge).data, visit = events.get(about.visit), first = events.get(about.first);
  const rules = pack.rules[about.rules], price = events.get(about.price), start = first.data.planned_start;
  const day = localDay(start), sign = charge.kind === "reversal" ? -1 : 1;
  if (!events.get(about.charge).type.startsWith("settlement.charge_")) fail(...what("不是计费事件", "has no charge"));
  same(what("的上门服务", "visit"), charge.visit_id, visit.data.visit_id);
  same(what("的核验事件", "verification"), charge.verified_by, visit.id);
  same(what("的首次服务", "first visit"), charge.visit_id, first.data.visit_id);
  for (const name of ["request_id", "person_id", "item_code", "division_code"]) {
    same(what(name, name), charge[name], first.data[name]);
  }
  same(what("的企业", "company"), charge.provider_id, drafted.provider_id);
  same(what("的月份", "month"), charge.month, day.slice(0, 7));
  if (charge.month > drafted.month) fail(...what("晚于结算月份", "is of a later month"));
  const { item_code, price_fen, valid_from, valid_to } = price.data;
  same(what("的价格", "price"), [charge.item_code, charge.price_fen], [item_code, price_fen]);
  if (valid_from > day || (valid_to && valid_to <= day)) fail(...what("的价格当日未生效", "price is not of that day"));
  same(what("的规则版本", "rules"), charge.rule_version, rules.version);
  for (const number of Object.values(rules.numbers)) {
    if (number && Date.parse(events.get(number).data.valid_from) > Date.parse(start)) {
      fail(...what("的规则当时未生效", "has a rule that was not in force"));
    }
  }
  const facts = factsOf(visit.data, charge), { sums, deductions } = amountsOf(facts, charge.price_fen, rules.values);
  const amounts = sign < 0 ? negated(sums) : sums, taken = sign < 0 ? negated(deductions) : deductions;
  for (const name of ["payable_fen", "subsidised_fen", "own_fen"]) same(what(name, name), charge[name], amounts[name]);
  same(what("deduction_fen", "deduction_fen"), charge.deduction_fen, amounts.deducted_fen);
  if (charge.facts_hash) same(what("的事实", "facts"), charge.facts_hash, await hexOf(canonical(facts)));
  const before = about.findings.map((number) => events.get(number)).filter(({ number }) => number < about.charge);
  const { voids, forgiven, percents } = findings(before, charge, day);
  const supported =
    voids.has(charge.void) && percents.includes(charge.complaint_percent) &&
    charge.forgiven.every((reason) => forgiven.has(reason));
  const opening = events.get(about.charge).type.startsWith("settlement.charge_recorded.");
  if (!opening && !supported) fail(...what("的认定没有事件支持", "says something was found that no event says"));
  const content = {
    charge: charge.charge_id, visit: charge.visit_id, revision: charge.revision, kind: charge.kind,
    item: charge.item_code, visited_on: day, price_fen: charge.price_fen, rules: charge.rule_version, facts,
    deductions: taken, ...amounts,
  };
  return { content, about, person: charge.person_id };
}

async function checked(pack) {
  const events = await readEvents(pack.events, fail);
  const last = events.get(pack.drafted), drafted = last.data;
  same(["链头", "the head"], pack.head, `${pack.drafted}:${hex(last.link)}`);
  const links = new Map([...events.values()].filter(({ number }) => number <= drafted.reaches).map((e) => [e.number, e.link]));
  same(["事件树的根", "the root of the tree of events"], drafted.tree_hash, await rootOf(links, drafted.reaches, pack.path));
  for (const number of events.keys()) {
    if (number > drafted.reaches && number !== pack.drafted) {
      fail(`第 ${number} 号事件晚于出具结算单时的链头`, `event ${number} is later than what the statement reaches`);
    }
  }
  await rulesOf(pack, events);
  const lines = [];
  for (let place = 0; place < pack.lines.length; place += 1) lines.push(await lineOf(pack, events, place, drafted));
  const totals = Object.fromEntries(SUMS.map((name) => [name, lines.reduce((sum, line) => sum + line.content[name], 0)]));
  same(["行数", "the number of lines"], drafted.lines, lines.length);
  same(["合计应付", "the sum payable"], drafted.total_fen, totals.payable_fen);
  const content = { provider: drafted.provider_id, month: drafted.month, lines: lines.map((line) => line.content), totals };
  same(["结算单内容", "the content of the statement"], drafted.content_hash, await hexOf(canonical(content)));
  return { events, drafted, lines, totals };
}

function picture(rows) {
  const [svg, path] = ["svg", "path"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
  svg.setAttribute("viewBox", `-4 -4 ${rows.length + 8} ${rows.length + 8}`);
  const dark = rows.flatMap((row, y) => [...row].map((bit, x) => (bit === "1" ? `M${x} ${y}h1v1h-1z` : "")));
  path.setAttribute("d", dark.join(""));
  svg.append(path);
  return svg;
}

function table(heads, rows) {
  const head = element("tr", null, ...heads.map(([zh, en]) => element("th", `${zh} `, element("small", en))));
  const cells = (row) => element("tr", null, ...row.map((value) => element("td", `${value}`)));
  return element("div", null, element("table", null, element("thead", null, head), element("tbody", null, ...rows.map(cells))));
}

function written(pack, { drafted, lines, totals }) {
  const word = (kind, value) => `${pack.words[kind][value].zh} ${pack.words[kind][value].en}`;
  const rows = lines.map(({ content, about, person }, place) => [
    place + 1, content.visited_on, `${content.item} ${pack.items[content.item] || ""}`, word("ChargeKind", content.kind),
    person, content.visit, yuan(content.price_fen), content.facts.quantity, yuan(content.claimed_fen),
    Object.entries(content.deductions).map(([why, fen]) => `${word("DeductionReason", why)} ${yuan(fen)}`).join("；"),
    yuan(content.payable_fen), yuan(content.subsidised_fen), yuan(content.own_fen),
    [about.visit, ...about.findings, about.charge].join(" "),
  ]);
  const rules = pack.rules.flatMap(({ version, values, numbers }) =>
    Object.entries(RULES).map(([name, titles]) => [version, titles.join(" · "), values[name], numbers[name] || "—"]));
  const of = (name) => lines.map(({ about }) => about[name]);
  const prices = [...new Set(of("price"))].map((number) => {
    const price = pack.read.get(number).data;
    return [`${price.item_code} ${pack.items[price.item_code] || ""}`, yuan(price.price_fen), price.valid_from, price.valid_to || "—", number];
  });
  const facts = [
    [["企业", "company"], `${pack.company.name} ${pack.company.uscc}`], [["企业编号", "company id"], drafted.provider_id],
    [["月份", "month"], drafted.month], [["结算单", "statement"], drafted.statement_id], [["行数", "lines"], lines.length],
    ...[["申报", "claimed"], ["扣减", "deducted"], ["应付", "payable"], ["财政负担", "public share"], ["个人负担", "own share"]]
      .map((title, place) => [title, `${yuan(totals[SUMS[place]])} 元`]),
    [["内容摘要", "content hash"], drafted.content_hash], [["链头", "head of the chain"], pack.head],
  ];
  const list = element("dl", null, ...facts.flatMap(([[zh, en], value]) => [
    element("dt", `${zh} `, element("small", en)), element("dd", `${value}`),
  ]));
  return [
    element("section", null, list, picture(pack.qr)),
    element("h2", "明细 · Lines"),
    table([["行", "line"], ["日期", "day"], ["项目", "item"], ["类别", "kind"], ["老人", "elder"], ["上门服务", "visit"],
      ["单价", "price"], ["数量", "units"], ["申报", "claimed"], ["扣减", "deducted"], ["应付", "payable"],
      ["财政", "public"], ["个人", "own"], ["事件", "events"]], rows),
    element("h2", "规则与价格 · Rules and prices"),
    table([["版本", "version"], ["规则", "rule"], ["数值", "value"], ["事件", "event"]], rules),
    table([["项目", "item"], ["单价", "price"], ["自", "from"], ["至", "until"], ["事件", "event"]], prices),
  ];
}

document.addEventListener("DOMContentLoaded", async () => {
  const block = document.getElementById("data"), verdict = document.getElementById("verdict");
  let sentences = [];
  try {
    const pack = JSON.parse(block.textContent);
    same(["文件的数据部分", "the data of this file"], block.dataset.sha256, await hexOf(block.textContent));
    same(["文件的页面部分", "the page around the data"], pack.shell, await hexOf(shell()));
    const result = await checked(pack);
    pack.read = result.events;
    const pages = written(pack, result);
    if (!faults.length) document.querySelector("main").append(...pages);
    const { events, drafted, lines } = result;
    sentences = [
      `${events.size} 个事件都在链头为 ${pack.head} 的日志里，${lines.length} 行的金额与合计 ${yuan(drafted.total_fen)} 元都由它们重新算出。请核对此链头与您手中纸质结算单上的链头一致。`,
      `All is equal: ${events.size} events are in the log whose head is ${pack.head}; the amounts of ${lines.length} lines and their sum of ${yuan(drafted.total_fen)} yuan follow from them. Compare this head with the one on your paper.`,
    ];
  } catch (error) {
    fail(`文件无法读完（${error.message}）`, `the file cannot be read to its end (${error.message})`);
  }
  const list = faults.slice(0, 50).map(([zh, en]) => element("li", `${zh}。 ${en}.`));
  verdict.className = faults.length ? "differs" : "equal";
  verdict.replaceChildren(
    element("strong", faults.length ? "不一致：此文件不能作为依据。 It differs: do not rely on this file." : "全部一致。"),
    ...(faults.length ? [element("ul", null, ...list)] : sentences.map((sentence) => element("p", sentence))),
  );
});
