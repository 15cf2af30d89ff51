"""What one visit costs: a pure function of what happened, the price as of then and the standards as of then.

Every amount is integer fen. All reductions are one exact fraction of the price; it is rounded once, half up, and what
was taken off is then split over its reasons so that the parts sum to the fen. Source of the proposals: `rules.py`.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from kit import money


class Outcome(StrEnum):
    """How a verified visit ended; the words of `VisitVerified.outcome`."""

    COMPLETED = "completed"
    NOBODY_HOME = "nobody_home"
    CANCELLED_LATE = "cancelled_late"


class DeductionReason(StrEnum):
    """Why a part of the price is not paid; the order is the one in which ties of a split fen are decided."""

    VOID = "void"  # the visit does not count: worker uncertified, elder deceased or in hospital 作废
    UNPROVEN = "unproven"  # no evidence, no pay 无凭证
    NOBODY_HOME = "nobody_home"  # nobody opened: only the fee for the way 未遇
    CANCELLED_LATE = "cancelled_late"  # called off too late: only the fee 临时取消
    SHORT = "short"  # less time than the standard asks for: pro rata 时长不足
    LATE = "late"  # 迟到
    COMPLAINT = "complaint"  # an upheld complaint 投诉属实
    UNFUNDED = "unfunded"  # a later price that neither the elder agreed to nor the quota bears 价差待定


FOUND_GOOD = "P"
"""The grade of a held visit that a second person found good: the decision is its proof, whatever the rule says."""

FORGIVABLE = frozenset({DeductionReason.SHORT, DeductionReason.LATE, DeductionReason.UNFUNDED})
"""What people may give back; proof and complaints have their own ways of appeal."""


@dataclass(frozen=True, slots=True)
class Standards:
    """The dated rules that a charge rests on, in whole percent and minutes."""

    full_from_percent: int
    late_after_minutes: int
    late_percent: int
    nobody_home_percent: int
    cancelled_late_percent: int
    proven_grades: str

    @property
    def version(self) -> str:
        """Return the name of exactly these values: the same values always have the same name."""
        return hashlib.sha256(canonical(asdict(self))).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything about one visit that its charge depends on; raises ValueError for values outside their ranges.

    `done_minutes` and `planned_minutes` are of the whole visit, `quantity` counts units of the price. `own_limit_fen`
    is what the elder was told at the last consent; facts of 0.1 do not say, and have no limit. `covered_fen` is what
    the quota holds beyond `quota_held_fen` for a price that was recorded after the charge.
    """

    outcome: Outcome
    quantity: int
    planned_minutes: int
    done_minutes: int
    late_minutes: int
    evidence_grade: str
    copay_percent: int
    quota_held_fen: int
    complaint_percent: int = 0
    void: str | None = None
    forgiven: tuple[DeductionReason, ...] = ()
    own_limit_fen: int | None = None
    covered_fen: int = 0

    def __post_init__(self) -> None:
        """Hold the ranges outside which no amount would mean anything."""
        percents = (self.copay_percent, self.complaint_percent)
        if self.quantity < 1 or self.planned_minutes < 1 or any(not 0 <= percent <= 100 for percent in percents):
            message = f"not facts of a visit: {self}"
            raise ValueError(message)
        if (
            min(self.done_minutes, self.late_minutes, self.quota_held_fen, self.own_limit_fen or 0, self.covered_fen)
            < 0
        ):
            message = f"negative facts of a visit: {self}"
            raise ValueError(message)
        if not FORGIVABLE.issuperset(self.forgiven):
            message = f"cannot be forgiven: {self.forgiven}"
            raise ValueError(message)

    def json(self) -> dict[str, Any]:
        """Return the facts as they are stored with the charge."""
        stored = {**asdict(self), "outcome": self.outcome.value, "forgiven": [reason.value for reason in self.forgiven]}
        # What was stored without these reads and hashes as it did.
        if self.own_limit_fen is None:
            del stored["own_limit_fen"]
        if not self.covered_fen:
            del stored["covered_fen"]
        return stored

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Self:
        """Rebuild facts from what `json` made."""
        forgiven = tuple(DeductionReason(name) for name in stored["forgiven"])
        return cls(**{**stored, "outcome": Outcome(stored["outcome"]), "forgiven": forgiven})


@dataclass(frozen=True, slots=True)
class Amounts:
    """The amounts of one line in fen: claimed − deducted = payable = subsidised + own; deductions sum to deducted."""

    claimed: int
    deductions: dict[str, int]
    payable: int
    subsidised: int
    own: int

    @property
    def deducted(self) -> int:
        """Return what is not paid of what was claimed."""
        return self.claimed - self.payable

    def reversed(self) -> "Amounts":
        """Return the mirror that takes this line back."""
        deductions = {reason: -fen for reason, fen in self.deductions.items()}
        return Amounts(-self.claimed, deductions, -self.payable, -self.subsidised, -self.own)


