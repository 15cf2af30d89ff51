"""The two subsidies for disabled people 残疾人两项补贴: living subsidy beside the guarantee, nursing by grade."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

from pydantic import Field

from civil.blocks.benefits import grants
from civil.blocks.benefits.model import GrantEndReason
from civil.blocks.cases.model import CivilCase
from civil.blocks.declared import BUREAU, EITHER, CaseKind, Claim, Facts, Module, Move, Programme, Title
from civil.disability import figures
from civil.disability.rules import (
    DisabilityCheckDays,
    DisabilityConfirmDays,
    DisabilityDeathMonthPaid,
    DisabilityLiving,
    DisabilityNursing,
)
from events.work import Work
from kit import clock
from kit.access.scope import Section
from kit.refusal import Kind, Refusal

SEVERE: Final = 2
"""Grades 1 and 2 are severe and need long care (国发〔2015〕52号)."""


class DisabilityState(StrEnum):
    """Where an application for a subsidy stands."""

    APPLIED = "applied"
    CHECKED = "checked"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class DisabilityCategory(StrEnum):
    """The category of the certificate (GB/T 26341)."""

    VISUAL = "visual"
    HEARING = "hearing"
    SPEECH = "speech"
    PHYSICAL = "physical"
    INTELLECTUAL = "intellectual"
    MENTAL = "mental"
    MULTIPLE = "multiple"


class DisabilityCertificate(Facts):
    """What the certificate says; its number holds the resident ID and is not kept."""

    category: DisabilityCategory = Field(title="残疾类别")
    grade: int = Field(ge=1, le=4, title="残疾等级")
    valid_to: date = Field(ge=date(2000, 1, 1), le=date(2199, 12, 31), title="有效期至")


class NotSevere(Refusal):
    """The nursing subsidy is for grades 1 and 2."""

    code = "disability.not_severe"
    kind = Kind.CONFLICT


class NoGuarantee(Refusal):
    """The living subsidy is for those who draw the minimum living guarantee."""

    code = "disability.no_guarantee"
    kind = Kind.CONFLICT


class CertificateExpired(Refusal):
    """The certificate is no longer valid."""

    code = "disability.certificate_expired"
    kind = Kind.CONFLICT


def living(claim: Claim[DisabilityCertificate], standards: Mapping[str, Any]) -> Mapping[str, int]:
    """Price one month, up to the one in which the certificate expires."""
    valid = claim.month <= f"{claim.facts.valid_to:%Y-%m}"
    return {"living": standards[DisabilityLiving.about.name]} if valid else {}


def nursing(claim: Claim[DisabilityCertificate], standards: Mapping[str, Any]) -> Mapping[str, int]:
    """Price one month by grade, up to the one in which the certificate expires."""
    valid = claim.month <= f"{claim.facts.valid_to:%Y-%m}" and claim.facts.grade <= SEVERE
    return {"nursing": standards[DisabilityNursing.about.name][f"grade_{claim.facts.grade}"]} if valid else {}


LIVING: Final = Programme(
    name=figures.LIVING,
    title=Title("困难残疾人生活补贴", "living subsidy for disabled people"),
    facts=DisabilityCertificate,
    standards=(DisabilityLiving,),
    amount=living,
    death_month_paid=DisabilityDeathMonthPaid,
)
NURSING: Final = Programme(
    name=figures.NURSING,
    title=Title("重度残疾人护理补贴", "nursing subsidy for severely disabled people"),
    facts=DisabilityCertificate,
    standards=(DisabilityNursing,),
    amount=nursing,
    death_month_paid=DisabilityDeathMonthPaid,
)


async def _valid(work: Work, case: CivilCase) -> DisabilityCertificate:
    certificate = DisabilityCertificate.model_validate(case.facts)
    if certificate.valid_to < clock.day_of(work.now):
        raise CertificateExpired
    return certificate


async def apply_for_living(work: Work, case: CivilCase) -> None:
    """Refuse an expired certificate, and somebody without the guarantee this month."""
    await _valid(work, case)
    if not await grants.active(work, figures.GUARANTEE, case.person_id, clock.month_of(work.now)):
        raise NoGuarantee


async def apply_for_nursing(work: Work, case: CivilCase) -> None:
    """Refuse an expired certificate, and grades 3 and 4."""
    if (await _valid(work, case)).grade > SEVERE:
        raise NotSevere


async def _grant(work: Work, case: CivilCase, programme: Programme[DisabilityCertificate]) -> None:
    """Begin with the month of the application (民发〔2021〕70号)."""
    await grants.begin(
        work,
        programme,
        case_id=case.id,
        person_id=case.person_id,
        covers=[case.person_id],
        division_code=case.division_code,
        section=case.section,
        from_month=clock.month_of(case.opened_at),
        facts=await _valid(work, case),
    )


async def grant_living(work: Work, case: CivilCase) -> None:
    """Grant the living subsidy."""
    await apply_for_living(work, case)
    await _grant(work, case, LIVING)


async def grant_nursing(work: Work, case: CivilCase) -> None:
    """Grant the nursing subsidy."""
    await apply_for_nursing(work, case)
    await _grant(work, case, NURSING)


async def end_with_guarantee(work: Work, *, person_ids: list[Any], last_month: str) -> None:
    """End the living subsidy with the month in which the guarantee beside it ends."""
    for person_id in person_ids:
        subsidy = await grants.open_grant(work, LIVING.name, person_id)
        if subsidy is not None:
            await grants.end(work, subsidy, last_month=last_month, reason=GrantEndReason.DECIDED)


_S = DisabilityState
_STATES: Final[Mapping[str, Title]] = {
    _S.APPLIED: Title("已受理", "applied"),
    _S.CHECKED: Title("残联已审核", "checked"),
    _S.CONFIRMED: Title("已审定", "confirmed"),
    _S.REFUSED: Title("不予审定", "refused"),
}
_MOVES: Final[Mapping[str, Mapping[str, Move]]] = {
    _S.APPLIED: {_S.CHECKED: Move(by=EITHER), _S.REFUSED: Move(by=EITHER)},
    _S.CHECKED: {
        _S.CONFIRMED: Move(by=BUREAU, second_person=True),
        _S.REFUSED: Move(by=BUREAU, second_person=True),
    },
}
_DAYS: Final = {_S.APPLIED.value: DisabilityCheckDays, _S.CHECKED.value: DisabilityConfirmDays}
LIVING_APPLICATION: Final = CaseKind(
    name="disability.living",
    title=Title("困难残疾人生活补贴申请", "application for the living subsidy"),
    facts=DisabilityCertificate,
    states=_STATES,
    first=_S.APPLIED,
    moves=_MOVES,
    days=_DAYS,
    opening=apply_for_living,
    entering={_S.CONFIRMED: grant_living},
)
NURSING_APPLICATION: Final = CaseKind(
    name="disability.nursing",
    title=Title("重度残疾人护理补贴申请", "application for the nursing subsidy"),
    facts=DisabilityCertificate,
    states=_STATES,
    first=_S.APPLIED,
    moves=_MOVES,
    days=_DAYS,
    opening=apply_for_nursing,
    entering={_S.CONFIRMED: grant_nursing},
)

MODULE: Final = Module(
    name="disability",
    title=Title("残疾人两项补贴", "two subsidies for disabled people"),
    section=Section.DISABILITY,
    cases=(LIVING_APPLICATION, NURSING_APPLICATION),
    programmes=(LIVING, NURSING),
    figures=figures.FIGURES,
    contradictions=figures.CONTRADICTIONS,
)
