"""The content of a decision record: candidates, beaten workers, and the rule that rules out each other worker."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dispatch.matching.fleet.score import Option
from routing.model.rules import PlanRule

LISTED = 20
"""How many candidates a record lists with all parts of their price; of the others it lists only the numbers."""


class RuledOutReason(StrEnum):
    """Why a worker was ruled out, in the order in which the rules are checked."""

    NOT_CHOSEN = "not_chosen"  # a person chose another company or another worker
    SITE_CLOSED = "site_closed"
    NOT_CONTRACTED = "not_contracted"  # no contract of the company covers this item in this division
    CAPACITY_USED = "capacity_used"  # the company has as many visits in the month as its contracts allow
    ASKED_BEFORE = "asked_before"  # the company refused, did not answer or did not come
    SKILL = "skill"
    CERTIFICATE = "certificate"
    SEX = "sex"
    BARRED = "barred"
    REACH = "reach"
    OFF_SHIFT = "off_shift"
    NO_GAP = "no_gap"
    UNDER_WAY = "under_way"
    BREAK = "break"
    MAX_WORK = "max_work"
    LOAD = "load"
    NO_PARTNER = "no_partner"
    TAKEN = "taken"  # another transaction booked the same hours first


OF_RULE: Mapping[PlanRule, RuledOutReason] = {
    PlanRule.SITE_CLOSED: RuledOutReason.SITE_CLOSED,
    PlanRule.NOT_CONTRACTED: RuledOutReason.NOT_CONTRACTED,
    PlanRule.COMPANY_QUOTA: RuledOutReason.CAPACITY_USED,
    PlanRule.SKILL: RuledOutReason.SKILL,
    PlanRule.CERTIFICATE: RuledOutReason.CERTIFICATE,
    PlanRule.SEX: RuledOutReason.SEX,
    PlanRule.EXCLUDED: RuledOutReason.BARRED,
    PlanRule.REACH: RuledOutReason.REACH,
    PlanRule.OFF_SHIFT: RuledOutReason.OFF_SHIFT,
    PlanRule.WINDOW: RuledOutReason.NO_GAP,
    PlanRule.FROZEN: RuledOutReason.UNDER_WAY,
    PlanRule.BREAK: RuledOutReason.BREAK,
    PlanRule.MAX_WORK: RuledOutReason.MAX_WORK,
    PlanRule.CAPACITY: RuledOutReason.LOAD,
    PlanRule.PARTNER: RuledOutReason.NO_PARTNER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Companies:
    """The numbers of the companies that may not be asked, by reason."""

    uncovered: frozenset[int]
    full: frozenset[int]
    asked: frozenset[int]
    barred: frozenset[int] = frozenset()  # kept apart from the elder
    unchosen: frozenset[int] = frozenset()  # a person chose another company

    @property
    def out(self) -> frozenset[int]:
        """Return the numbers of all companies that may not be asked."""
        return self.unchosen | self.barred | self.uncovered | self.full | self.asked

    def reason(self, company: int) -> RuledOutReason:
        """Return the first reason that a company may not be asked."""
        if company in self.unchosen:
            return RuledOutReason.NOT_CHOSEN
        if company in self.barred:
            return RuledOutReason.BARRED
        if company in self.uncovered:
            return RuledOutReason.NOT_CONTRACTED
        return RuledOutReason.CAPACITY_USED if company in self.full else RuledOutReason.ASKED_BEFORE


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The values of three columns of `DecisionRecord` with the same names."""

    candidates: list[list[int]]
    beaten: list[int]
    ruled_out: dict[str, list[int]]


def content(
    options: Sequence[Option],
    *,
    rules: Sequence[int],
    numbers: Sequence[int],
    company_of: Sequence[int],
    companies: Companies,
    taken: Iterable[int] = (),
    unchosen: Collection[int] = (),
) -> Content:
    """Return the content of a decision record, in which each worker is listed, beaten or ruled out by one rule.

    `options` are sorted best first; `rules`, `numbers` and `company_of` (the company's number) are indexed by the
    worker's place in the fleet; `taken` are numbers of workers whose hours are booked, `unchosen` of those
    whose company was chosen by a person together with another worker.
    """
    listed = {number for option in options[:LISTED] for number in (option.worker, option.second_worker)}
    gone = set(taken)
    beaten: list[int] = []
    ruled: dict[str, list[int]] = defaultdict(list)
    for rule, number, company in zip(rules, numbers, company_of, strict=True):
        if number in unchosen and number not in listed:
            ruled[RuledOutReason.NOT_CHOSEN].append(number)
        elif number in gone:
            ruled[RuledOutReason.TAKEN].append(number)
        elif rule == PlanRule.NOT_CONTRACTED:
            ruled[companies.reason(company)].append(number)
        elif rule not in {PlanRule.NONE, PlanRule.BEATEN}:
            ruled[OF_RULE[PlanRule(rule)]].append(number)
        elif number not in listed:
            beaten.append(number)
    return Content(
        candidates=[option.row() for option in options[:LISTED]],
        beaten=sorted(beaten),
        ruled_out={reason: sorted(ruled[reason]) for reason in RuledOutReason if ruled[reason]},
    )


def fingerprint(facts: Mapping[str, Any]) -> str:
    """Return the SHA-256 of all inputs of a decision as canonical JSON."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()
