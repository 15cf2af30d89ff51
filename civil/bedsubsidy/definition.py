"""Operation subsidy 运营补贴 of institutions: a month's claim, computed from the residents' stays, approved, paid."""

from enum import StrEnum
from itertools import groupby
from typing import Final
from uuid import UUID

from pydantic import Field
from pydantic.config import JsonDict
from sqlalchemy import select

from civil.bedsubsidy import amounts
from civil.bedsubsidy.rules import BedRates, StarPercents
from civil.blocks.declared import BUREAU, EITHER, PAYER, Facts, FundKind, Module, Move, Register, Title
from civil.blocks.fund import operations as funds
from civil.blocks.fund import queries as fund_queries
from civil.blocks.register import queries as records
from civil.blocks.register.model import CivilRecord, RecordVersion
from events.work import Work
from kit import clock
from kit.access.scope import Section
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from kit.rules.model import RuleRow
from kit.rules.typed import BEGINNING
from registry.model import Level

INSTITUTION: Final = "institutions.institution"
STAY: Final = "institutions.stay"
LIVING: Final = "living"
"""The registers that a claim is computed from, by their names; without them there is nothing to claim."""


class ClaimState(StrEnum):
    """Where a claim stands."""

    CLAIMED = "claimed"
    APPROVED = "approved"
    PAID = "paid"
    REFUSED = "refused"


_COMPUTED: Final[JsonDict] = {"readOnly": True}
"""What a form shows of a field that nobody types."""


class ClaimLine(Facts):
    """The bed-days of one level and what they come to."""

    level: int = Field(title="能力等级")
    days: int = Field(title="床日数")
    fen: int = Field(title="金额（分）")


