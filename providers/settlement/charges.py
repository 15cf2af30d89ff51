"""From a verified visit to a charge: priced by a pure function, posted in double entry, corrected only by reversal."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, false, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from events.contracts.settlement import ChargeFunded
from events.contracts.visits import VisitVerified
from events.work import Work
from kit import clock
from kit.refusal import Kind, Refusal
from providers.catalogue import queries as catalogue
from providers.catalogue.model import Item
from providers.catalogue.operations import ItemUnknown
from providers.roster import queries as roster
from providers.settlement import ledger
from providers.settlement import standards as rule_standards
from providers.settlement.arithmetic import Amounts, DeductionReason, Facts, Standards, charge
from providers.settlement.model import (
    Charge,
    ChargeKind,
    ChargeStandards,
    Deceased,
    Finding,
    FindingKind,
)
from providers.settlement.papers import DECEASED, charge_id, seen_facts


class PriceMissing(Refusal):
    """No price was recorded for the item on the day of the visit."""

    code = "charge.price_missing"


class NotUnfunded(Refusal):
    """Every part of the visit's charge is somebody's already."""

    code = "charge.not_unfunded"
    kind = Kind.CONFLICT


async def make(work: Work, *, visit: VisitVerified) -> Charge | None:
    """Charge one verified visit, once; a visit verified again by other facts has its charge corrected.

    Returns the new line, None when nothing changes. Refuses `charge.price_missing`.
    """
    await _hold_still(work, visit.visit_id, person_id=visit.person_id)
    day = clock.day_of(visit.planned_start)
    seen = seen_facts(visit)
    standards = await rule_standards.at(work, visit.planned_start)
    standing = await _standing(work, visit.visit_id, visit.person_id, day, version=standards.version)
    if standing.charged:
        verdict = Finding.visit_id == visit.visit_id, Finding.kind == FindingKind.HELD
        await work.session.execute(delete(Finding).where(*verdict))
        last = await _last(work, visit.visit_id)
        return await _correct(work, last, seen=seen, verified_by=work.causation) if last is not None else None
    price_fen = await catalogue.price(work, visit.item_code, visit.planned_start)
    if price_fen is None:
        raise PriceMissing(item=visit.item_code)
    if not standing.standards_kept:
        await rule_standards.keep(work, standards)
    facts = replace(seen, **standing.findings)
    row = Charge(
        id=charge_id(visit.visit_id, 1, ChargeKind.CHARGE),
        visit_id=visit.visit_id,
        revision=1,
        kind=ChargeKind.CHARGE,
        request_id=visit.request_id,
        person_id=visit.person_id,
        provider_id=visit.provider_id,
        item_code=visit.item_code,
        division_code=visit.division_code,
        month=clock.month_of(visit.planned_start),
        visited_on=day,
        planned_start=visit.planned_start,
        facts=facts.json(),
        price_fen=price_fen,
        rule_version=standards.version,
        verified_by=work.causation,
        made_at=work.now,
        **columns(charge(facts, price_fen=price_fen, standards=standards)),
    )
    await ledger.enter(work, [row])
    return row


async def revise(work: Work, *, visit_id: UUID) -> Charge | None:
    """Compute a visit's charge again with what was found since; None when nothing changes or nothing was charged.

    The last revision is taken back by a reversal and followed by a new one; both are stated in the next statement.
    """
    await _hold_still(work, visit_id)
    last = await _last(work, visit_id)
    return None if last is None else await _correct(work, last)


async def find(
    work: Work, *, visit_id: UUID, source_id: UUID, kind: FindingKind, reason: str = "", percent: int = 0
) -> None:
    """Record a finding about a visit, whether or not it is charged yet, and correct its charge if it is."""
    await _hold_still(work, visit_id)
    row = {"visit_id": visit_id, "source_id": source_id, "kind": kind, "reason": reason}
    await work.session.execute(
        upsert(Finding)
        .values(**row, percent=percent, found_at=work.now)
        .on_conflict_do_update(index_elements=list(row), set_={"percent": percent, "found_at": work.now})
    )
    await revise(work, visit_id=visit_id)


async def fund(work: Work, *, visit_id: UUID) -> Charge:
    """Let the public purse bear the part of a visit's charge that nobody has agreed to; return the correcting charge.

    Refuses `charge.not_unfunded` where the charge has no such part.
    """
    await _hold_still(work, visit_id)
    last = await _last(work, visit_id)
    if last is None or not last.deductions.get(DeductionReason.UNFUNDED):
        raise NotUnfunded
    reason = DeductionReason.UNFUNDED.value
    work.emit(ChargeFunded(provider_id=last.provider_id, month=last.month, visit_id=visit_id))
    await find(work, visit_id=visit_id, source_id=visit_id, kind=FindingKind.FORGIVEN, reason=reason)
    again = await _last(work, visit_id)
    assert again is not None  # noqa: S101 - the one before it was there
    return again


async def hold(work: Work, *, visit_id: UUID) -> None:
    """Let the money of a charged visit wait while a person looks at it again; nothing to do before it is charged."""
    await _hold_still(work, visit_id)
    if await _last(work, visit_id) is not None:
        await find(work, visit_id=visit_id, source_id=visit_id, kind=FindingKind.HELD)


async def record_death(work: Work, *, person_id: UUID, died_on: date) -> None:
    """Note a death; charges for later days become void, and those that an earlier, wrong date made void stand again."""
    await _hold_person(work, person_id)
    await work.session.execute(
        upsert(Deceased)
        .values(person_id=person_id, died_on=died_on)
        .on_conflict_do_update(index_elements=["person_id"], set_={"died_on": died_on})
    )
    await _revise_all(work, person_id, Charge.visited_on > died_on)


async def withdraw_death(work: Work, *, person_id: UUID) -> None:
    """Forget a death that was none; charges that it made void stand again, as new revisions in the next statement."""
    await _hold_person(work, person_id)
    await work.session.execute(delete(Deceased).where(Deceased.person_id == person_id))
    await _revise_all(work, person_id, false())


async def _hold_person(work: Work, person_id: UUID) -> None:
    await work.session.execute(select(func.pg_advisory_xact_lock(_lock_number(person_id))))


async def _revise_all(work: Work, person_id: UUID, which: ColumnElement[bool]) -> None:
    touched = select(Charge.visit_id).where(
        Charge.person_id == person_id, or_(which, Charge.facts["void"].astext == DECEASED)
    )
    for visit_id in (await work.session.execute(touched.distinct().order_by(Charge.visit_id))).scalars().all():
        await revise(work, visit_id=visit_id)


Cover = Callable[[Work, UUID, datetime], Awaitable[int]]
"""How many fen the quota has for a request whose visit is planned for an instant, once what is free is held for it."""


async def adjust(
    work: Work, *, month: str, cover: Cover, item_code: str | None = None, provider_id: UUID | None = None
) -> list[Charge]:
    """Charge a month's visits again by the prices and rules as they are known now: what a late paper changes.

    Of a price that has risen the quota bears what `cover` holds for it. Returns the new lines. Nothing stated or paid
    is touched; the corrections are stated in the next statement drawn up. Doing it again changes nothing. Refuses
    `charge.price_missing`, `item.unknown`, `company.not_found`.
    """
    if provider_id is not None:
        await roster.company(work, provider_id)
    if item_code is not None and await work.session.get(Item, item_code) is None:
        raise ItemUnknown(item=item_code)
    latest = (
        select(
            Charge.visit_id,
            Charge.request_id,
            Charge.item_code,
            Charge.planned_start,
            Charge.price_fen,
            Charge.rule_version,
        )
        .ext(distinct_on(Charge.visit_id))
        .where(Charge.month == month, Charge.kind == ChargeKind.CHARGE)
        .order_by(Charge.visit_id, Charge.revision.desc())
    )
    if item_code is not None:
        latest = latest.where(Charge.item_code == item_code)
    if provider_id is not None:
        latest = latest.where(Charge.provider_id == provider_id)
    made: list[Charge] = []
    prices: dict[tuple[str, date], int | None] = {}
    for visit_id, request_id, item, planned_start, *charged_by in (await work.session.execute(latest)).all():
        key = item, clock.day_of(planned_start)
        if key not in prices:
            prices[key] = await catalogue.price(work, item, planned_start)
        price_fen = prices[key]
        if price_fen is None:
            raise PriceMissing(item=item)
        standards = await rule_standards.at(work, planned_start)
        if charged_by == [price_fen, standards.version]:
            continue
        await _hold_still(work, visit_id)
        last = await _last(work, visit_id)
        if last is None:
            continue
        seen = Facts.read(last.facts)
        if price_fen > last.price_fen and seen.own_limit_fen is not None:
            covered = max(0, await cover(work, request_id, planned_start) - seen.quota_held_fen)
            seen = replace(seen, covered_fen=covered)
        again = await _correct(work, last, seen=seen, price_fen=price_fen, standards=standards)
        made += [again] if again is not None else []
    return made


def read_amounts(row: Charge) -> Amounts:
    """Return the amounts of a stored charge."""
    return Amounts(row.claimed_fen, dict(row.deductions), row.payable_fen, row.subsidised_fen, row.own_fen)


def columns(amounts: Amounts) -> dict[str, Any]:
    """Return the amounts as the columns of a charge."""
    return {
        "claimed_fen": amounts.claimed,
        "deducted_fen": amounts.deducted,
        "payable_fen": amounts.payable,
        "subsidised_fen": amounts.subsidised,
        "own_fen": amounts.own,
        "deductions": amounts.deductions,
    }


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is already known of a visit: whether it is charged, and the findings as fields of `Facts`."""

    charged: bool
    standards_kept: bool
    findings: dict[str, Any]


