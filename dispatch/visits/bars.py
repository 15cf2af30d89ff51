"""An elder's wishes about who comes: a worker who is wanted, a worker or a whole company that is kept apart.

Whom an elder wants is weighed by a decision; who is kept apart is sent no more, and visits to come go to others.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update

from dispatch.visits import offers
from dispatch.visits.model import Barred, SaidBy, Visit, WantedWorker, applies
from dispatch.visits.transitions import VisitState
from events.contracts.people import PersonBarLifted, PersonBarred, PersonWantedWorker, PersonWantedWorkerLifted
from events.work import Work
from kit import clock
from kit.refusal import Kind, Refusal
from providers.roster import queries as roster
from registry import queries as registry

BARRED = "barred"
"""Why a visit is taken back from a worker or a company that is from now on not sent to the elder."""


class BarReasonMissing(Refusal):
    """A reason is needed to keep a worker or a company from an elder."""

    code = "barred.reason_missing"


class WishOver(Refusal):
    """The first day without it lies not ahead."""

    code = "barred.until_past"


class WorkerBarred(Refusal):
    """The worker, or the whole company, is kept apart from the elder."""

    code = "visit.worker_barred"
    kind = Kind.CONFLICT


async def bar_worker(
    work: Work,
    *,
    person_id: UUID,
    worker_id: UUID,
    reason: str,
    said_by: SaidBy | None = None,
    until: date | None = None,
) -> None:
    """Keep an elder and a worker apart from now on and take back their visits to come; twice changes nothing.

    A wish for the worker is lifted. `until` is the first day on which they may meet again.

    Refuses `barred.reason_missing`, `barred.until_past`, `person.not_found`, `worker.not_found`.
    """
    _check(work, reason, until)
    await registry.vital(work, person_id)
    worker = await roster.worker(work, worker_id)
    await lift_wanted(work, person_id=person_id, worker_id=worker_id)
    bar = Barred(worker_id=worker_id, provider_id=worker.provider_id, reason=reason, said_by=said_by, until=until)
    await _bar(work, person_id, bar)


async def bar_company(
    work: Work,
    *,
    person_id: UUID,
    provider_id: UUID,
    reason: str,
    said_by: SaidBy | None = None,
    until: date | None = None,
) -> None:
    """Keep an elder and all workers of a company apart, also those hired later; take back their visits to come.

    Twice changes nothing. Refuses `barred.reason_missing`, `barred.until_past`, `person.not_found`,
    `company.not_found`.
    """
    _check(work, reason, until)
    await registry.vital(work, person_id)
    await roster.company(work, provider_id)
    bar = Barred(worker_id=None, provider_id=provider_id, reason=reason, said_by=said_by, until=until)
    await _bar(work, person_id, bar)


async def lift_worker(work: Work, *, person_id: UUID, worker_id: UUID) -> None:
    """Lift the bar of a worker from an elder; do nothing if there is none."""
    await _lift(work, person_id, Barred.worker_id == worker_id)


async def lift_company(work: Work, *, person_id: UUID, provider_id: UUID) -> None:
    """Lift the bar of a company from an elder, not those of its workers; do nothing if there is none."""
    await _lift(work, person_id, Barred.worker_id.is_(None) & (Barred.provider_id == provider_id))


async def workers_barred(work: Work, person_id: UUID) -> Sequence[Barred]:
    """Return the bars on workers that apply to an elder now, oldest first."""
    return await _applying(work, person_id, Barred.worker_id.is_not(None))


async def companies_barred(work: Work, person_id: UUID) -> Sequence[Barred]:
    """Return the bars on companies that apply to an elder now, oldest first."""
    return await _applying(work, person_id, Barred.worker_id.is_(None))


async def check_worker(work: Work, *, person_id: UUID, provider_id: UUID, worker_id: UUID, worker_number: int) -> None:
    """Refuse `visit.worker_barred` where the worker or the company is kept apart from the elder."""
    if await _applying(work, person_id, _either(provider_id, worker_id)):
        raise WorkerBarred(worker_number=worker_number)


async def want_worker(
    work: Work, *, person_id: UUID, worker_id: UUID, reason: str, said_by: SaidBy, until: date | None = None
) -> None:
    """Note that an elder wants a worker to come; a decision prefers the worker to all others, at a price by weight.

    Twice changes nothing. Refuses `barred.reason_missing`, `barred.until_past`, `person.not_found`, `worker.not_found`,
    and `visit.worker_barred` for who is kept apart from the elder.
    """
    _check(work, reason, until)
    await registry.vital(work, person_id)
    worker = await roster.worker(work, worker_id)
    await check_worker(
        work,
        person_id=person_id,
        provider_id=worker.provider_id,
        worker_id=worker_id,
        worker_number=worker.number,
    )
    same = (WantedWorker.person_id == person_id) & (WantedWorker.worker_id == worker_id)
    if (await work.session.execute(select(WantedWorker.id).where(same, applies(WantedWorker, _today(work))))).scalar():
        return
    await _lift_ended(work, WantedWorker, person_id)
    work.session.add(
        WantedWorker(
            person_id=person_id,
            provider_id=worker.provider_id,
            worker_id=worker_id,
            reason=reason.strip()[:200],
            said_by=said_by,
            since=work.now,
            until=until,
            set_by=work.actor.label,
        )
    )
    await work.session.flush()
    work.emit(PersonWantedWorker(person_id=person_id, provider_id=worker.provider_id, worker_id=worker_id))


async def lift_wanted(work: Work, *, person_id: UUID, worker_id: UUID) -> None:
    """Lift an elder's wish for a worker; do nothing if there is none."""
    statement = (
        update(WantedWorker)
        .where(
            WantedWorker.person_id == person_id, WantedWorker.worker_id == worker_id, WantedWorker.lifted_at.is_(None)
        )
        .values(lifted_at=work.now)
        .returning(WantedWorker.provider_id)
    )
    for provider_id in (await work.session.execute(statement)).scalars().all():
        work.emit(PersonWantedWorkerLifted(person_id=person_id, provider_id=provider_id, worker_id=worker_id))


