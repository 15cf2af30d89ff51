"""Institutions for elders 养老机构: their registration and filing, beds, residents' stays, retrofits, inspections."""

from datetime import date
from enum import StrEnum
from typing import Final, Self

from pydantic import Field, model_validator
from sqlalchemy import func, select

from civil.blocks.declared import BUREAU, EITHER, Facts, Inspecting, Module, Move, Register, Title
from civil.blocks.register import queries as records
from civil.blocks.register.model import CivilRecord
from civil.institutions import figures
from civil.institutions.rules import InstitutionCheckDays, InstitutionFilingDays, InstitutionFirstCheckDays
from events.work import Work
from kit.access.scope import Section
from kit.china import identifiers
from kit.refusal import Kind, Refusal
from kit.rules.faults import FieldAbove


class InstitutionState(StrEnum):
    """Where an institution stands."""

    REGISTERED = "registered"  # as a legal person
    FILED = "filed"  # 备案 with the bureau
    SUSPENDED = "suspended"
    CLOSED = "closed"


class LegalForm(StrEnum):
    """Who runs an institution."""

    PUBLIC = "public"  # 公办
    PRIVATE = "private"  # 民办
    PUBLIC_BUILT = "public_built"  # 公建民营


class Tier(StrEnum):
    """The class of an institution's prices: 高、中、低档."""

    HIGH = "high"
    MIDDLE = "middle"
    LOW = "low"


class LeftFor(StrEnum):
    """Why a resident has left."""

    HOME = "home"
    OTHER_INSTITUTION = "other_institution"
    HOSPITAL = "hospital"
    DEATH = "death"


class StayState(StrEnum):
    """Whether a resident lives in the institution."""

    LIVING = "living"
    LEFT = "left"


class RetrofitState(StrEnum):
    """Where the conversion of beds into nursing beds stands."""

    PLANNED = "planned"
    ACCEPTED = "accepted"
    STOPPED = "stopped"


class InstitutionFacts(Facts):
    """What is registered of an institution."""

    name: str = Field(min_length=1, max_length=60, title="机构名称")
    uscc: str = Field(pattern="^[0-9A-HJ-NPQRTUWXY]{18}$", title="统一社会信用代码")
    legal_form: LegalForm = Field(title="举办性质")
    beds: int = Field(ge=0, le=5_000, title="床位数")
    nursing_beds: int = Field(ge=0, le=5_000, title="其中护理型床位数")
    filing_number: str | None = Field(default=None, min_length=1, max_length=40, title="备案编号")
    tier: Tier | None = Field(default=None, title="档次")
    star: int = Field(default=0, ge=0, le=5, title="星级")
    star_until: date | None = Field(default=None, ge=date(2000, 1, 1), le=date(2199, 12, 31), title="星级有效期至")

    @model_validator(mode="after")
    def _nursing_among_beds(self) -> Self:
        if self.nursing_beds > self.beds:
            raise FieldAbove(field="nursing_beds", bound="beds").error()
        return self


class StayFacts(Facts):
    """One resident's bed."""

    bed: str = Field(min_length=1, max_length=20, title="床位号")
    level: int = Field(ge=0, le=4, title="能力等级")
    origin: str = Field(default="13", pattern="^[0-9]{2}$", title="来源省份代码")
    left_for: LeftFor | None = Field(default=None, title="离开去向")


class RetrofitFacts(Facts):
    """One project that makes nursing beds."""

    beds: int = Field(ge=1, le=5_000, title="改造床位数")
    source: str = Field(min_length=1, max_length=60, title="项目来源")


class InstitutionInspection(Facts):
    """What an inspection looked at (GB 38600); a red card stops the subsidy."""

    fire_safety: bool = Field(default=False, title="消防安全合格")
    food_safety: bool = Field(default=False, title="食品安全合格")
    red_card: bool = Field(default=False, title="安全红牌")


class InstitutionNotOpen(Refusal):
    """The institution takes nobody in while it is suspended."""

    code = "institutions.not_open"
    kind = Kind.CONFLICT


class InstitutionFull(Refusal):
    """Every bed is occupied."""

    code = "institutions.full"
    kind = Kind.CONFLICT


class InstitutionBedsOccupied(Refusal):
    """More people live there than the beds that would be left."""

    code = "institutions.beds_occupied"
    kind = Kind.CONFLICT


class InstitutionInUse(Refusal):
    """People live there, or something about the institution is not finished."""

    code = "institutions.in_use"
    kind = Kind.CONFLICT


