"""Old-age and longevity allowance 高龄津贴、百岁补贴: listed by age, seen at home, confirmed, paid by the month."""

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

from pydantic import Field
from sqlalchemy import select

from civil.blocks.benefits import arithmetic, grants
from civil.blocks.cases import operations as cases
from civil.blocks.cases.model import CivilCase
from civil.blocks.declared import BUREAU, EITHER, TOWN, CaseKind, Claim, Facts, Module, Move, Programme, Title
from civil.oldage import amounts, figures
from civil.oldage.rules import (
    LongevityMonthly,
    OldageConfirmDays,
    OldageDeathMonthPaid,
    OldageMonthly,
    OldageVerifyDays,
)
from events.work import Work
from kit import clock
from kit.access.scope import Section
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from kit.rules.typed import ValueRule
from registry import queries as registry
from registry.model import Address, Person


class OldageState(StrEnum):
    """Where an application for an allowance by age stands."""

    LISTED = "listed"
    SEEN = "seen"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class OldageApplication(Facts):
    """What an application says beside what the registry knows."""

    alone: bool = Field(default=False, title="独居")


class OldageTerms(Facts):
    """What the amount depends on beside the birth date: nothing."""


class TooYoung(Refusal):
    """The person does not reach the age of the lowest band within the coming month."""

    code = "oldage.too_young"
    kind = Kind.CONFLICT


_STATES: Final[Mapping[str, Title]] = {
    OldageState.LISTED: Title("待核实", "listed"),
    OldageState.SEEN: Title("已核实", "seen"),
    OldageState.CONFIRMED: Title("已确认", "confirmed"),
    OldageState.REFUSED: Title("不予确认", "refused"),
}


_MOST_LISTED: Final = 500
"""How many cases one turn of the chore opens; the rest wait for the next."""


def _programme(name: str, title: Title, standard: type[ValueRule[Any]]) -> Programme[OldageTerms]:
    def amount(claim: Claim[OldageTerms], standards: Mapping[str, Any]) -> Mapping[str, int]:
        fen = amounts.monthly(claim.members[0][1], claim.month, standards[standard.about.name])
        return {"allowance": fen} if fen else {}

    return Programme(
        name=name,
        title=title,
        facts=OldageTerms,
        standards=(standard,),
        amount=amount,
        death_month_paid=OldageDeathMonthPaid,
    )


OLDAGE: Final = _programme(figures.OLDAGE, Title("高龄津贴", "old-age allowance"), OldageMonthly)
LONGEVITY: Final = _programme(figures.LONGEVITY, Title("百岁老人长寿补贴", "longevity allowance"), LongevityMonthly)


async def _month_reached(work: Work, born_on: date, standard: type[ValueRule[Any]]) -> str | None:
    """Return the month from which an allowance is paid: this one or the next; None where neither pays anything."""
    bands = (await rules.read(work.session, standard, at=work.now)).content
    return next((month for month in _coming(work) if amounts.monthly(born_on, month, bands)), None)


def _coming(work: Work) -> tuple[str, str]:
    month = clock.month_of(work.now)
    return month, arithmetic.following(month)


def _kind(programme: Programme[OldageTerms], standard: type[ValueRule[Any]]) -> CaseKind:
    async def opening(work: Work, case: CivilCase) -> None:
        vital = await registry.vital(work, case.person_id)
        if await _month_reached(work, vital.born_on, standard) is None:
            raise TooYoung(programme=programme.name)
        if await grants.active(work, programme.name, case.person_id, clock.month_of(work.now)):
            raise grants.GrantTaken(programme=programme.name)

    async def grant(work: Work, case: CivilCase) -> None:
        vital = await registry.vital(work, case.person_id)
        month = await _month_reached(work, vital.born_on, standard)
        if month is None:
            raise TooYoung(programme=programme.name)
        await grants.begin(
            work,
            programme,
            case_id=case.id,
            person_id=case.person_id,
            covers=[case.person_id],
            division_code=case.division_code,
            section=case.section,
            from_month=month,
            facts=OldageTerms(),
        )

    return CaseKind(
        name=f"{programme.name}.application",
        title=Title(f"{programme.title.zh}申请", f"application for the {programme.title.en}"),
        facts=OldageApplication,
        states=_STATES,
        first=OldageState.LISTED,
        moves={
            OldageState.LISTED: {OldageState.SEEN: Move(by=TOWN), OldageState.REFUSED: Move(by=EITHER)},
            OldageState.SEEN: {
                OldageState.CONFIRMED: Move(by=BUREAU, second_person=True),
                OldageState.REFUSED: Move(by=BUREAU, second_person=True),
            },
        },
        days={OldageState.LISTED: OldageVerifyDays, OldageState.SEEN: OldageConfirmDays},
        opening=opening,
        entering={OldageState.CONFIRMED: grant},
    )


OLDAGE_APPLICATION: Final = _kind(OLDAGE, OldageMonthly)
LONGEVITY_APPLICATION: Final = _kind(LONGEVITY, LongevityMonthly)


def _listing(kind: CaseKind, standard: type[ValueRule[Any]]) -> Callable[[Work], Any]:
    async def list_due(work: Work) -> int:
        """Open a case for everybody alive whom this month or the next pays something; safe to do twice."""
        bands = (await rules.read(work.session, standard, at=work.now)).content
        lowest = min(int(band["age"]) for band in bands)
        after_next = arithmetic.following(_coming(work)[1])
        born_before = date(int(after_next[:4]) - lowest, int(after_next[5:]), 1)
        query = (
            select(Person.id, Person.born_on)
            .join(Address, Address.person_id == Person.id)
            .where(
                Address.valid_to.is_(None),
                Person.born_on < born_before,
                Person.died_on.is_(None),
                Person.id.not_in(select(CivilCase.person_id).where(CivilCase.kind == kind.name)),
            )
            .order_by(Person.number)
        )
        paid = [
            person_id
            for person_id, born_on in (await work.session.execute(query)).all()
            if any(amounts.monthly(born_on, month, bands) for month in _coming(work))
        ]
        for person_id in paid[:_MOST_LISTED]:
            await cases.open_case(work, kind, section=Section.ELDERCARE, person_id=person_id, facts=OldageApplication())
        return min(len(paid), _MOST_LISTED)

    return list_due


list_oldage: Final = _listing(OLDAGE_APPLICATION, OldageMonthly)
list_longevity: Final = _listing(LONGEVITY_APPLICATION, LongevityMonthly)

MODULE: Final = Module(
    name="oldage",
    title=Title("高龄津贴与百岁补贴", "old-age and longevity allowances"),
    section=Section.ELDERCARE,
    cases=(OLDAGE_APPLICATION, LONGEVITY_APPLICATION),
    programmes=(OLDAGE, LONGEVITY),
    figures=figures.FIGURES,
    contradictions=figures.CONTRADICTIONS,
)
