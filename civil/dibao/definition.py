"""Minimum living guarantee 低保: a family applies, is checked, visited, publicised, confirmed; reviewed and ended."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from pydantic import Field

from civil.blocks.benefits import arithmetic, grants
from civil.blocks.benefits.model import GrantEndReason
from civil.blocks.cases.model import CivilCase
from civil.blocks.declared import BUREAU, EITHER, TOWN, CaseKind, Claim, Facts, Module, Move, Programme, Title
from civil.dibao import amounts, figures
from civil.dibao.rules import (
    DibaoCheckDays,
    DibaoDeathMonthPaid,
    DibaoDecideDays,
    DibaoFloor,
    DibaoGraceMonths,
    DibaoPublicityDays,
    DibaoStandard,
    DibaoStartDays,
    DibaoTopUp,
)
from events.work import Work
from kit import clock
from kit.access.scope import Section
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from registry import queries as registry
from registry.model import Area


class DibaoState(StrEnum):
    """Where an application or a review stands."""

    APPLIED = "applied"
    CHECKED = "checked"
    SURVEYED = "surveyed"
    PUBLICISED = "publicised"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    HEARD = "heard"
    ADJUSTED = "adjusted"
    ENDED = "ended"
    UNCHANGED = "unchanged"


class Hardship(StrEnum):
    """Why a member is paid more than the gap."""

    SEVERELY_DISABLED = "severely_disabled"
    SERIOUSLY_ILL = "seriously_ill"


class DibaoMember(Facts):
    """One member of the family and what is counted of the month's income."""

    person_id: UUID = Field(title="家庭成员")
    income_fen: int = Field(ge=0, le=10_000_000, title="月计算收入（分）")
    hardship: Hardship | None = Field(default=None, title="特殊困难")


class DibaoFamily(Facts):
    """Who lives as one family and what they have; the applicant is one of them."""

    members: tuple[DibaoMember, ...] = Field(min_length=1, max_length=20, title="共同生活的家庭成员")
    assets_within: bool = Field(default=True, title="财产符合规定")
    surveyors: int = Field(default=0, ge=0, le=9, title="入户调查人数")


class DibaoTerms(Facts):
    """What a month is computed from beside the members covered."""

    area: Area
    members: tuple[DibaoMember, ...]


class DibaoFamilyInvalid(Refusal):
    """The applicant is not among the members, or somebody is named twice."""

    code = "dibao.family_invalid"


class DibaoNotEntitled(Refusal):
    """Assets exceed the rule, or the income reaches the standard."""

    code = "dibao.not_entitled"
    kind = Kind.CONFLICT


class DibaoSurveyMissing(Refusal):
    """Fewer than two surveyors have visited the family."""

    code = "dibao.survey_missing"
    kind = Kind.CONFLICT


def amount(claim: Claim[DibaoTerms], standards: Mapping[str, Any]) -> Mapping[str, int]:
    """Price one month of those covered in it."""
    said = {member.person_id: member for member in claim.facts.members}
    covered = [(said[person_id], born_on) for person_id, born_on in claim.members if person_id in said]
    table = standards[DibaoStandard.about.name]
    return amounts.monthly(
        table[f"{claim.facts.area}_fen"],
        [member.income_fen for member, _ in covered],
        [
            amounts.percent_of(born_on, claim.month, member.hardship, standards[DibaoTopUp.about.name])
            for member, born_on in covered
        ],
        standards[DibaoFloor.about.name],
    )


DIBAO: Final = Programme(
    name=figures.NAME,
    title=Title("最低生活保障", "minimum living guarantee"),
    facts=DibaoTerms,
    standards=(DibaoStandard, DibaoTopUp, DibaoFloor),
    amount=amount,
    death_month_paid=DibaoDeathMonthPaid,
)


async def _family(work: Work, case: CivilCase) -> DibaoFamily:
    """Return what the case says of the family; refuses `dibao.family_invalid` and, of members, `person.not_found`."""
    family = DibaoFamily.model_validate(case.facts)
    people = {member.person_id for member in family.members}
    if case.person_id not in people or len(people) < len(family.members):
        raise DibaoFamilyInvalid
    for person_id in people:
        await registry.vital(work, person_id)
    return family


async def _terms(work: Work, case: CivilCase, family: DibaoFamily) -> DibaoTerms:
    """Return the terms of a family that is entitled; refuses `dibao.not_entitled`."""
    division = await registry.division(work, case.division_code, clock.day_of(work.now))
    if division is None:
        raise registry.DivisionUnknown(division=case.division_code)
    standard = await rules.read(work.session, DibaoStandard, at=work.now)
    fen = standard.urban_fen if division.area_class is Area.URBAN else standard.rural_fen
    income = sum(member.income_fen for member in family.members)
    if not family.assets_within or income >= fen * len(family.members):
        raise DibaoNotEntitled
    return DibaoTerms(area=division.area_class, members=family.members)


async def apply(work: Work, case: CivilCase) -> None:
    """Look at who applies; refuses `dibao.family_invalid` and `grant.taken`."""
    family = await _family(work, case)
    month = clock.month_of(work.now)
    for member in family.members:
        if await grants.active(work, DIBAO.name, member.person_id, month):
            raise grants.GrantTaken(programme=DIBAO.name)


