"""Why a line is what it is: the events it rests on, by their numbers in the chain, and its arithmetic step by step."""

from dataclasses import dataclass
from uuid import UUID

from providers.settlement.arithmetic import DeductionReason, Facts, Standards, factors, weights
from providers.settlement.papers import REVERSAL, Line, Paper
from providers.settlement.replay import Books
from providers.settlement.rules import STANDARDS


@dataclass(frozen=True, slots=True)
class RuleUsed:
    """One rule value of a line and the number of the event that recorded it; 0 where it is the proposed value."""

    name: str
    value: int | str
    event: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the arithmetic: what it is (an amount or the reason of a deduction), how it comes about, in fen."""

    what: str
    formula: str
    fen: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """One line with everything it follows from; `agrees` is false where a row or an event says something else."""

    line_id: UUID
    statement_id: UUID
    provider_id: UUID
    month: str
    charge_id: UUID
    visit_id: UUID
    revision: int
    kind: str
    item_code: str
    visit_event: int
    price_fen: int
    price_event: int
    rules: list[RuleUsed]
    facts: Facts
    steps: list[Step]
    agrees: bool


def explain(books: Books, paper: Paper, line: Line, *, agrees: bool) -> Explanation:
    """Explain one line of a paper by the events that were folded; pure."""
    facts = Facts.read(line.content()["facts"])
    visit = books.verified[line.verified_by] if line.verified_by else None
    standards = books.values.standards(line.rule_version, line.planned_start)
    prices = [
        number
        for number, price in books.values.price_events(line.item_code, line.visited_on)
        if price.price_fen == line.price_fen
    ]
    rules = []
    if standards is not None:
        for name, rule in STANDARDS.items():
            value = getattr(standards, name)
            numbers = [number for number, kept in books.values.rule_values(name, line.planned_start) if kept == value]
            rules.append(RuleUsed(rule.about.name, value, numbers[-1]))
    return Explanation(
        line_id=paper.line_id(line),
        statement_id=paper.id,
        provider_id=paper.provider_id,
        month=paper.month,
        charge_id=line.id,
        visit_id=line.visit_id,
        revision=line.revision,
        kind=line.kind,
        item_code=line.item_code,
        visit_event=visit.number if visit else 0,
        price_fen=line.price_fen,
        price_event=prices[-1] if prices else 0,
        rules=rules,
        facts=facts,
        steps=[] if standards is None else _steps(line, facts, standards),
        agrees=agrees,
    )


def _steps(line: Line, facts: Facts, standards: Standards) -> list[Step]:
    """Write the arithmetic of a line out, an amount or a reason a step; a reversal is that of its charge, negated.

    What comes to a part of a fen is rounded half up; what reasons share is split so that it sums to what is deducted.
    """
    sign = -1 if line.kind == REVERSAL else 1
    part, whole, kept = factors(facts, standards)
    claimed, payable, subsidised, own = (
        sign * fen for fen in (line.claimed_fen, line.payable_fen, line.subsidised_fen, line.own_fen)
    )
    fen_by_reason = {reason: sign * fen for reason, fen in line.deductions.items()}
    unfunded = fen_by_reason.get(DeductionReason.UNFUNDED.value, 0)
    quota, share = facts.quota_held_fen + facts.covered_fen, 100 - facts.copay_percent
    shares = {reason.value: weight for reason, weight in weights(facts, standards).items()}
    deducted = claimed - payable - unfunded
    formulas = {reason: f"{deducted} × {weight}/{sum(shares.values())}" for reason, weight in shares.items()}
    formulas[DeductionReason.UNFUNDED.value] = f"{payable + unfunded} − {facts.own_limit_fen} − {quota}"
    limited = own == facts.own_limit_fen
    rows = [
        ("claimed", f"{line.price_fen} × {facts.quantity}", claimed),
        *((reason, formulas.get(reason, f"{claimed}"), -fen) for reason, fen in sorted(fen_by_reason.items())),
        ("payable", f"{claimed} × {part}/{whole} × {kept}/100" + (f" − {unfunded}" if unfunded else ""), payable),
        ("subsidised", f"{payable} − {own}" if limited else f"min({quota}, {payable} × {share}/100)", subsidised),
        ("own", f"{facts.own_limit_fen}" if limited else f"{payable} − {subsidised}", own),
    ]
    return [Step(what, f"−({formula})" if sign < 0 else formula, sign * fen) for what, formula, fen in rows]
