"""Which lines of a statement a person looks at before the approval: drawn by a seed, and those of rules; pure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from kit import sample
from providers.settlement.papers import CHARGE, Line


class ReviewReason(StrEnum):
    """Why a line is reviewed; the order in which reasons are told."""

    DRAWN = "drawn"  # by the seed that was committed before the month
    GRADE = "grade"  # its evidence has one of the rule's grades
    AMOUNT = "amount"  # its price is as high as the rule says


@dataclass(frozen=True, slots=True)
class Criteria:
    """The values of a month's rules: the share that is drawn, the grades and the price that are always reviewed."""

    percent: int
    grades: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Selection:
    """What of a paper is reviewed: the visits listed, those drawn, and each line with its reasons."""

    visits: Sequence[UUID]
    drawn: Sequence[UUID]
    reviews: Sequence[tuple[Line, list[ReviewReason]]]


def select(lines: Iterable[Line], *, seed: bytes, criteria: Criteria) -> Selection:
    """Draw from the lines that pay for new evidence, and add those that a rule wants to be reviewed."""
    rows = listed(lines)
    visits = [line.visit_id for line in rows]
    drawn = sample.draw(seed, visits, percent=criteria.percent)
    chosen = set(drawn)
    reviews = []
    for line in rows:
        asked = {
            ReviewReason.DRAWN: line.visit_id in chosen,
            ReviewReason.GRADE: json.loads(line.facts)["evidence_grade"] in criteria.grades,
            ReviewReason.AMOUNT: line.claimed_fen >= criteria.amount_fen,
        }
        if reasons := [reason for reason, there in asked.items() if there]:
            reviews.append((line, reasons))
    return Selection(visits, drawn, reviews)


def listed(lines: Iterable[Line]) -> list[Line]:
    """Return the lines of a paper that pay for evidence that no paper before it paid for.

    Of each visit the last charge counts. A correction by another price or a deduction given back rests on evidence
    that was listed before; one by a new verification, or of a visit that was void until then, does not.
    """
    last: dict[UUID, Line] = {}
    back: dict[UUID, dict[int, Line]] = {}
    charged: dict[UUID, set[int]] = {}
    for line in lines:
        if line.kind == CHARGE:
            charged.setdefault(line.visit_id, set()).add(line.revision)
            if line.visit_id not in last or last[line.visit_id].revision < line.revision:
                last[line.visit_id] = line
        else:
            back.setdefault(line.visit_id, {})[line.revision] = line
    kept = []
    for visit_id, line in last.items():
        paid = {
            earlier.verified_by
            for revision, earlier in back.get(visit_id, {}).items()
            if revision not in charged[visit_id] and earlier.payable_fen < 0
        }
        if line.payable_fen > 0 and line.verified_by not in paid:
            kept.append(line)
    return kept