class ClaimFacts(Facts):
    """A month's claim; all but the month is computed, whatever was sent."""

    month: str = Field(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$", title="月份")
    lines: tuple[ClaimLine, ...] = Field(
        default=(), max_length=5, title="各等级床日数与金额", json_schema_extra=_COMPUTED
    )
    percent: int = Field(default=100, title="星级系数（百分之几）", json_schema_extra=_COMPUTED)
    fen: int = Field(default=0, title="合计（分）", json_schema_extra=_COMPUTED)


class ClaimTooEarly(Refusal):
    """The month has not ended."""

    code = "bedsubsidy.too_early"


class ClaimRedCard(Refusal):
    """The last inspection gave a red card, which stops the subsidy."""

    code = "bedsubsidy.red_card"
    kind = Kind.CONFLICT


class ClaimNothingDue(Refusal):
    """Nobody lived there in the month, or the rates come to nothing."""

    code = "bedsubsidy.nothing_due"
    kind = Kind.CONFLICT


class ClaimPaid(Refusal):
    """The month has been paid."""

    code = "bedsubsidy.paid"
    kind = Kind.CONFLICT


class ClaimComputed(Refusal):
    """A claim follows from the stays: they are corrected, not the claim."""

    code = "bedsubsidy.computed"
    kind = Kind.CONFLICT


class ClaimChanged(Refusal):
    """The stays, the stars or the rates say something else than when the claim was made."""

    code = "bedsubsidy.changed"
    kind = Kind.CONFLICT


class ClaimProvisional(Refusal):
    """A standard is a proposal that nobody has decided: not for real payment."""

    code = "bedsubsidy.provisional"
    kind = Kind.CONFLICT


async def compute(work: Work, institution_id: UUID, month: str) -> ClaimFacts:
    """Compute a month's claim from the versions of the institution's stays, its stars and the month's standards."""
    first, last = amounts.bounds(month)
    query = (
        select(RecordVersion.record_id, RecordVersion.valid_from, RecordVersion.state, RecordVersion.facts)
        .join(CivilRecord, CivilRecord.id == RecordVersion.record_id)
        .where(
            CivilRecord.kind == STAY,
            CivilRecord.within_id == institution_id,
            RecordVersion.valid_from <= last,
        )
        .order_by(RecordVersion.record_id, RecordVersion.valid_from, RecordVersion.recorded_at, RecordVersion.id)
    )
    rows = (await work.session.execute(query)).all()
    stays = [
        [(row.valid_from, row.facts["level"] if row.state == LIVING else None) for row in steps]
        for _, steps in groupby(rows, key=lambda row: row.record_id)
    ]
    days = amounts.bed_days(stays, month)
    begins = clock.at_local(first, 0)
    rates = (await rules.read(work.session, BedRates, at=begins)).content
    stars = (await rules.read(work.session, StarPercents, at=begins)).content
    percent = stars[f"star_{await _star(work, institution_id, month)}"]
    fen = amounts.subsidy(days, rates, percent)
    lines = tuple(ClaimLine(level=level, days=count, fen=fen[level]) for level, count in days.items())
    return ClaimFacts(month=month, lines=lines, percent=percent, fen=sum(fen.values()))


async def _star(work: Work, institution_id: UUID, month: str) -> int:
    """Return the stars that were valid on the last day of a month."""
    _, last = amounts.bounds(month)
    institution = await records.record(work, institution_id)
    if institution.opened_on > last:
        return 0
    facts = (await records.version_on(work, institution_id, last)).facts
    return int(facts["star"]) if (facts["star_until"] or "") >= last.isoformat() else 0


async def claim(work: Work, record: CivilRecord) -> None:
    """Fill a new claim with what the month's stays come to."""
    assert record.within_id is not None  # noqa: S101 - a claim belongs to an institution
    month: str = record.facts["month"]
    if month >= clock.month_of(work.now):
        raise ClaimTooEarly(month=month)
    inspection = await records.last_inspection(work, record.within_id)
    if inspection is not None and inspection.facts["red_card"]:
        raise ClaimRedCard
    record.key = f"{record.within_id} {month}"
    paid = select(CivilRecord.id).where(
        CivilRecord.kind == CLAIM.name, CivilRecord.key == record.key, CivilRecord.state == ClaimState.PAID
    )
    for paid_id in (await work.session.execute(paid)).scalars().all():
        if not await fund_queries.came_back(work, paid_id):  # as far as the actor sees the fund: a clerk does not
            raise ClaimPaid(month=month)
    computed = await compute(work, record.within_id, month)
    if not computed.fen:
        raise ClaimNothingDue(month=month)
    record.facts = computed.model_dump(mode="json")


async def refuse_change(work: Work, record: CivilRecord, facts: ClaimFacts) -> None:
    """Refuse to change what was computed."""
    _ = work, record, facts
    raise ClaimComputed


async def approve(work: Work, record: CivilRecord) -> None:
    """Compute a claim once more before it is approved; refuses `bedsubsidy.changed`."""
    assert record.within_id is not None  # noqa: S101 - a claim belongs to an institution
    if (await compute(work, record.within_id, record.facts["month"])).model_dump(mode="json") != record.facts:
        raise ClaimChanged


async def pay(work: Work, record: CivilRecord) -> None:
    """Pay an approved claim out of the fund; refuses `bedsubsidy.provisional` and what the fund refuses."""
    first, _ = amounts.bounds(record.facts["month"])
    names = {BedRates.about.name, StarPercents.about.name}
    decided = select(RuleRow.name).where(
        RuleRow.name.in_(names), RuleRow.valid_from <= clock.at_local(first, 0), RuleRow.valid_from != BEGINNING
    )
    if names - set((await work.session.execute(decided)).scalars()):
        raise ClaimProvisional
    await funds.pay(work, FUND, division_code=record.division_code, fen=record.facts["fen"], subject_id=record.id)


_S = ClaimState
_DECIDE: Final = Move(by=BUREAU, second_person=True)
FUND: Final = FundKind(
    name="bedsubsidy.fund",
    title=Title("养老机构运营补贴资金", "fund for the operation subsidy"),
    level=Level.DISTRICT,
)
CLAIM: Final = Register(
    name="bedsubsidy.claim",
    title=Title("运营补贴申领", "claims for the operation subsidy"),
    facts=ClaimFacts,
    states={
        _S.CLAIMED: Title("已申领", "claimed"),
        _S.APPROVED: Title("已审定", "approved"),
        _S.PAID: Title("已支付", "paid"),
        _S.REFUSED: Title("不予补贴", "refused"),
    },
    first=_S.CLAIMED,
    moves={
        _S.CLAIMED: {_S.APPROVED: _DECIDE, _S.REFUSED: _DECIDE},
        _S.APPROVED: {_S.PAID: Move(by=PAYER, second_person=True), _S.REFUSED: _DECIDE},
    },
    by=EITHER,
    within=INSTITUTION,
    fixed=frozenset({_S.APPROVED, _S.PAID, _S.REFUSED}),
    opening=claim,
    changing=refuse_change,
    entering={_S.APPROVED: approve, _S.PAID: pay},
)
MODULE: Final = Module(
    name="bedsubsidy",
    title=Title("养老机构运营补贴", "operation subsidy of institutions"),
    section=Section.ELDERCARE,
    registers=(CLAIM,),
    funds=(FUND,),
)