async def workers_wanted(work: Work, person_id: UUID) -> Sequence[WantedWorker]:
    """Return the wishes for a worker that an elder has now, oldest first."""
    query = select(WantedWorker).where(WantedWorker.person_id == person_id, applies(WantedWorker, _today(work)))
    return (await work.session.execute(query.order_by(WantedWorker.since, WantedWorker.id))).scalars().all()


def _today(work: Work) -> date:
    return clock.day_of(work.now)


def _check(work: Work, reason: str, until: date | None) -> None:
    if not reason.strip():
        raise BarReasonMissing
    if until is not None and until <= _today(work):
        raise WishOver


async def _lift_ended(work: Work, wish: type[Barred | WantedWorker], person_id: UUID) -> None:
    """Lift what has ended by its day, so that the same may be wished anew."""
    ended = update(wish).where(wish.person_id == person_id, wish.lifted_at.is_(None), wish.until <= _today(work))
    await work.session.execute(ended.values(lifted_at=work.now))


def _either(provider_id: UUID, worker_id: UUID) -> ColumnElement[bool]:
    return or_(Barred.worker_id == worker_id, Barred.worker_id.is_(None) & (Barred.provider_id == provider_id))


async def _applying(work: Work, person_id: UUID, which: ColumnElement[bool]) -> Sequence[Barred]:
    query = select(Barred).where(Barred.person_id == person_id, applies(Barred, _today(work)), which)
    return (await work.session.execute(query.order_by(Barred.since, Barred.id))).scalars().all()


async def _bar(work: Work, person_id: UUID, bar: Barred) -> None:
    provider_id, worker_id = bar.provider_id, bar.worker_id
    same = (Barred.provider_id == provider_id) & Barred.worker_id.is_not_distinct_from(worker_id)
    if await _applying(work, person_id, same):
        return
    await _lift_ended(work, Barred, person_id)
    bar.person_id, bar.reason = person_id, bar.reason.strip()[:200]
    bar.since, bar.set_by = work.now, work.actor.label
    work.session.add(bar)
    await work.session.flush()
    work.emit(PersonBarred(person_id=person_id, provider_id=provider_id, worker_id=worker_id))
    theirs = Visit.provider_id == provider_id
    if worker_id is not None:
        theirs = or_(Visit.worker_id == worker_id, Visit.second_worker_id == worker_id)
    query = (
        select(Visit.id)
        .where(Visit.person_id == person_id, theirs, Visit.state.in_((VisitState.OFFERED, VisitState.ACCEPTED)))
        .order_by(Visit.planned_start, Visit.worker_number)
    )
    for visit_id in (await work.session.execute(query)).scalars().all():
        await offers.withdraw(work, visit_id=visit_id, reason=BARRED)


async def _lift(work: Work, person_id: UUID, which: ColumnElement[bool]) -> None:
    statement = (
        update(Barred)
        .where(Barred.person_id == person_id, Barred.lifted_at.is_(None), which)
        .values(lifted_at=work.now)
        .returning(Barred.provider_id, Barred.worker_id)
    )
    for provider_id, worker_id in (await work.session.execute(statement)).all():
        work.emit(PersonBarLifted(person_id=person_id, provider_id=provider_id, worker_id=worker_id))
