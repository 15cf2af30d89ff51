"""Statements from the log alone: a pure fold over its events that believes no row, no clock and no amount it reads.

What is read of a charge is when it was made, and which findings it took into account. Everything else is computed
again: facts from the visit's own event, prices and rules from the events that recorded them, amounts by `arithmetic`.
Whatever an event says otherwise is a `Fault`.
"""

import hashlib
from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

from events.contracts.event import Event
from events.contracts.feedback import ComplaintDecided
from events.contracts.people import PersonDeathCorrected, PersonDeceased
from events.contracts.rules import PriceRecorded, RuleRecorded
from events.contracts.settlement import (
    BudgetReached,
    ChargeFunded,
    ChargeMade,
    ChargeRecorded,
    DrawCommitted,
    DrawFrozen,
    LineDecided,
    LineReviewed,
    MonthClosed,
    StatementApproved,
    StatementDrafted,
    StatementPaid,
)
from events.contracts.visits import VisitHeld, VisitVerified, VisitVoided
from kit import clock
from providers.settlement import progress
from providers.settlement.arithmetic import Amounts, DeductionReason, Facts, canonical, charge
from providers.settlement.closing.budget import month_id, year_id
from providers.settlement.closing.fold import READ as CLOSING
from providers.settlement.closing.fold import ClosingBooks
from providers.settlement.papers import (
    CHARGE,
    DECEASED,
    HELD,
    REVERSAL,
    SUMS,
    Line,
    Paper,
    charge_id,
    facts_hash,
    seen_facts,
)
from providers.settlement.recorded import RecordedValues
from providers.settlement.review import fold
from providers.settlement.review.rules import REVIEW

READ: Final[tuple[type[Event], ...]] = (
    VisitVerified,
    VisitVoided,
    VisitHeld,
    ComplaintDecided,
    PersonDeceased,
    PersonDeathCorrected,
    PriceRecorded,
    RuleRecorded,
    ChargeMade,
    ChargeRecorded,
    ChargeFunded,
    StatementDrafted,
    *progress.READ,
    *fold.READ,
    *CLOSING,
)
"""The events that money follows from; the fold takes no notice of others."""
_COMPUTED: Final = (
    "request_id",
    "person_id",
    "provider_id",
    "item_code",
    "division_code",
    "month",
    "price_fen",
    "rule_version",
    "payable_fen",
    "subsidised_fen",
    "own_fen",
)
"""What an event says of its charge and the fold computes."""


class NumberedEvent(NamedTuple):
    """One sealed event with its number in the chain."""

    number: int
    id: UUID
    event: Event


class Fault(NamedTuple):
    """An event that says something else than follows from the events before it; `subject` is a charge or statement."""

    number: int
    subject: UUID
    field: str
    recorded: Any
    computed: Any


class _Verified(NamedTuple):
    number: int
    request_id: UUID
    person_id: UUID
    provider_id: UUID
    item_code: str
    division_code: str
    planned_start: datetime
    facts: Facts


@dataclass(slots=True)
class _Findings:
    """What the log has said of a visit beside its evidence, whenever it was said."""

    voids: set[str] = field(default_factory=set)
    complaints: dict[UUID, set[int]] = field(default_factory=dict)
    forgiven: set[str] = field(default_factory=set)


def replay(entries: Iterable[NumberedEvent]) -> "Books":
    """Fold events in whatever order and however often they come: the chain's numbers put them in their one order."""
    books = Books()
    for entry in sorted({entry.number: entry for entry in entries}.values()):
        books.read(entry)
    return books


