"""Lines and statements as they stand on paper: their bytes, their ids, their differences; all pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

from events.contracts.visits import VisitVerified
from providers.settlement.arithmetic import Facts, Outcome, canonical
from providers.settlement.progress import Progress

CHARGE, REVERSAL = "charge", "reversal"
DECEASED, HELD = "deceased", "held"
"""Why a charge is void where the log says so itself: the elder had died, a person looks at the visit again."""
SUMS: Final = ("claimed_fen", "deducted_fen", "payable_fen", "subsidised_fen", "own_fen")


@dataclass(frozen=True, slots=True)
class Line:
    """One charge or reversal as it stands on paper; `facts` is the canonical JSON of its facts."""

    id: UUID
    visit_id: UUID
    revision: int
    kind: str
    request_id: UUID
    person_id: UUID
    provider_id: UUID
    item_code: str
    division_code: str
    month: str
    visited_on: date
    planned_start: datetime
    facts: str
    price_fen: int
    rule_version: str
    claimed_fen: int
    deducted_fen: int
    payable_fen: int
    subsidised_fen: int
    own_fen: int
    deductions: Mapping[str, int]
    verified_by: UUID | None

    @property
    def order(self) -> tuple[date, UUID, int, str]:
        """Return the place of the line among the lines of a paper."""
        return self.visited_on, self.visit_id, self.revision, self.kind

    def content(self) -> dict[str, Any]:
        """Return the line as it is hashed; no name, no address."""
        return {
            "charge": str(self.id),
            "visit": str(self.visit_id),
            "revision": self.revision,
            "kind": self.kind,
            "item": self.item_code,
            "visited_on": self.visited_on.isoformat(),
            "price_fen": self.price_fen,
            "rules": self.rule_version,
            "facts": json.loads(self.facts),
            "deductions": dict(self.deductions),
            **{name: getattr(self, name) for name in SUMS},
        }


@dataclass(slots=True)
class Paper:
    """One company's month: its lines in order, and what later events say of it."""

    id: UUID
    provider_id: UUID
    month: str
    lines: list[Line]
    drafted: int
    reaches: int | None = None
    content_hash: str | None = None
    line_ids: dict[UUID, UUID] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)

    def content(self) -> bytes:
        """Return the canonical bytes of the whole statement."""
        return content(self.provider_id, self.month, [line.content() for line in self.lines])

    def totals(self) -> dict[str, int]:
        """Return the sums of the lines."""
        return {name: sum(getattr(line, name) for line in self.lines) for name in SUMS}

    def line_id(self, line: Line) -> UUID:
        """Return the id under which a charge stands on this paper."""
        return self.line_ids.get(line.id) or line_id(self.id, line.id)


class Difference(NamedTuple):
    """One field of one line, or of a whole statement (`charge_id` None), that is not what the other side says."""

    charge_id: UUID | None
    visit_id: UUID | None
    field: str
    left: Any
    right: Any


def charge_id(visit_id: UUID, revision: int, kind: str) -> UUID:
    """Return the id of a charge: it follows from the visit, so that the same charge has it wherever it is made."""
    return uuid5(visit_id, f"{revision} {kind}")


def line_id(statement_id: UUID, charge_id: UUID) -> UUID:
    """Return the id of a charge's line on a statement."""
    return uuid5(statement_id, str(charge_id))


def return_id(payment_id: UUID) -> UUID:
    """Return the id of a payment's return: there is one at most."""
    return uuid5(payment_id, "return")


def facts_hash(facts: Facts) -> str:
    """Return the SHA-256 of facts in their canonical spelling."""
    return hashlib.sha256(canonical(facts.json())).hexdigest()


def content(provider_id: UUID, month: str, lines: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the canonical bytes of a whole statement."""
    sums = {name: sum(amounts[name] for amounts in lines) for name in SUMS}
    return canonical({"provider": str(provider_id), "month": month, "lines": list(lines), "totals": sums})


def seen_facts(visit: VisitVerified) -> Facts:
    """Return what the event itself says of the visit, before anything was found."""
    return Facts(
        outcome=Outcome(visit.outcome),
        quantity=visit.quantity,
        planned_minutes=visit.planned_minutes,
        done_minutes=visit.done_minutes,
        late_minutes=visit.late_minutes,
        evidence_grade=visit.evidence_grade,
        copay_percent=visit.copay_percent,
        quota_held_fen=visit.quota_held_fen,
        own_limit_fen=visit.own_limit_fen,
    )


def differences(left: Sequence[Line], right: Sequence[Line]) -> list[Difference]:
    """Compare two lists of lines field by field; lines are the same by visit, revision and kind."""
    pairs: dict[tuple[UUID, int, str], list[Line | None]] = {}
    for side, lines in enumerate((left, right)):
        for line in lines:
            pairs.setdefault((line.visit_id, line.revision, line.kind), [None, None])[side] = line
    rows: list[Difference] = []
    for (visit_id, _, _), (one_side, other_side) in pairs.items():
        if one_side is None or other_side is None:
            (only,) = (side for side in (one_side, other_side) if side is not None)
            payable = [None if side is None else side.payable_fen for side in (one_side, other_side)]
            rows.append(Difference(only.id, visit_id, "line", *payable))
            continue
        rows += [
            Difference(one_side.id, visit_id, name, getattr(one_side, name), getattr(other_side, name))
            for name in Line.__slots__
            if getattr(one_side, name) != getattr(other_side, name)
        ]
    return rows
