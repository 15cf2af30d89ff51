"""Open a fund, plan its year, let money in and out, undo an entry by another, consent to more than is left."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import exists, func, select, union_all, update
from sqlalchemy.orm import aliased

from civil.blocks.cases.model import CivilCase
from civil.blocks.declared import FundKind
from civil.blocks.fund import queries
from civil.blocks.fund.model import Fund, FundConsent, FundEntry, FundEntryKind, FundPlan
from civil.blocks.fund.refusals import (
    FundBelowFloor,
    FundConsentDecided,
    FundExceeded,
    FundNeedsSecondPerson,
    FundPaidAlready,
    FundReversed,
    FundSubjectUnknown,
    FundTaken,
    FundWrongLevel,
    FundYearImpossible,
)
from civil.blocks.register.model import CivilRecord
from events.contracts.civil import FundEntryMade, FundLow
from events.work import Work
from kit import clock, money
from kit.access.scope import Section
from kit.ids import new_id
from kit.rules import queries as rules
from registry import queries as registry


async def open_fund(work: Work, kind: FundKind, *, section: Section, division_code: str) -> Fund:
    """Open the fund of a division; refuses `division.unknown`, `fund.wrong_level`, `fund.taken`."""
    division = await registry.division(work, division_code, work.now)
    if division is None:
        raise registry.DivisionUnknown(division=division_code)
    if division.level is not kind.level:
        raise FundWrongLevel(division=division_code)
    await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"funds {kind.name}"))))
    twice = select(Fund.id).where(Fund.kind == kind.name, Fund.division_code == division_code)
    if (await work.session.execute(twice)).first() is not None:
        raise FundTaken(kind=kind.name, division=division_code)
    fund = Fund(
        id=new_id(),
        kind=kind.name,
        division_code=division_code,
        section=section,
        opened_at=work.now,
        opened_by=work.actor.label,
    )
    work.session.add(fund)
    await work.session.flush()
    return fund


async def plan_year(work: Work, kind: FundKind, *, fund_id: UUID, year: int, fen: int, source: str) -> FundPlan:
    """Record what a fund may spend in this year or the next, by a paper.

    Refuses `fund.not_found`, `fund.year_impossible`, `fund.below_floor`.
    """
    fund = await queries.fund(work, fund_id)
    this_year = clock.day_of(work.now).year
    if year not in {this_year, this_year + 1}:
        raise FundYearImpossible(first=this_year, last=this_year + 1)
    if kind.floor is not None:
        floor = (await rules.read(work.session, kind.floor, at=clock.at_local(date(year, 12, 31), 0))).root
        if fen < floor:
            raise FundBelowFloor(floor=money.show(floor))
    plan = FundPlan(
        id=new_id(),
        fund_id=fund.id,
        year=year,
        fen=fen,
        source=source,
        recorded_at=work.now,
        recorded_by=work.actor.label,
    )
    work.session.add(plan)
    await work.session.flush()
    return plan


async def put_in(
    work: Work, kind: FundKind, *, fund_id: UUID, replenishes: bool, fen: int, reference: str
) -> FundEntry:
    """Let money into a fund, by a paper; refuses `fund.not_found`."""
    fund = await queries.fund(work, fund_id)
    entry = _entry(work, fund, FundEntryKind.REPLENISHMENT if replenishes else FundEntryKind.ALLOCATION, fen)
    entry.reference = reference
    return await _enter(work, kind, fund, entry)


async def pay(
    work: Work, kind: FundKind, *, division_code: str, fen: int, subject_id: UUID, person_id: UUID | None = None
) -> FundEntry:
    """Pay for a case or record, once, out of the fund of its division.

    Refuses `fund.not_found`, `fund.paid_already`, and `fund.exceeded` for more than is left, unless a second person has
    consented to as much for this matter.
    """
    fund = await queries.fund_for(work, kind, division_code)
    await _lock(work, fund)
    if await queries.payment_for(work, subject_id) is not None:
        raise FundPaidAlready
    entry = _entry(work, fund, FundEntryKind.PAYMENT, -fen)
    entry.subject_id, entry.person_id = subject_id, person_id
    (standing,) = await queries.standings(work, [fund])
    if fen > standing.left_fen:
        consent = await _consent_to(work, fund, subject_id, fen)
        if consent is None:
            raise FundExceeded(left=money.show(standing.left_fen), left_fen=standing.left_fen)
        entry.consent_id = consent.id
    return await _enter(work, kind, fund, entry)


async def reverse(work: Work, kind: FundKind, *, entry: FundEntry, reason: str) -> FundEntry:
    """Undo an entry by another of the same kind and the opposite amount; the first stays as it is.

    Refuses `fund.reversed`, and `fund.exceeded` where what came in has been spent.
    """
    fund = await queries.fund(work, entry.fund_id)
    await _lock(work, fund)
    again = select(FundEntry.id).where(FundEntry.reverses_id == entry.id)
    if entry.reverses_id is not None or (await work.session.execute(again)).first() is not None:
        raise FundReversed
    (standing,) = await queries.standings(work, [fund])
    if entry.fen > max(standing.balance_fen, 0):
        raise FundExceeded(left=money.show(standing.left_fen), left_fen=standing.left_fen)
    back = _entry(work, fund, entry.kind, -entry.fen)
    back.reverses_id, back.reference = entry.id, reason
    back.subject_id, back.person_id = entry.subject_id, entry.person_id
    return await _enter(work, kind, fund, back)


async def ask_consent(work: Work, *, fund_id: UUID, subject_id: UUID, fen: int) -> FundConsent:
    """Ask that a case or record be paid for beyond what is left; refuses `fund.not_found`, `fund.subject_unknown`."""
    fund = await queries.fund(work, fund_id)
    subjects = union_all(
        select(CivilCase.id).where(CivilCase.id == subject_id),
        select(CivilRecord.id).where(CivilRecord.id == subject_id),
    )
    if (await work.session.execute(subjects)).first() is None:
        raise FundSubjectUnknown
    consent = FundConsent(
        id=new_id(),
        fund_id=fund.id,
        subject_id=subject_id,
        fen=fen,
        asked_at=work.now,
        asked_by=work.actor.label,
        asker_account_id=work.actor.account_id,
    )
    work.session.add(consent)
    await work.session.flush()
    return consent


async def decide_consent(work: Work, *, consent_id: UUID, agreed: bool) -> FundConsent:
    """Consent, as a second person, or not; refuses `fund.consent_not_found`, `.consent_decided`, `.second_person`."""
    consent = await work.session.get(FundConsent, consent_id, with_for_update=True)
    if consent is None:
        raise queries.FundConsentNotFound
    if consent.agreed is not None:
        raise FundConsentDecided
    account_id = work.actor.account_id
    same = consent.asker_account_id == account_id if account_id else consent.asked_by == work.actor.label
    if same:
        raise FundNeedsSecondPerson
    consent.agreed, consent.decided_at, consent.decided_by = agreed, work.now, work.actor.label
    await work.session.flush()
    return consent


async def follow_divisions(work: Work, *, renamed: Mapping[str, str]) -> None:
    """Let funds continue under their divisions' new codes, unless the new division has its fund already."""
    other = aliased(Fund)
    for old, new in renamed.items():
        taken = exists().where(other.kind == Fund.kind, other.division_code == new)
        await work.session.execute(update(Fund).where(Fund.division_code == old, ~taken).values(division_code=new))