@dataclass(slots=True)
class Books:
    """What the events up to `number` say of money; `read` takes one more, in the order of the chain."""

    number: int = 0
    papers: dict[UUID, Paper] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    verified: dict[UUID, _Verified] = field(default_factory=dict)
    charged: dict[UUID, tuple[Line, Facts]] = field(default_factory=dict)
    unstated: dict[UUID, dict[UUID, tuple[int, Line]]] = field(default_factory=dict)
    values: RecordedValues = field(default_factory=RecordedValues)
    reviews: fold.ReviewBooks = field(default_factory=fold.ReviewBooks)
    closing: ClosingBooks = field(default_factory=ClosingBooks)
    _findings: dict[UUID, _Findings] = field(default_factory=dict)
    _deaths: dict[UUID, set[date]] = field(default_factory=dict)
    _lines: dict[UUID, UUID] = field(default_factory=dict)

    def read(self, entry: NumberedEvent) -> None:
        """Take the next event; one that was read before changes nothing."""
        if entry.number <= self.number:
            return
        self.number = entry.number
        match entry.event:
            case VisitVerified() as event:
                self._verify(entry, event)
            case ChargeMade() as event:
                self._charge(entry, event)
            case StatementDrafted() as event:
                self._draft(entry, event)
            case PriceRecorded() | RuleRecorded() as event:
                self.values.record(entry.number, event)
            case DrawCommitted() as event:
                self.reviews.commit(entry.number, event)
            case MonthClosed() as event:
                self._expect(entry.number, month_id(event.month), self.closing.close(event, self.papers.values()))
            case BudgetReached() as event:
                caps = self.values.ever("cap_fen")
                self._expect(entry.number, year_id(event.year), self.closing.reach(event, caps))
            case event:
                if isinstance(event, progress.Step | fold.Step):
                    self._step(entry, event)
                self._find(event)

    def as_drawn(self, month: str) -> list[Paper]:
        """Return a month's papers by company; one that is not drawn up yet stands as it would if it were now."""
        papers = [paper for paper in self.papers.values() if paper.month == month]
        done = {paper.provider_id for paper in papers}
        for provider_id in self.unstated:
            lines = self._due(provider_id, month, self.number)
            if provider_id not in done and lines:
                papers.append(Paper(uuid5(provider_id, month), provider_id, month, lines, self.number, self.number))
        return sorted(papers, key=lambda paper: paper.provider_id)

    def _verify(self, entry: NumberedEvent, event: VisitVerified) -> None:
        self.verified[entry.id] = _Verified(
            entry.number,
            event.request_id,
            event.person_id,
            event.provider_id,
            event.item_code,
            event.division_code,
            event.planned_start,
            seen_facts(event),
        )

    def _find(self, event: Event) -> None:
        match event:
            case PersonDeceased() | PersonDeathCorrected() if event.died_on is not None:
                self._deaths.setdefault(event.person_id, set()).add(event.died_on)
            case VisitVoided():
                self._findings.setdefault(event.visit_id, _Findings()).voids.add(event.reason[:80])
            case VisitHeld():
                self._findings.setdefault(event.visit_id, _Findings()).voids.add(HELD)
            case ComplaintDecided():
                complaints = self._findings.setdefault(event.visit_id, _Findings()).complaints
                complaints.setdefault(event.complaint_id, {0}).add(event.deduction_percent if event.upheld else 0)
            case ChargeFunded():
                unfunded = DeductionReason.UNFUNDED.value
                self._findings.setdefault(event.visit_id, _Findings()).forgiven.add(unfunded)
            case LineReviewed(stands=False):
                self._findings.setdefault(event.visit_id, _Findings()).voids.add(HELD)
            case LineDecided() if event.upheld and event.line_id in self._lines:
                visit_id = self._lines[event.line_id]
                self._findings.setdefault(visit_id, _Findings()).forgiven.update(event.forgiven)
            case _:
                pass

    def _charge(self, entry: NumberedEvent, event: ChargeMade | ChargeRecorded) -> None:
        if event.kind is None or event.price_fen is None:
            return  # an event of 0.1 says too little; its charge has an opening event
        visit = self.verified.get(event.verified_by) if event.verified_by else None
        last = self.charged.get(event.visit_id)
        if visit is None or (last is None and (event.kind == REVERSAL or event.revision > 1)):
            self.faults.append(Fault(entry.number, event.charge_id, "verified_by", event.verified_by, None))
            return
        line, facts = self._reversal(entry, event, last) if event.kind == REVERSAL else self._priced(event, visit, last)
        self._expect(
            entry.number,
            event.charge_id,
            {
                **{name: (getattr(event, name), getattr(line, name)) for name in _COMPUTED},
                "facts_hash": (event.facts_hash, event.facts_hash and facts_hash(facts)),
            },
        )
        opening = isinstance(event, ChargeRecorded)
        if not opening:
            self._supported(entry.number, event, line)
            self._expect(
                entry.number,
                event.charge_id,
                {"charge_id": (event.charge_id, charge_id(event.visit_id, event.revision, event.kind))},
            )
        if event.kind == CHARGE:
            self.charged[event.visit_id] = line, facts
        self.closing.charge(entry.number, line.month, line.subsidised_fen)
        if isinstance(event, ChargeRecorded) and event.statement_id in self.papers:
            paper = self.papers[event.statement_id]
            insort(paper.lines, line, key=lambda other: other.order)
            if event.line_id is not None:
                paper.line_ids[line.id] = event.line_id
                self._lines[event.line_id] = line.visit_id
        else:
            self.unstated.setdefault(line.provider_id, {})[line.id] = entry.number, line

    def _priced(self, event: ChargeMade, visit: _Verified, last: tuple[Line, Facts] | None) -> tuple[Line, Facts]:
        facts = replace(
            visit.facts,
            void=event.void,
            complaint_percent=event.complaint_percent,
            forgiven=tuple(DeductionReason(reason) for reason in event.forgiven),
            covered_fen=event.covered_fen,
        )
        first = visit if last is None else last[0]
        day = clock.day_of(first.planned_start)
        prices = [price.price_fen for _, price in self.values.price_events(first.item_code, day)]
        price_fen = event.price_fen if event.price_fen in prices else prices[-1] if prices else 0
        assert price_fen is not None  # noqa: S101 - events without a price were left out
        standards = self.values.standards(event.rule_version, first.planned_start)
        amounts = charge(facts, price_fen=price_fen, standards=standards) if standards else Amounts(0, {}, 0, 0, 0)
        line = Line(
            id=event.charge_id,
            visit_id=event.visit_id,
            revision=event.revision,
            kind=CHARGE,
            request_id=first.request_id,
            person_id=first.person_id,
            provider_id=first.provider_id,
            item_code=first.item_code,
            division_code=first.division_code,
            month=clock.month_of(first.planned_start),
            visited_on=day,
            planned_start=first.planned_start,
            facts=canonical(facts.json()).decode(),
            price_fen=price_fen,
            rule_version=standards.version if standards else "",
            claimed_fen=amounts.claimed,
            deducted_fen=amounts.deducted,
            payable_fen=amounts.payable,
            subsidised_fen=amounts.subsidised,
            own_fen=amounts.own,
            deductions=amounts.deductions,
            verified_by=event.verified_by,
        )
        return line, facts

    def _reversal(self, entry: NumberedEvent, event: ChargeMade, last: tuple[Line, Facts] | None) -> tuple[Line, Facts]:
        assert last is not None  # noqa: S101 - a visit that was never charged has revision 1
        line, facts = last
        self._expect(entry.number, event.charge_id, {"revision": (event.revision, line.revision)})
        sums = {name: -getattr(line, name) for name in SUMS}
        deductions = {reason: -fen for reason, fen in line.deductions.items()}
        return replace(line, id=event.charge_id, kind=REVERSAL, deductions=deductions, **sums), facts

    def _supported(self, number: int, event: ChargeMade, line: Line) -> None:
        """Compare what a charge says was found with what the log says was found."""
        findings = self._findings.get(event.visit_id) or _Findings()
        dead = any(line.visited_on > died_on for died_on in self._deaths.get(line.person_id, ()))
        voids = {None, *findings.voids, *((DECEASED,) if dead else ())}
        percents = {0}
        for choices in findings.complaints.values():
            percents = {min(100, before + percent) for before in percents for percent in choices}
        checks = {
            "void": (event.void, event.void if event.void in voids else None),
            "complaint_percent": (
                event.complaint_percent,
                event.complaint_percent if event.complaint_percent in percents else max(percents),
            ),
            "forgiven": (event.forgiven, [reason for reason in event.forgiven if reason in findings.forgiven]),
        }
        self._expect(number, event.charge_id, checks)

    def _draft(self, entry: NumberedEvent, event: StatementDrafted) -> None:
        lines = [] if event.reaches is None else self._due(event.provider_id, event.month, event.reaches)
        paper = Paper(
            event.statement_id,
            event.provider_id,
            event.month,
            lines,
            entry.number,
            event.reaches,
            event.content_hash,
        )
        self.papers[event.statement_id] = paper
        if self.closing.is_closed(event.month):
            self.faults.append(Fault(entry.number, paper.id, "month", event.month, "closed"))
        for line in lines:
            del self.unstated[event.provider_id][line.id]
            self._lines[paper.line_id(line)] = line.visit_id
        if event.reaches is not None:
            pairs = {
                "lines": (event.lines, len(lines)),
                "total_fen": (event.total_fen, paper.totals()["payable_fen"]),
                "content_hash": (event.content_hash, hashlib.sha256(paper.content()).hexdigest()),
            }
            self._expect(entry.number, paper.id, pairs)

    def _step(self, entry: NumberedEvent, event: progress.Step | fold.Step) -> None:
        paper = self.papers.get(event.statement_id)
        if paper is None:  # a step of a statement that was never drawn up
            self.faults.append(Fault(entry.number, event.statement_id, "statement_id", event.statement_id, None))
            return
        match event:
            case DrawFrozen():
                over = clock.month_bounds(event.month)[1]
                values = {name: [value for _, value in self.values.rule_values(name, over)] for name in REVIEW}
                seen = {id_: self.verified[id_].number for line in paper.lines if (id_ := line.verified_by)}
                pairs = self.reviews.freeze(entry.number, event, paper, seen=seen, values=values)
            case LineReviewed():
                pairs = self.reviews.decide(event, self._lines.get(event.line_id))
            case StatementApproved():
                pairs = {"review": (0, self.reviews.waiting(paper.id))}
            case StatementPaid() if paper.reaches is not None:  # the lines of a paper of 0.1 come with opening events
                due = paper.totals()["subsidised_fen"]
                pairs = {**paper.progress.take(event), "paid_fen": (event.total_fen, due)}
            case _:
                pairs = paper.progress.take(event)
        self._expect(entry.number, paper.id, pairs)

    def _due(self, provider_id: UUID, month: str, reaches: int) -> list[Line]:
        waiting = self.unstated.get(provider_id, {}).values()
        lines = [line for number, line in waiting if number <= reaches and line.month <= month]
        return sorted(lines, key=lambda line: line.order)

    def _expect(self, number: int, subject: UUID, pairs: Mapping[str, tuple[Any, Any]]) -> None:
        self.faults += [Fault(number, subject, name, *pair) for name, pair in pairs.items() if pair[0] != pair[1]]
