"""Amend an open request: its window, its quantity, where it is, its note; and what becomes of the visit it has (改约).

An open offer stays open where its hour lies in the new window and the company was asked for nothing else; otherwise it
is withdrawn. A promise is kept by the same workers, at another hour if need be. Where they cannot come then, or the
place is another, that is refused, unless the elder lets the promise go; then others are asked as well.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from dispatch.requests import operations as requests
from dispatch.requests.model import CareRequest, RequestState
from dispatch.visits import bars, bookings, changes, lifecycle, offers
from dispatch.visits.model import Visit
from dispatch.visits.transitions import BEGUN, OPEN, VisitState
from events.contracts.care_requests import CareRequestAmended
from events.work import Work
from kit.refusal import Kind, Refusal
from registry import queries as registered

AMENDED: Final = "amended"
"""Why an offer or a promise is taken back whose request is another one now; the same worker may be asked again."""
_AMENDABLE: Final = (RequestState.WAITING, RequestState.OFFERED, RequestState.ACCEPTED)
_LEAST: Final = timedelta(minutes=1)  # a window is never empty


class NotAmendable(Refusal):
    """The request is over, or its visit has begun."""

    code = "request.not_amendable"
    kind = Kind.CONFLICT


class PlaceElsewhere(Refusal):
    """The promised worker has not been asked to go to the new place."""

    code = "request.place_elsewhere"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What is to be another; null stays as it is, and an empty note removes the note.

    With `follow_address` the worker goes where the elder is registered now. `starts_at` is the hour at which a promised
    worker comes; without it the promised hour stays where it lies in the window, else the window's begin is taken.
    """

    earliest: datetime | None = None
    latest: datetime | None = None
    quantity: int | None = None
    note: str | None = None
    follow_address: bool = False
    starts_at: datetime | None = None


async def amend(
    work: Work,
    *,
    request_id: UUID,
    change: Amendment,
    reason: str,
    accept_own_cost: bool = False,
    override_duplicate: bool = False,
    release: bool = False,
) -> CareRequest:
    """Amend a request that nobody has set out for, as the elder has agreed, and emit CareRequestAmended.

    With `release` a promise that cannot be kept is taken back and somebody is looked for anew. A request that found
    nobody waits again, as `requests.reopen` has it. A note may be changed until the worker is there.

    Refuses `request.not_found`, `.not_amendable`, what `requests.agree` and `requests.reopen` refuse, `.duplicate`
    unless overridden, `visit.not_allowed` once the worker is on the way, `visit.outside_window`; and unless released
    `visit.worker_unsuitable`, `visit.worker_busy`, `visit.worker_barred`, `request.place_elsewhere`.
    """
    request = await requests.locked(work, request_id)
    visit = await _open_visit(work, request_id)
    _check_state(request, visit, change)
    changed = await _change(work, request, change, accept_own_cost=accept_own_cost, check=not override_duplicate)
    if visit is not None and (set(changed) - {"note"} or change.starts_at is not None):
        visit = await _follow(work, request, visit, change, changed=set(changed), reason=reason, release=release)
    if changed:
        work.emit(
            CareRequestAmended(
                request_id=request.id,
                district=request.district,
                urgent=request.urgent,
                changed=changed,
                earliest=request.earliest,
                latest=request.latest,
                quantity=request.quantity,
                provider_id=visit.provider_id if visit else None,
                visit_id=visit.id if visit else None,
            )
        )
    return request


async def reschedule(
    work: Work,
    *,
    visit_id: UUID,
    starts_at: datetime,
    reason: str,
    agreed_to: datetime | None = None,
    accept_own_cost: bool = False,
) -> Visit:
    """Move a promised visit to another hour, same workers: an amendment of its request by the worker's hour.

    `agreed_to` is the new latest arrival, where the elder agreed to one; without it the new hour must lie within the
    old window. A visit done again without pay moves alone: its request is over. Refuses what `amend` refuses.
    """
    visit = await changes.promised(work, visit_id)
    if visit.rework_of is not None:
        latest = agreed_to or visit.window_to
        if not work.now < starts_at <= latest:
            raise changes.OutsideWindow
        await _move(work, visit, starts_at=starts_at, latest=latest, minutes=visit.minutes, reason=reason)
        return visit
    earliest = None if agreed_to is None else starts_at
    change = Amendment(earliest=earliest, latest=agreed_to, starts_at=starts_at)
    await amend(
        work,
        request_id=visit.request_id,
        change=change,
        reason=reason,
        accept_own_cost=accept_own_cost,
        override_duplicate=True,
    )
    return visit


async def _open_visit(work: Work, request_id: UUID) -> Visit | None:
    query = select(Visit).where(Visit.request_id == request_id, Visit.rework_of.is_(None), Visit.state.in_(OPEN))
    query = query.with_for_update().execution_options(populate_existing=True)
    return (await work.session.execute(query)).scalar_one_or_none()


