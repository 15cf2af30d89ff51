"""From a verified visit to a charge: priced by a pure function, posted in double entry, corrected only by reversal."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from events.settlement import ChargeMade
from events.visits import VisitVerified
from events.work import Work
from kit import clock, rules
from kit.ids import new_id
from kit.refusal import Refusal
from providers.catalogue import queries as catalogue
from providers.settlement.arithmetic import Amounts, Facts, Outcome, Reason, Standards, charge
from providers.settlement.model import (
    Account,
    Charge,
    ChargeKind,
    ChargeStandards,
    Deceased,
    Finding,
    FindingKind,
    LedgerEntry,
)


class PriceMissing(Refusal):
    """No price was recorded for the item on the day of the visit."""

    code = "charge.price_missing"


async def standards_at(work: Work, at: datetime) -> Standards:
    """Return the settlement rules as of an instant."""
    names = Standards.__dataclass_fields__
    return Standards(**{name: await rules.value(work.session, f"charge.{name}", at=at) for name in names})


async def make(work: Work, *, visit: VisitVerified) -> Charge | None:
    """Charge one verified visit, once; None when it has its charge. Refuses `charge.price_missing`."""
    there = select(Charge.id).where(Charge.visit_id == visit.visit_id).limit(1)
    if (await work.session.execute(there)).scalar() is not None:
        return None
    price_fen = await catalogue.price(work, visit.item_code, visit.planned_start)
    if price_fen is None:
        raise PriceMissing(item=visit.item_code)
    standards = await standards_at(work, visit.planned_start)
    day = clock.day_of(visit.planned_start)
    facts = Facts(
        outcome=Outcome(visit.outcome), quantity=visit.quantity, planned_minutes=visit.planned_minutes,
        done_minutes=visit.done_minutes, late_minutes=visit.late_minutes, evidence_grade=visit.evidence_grade,
        copay_percent=visit.copay_percent, quota_held_fen=visit.quota_held_fen,
        **await _found(work, visit.visit_id, visit.person_id, day),
    )  # fmt: skip
    await work.session.execute(
        upsert(ChargeStandards)
        .values(version=standards.version, content={name: getattr(standards, name) for name in _fields()})
        .on_conflict_do_nothing()
    )
    row = Charge(
        id=new_id(), visit_id=visit.visit_id, revision=1, kind=ChargeKind.CHARGE, request_id=visit.request_id,
        person_id=visit.person_id, provider_id=visit.provider_id, item_code=visit.item_code,
        division_code=visit.division_code, month=clock.month_of(visit.planned_start), visited_on=day,
        facts=facts.json(), price_fen=price_fen, rule_version=standards.version, verified_by=work.causation,
        made_at=work.now, **_amounts(charge(facts, price_fen=price_fen, standards=standards)),
    )  # fmt: skip
    await _enter(work, [row])
    _tell(work, row)
    return row


async def revise(work: Work, *, visit_id: UUID) -> Charge | None:
    """Compute a visit's charge again with what was found since; None when nothing changes or nothing was charged.

    The last revision is taken back by a reversal and followed by a new one; both are stated in the next statement.
    """
    last = (
        await work.session.execute(
            select(Charge)
            .where(Charge.visit_id == visit_id, Charge.kind == ChargeKind.CHARGE)
            .order_by(Charge.revision.desc())
            .limit(1)
        )
    ).scalar_one_or_none()
    if last is None:
        return None
    standards = await standards_of(work, last.rule_version)
    known = {**last.facts, "complaint_percent": 0, "void": None, "forgiven": []}
    found = await _found(work, visit_id, last.person_id, last.visited_on)
    facts = Facts.read({**known, **found, "forgiven": [reason.value for reason in found["forgiven"]]})
    amounts = _amounts(charge(facts, price_fen=last.price_fen, standards=standards))
    if facts.json() == last.facts:
        return None
    kept = {
        name: getattr(last, name)
        for name in (
            "visit_id", "request_id", "person_id", "provider_id", "item_code", "division_code", "month", "visited_on",
            "price_fen", "rule_version",
        )
    }  # fmt: skip
    reversal = Charge(
        id=new_id(), revision=last.revision, kind=ChargeKind.REVERSAL, facts=last.facts, made_at=work.now, **kept,
        **_amounts(read_amounts(last).reversed()),
    )  # fmt: skip
    again = Charge(
        id=new_id(), revision=last.revision + 1, kind=ChargeKind.CHARGE, facts=facts.json(), made_at=work.now, **kept,
        **amounts,
    )  # fmt: skip
    await _enter(work, [reversal, again])
    _tell(work, reversal)
    _tell(work, again)
    return again


async def find(
    work: Work, *, visit_id: UUID, source_id: UUID, kind: FindingKind, reason: str = "", percent: int = 0
) -> None:
    """Record a finding about a visit, whether or not it is charged yet, and correct its charge if it is."""
    row = {"visit_id": visit_id, "source_id": source_id, "kind": kind, "reason": reason}
    await work.session.execute(
        upsert(Finding)
        .values(**row, percent=percent, found_at=work.now)
        .on_conflict_do_update(index_elements=list(row), set_={"percent": percent, "found_at": work.now})
    )
    await revise(work, visit_id=visit_id)


async def bury(work: Work, *, person_id: UUID, died_on: date) -> None:
    """Note a death; charges for later days become void."""
    await work.session.execute(
        upsert(Deceased)
        .values(person_id=person_id, died_on=died_on)
        .on_conflict_do_update(index_elements=["person_id"], set_={"died_on": died_on})
    )
    later = select(Charge.visit_id).where(Charge.person_id == person_id, Charge.visited_on > died_on).distinct()
    for visit_id in (await work.session.execute(later.order_by(Charge.visit_id))).scalars().all():
        await revise(work, visit_id=visit_id)


async def standards_of(work: Work, version: str) -> Standards:
    """Return the rule values that a charge names."""
    found = await work.session.get_one(ChargeStandards, version)
    return Standards(**found.content)


def read_amounts(row: Charge) -> Amounts:
    """Return the amounts of a stored charge."""
    return Amounts(row.claimed_fen, dict(row.deductions), row.payable_fen, row.subsidised_fen, row.own_fen)


def _fields() -> list[str]:
    return list(Standards.__dataclass_fields__)


def _amounts(amounts: Amounts) -> dict[str, Any]:
    return {
        "claimed_fen": amounts.claimed, "deducted_fen": amounts.deducted, "payable_fen": amounts.payable,
        "subsidised_fen": amounts.subsidised, "own_fen": amounts.own, "deductions": amounts.deductions,
    }  # fmt: skip


async def _found(work: Work, visit_id: UUID, person_id: UUID, day: date) -> dict[str, Any]:
    findings = (await work.session.execute(select(Finding).where(Finding.visit_id == visit_id))).scalars().all()
    died_on = (await work.session.execute(select(Deceased.died_on).where(Deceased.person_id == person_id))).scalar()
    void = next((one.reason for one in findings if one.kind is FindingKind.VOID), None)
    if died_on is not None and day > died_on:
        void = "deceased"
    complaints = sum(one.percent for one in findings if one.kind is FindingKind.COMPLAINT)
    forgiven = {Reason(one.reason) for one in findings if one.kind is FindingKind.FORGIVEN}
    return {"void": void, "complaint_percent": min(100, complaints), "forgiven": tuple(sorted(forgiven))}


async def _enter(work: Work, rows: Sequence[Charge]) -> None:
    work.session.add_all(rows)
    await work.session.flush()
    legs = [
        (row, account, fen)
        for row in rows
        for account, fen in (
            (Account.SUBSIDY, row.subsidised_fen), (Account.DUE, -row.subsidised_fen),
            (Account.OWN, row.own_fen), (Account.COLLECTABLE, -row.own_fen),
        )
        if fen
    ]  # fmt: skip
    await post(work, [(row.id, row.provider_id, account, fen) for row, account, fen in legs])


async def post(work: Work, legs: Sequence[tuple[UUID, UUID, Account, int]]) -> None:
    """Write ledger legs (posting, company, account, fen) in one statement; the database refuses a sum but zero."""
    if legs:
        await work.session.execute(
            insert(LedgerEntry).values([
                {"posting_id": posting, "provider_id": provider, "account": account, "fen": fen, "posted_at": work.now}
                for posting, provider, account, fen in legs
            ])
        )  # fmt: skip


def _tell(work: Work, row: Charge) -> None:
    work.tell(
        ChargeMade(
            charge_id=row.id, visit_id=row.visit_id, request_id=row.request_id, person_id=row.person_id,
            provider_id=row.provider_id, item_code=row.item_code, division_code=row.division_code, month=row.month,
            payable_fen=row.payable_fen, subsidised_fen=row.subsidised_fen, own_fen=row.own_fen,
            deduction_fen=row.deducted_fen, rule_version=row.rule_version, revision=row.revision,
        )
    )  # fmt: skip
