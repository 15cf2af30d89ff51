"""Keep an elder apart from a worker or from a whole company: visits to come go to others, and none is offered again."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update

from dispatch.visits import offers
from dispatch.visits.model import Barred, Visit
from dispatch.visits.transitions import VisitState
from events.contracts.people import PersonBarLifted, PersonBarred
from events.work import Work
from kit.refusal import Kind, Refusal
from providers.roster import queries as roster
from registry import queries as registry

BARRED = "barred"
"""Why a visit is taken back from a worker or a company that is from now on not sent to the elder."""


class BarReasonMissing(Refusal):
    """A reason is needed to keep a worker or a company from an elder."""

    code = "barred.reason_missing"


class WorkerBarred(Refusal):
    """The worker, or the whole company, is kept apart from the elder."""

    code = "visit.worker_barred"
    kind = Kind.CONFLICT


async def bar_worker(work: Work, *, person_id: UUID, worker_id: UUID, reason: str) -> None:
    """Keep an elder and a worker apart from now on and take back their visits to come; twice changes nothing.

    Refuses `barred.reason_missing`, `person.not_found`, `worker.not_found`.
    """
    _check(reason)
    await registry.vital(work, person_id)
    worker = await roster.worker(work, worker_id)
    await _bar(work, person_id, worker.provider_id, worker_id, reason)


async def bar_company(work: Work, *, person_id: UUID, provider_id: UUID, reason: str) -> None:
    """Keep an elder and all workers of a company apart, also those hired later; take back their visits to come.

    Twice changes nothing. Refuses `barred.reason_missing`, `person.not_found`, `company.not_found`.
    """
    _check(reason)
    await registry.vital(work, person_id)
    await roster.company(work, provider_id)
    await _bar(work, person_id, provider_id, None, reason)


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


def _check(reason: str) -> None:
    if not reason.strip():
        raise BarReasonMissing


def _either(provider_id: UUID, worker_id: UUID) -> ColumnElement[bool]:
    return or_(Barred.worker_id == worker_id, Barred.worker_id.is_(None) & (Barred.provider_id == provider_id))


async def _applying(work: Work, person_id: UUID, which: ColumnElement[bool]) -> Sequence[Barred]:
    query = select(Barred).where(Barred.person_id == person_id, Barred.lifted_at.is_(None), which)
    return (await work.session.execute(query.order_by(Barred.since, Barred.id))).scalars().all()


async def _bar(work: Work, person_id: UUID, provider_id: UUID, worker_id: UUID | None, reason: str) -> None:
    same = (Barred.provider_id == provider_id) & Barred.worker_id.is_not_distinct_from(worker_id)
    if await _applying(work, person_id, same):
        return
    work.session.add(
        Barred(
            person_id=person_id,
            provider_id=provider_id,
            worker_id=worker_id,
            reason=reason.strip()[:200],
            since=work.now,
            set_by=work.actor.label,
        )
    )
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