def charge(facts: Facts, *, price_fen: int, standards: Standards) -> Amounts:
    """Price one visit: price × quantity × done part × (100 − late − complaint) %, rounded half up once.

    The done part is whole from `full_from_percent` of the planned minutes on, else pro rata; more time than planned is
    not paid. Percentages add and never take more than everything. Quota pays its share up to what was held; the elder
    owes the rest, to the fen, but never more than was told. What is then left is the quota's as far as it holds, and
    beyond that nobody's (`UNFUNDED`) before people have decided that the public purse bears it.
    """
    if price_fen < 0:
        message = "a price is not negative"
        raise ValueError(message)
    claimed = price_fen * facts.quantity
    blocked = _blocked(facts, standards)
    if blocked is not None:
        return _split_quota(facts, claimed, 0, {blocked.value: claimed} if claimed else {})
    paid_of, whole, kept = factors(facts, standards)
    payable = money.half_up(claimed * paid_of * kept, whole * 100)
    return _split_quota(facts, claimed, payable, _by_reason(claimed - payable, weights(facts, standards)))


def factors(facts: Facts, standards: Standards) -> tuple[int, int, int]:
    """Return what the price is multiplied with: done part of whole, and the percent kept; nothing where it is blocked.

    What the elder was not told is taken off afterwards, where the quota does not bear it.
    """
    if _blocked(facts, standards) is not None:
        return 0, 1, 100
    paid_of, whole, _ = _done_part(facts, standards)
    return paid_of, whole, 100 - min(100, _late_percent(facts, standards) + facts.complaint_percent)


def weights(facts: Facts, standards: Standards) -> dict[DeductionReason, int]:
    """Return by what share of the deductions each reason of a visit that is not blocked takes its part.

    A weight is the part of the price that the reason alone would take, over one common denominator.
    """
    paid_of, whole, cause = _done_part(facts, standards)
    each = {
        cause: (whole - paid_of) * 100,
        DeductionReason.LATE: paid_of * _late_percent(facts, standards),
        DeductionReason.COMPLAINT: paid_of * facts.complaint_percent,
    }
    return {reason: weight for reason, weight in each.items() if weight}


def canonical(value: Any) -> bytes:
    """Return the one JSON spelling of a value: sorted keys, no spaces, UTF-8; what hashes are taken of."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _blocked(facts: Facts, standards: Standards) -> DeductionReason | None:
    if facts.void is not None:
        return DeductionReason.VOID
    if facts.outcome is Outcome.CANCELLED_LATE or facts.evidence_grade in {FOUND_GOOD, *standards.proven_grades}:
        return None
    return DeductionReason.UNPROVEN


def _done_part(facts: Facts, standards: Standards) -> tuple[int, int, DeductionReason]:
    if facts.outcome is Outcome.NOBODY_HOME:
        return standards.nobody_home_percent, 100, DeductionReason.NOBODY_HOME
    if facts.outcome is Outcome.CANCELLED_LATE:
        return standards.cancelled_late_percent, 100, DeductionReason.CANCELLED_LATE
    full = facts.done_minutes * 100 >= facts.planned_minutes * standards.full_from_percent
    if full or DeductionReason.SHORT in facts.forgiven:
        return 1, 1, DeductionReason.SHORT
    return facts.done_minutes, facts.planned_minutes, DeductionReason.SHORT


def _late_percent(facts: Facts, standards: Standards) -> int:
    late = facts.late_minutes > standards.late_after_minutes and DeductionReason.LATE not in facts.forgiven
    return standards.late_percent if late and facts.outcome is not Outcome.CANCELLED_LATE else 0


def _by_reason(deducted: int, weights: dict[DeductionReason, int]) -> dict[str, int]:
    if deducted == 0:
        return {}
    parts = zip(weights, money.split(deducted, list(weights.values())), strict=True)
    return {reason.value: fen for reason, fen in parts if fen}


def _split_quota(facts: Facts, claimed: int, payable: int, deductions: dict[str, int]) -> Amounts:
    quota = facts.quota_held_fen + facts.covered_fen
    subsidised = min(quota, money.half_up(payable * (100 - facts.copay_percent), 100))
    own = payable - subsidised
    if facts.own_limit_fen is None or own <= facts.own_limit_fen:
        return Amounts(claimed, deductions, payable, subsidised, own)
    own = facts.own_limit_fen
    subsidised = payable - own
    unfunded = max(0, subsidised - quota)
    if unfunded and DeductionReason.UNFUNDED not in facts.forgiven:
        subsidised, payable = subsidised - unfunded, payable - unfunded
        deductions = {**deductions, DeductionReason.UNFUNDED.value: unfunded}
    return Amounts(claimed, deductions, payable, subsidised, own)
