"""Change a promised visit: its worker, its end; and mark visits missed when a deadline passes."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from dispatch.enrolment import queries as enrolment
from dispatch.requests import operations as requests
from dispatch.requests.model import CareRequest
from dispatch.visits import bars, bookings, lifecycle, offers
from dispatch.visits.flags import Flag
from dispatch.visits.lifecycle import Choice
from dispatch.visits.model import Act, Visit
from dispatch.visits.offers import Offered, VisitOrder
from dispatch.visits.rules import DisclosureDays, MissedAfterMinutes
from dispatch.visits.transitions import OPEN, PROMISED, TRANSITIONS, ActKind, Outcome, VisitState
from events.contracts.visits import VisitMissed, VisitMoved
from events.work import Work
from kit.refusal import Refusal
from kit.rules import queries as rules
from providers.roster import queries as roster
from registry import operations as registry
from registry import queries as registered

ELDER_GONE = "elder_gone"
"""Why a second visit is taken back when nobody is there to be visited."""


class OutsideWindow(Refusal):
    """The elder did not agree to that hour."""

    code = "visit.outside_window"


class WorkerUnsuitable(Refusal):
    """The worker is not on shift then, lacks the skill, or is not of the sex asked for."""

    code = "visit.worker_unsuitable"


async def change_worker(work: Work, *, visit_id: UUID, worker_id: UUID, reason: str) -> Visit:
    """Send another worker of the same company (换人) in place of the leading one, at the same hour.

    Refuses `visit.not_allowed` once the worker is on the way, `worker.not_found`, `visit.worker_unsuitable`,
    `visit.worker_busy`.
    """
    visit = await promised(work, visit_id)
    number = await suitable(work, visit, worker_id, visit.planned_start, visit.planned_end)
    if worker_id == visit.second_worker_id:
        raise bookings.WorkerBusy(worker_numbers=[number])
    visit.worker_id, visit.worker_number = worker_id, number
    visit.reason = reason.strip()[:200]
    await _book_again(work, visit)
    emit_moved(work, visit, "changed_worker")
    return visit


async def follow_divisions(
    work: Work, *, successors: Mapping[str, Sequence[str]], person_id: UUID | None = None
) -> None:
    """Give visits that have not begun the new codes of their divisions; the others keep theirs.

    `successors` maps an old 12-digit code to its new ones; after a split a visit follows its elder's address.
    """
    query = select(Visit).where(
        Visit.state.in_((VisitState.OFFERED, VisitState.ACCEPTED)), Visit.division_code.in_(list(successors))
    )
    if person_id is not None:
        query = query.where(Visit.person_id == person_id)
    visits = (await work.session.execute(query.order_by(Visit.id).with_for_update())).scalars().all()
    places = await registered.places_of(work, [visit.person_id for visit in visits])
    for visit in visits:
        place, codes = places.get(visit.person_id), successors[visit.division_code]
        if place is not None and place.division_code in codes:
            visit.division_code, visit.district = place.division_code, place.district
        elif len(codes) == 1:
            visit.division_code, visit.district = codes[0], codes[0][:6]


async def take_hours(work: Work, visit: Visit, starts_at: datetime) -> None:
    """Give a promised visit, whose hours have been given back, another hour; refuse `visit.worker_busy`.

    For plans: that worker and hour are lawful and agreed is the caller's to know.
    """
    visit.planned_start, visit.planned_end = starts_at, starts_at + timedelta(minutes=visit.minutes)
    await bookings.book(
        work,
        visit_id=visit.id,
        provider_id=visit.provider_id,
        workers=lifecycle.workers_of(visit),
        place=(visit.latitude, visit.longitude),
        during=(visit.planned_start, visit.planned_end),
    )


def emit_moved(work: Work, visit: Visit, reason: str) -> None:
    """Emit the change to those who know of the visit already; `reason` is a code, never free text."""
    work.emit(
        VisitMoved(
            visit_id=visit.id,
            request_id=visit.request_id,
            provider_id=visit.provider_id,
            worker_id=visit.worker_id,
            second_worker_id=visit.second_worker_id,
            starts_at=visit.planned_start,
            ends_at=visit.planned_end,
            reason=reason,
        )
    )


async def promised(work: Work, visit_id: UUID) -> Visit:
    """Return a visit, locked, that is accepted and has not begun; refuse `visit.not_allowed`."""
    visit = await lifecycle.locked(work, visit_id)
    if visit.state is not VisitState.ACCEPTED:
        raise lifecycle.VisitNotAllowed(state=visit.state, wanted=VisitState.ACCEPTED)
    return visit


async def suitable(work: Work, visit: Visit, worker_id: UUID, starts_at: datetime, ends_at: datetime) -> int:
    """Return the number of a worker of the visit's company who may go in these hours.

    Refuses `worker.not_found`, `visit.worker_barred`, and `visit.worker_unsuitable` for who is not on shift then, lacks
    the skill or is not of the sex asked for.
    """
    worker = await roster.worker(work, worker_id)
    if worker.provider_id != visit.provider_id:
        raise roster.WorkerNotFound
    await bars.check_worker(
        work,
        person_id=visit.person_id,
        provider_id=worker.provider_id,
        worker_id=worker_id,
        worker_number=worker.number,
    )
    request = await work.session.get(CareRequest, visit.request_id)
    on_shift = {row.worker_id: row for row in await roster.roster(work, from_at=starts_at, until_at=ends_at)}
    duty = on_shift.get(worker_id)
    fits = duty is not None and any(start <= starts_at and ends_at <= end for start, end in duty.windows)
    if duty is not None and request is not None:
        fits = fits and request.skill in duty.skills
        fits = fits and (request.sex_wanted is None or duty.sex is request.sex_wanted)
    if not fits:
        raise WorkerUnsuitable(worker_number=worker.number)
    return worker.number


async def _book_again(work: Work, visit: Visit) -> None:
    await work.session.flush()
    await bookings.release(work, visit.id)
    await take_hours(work, visit, visit.planned_start)


async def cancel_for(work: Work, *, request_id: UUID, chargeable: bool) -> list[Visit]:
    """Cancel the open visits of a cancelled request; return the visits that had a promised worker.

    With `chargeable`, a promised visit is paid in part although no worker went.
    """
    query = select(Visit).where(Visit.request_id == request_id, Visit.state.in_(OPEN)).with_for_update()
    promised: list[Visit] = []
    for visit in (await work.session.execute(query)).scalars():
        if VisitState.CANCELLED not in TRANSITIONS[visit.state]:
            continue  # the worker is in the home already
        if visit.state is not VisitState.OFFERED and chargeable:
            visit.outcome = Outcome.CANCELLED_LATE
            visit.arrived_at = visit.left_at = work.now
            promised.append(visit)
        lifecycle.move(visit, VisitState.CANCELLED, work, reason="cancelled")
        await offers.close_offer(work, visit.id, "cancelled")
        await bookings.release(work, visit.id)
    return promised


async def rework(work: Work, *, visit_id: UUID, starts_at: datetime) -> Offered:
    """Offer the same company and workers an unpaid second visit (返工) at an hour to which the elder has agreed.

    Refuses `visit.not_allowed` unless the visit is verified or held and no second visit for it is open, what
    `requests.place` refuses of an elder who has died, is away or has left, `visit.outside_window` for an hour that has
    passed, `visit.worker_barred`, `visit.worker_unsuitable` and `visit.worker_busy`.
    """
    visit = await lifecycle.locked(work, visit_id)
    if visit.state not in {VisitState.VERIFIED, VisitState.HELD}:
        raise lifecycle.VisitNotAllowed(state=visit.state, wanted=VisitState.OFFERED)
    second = exists().where(Visit.rework_of == visit.id, Visit.state.in_(OPEN))
    if await work.session.scalar(select(second)):
        raise lifecycle.VisitNotAllowed(state=visit.state, wanted=VisitState.OFFERED)
    if starts_at <= work.now:
        raise OutsideWindow
    standing = await enrolment.standing(work, visit.person_id, starts_at)
    await requests.check_elder(work, visit.person_id, standing)
    ends_at = starts_at + timedelta(minutes=visit.minutes)
    for worker_id, _ in lifecycle.workers_of(visit):
        await suitable(work, visit, worker_id, starts_at, ends_at)
    attempts = await work.session.scalar(select(func.max(Visit.attempt)).where(Visit.request_id == visit.request_id))
    return await offers.offer(
        work,
        order=VisitOrder(
            request_id=visit.request_id,
            person_id=visit.person_id,
            district=visit.district,
            division_code=visit.division_code,
            latitude=visit.latitude,
            longitude=visit.longitude,
            item_code=visit.item_code,
            quantity=visit.quantity,
            minutes=visit.minutes,
            latest=starts_at + timedelta(minutes=30),
            urgent=False,
        ),
        choice=Choice(
            provider_id=visit.provider_id,
            worker_id=visit.worker_id,
            worker_number=visit.worker_number,
            second_worker_id=visit.second_worker_id,
            second_worker_number=visit.second_worker_number,
            starts_at=starts_at,
            attempt=(attempts or 0) + 1,
        ),
        rework_of=visit.id,
    )


async def withdraw_rework(work: Work, *, person_id: UUID) -> int:
    """Take back the second visits to an elder who has died, is away or has left; return how many.

    Their request is over, so that withdrawing the elder's open requests does not reach them.
    """
    query = (
        select(Visit.id)
        .where(
            Visit.person_id == person_id,
            Visit.rework_of.is_not(None),
            Visit.state.in_((VisitState.OFFERED, VisitState.ACCEPTED)),
        )
        .order_by(Visit.id)
    )
    visit_ids = (await work.session.execute(query)).scalars().all()
    for visit_id in visit_ids:
        await offers.withdraw(work, visit_id=visit_id, reason=ELDER_GONE)
    return len(visit_ids)


async def miss_due(work: Work, *, limit: int = 200) -> int:
    """Mark visits without any act as missed, and hold visits whose reports are incomplete; return how many.

    Missed: no sign-in known some time after the latest agreed arrival (rule `visit.missed_after_minutes`). Held: a
    sign-in or a sign-out is known, but what is missing can no longer be uploaded in time (`visit.evidence`).
    """
    after = (await rules.read(work.session, MissedAfterMinutes, at=work.now)).span
    upload = (await lifecycle.evidence_rules(work, work.now)).upload
    ended = exists().where(Act.visit_id == Visit.id, Act.kind.in_((ActKind.LEAVE, ActKind.NOBODY_HOME, ActKind.ABORT)))
    query = (
        select(Visit, ended)
        .where(Visit.state.in_(PROMISED), Visit.window_to <= work.now - after)
        .order_by(Visit.window_to, Visit.worker_number, Visit.planned_start)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Visit)
    )
    count = 0
    for visit, half in (await work.session.execute(query)).all():
        if visit.arrived_at is not None or half:
            if max(visit.planned_end, visit.window_to) + upload <= work.now:
                await lifecycle.hold(work, visit, Flag.MISSING_ACT)
                count += 1
            continue
        lifecycle.move(visit, VisitState.MISSED, work)
        await bookings.release(work, visit.id)
        work.emit(
            VisitMissed(
                visit_id=visit.id,
                request_id=visit.request_id,
                provider_id=visit.provider_id,
                urgent=visit.urgent,
            )
        )
        count += 1
    return count


async def close_disclosures_due(work: Work, *, limit: int = 200) -> int:
    """Close companies' access to elders whom they no longer visit; return how many accesses were closed.

    A view stays open while the company has an open visit to the elder, or one that was closed less than
    `visit.disclosure_days` ago.
    """
    lasting = (await rules.read(work.session, DisclosureDays, at=work.now)).span
    other = aliased(Visit)
    still = exists().where(
        other.person_id == Visit.person_id,
        other.provider_id == Visit.provider_id,
        other.disclosed,
        (other.closed_at.is_(None)) | (other.closed_at > work.now - lasting),
    )
    query = (
        select(Visit)
        .where(Visit.disclosed, Visit.closed_at <= work.now - lasting, ~still)
        .order_by(Visit.closed_at, Visit.worker_number, Visit.planned_start)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Visit)
    )
    closed = 0
    done: set[tuple[UUID, UUID]] = set()
    for visit in (await work.session.execute(query)).scalars():
        visit.disclosed = False
        if (visit.person_id, visit.provider_id) not in done:
            done.add((visit.person_id, visit.provider_id))
            await registry.close_disclosure(work, person_id=visit.person_id, provider_id=visit.provider_id)
            closed += 1
    return closed