async def _standing(work: Work, visit_id: UUID, person_id: UUID, day: date, *, version: str) -> _Standing:
    finding = func.jsonb_build_array(Finding.kind, Finding.reason, Finding.percent)
    row = await work.session.execute(
        select(
            exists().where(Charge.visit_id == visit_id),
            exists().where(ChargeStandards.version == version),
            select(Deceased.died_on).where(Deceased.person_id == person_id).scalar_subquery(),
            select(func.jsonb_agg(finding)).where(Finding.visit_id == visit_id).scalar_subquery(),
        )
    )
    charged, kept, died_on, listed = row.one()
    findings = sorted((FindingKind(kind), reason, percent) for kind, reason, percent in listed or ())
    return _Standing(charged, kept, _as_facts(findings, deceased=died_on is not None and day > died_on))


def _as_facts(findings: Sequence[tuple[FindingKind, str, int]], *, deceased: bool) -> dict[str, Any]:
    void = next((reason for kind, reason, _ in findings if kind is FindingKind.VOID), None)
    if void is None and deceased:
        void = DECEASED
    if void is None and any(kind is FindingKind.HELD for kind, _, _ in findings):
        void = FindingKind.HELD.value
    complaints = sum(percent for kind, _, percent in findings if kind is FindingKind.COMPLAINT)
    forgiven = {DeductionReason(reason) for kind, reason, _ in findings if kind is FindingKind.FORGIVEN}
    return {"void": void, "complaint_percent": min(100, complaints), "forgiven": tuple(sorted(forgiven))}