async def _lock(work: Work, fund: Fund) -> None:
    """Let payments of a fund come one after the other, also those of clerks, who may not lock its row."""
    await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"fund {fund.id}"))))


async def _consent_to(work: Work, fund: Fund, subject_id: UUID, fen: int) -> FundConsent | None:
    used = select(FundEntry.consent_id).where(FundEntry.consent_id.is_not(None))
    query = (
        select(FundConsent)
        .where(
            FundConsent.fund_id == fund.id,
            FundConsent.subject_id == subject_id,
            FundConsent.agreed.is_(True),
            FundConsent.fen >= fen,
            FundConsent.id.not_in(used),
        )
        .order_by(FundConsent.fen, FundConsent.id)
        .limit(1)
    )
    return (await work.session.execute(query)).scalar_one_or_none()


def _entry(work: Work, fund: Fund, kind: FundEntryKind, fen: int) -> FundEntry:
    return FundEntry(
        id=new_id(),
        fund_id=fund.id,
        kind=kind,
        fen=fen,
        entered_on=clock.day_of(work.now),
        recorded_at=work.now,
        recorded_by=work.actor.label,
    )


async def _enter(work: Work, kind: FundKind, fund: Fund, entry: FundEntry) -> FundEntry:
    """Write an entry, and emit that the fund is low where this has made it so."""
    work.session.add(entry)
    await work.session.flush()
    (standing,) = await queries.standings(work, [fund])
    work.emit(
        FundEntryMade(
            entry_id=entry.id,
            fund_id=fund.id,
            kind=fund.kind,
            division_code=fund.division_code,
            entry=entry.kind,
            fen=entry.fen,
            balance_fen=standing.balance_fen,
        )
    )
    below = await queries.low_below(work, kind)
    if below is not None and standing.balance_fen < below <= standing.balance_fen - entry.fen:
        work.emit(
            FundLow(
                fund_id=fund.id,
                kind=fund.kind,
                division_code=fund.division_code,
                balance_fen=standing.balance_fen,
                below_fen=below,
            )
        )
    return entry