def _check_state(request: CareRequest, visit: Visit | None, change: Amendment) -> None:
    if visit is not None and visit.state in BEGUN:
        if visit.state is VisitState.DEPARTED and change == Amendment(note=change.note):
            return
        raise lifecycle.VisitNotAllowed(state=visit.state, wanted=VisitState.ACCEPTED)
    # What nobody was found for is looked for anew, where it is another request then.
    searched = request.state is RequestState.UNSERVED and change != Amendment(note=change.note)
    if request.state not in _AMENDABLE and not searched:
        raise NotAmendable(state=request.state)


async def _change(
    work: Work, request: CareRequest, change: Amendment, *, accept_own_cost: bool, check: bool
) -> list[str]:
    """Change the request and return what of it is another now."""
    before = _facts(request)
    if request.state is RequestState.UNSERVED:
        await requests.reopen(
            work,
            request_id=request.id,
            earliest=change.earliest,
            latest=change.latest,
            quantity=change.quantity,
            accept_own_cost=accept_own_cost,
        )
    earliest, latest = change.earliest or request.earliest, change.latest or request.latest
    if change.starts_at is not None and change.latest is not None:
        latest = max(latest, earliest + _LEAST)
    if (earliest, latest) != (request.earliest, request.latest) or change.quantity not in {None, request.quantity}:
        if check and earliest != request.earliest:
            await requests.check_duplicate(work, request.person_id, request.item_code, earliest, but=request.id)
        await requests.agree(
            work,
            request_id=request.id,
            earliest=earliest,
            latest=latest,
            quantity=change.quantity,
            accept_own_cost=accept_own_cost or request.urgent,
        )
    if change.follow_address:
        _, place = await registered.vital_and_place(work, request.person_id)
        if place is None:
            raise registered.PersonNotFound
        request.district, request.division_code = place.district, place.division_code
        request.latitude, request.longitude = place.latitude, place.longitude
    after = _facts(request)
    changed = [name for name, fact in before.items() if fact != after[name]]
    if change.note is not None:
        request.note_sealed = await requests.seal_note(work, request.person_id, request.id, change.note)
        changed.append("note")
    return changed


def _facts(request: CareRequest) -> dict[str, object]:
    return {
        "window": (request.earliest, request.latest),
        "quantity": request.quantity,
        "address": (request.division_code, request.latitude, request.longitude),
    }


async def _follow(
    work: Work,
    request: CareRequest,
    visit: Visit,
    change: Amendment,
    *,
    changed: set[str],
    reason: str,
    release: bool,
) -> Visit | None:
    """Keep, move or take back the request's visit; return it where it goes on."""
    if visit.state is VisitState.OFFERED:
        if changed <= {"window", "note"} and _fits(visit, request):
            visit.window_to = request.latest
            return visit
    else:
        try:
            await _keep(work, request, visit, change, changed=changed, reason=reason)
        except (PlaceElsewhere, changes.WorkerUnsuitable, bookings.WorkerBusy, bars.WorkerBarred):
            if not release:
                raise
        else:
            return visit
    await offers.withdraw(work, visit_id=visit.id, reason=AMENDED)
    return None


async def _keep(
    work: Work, request: CareRequest, visit: Visit, change: Amendment, *, changed: set[str], reason: str
) -> None:
    """Let the promised workers come as the request now says; refuse what keeps them from it."""
    if "address" in changed:
        raise PlaceElsewhere
    begin = max(request.earliest, work.now + _LEAST)
    starts_at = change.starts_at or (visit.planned_start if _fits(visit, request) else begin)
    latest = change.latest or visit.window_to
    if "quantity" in changed or change.starts_at is not None or starts_at != visit.planned_start:
        _check_hour(work, request, starts_at, latest)
        await _move(work, visit, starts_at=starts_at, latest=latest, minutes=request.minutes, reason=reason)
        visit.quantity = request.quantity
    visit.window_to = latest


def _fits(visit: Visit, request: CareRequest) -> bool:
    return request.earliest <= visit.planned_start <= request.latest


def _check_hour(work: Work, request: CareRequest, starts_at: datetime, latest: datetime) -> None:
    # Only a new agreement may bring the hour forward of what was asked for.
    if starts_at > latest or starts_at <= work.now or starts_at < request.earliest:
        raise changes.OutsideWindow


async def _move(work: Work, visit: Visit, *, starts_at: datetime, latest: datetime, minutes: int, reason: str) -> None:
    """Give a promised visit another hour or length with the same workers, and tell the company."""
    ends_at = starts_at + timedelta(minutes=minutes)
    for worker_id, _ in lifecycle.workers_of(visit):
        await changes.suitable(work, visit, worker_id, starts_at, ends_at)
    await work.session.flush()
    await bookings.release(work, visit.id)
    await bookings.book(
        work,
        visit_id=visit.id,
        provider_id=visit.provider_id,
        workers=lifecycle.workers_of(visit),
        place=(visit.latitude, visit.longitude),
        during=(starts_at, ends_at),
    )
    visit.planned_start, visit.planned_end, visit.window_to, visit.minutes = starts_at, ends_at, latest, minutes
    visit.reason = reason.strip()[:200]
    changes.emit_moved(work, visit, "rescheduled")