async def _hold_still(work: Work, visit_id: UUID, *, person_id: UUID | None = None) -> None:
    """Let nobody else price this visit until the commit; else a finding and the charge could each miss the other."""
    locks = [func.pg_advisory_xact_lock(_lock_number(visit_id))]
    if person_id is not None:
        # The person's lock first: a death takes it before the visits', and the order must be one for all.
        locks.insert(0, func.pg_advisory_xact_lock_shared(_lock_number(person_id)))
    await work.session.execute(select(*locks))


def _lock_number(subject: UUID) -> int:
    return int.from_bytes(subject.bytes[8:], "big", signed=True)


async def _last(work: Work, visit_id: UUID) -> Charge | None:
    query = select(Charge).where(Charge.visit_id == visit_id, Charge.kind == ChargeKind.CHARGE)
    return (await work.session.execute(query.order_by(Charge.revision.desc()).limit(1))).scalar_one_or_none()


async def _correct(
    work: Work,
    last: Charge,
    *,
    seen: Facts | None = None,
    price_fen: int | None = None,
    standards: Standards | None = None,
    verified_by: UUID | None = None,
) -> Charge | None:
    """Take the last revision back and charge anew by whatever is given and by what was found; None if all is equal."""
    standards = standards or await rule_standards.of(work, last.rule_version)
    price_fen = last.price_fen if price_fen is None else price_fen
    standing = await _standing(work, last.visit_id, last.person_id, last.visited_on, version=standards.version)
    if not standing.standards_kept:
        await rule_standards.keep(work, standards)
    facts = replace(seen or Facts.read(last.facts), **standing.findings)
    if (facts.json(), price_fen, standards.version) == (last.facts, last.price_fen, last.rule_version):
        return None
    kept = {
        name: getattr(last, name)
        for name in (
            "visit_id",
            "request_id",
            "person_id",
            "provider_id",
            "item_code",
            "division_code",
            "month",
            "visited_on",
            "planned_start",
        )
    }
    reversal = Charge(
        id=charge_id(last.visit_id, last.revision, ChargeKind.REVERSAL),
        revision=last.revision,
        kind=ChargeKind.REVERSAL,
        facts=last.facts,
        price_fen=last.price_fen,
        rule_version=last.rule_version,
        verified_by=last.verified_by,
        made_at=work.now,
        **kept,
        **columns(read_amounts(last).reversed()),
    )
    again = Charge(
        id=charge_id(last.visit_id, last.revision + 1, ChargeKind.CHARGE),
        revision=last.revision + 1,
        kind=ChargeKind.CHARGE,
        facts=facts.json(),
        price_fen=price_fen,
        rule_version=standards.version,
        verified_by=verified_by or last.verified_by,
        made_at=work.now,
        **kept,
        **columns(charge(facts, price_fen=price_fen, standards=standards)),
    )
    await ledger.enter(work, [reversal, again])
    return again
