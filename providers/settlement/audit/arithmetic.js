// What one visit costs, from its own event, what was found of it, the price and the rules; all amounts in whole fen.
const RULES = {
  full_from_percent: ["足额起点 %", "paid in full from, %"],
  late_after_minutes: ["迟到起点 分钟", "late after, minutes"],
  late_percent: ["迟到扣 %", "late, %"],
  nobody_home_percent: ["未遇付 %", "nobody home, %"],
  cancelled_late_percent: ["临时取消付 %", "cancelled late, %"],
  proven_grades: ["可付凭证等级", "grades that are paid"],
};
const SUMS = ["claimed_fen", "deducted_fen", "payable_fen", "subsidised_fen", "own_fen"];
const divided = (number, by) => (number - (number % by)) / by;
const halfUp = (number, by) => divided(2 * number + by, 2 * by);
const negated = (amounts) => Object.fromEntries(Object.entries(amounts).map(([name, fen]) => [name, 0 - fen]));

// Largest remainder; a tie goes to the earlier part.
function split(total, weights) {
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const parts = weights.map((weight) => divided(total * weight, whole));
  const rest = weights.map((weight, place) => [(total * weight) % whole, place]);
  rest.sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  const missing = total - parts.reduce((sum, part) => sum + part, 0);
  rest.slice(0, missing).forEach(([, place]) => (parts[place] += 1));
  return parts;
}

function factsOf(visit, charge) {
  const facts = {
    outcome: visit.outcome,
    quantity: visit.quantity,
    planned_minutes: visit.planned_minutes,
    done_minutes: visit.done_minutes,
    late_minutes: visit.late_minutes,
    evidence_grade: visit.evidence_grade,
    copay_percent: visit.copay_percent,
    quota_held_fen: visit.quota_held_fen,
    complaint_percent: charge.complaint_percent,
    void: charge.void,
    forgiven: charge.forgiven,
  };
  if (visit.own_limit_fen !== null && visit.own_limit_fen !== undefined) facts.own_limit_fen = visit.own_limit_fen;
  if (charge.covered_fen) facts.covered_fen = charge.covered_fen;
  return facts;
}

function amountsOf(facts, price, rules) {
  const claimed = price * facts.quantity;
  const proven = facts.evidence_grade === "P" || rules.proven_grades.includes(facts.evidence_grade);
  const deductions = {};
  let payable = 0;
  if (facts.void !== null) {
    if (claimed) deductions.void = claimed;
  } else if (facts.outcome !== "cancelled_late" && !proven) {
    if (claimed) deductions.unproven = claimed;
  } else {
    let [part, whole, cause] = [1, 1, "short"];
    if (facts.outcome !== "completed") {
      [part, whole, cause] = [rules[`${facts.outcome}_percent`], 100, facts.outcome];
    } else if (
      facts.done_minutes * 100 < facts.planned_minutes * rules.full_from_percent && !facts.forgiven.includes("short")
    ) {
      [part, whole] = [facts.done_minutes, facts.planned_minutes];
    }
    const late = facts.late_minutes > rules.late_after_minutes && !facts.forgiven.includes("late");
    const latePercent = late && facts.outcome !== "cancelled_late" ? rules.late_percent : 0;
    const kept = 100 - Math.min(100, latePercent + facts.complaint_percent);
    payable = halfUp(claimed * part * kept, whole * 100);
    const weights = [
      [cause, (whole - part) * 100], ["late", part * latePercent], ["complaint", part * facts.complaint_percent],
    ].filter(([, weight]) => weight);
    if (claimed > payable) {
      const parts = split(claimed - payable, weights.map(([, weight]) => weight));
      weights.forEach(([reason], place) => parts[place] && (deductions[reason] = parts[place]));
    }
  }
  const quota = facts.quota_held_fen + (facts.covered_fen || 0);
  let subsidised = Math.min(quota, halfUp(payable * (100 - facts.copay_percent), 100));
  let own = payable - subsidised;
  if (facts.own_limit_fen !== undefined && own > facts.own_limit_fen) {
    own = facts.own_limit_fen;
    subsidised = payable - own;
    const unfunded = Math.max(0, subsidised - quota);
    if (unfunded && !facts.forgiven.includes("unfunded")) {
      [subsidised, payable, deductions.unfunded] = [subsidised - unfunded, payable - unfunded, unfunded];
    }
  }
  const sums = { claimed_fen: claimed, deducted_fen: claimed - payable, payable_fen: payable };
  return { sums: { ...sums, subsidised_fen: subsidised, own_fen: own }, deductions };
}

// What the events before a charge allow it to say was found of the visit.
function findings(events, charge, day) {
  const voids = new Set([null]), forgiven = new Set(), complaints = new Map();
  for (const { type, data } of events) {
    if (type.startsWith("visits.visit_voided.") && data.visit_id === charge.visit_id) {
      voids.add([...data.reason].slice(0, 80).join(""));
    }
    if (type.startsWith("visits.visit_held.") && data.visit_id === charge.visit_id) voids.add("held");
    if (type.startsWith("settlement.line_reviewed.") && data.visit_id === charge.visit_id && !data.stands) voids.add("held");
    if (type.startsWith("people.person_de") && data.person_id === charge.person_id && data.died_on && day > data.died_on) {
      voids.add("deceased");
    }
    if (type.startsWith("feedback.complaint_decided.") && data.visit_id === charge.visit_id) {
      const percents = complaints.get(data.complaint_id) || [0];
      complaints.set(data.complaint_id, [...percents, data.upheld ? data.deduction_percent : 0]);
    }
    if (type.startsWith("settlement.charge_funded.") && data.visit_id === charge.visit_id) forgiven.add("unfunded");
    if (type.startsWith("settlement.line_decided.") && data.upheld) data.forgiven.forEach((name) => forgiven.add(name));
  }
  let percents = [0];
  for (const choices of complaints.values()) {
    percents = percents.flatMap((before) => choices.map((percent) => Math.min(100, before + percent)));
  }
  return { voids, forgiven, percents };
}