async def publicise(work: Work, case: CivilCase) -> None:
    """Ask for two surveyors before the town publicises its opinion (民发〔2021〕57号第十六条)."""
    if (await _family(work, case)).surveyors < 2:
        raise DibaoSurveyMissing


async def grant(work: Work, case: CivilCase) -> None:
    """Grant the guarantee to the family from the month after the confirmation."""
    family = await _family(work, case)
    await grants.begin(
        work,
        DIBAO,
        case_id=case.id,
        person_id=case.person_id,
        covers=[member.person_id for member in family.members],
        division_code=case.division_code,
        section=case.section,
        from_month=arithmetic.following(clock.month_of(work.now)),
        facts=await _terms(work, case, family),
    )


async def review(work: Work, case: CivilCase) -> None:
    """Review a family that draws the guarantee; refuses `grant.not_found`."""
    if await grants.open_grant(work, DIBAO.name, case.person_id) is None:
        raise grants.GrantNotFound
    await _family(work, case)


async def adjust(work: Work, case: CivilCase) -> None:
    """Compute from the new income from next month on."""
    terms = await _terms(work, case, await _family(work, case))
    await grants.change(
        work,
        DIBAO,
        person_id=case.person_id,
        from_month=arithmetic.following(clock.month_of(work.now)),
        facts=terms,
    )


async def end(work: Work, case: CivilCase) -> None:
    """End the guarantee after the months of grace."""
    family_grant = await grants.open_grant(work, DIBAO.name, case.person_id)
    if family_grant is None:
        raise grants.GrantNotFound
    last = clock.month_of(work.now)
    for _ in range((await rules.read(work.session, DibaoGraceMonths, at=work.now)).root):
        last = arithmetic.following(last)
    await grants.end(work, family_grant, last_month=last, reason=GrantEndReason.DECIDED)


_S = DibaoState
_TITLES: Final = {
    _S.APPLIED: Title("已受理", "applied"),
    _S.CHECKED: Title("已核对", "checked"),
    _S.SURVEYED: Title("已入户调查", "surveyed"),
    _S.PUBLICISED: Title("公示中", "publicised"),
    _S.CONFIRMED: Title("已确认", "confirmed"),
    _S.REFUSED: Title("不予确认", "refused"),
    _S.HEARD: Title("已听取意见", "heard"),
    _S.ADJUSTED: Title("已调整", "adjusted"),
    _S.ENDED: Title("已停发", "ended"),
    _S.UNCHANGED: Title("维持不变", "unchanged"),
}


def _titles(*states: DibaoState) -> Mapping[str, Title]:
    return {state.value: _TITLES[state] for state in states}


_DECIDE: Final = Move(by=BUREAU, second_person=True)
APPLICATION: Final = CaseKind(
    name="dibao.application",
    title=Title("最低生活保障申请", "application for the minimum living guarantee"),
    facts=DibaoFamily,
    states=_titles(_S.APPLIED, _S.CHECKED, _S.SURVEYED, _S.PUBLICISED, _S.CONFIRMED, _S.REFUSED),
    first=_S.APPLIED,
    moves={
        _S.APPLIED: {_S.CHECKED: Move(by=EITHER), _S.REFUSED: Move(by=EITHER)},
        _S.CHECKED: {_S.SURVEYED: Move(by=TOWN), _S.REFUSED: Move(by=EITHER)},
        _S.SURVEYED: {_S.PUBLICISED: Move(by=TOWN), _S.REFUSED: Move(by=EITHER)},
        # an objection leads back to another survey (民发〔2021〕57号第十九条)
        _S.PUBLICISED: {_S.SURVEYED: Move(by=TOWN), _S.CONFIRMED: _DECIDE, _S.REFUSED: _DECIDE},
    },
    days={_S.APPLIED: DibaoStartDays, _S.CHECKED: DibaoCheckDays, _S.PUBLICISED: DibaoDecideDays},
    publicised={_S.PUBLICISED: DibaoPublicityDays},
    objected=frozenset({_S.SURVEYED}),
    opening=apply,
    entering={_S.PUBLICISED: publicise, _S.CONFIRMED: grant},
)
REVIEW: Final = CaseKind(
    name="dibao.review",
    title=Title("最低生活保障复核", "review of the minimum living guarantee"),
    facts=DibaoFamily,
    states=_titles(_S.CHECKED, _S.HEARD, _S.ADJUSTED, _S.ENDED, _S.UNCHANGED),
    first=_S.CHECKED,
    # 社会救助法第四十八条: the person is heard before a cut or an end
    moves={
        _S.CHECKED: {_S.HEARD: Move(by=TOWN), _S.UNCHANGED: Move(by=EITHER)},
        _S.HEARD: {_S.ADJUSTED: _DECIDE, _S.ENDED: _DECIDE, _S.UNCHANGED: _DECIDE},
    },
    days={_S.CHECKED: DibaoDecideDays, _S.HEARD: DibaoDecideDays},
    opening=review,
    entering={_S.ADJUSTED: adjust, _S.ENDED: end},
)

MODULE: Final = Module(
    name="dibao",
    title=Title("最低生活保障", "minimum living guarantee"),
    section=Section.ASSISTANCE,
    cases=(APPLICATION, REVIEW),
    programmes=(DIBAO,),
    figures=figures.FIGURES,
    contradictions=figures.CONTRADICTIONS,
)