async def _within(work: Work, institution: CivilRecord, *kinds: str) -> int:
    """Count the open records of an institution, of some registers or of all."""
    query = select(func.count()).where(CivilRecord.within_id == institution.id, CivilRecord.closed_on.is_(None))
    query = query.where(CivilRecord.kind.in_(kinds)) if kinds else query
    return (await work.session.execute(query)).scalar_one()


async def change_beds(work: Work, record: CivilRecord, facts: InstitutionFacts) -> None:
    """Refuse fewer beds than there are residents."""
    residents = await _within(work, record, figures.STAY)
    if facts.beds < residents:
        raise InstitutionBedsOccupied(residents=residents)


async def close(work: Work, record: CivilRecord) -> None:
    """Close only what nobody lives in and nothing is open about."""
    if await _within(work, record):
        raise InstitutionInUse


async def move_in(work: Work, record: CivilRecord) -> None:
    """Take a resident into an institution that is open and has a bed; it is locked, so that no bed is given twice."""
    assert record.within_id is not None  # noqa: S101 - a stay belongs to an institution
    institution = await records.record(work, record.within_id)
    if institution.state not in {InstitutionState.REGISTERED, InstitutionState.FILED}:
        raise InstitutionNotOpen
    if await _within(work, institution, figures.STAY) >= institution.facts["beds"]:
        raise InstitutionFull(beds=institution.facts["beds"])


_I, _L, _R = InstitutionState, StayState, RetrofitState
_BUREAU, _DECIDE = Move(by=BUREAU), Move(by=BUREAU, second_person=True)

INSTITUTION: Final = Register(
    name=figures.INSTITUTION,
    title=Title("养老机构", "institutions for elders"),
    facts=InstitutionFacts,
    states={
        _I.REGISTERED: Title("已登记", "registered"),
        _I.FILED: Title("已备案", "filed"),
        _I.SUSPENDED: Title("停业整顿", "suspended"),
        _I.CLOSED: Title("已注销", "closed"),
    },
    first=_I.REGISTERED,
    moves={
        _I.REGISTERED: {_I.FILED: _BUREAU, _I.CLOSED: _BUREAU},
        _I.FILED: {_I.SUSPENDED: _BUREAU, _I.CLOSED: _BUREAU},
        _I.SUSPENDED: {_I.FILED: _DECIDE, _I.CLOSED: _BUREAU},
    },
    by=EITHER,
    reserved={"tier": BUREAU, "star": BUREAU, "star_until": BUREAU},
    key=lambda facts: identifiers.read_uscc(facts.uscc),
    days={_I.REGISTERED: InstitutionFilingDays},
    inspecting=Inspecting(
        facts=InstitutionInspection,
        states=frozenset({_I.FILED, _I.SUSPENDED}),
        first=InstitutionFirstCheckDays,
        every=InstitutionCheckDays,
        by=EITHER,
    ),
    changing=change_beds,
    entering={_I.CLOSED: close},
)
STAY: Final = Register(
    name=figures.STAY,
    title=Title("机构入住", "stays in institutions"),
    facts=StayFacts,
    states={_L.LIVING: Title("在住", "living there"), _L.LEFT: Title("已离开", "left")},
    first=_L.LIVING,
    moves={_L.LIVING: {_L.LEFT: Move(by=EITHER)}},
    by=EITHER,
    within=INSTITUTION.name,
    about_person=True,
    opening=move_in,
)
RETROFIT: Final = Register(
    name=figures.RETROFIT,
    title=Title("护理型床位改造", "conversions into nursing beds"),
    facts=RetrofitFacts,
    states={
        _R.PLANNED: Title("已立项", "planned"),
        _R.ACCEPTED: Title("已验收", "accepted"),
        _R.STOPPED: Title("已终止", "stopped"),
    },
    first=_R.PLANNED,
    moves={_R.PLANNED: {_R.ACCEPTED: _DECIDE, _R.STOPPED: _BUREAU}},
    by=EITHER,
    within=INSTITUTION.name,
    fixed=frozenset({_R.ACCEPTED}),
)
MODULE: Final = Module(
    name="institutions",
    title=Title("养老机构", "institutions for elders"),
    section=Section.ELDERCARE,
    registers=(INSTITUTION, STAY, RETROFIT),
    figures=figures.FIGURES,
    contradictions=figures.CONTRADICTIONS,
)
