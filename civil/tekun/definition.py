"""Destitute support 特困供养: no ability to work, no income, nobody obliged; assessed, publicised, confirmed, ended."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from pydantic import Field

from civil.blocks.benefits import arithmetic, grants
from civil.blocks.benefits.model import GrantEndReason
from civil.blocks.cases.model import CivilCase
from civil.blocks.declared import BUREAU, EITHER, TOWN, CaseKind, Claim, Facts, Module, Move, Programme, Title
from civil.tekun import figures
from civil.tekun.rules import (
    TekunBase,
    TekunCare,
    TekunCountyDays,
    TekunDeathMonthPaid,
    TekunPublicityDays,
    TekunTownDays,
)
from events.work import Work
from kit import clock
from kit.access.scope import Section
from kit.refusal import Kind, Refusal


class TekunState(StrEnum):
    """Where an application or an ending stands."""

    APPLIED = "applied"
    SURVEYED = "surveyed"
    PUBLICISED = "publicised"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    ENDED = "ended"
    CONTINUED = "continued"


class Support(StrEnum):
    """Where the person is supported, by the person's own choice."""

    INSTITUTION = "institution"  # 集中供养
    HOME = "home"  # 分散供养


class SelfCare(Facts):
    """Which of the six acts of daily life the person cannot do alone (民发〔2021〕43号)."""

    eating: bool = Field(default=False, title="不能自主吃饭")
    dressing: bool = Field(default=False, title="不能自主穿衣")
    bed: bool = Field(default=False, title="不能自主上下床")
    toilet: bool = Field(default=False, title="不能自主如厕")
    walking: bool = Field(default=False, title="不能室内行走")
    bathing: bool = Field(default=False, title="不能自主洗澡")

    @property
    def loss(self) -> str:
        """Return full self-care, partial (one to three lost) or total loss (four and more)."""
        lost = sum(self.model_dump().values())
        return "full" if lost == 0 else "partial" if lost <= 3 else "total"


class TekunApplication(Facts):
    """What was found out: the three conditions, the self-care, the support wanted."""

    unable_to_work: bool = Field(title="无劳动能力")
    no_income: bool = Field(title="无生活来源")
    nobody_obliged: bool = Field(title="无法定义务人或义务人无履行能力")
    self_care: SelfCare = Field(default=SelfCare(), title="生活自理能力")
    support: Support = Field(default=Support.HOME, title="供养方式")


class TekunEnding(Facts):
    """Why support may end."""

    cause: str = Field(min_length=1, max_length=40, title="终止原因")


class NotDestitute(Refusal):
    """One of the three conditions is missing."""

    code = "tekun.not_destitute"
    kind = Kind.CONFLICT


def amount(claim: Claim[TekunApplication], standards: Mapping[str, Any]) -> Mapping[str, int]:
    """Price one month: the basic standard, and care by the loss of self-care."""
    care = standards[TekunCare.about.name][claim.facts.self_care.loss]
    return {"base": standards[TekunBase.about.name]} | ({"care": care} if care else {})


TEKUN: Final = Programme(
    name=figures.NAME,
    title=Title("特困供养", "destitute support"),
    facts=TekunApplication,
    standards=(TekunBase, TekunCare),
    amount=amount,
    death_month_paid=TekunDeathMonthPaid,
)


async def apply(work: Work, case: CivilCase) -> None:
    """Refuse whoever draws it already, and what does not say all three conditions."""
    _facts(case)
    if await grants.active(work, TEKUN.name, case.person_id, clock.month_of(work.now)):
        raise grants.GrantTaken(programme=TEKUN.name)


def _facts(case: CivilCase) -> TekunApplication:
    facts = TekunApplication.model_validate(case.facts)
    if not (facts.unable_to_work and facts.no_income and facts.nobody_obliged):
        raise NotDestitute
    return facts


async def grant(work: Work, case: CivilCase) -> None:
    """Grant support from the month after the confirmation; refuses `grant.excluded` beside the guarantee."""
    await grants.begin(
        work,
        TEKUN,
        case_id=case.id,
        person_id=case.person_id,
        covers=[case.person_id],
        division_code=case.division_code,
        section=case.section,
        from_month=arithmetic.following(clock.month_of(work.now)),
        facts=_facts(case),
    )


async def propose_end(work: Work, case: CivilCase) -> None:
    """Refuse the end of what nobody draws."""
    if await grants.open_grant(work, TEKUN.name, case.person_id) is None:
        raise grants.GrantNotFound


async def end(work: Work, case: CivilCase) -> None:
    """End support with this month: it stops from the next month on."""
    support = await grants.open_grant(work, TEKUN.name, case.person_id)
    if support is None:
        raise grants.GrantNotFound
    await grants.end(work, support, last_month=clock.month_of(work.now), reason=GrantEndReason.DECIDED)


_S = TekunState
_TITLES: Final = {
    _S.APPLIED: Title("已受理", "applied"),
    _S.SURVEYED: Title("已调查评估", "surveyed"),
    _S.PUBLICISED: Title("公示中", "publicised"),
    _S.CONFIRMED: Title("已确认", "confirmed"),
    _S.REFUSED: Title("不予确认", "refused"),
    _S.ENDED: Title("已终止", "ended"),
    _S.CONTINUED: Title("继续供养", "continued"),
}
_DECIDE: Final = Move(by=BUREAU, second_person=True)


def _titles(*states: TekunState) -> Mapping[str, Title]:
    return {state.value: _TITLES[state] for state in states}


APPLICATION: Final = CaseKind(
    name="tekun.application",
    title=Title("特困人员认定申请", "application for destitute support"),
    facts=TekunApplication,
    states=_titles(_S.APPLIED, _S.SURVEYED, _S.PUBLICISED, _S.CONFIRMED, _S.REFUSED),
    first=_S.APPLIED,
    moves={
        _S.APPLIED: {_S.SURVEYED: Move(by=TOWN), _S.REFUSED: Move(by=EITHER)},
        _S.SURVEYED: {_S.PUBLICISED: Move(by=TOWN), _S.REFUSED: Move(by=EITHER)},
        _S.PUBLICISED: {_S.SURVEYED: Move(by=TOWN), _S.CONFIRMED: _DECIDE, _S.REFUSED: _DECIDE},
    },
    days={_S.APPLIED: TekunTownDays, _S.PUBLICISED: TekunCountyDays},
    publicised={_S.PUBLICISED: TekunPublicityDays},
    objected=frozenset({_S.SURVEYED}),
    opening=apply,
    entering={_S.CONFIRMED: grant},
)
ENDING: Final = CaseKind(
    name="tekun.ending",
    title=Title("特困供养终止", "end of destitute support"),
    facts=TekunEnding,
    states=_titles(_S.PUBLICISED, _S.ENDED, _S.CONTINUED),
    first=_S.PUBLICISED,
    moves={_S.PUBLICISED: {_S.ENDED: _DECIDE, _S.CONTINUED: _DECIDE}},
    days={_S.PUBLICISED: TekunCountyDays},
    publicised={_S.PUBLICISED: TekunPublicityDays},
    objected=frozenset({_S.CONTINUED}),
    opening=propose_end,
    entering={_S.ENDED: end},
)

MODULE: Final = Module(
    name="tekun",
    title=Title("特困供养", "destitute support"),
    section=Section.ASSISTANCE,
    cases=(APPLICATION, ENDING),
    programmes=(TEKUN,),
    figures=figures.FIGURES,
    contradictions=figures.CONTRADICTIONS,
)
