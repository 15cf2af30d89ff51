"""Asking a company to send a worker, and what it answers: accept, refuse, silence; or the platform takes it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, Table, bindparam, func, insert, select, update

from dispatch.visits import bookings, lifecycle
from dispatch.visits.bookings import Stay
from dispatch.visits.lifecycle import Choice
from dispatch.visits.model import Offer, Visit
from dispatch.visits.rules import OfferDeadline, UrgentOfferDeadline
from dispatch.visits.transitions import OfferRefusalReason, OfferState, VisitState
from events.contracts.event import Envelope
from events.contracts.offers import OfferAccepted, OfferLapsed, OfferRefused, OfferWithdrawn, VisitOffered
from events.work import Work
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules


class OfferNotFound(Refusal):
    """No such offer, or another company's."""

    code = "offer.not_found"
    kind = Kind.NOT_FOUND


class OfferNotOpen(Refusal):
    """The offer has been answered already, or was taken back."""

    code = "offer.not_open"
    kind = Kind.CONFLICT


class OfferTooLate(Refusal):
    """The deadline has passed; the visit is offered to another worker."""

    code = "offer.too_late"
    kind = Kind.CONFLICT


class OfferReasonMissing(Refusal):
    """A company must say why it refuses."""

    code = "offer.reason_missing"


_VISIT, _OFFER = cast("Table", Visit.__table__), cast("Table", Offer.__table__)
_FIRST = (
    "id",
    "request_id",
    "attempt",
    "person_id",
    "district",
    "division_code",
    "latitude",
    "longitude",
    "item_code",
    "quantity",
    "urgent",
    "provider_id",
    "worker_id",
    "worker_number",
    "second_worker_id",
    "second_worker_number",
    "planned_start",
    "planned_end",
    "window_to",
    "minutes",
    "state",
    "offered_at",
    "flags",
    "rework_of",
    "disclosed",
)
_PUT = (
    insert(_OFFER)
    .values(
        {
            column: bindparam(name, type_=_OFFER.c[column].type)
            for column, name in {
                "id": "offer_id",
                "visit_id": "id",
                "request_id": "request_id",
                "provider_id": "provider_id",
                "attempt": "attempt",
                "made_at": "offered_at",
                "deadline": "deadline",
                "state": "offer_state",
            }.items()
        }
    )
    .add_cte(
        insert(_VISIT)
        .values({column: bindparam(column, type_=_VISIT.c[column].type) for column in _FIRST})
        .cte("placed")
    )
)
"""The visit and its offer in one statement, to save a round trip while an elder waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitOrder:
    """The columns that a visit copies from its care request.

    `event` is what the offer follows from, if not the work's own cause.
    """

    request_id: UUID
    person_id: UUID
    district: str
    division_code: str
    latitude: float
    longitude: float
    item_code: str
    quantity: int
    minutes: int
    latest: datetime
    urgent: bool
    event: Envelope | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An offer just made."""

    offer_id: UUID
    visit_id: UUID
    deadline: datetime


async def offer(
    work: Work,
    *,
    order: VisitOrder,
    choice: Choice,
    rework_of: UUID | None = None,
    answer_within: timedelta | None = None,
) -> Offered:
    """Book the workers' hours and ask their company; refuse `visit.worker_busy` when the hours are taken.

    The company has as long to answer as the rule gives it, unless `answer_within` gives another span. The bookings come
    first: the database alone knows, across all processes, whether the hours are still free, and a refusal leaves
    nothing behind, so that the caller may choose again in the same work.
    """
    (offered,) = await offer_all(work, [(order, choice)], rework_of=rework_of, answer_within=answer_within)
    return offered


async def offer_all(
    work: Work,
    wanted: Sequence[tuple[VisitOrder, Choice]],
    *,
    rework_of: UUID | None = None,
    answer_within: timedelta | None = None,
) -> list[Offered]:
    """Do what `offer` does for several visits, all or none, each step in one statement."""
    offers = [
        Offered(
            offer_id=new_id(),
            visit_id=new_id(),
            deadline=work.now + (answer_within or await _answer_within(work, order)),
        )
        for order, _ in wanted
    ]
    rows = [
        _row(work, order, choice, offered, rework_of) for (order, choice), offered in zip(wanted, offers, strict=True)
    ]
    await bookings.book_all(
        work,
        [
            Stay(
                visit_id=row["id"],
                provider_id=choice.provider_id,
                workers=lifecycle.workers_of(choice),
                place=(order.latitude, order.longitude),
                during=(row["planned_start"], row["planned_end"]),
            )
            for row, (order, choice) in zip(rows, wanted, strict=True)
        ],
    )
    await work.session.execute(_PUT, rows if len(rows) > 1 else rows[0])
    for row, (order, choice) in zip(rows, wanted, strict=True):
        if order.event is not None:
            work.follow(order.event)
        work.emit(
            VisitOffered(
                district=order.district,
                request_id=order.request_id,
                offer_id=row["offer_id"],
                visit_id=row["id"],
                provider_id=choice.provider_id,
                worker_id=choice.worker_id,
                second_worker_id=choice.second_worker_id,
                starts_at=row["planned_start"],
                ends_at=row["planned_end"],
                deadline=row["deadline"],
                attempt=choice.attempt,
            )
        )
    return offers


async def _answer_within(work: Work, order: VisitOrder) -> timedelta:
    rule = UrgentOfferDeadline if order.urgent else OfferDeadline
    return (await rules.read(work.session, rule, at=work.now)).span


def _row(work: Work, order: VisitOrder, choice: Choice, offered: Offered, rework_of: UUID | None) -> dict[str, Any]:
    return {
        "id": offered.visit_id,
        "request_id": order.request_id,
        "attempt": choice.attempt,
        "person_id": order.person_id,
        "district": order.district,
        "division_code": order.division_code,
        "latitude": order.latitude,
        "longitude": order.longitude,
        "item_code": order.item_code,
        "quantity": order.quantity,
        "urgent": order.urgent,
        "provider_id": choice.provider_id,
        "worker_id": choice.worker_id,
        "worker_number": choice.worker_number,
        "second_worker_id": choice.second_worker_id,
        "second_worker_number": choice.second_worker_number,
        "planned_start": choice.starts_at,
        "planned_end": choice.starts_at + timedelta(minutes=order.minutes),
        "window_to": order.latest,
        "minutes": order.minutes,
        "state": VisitState.OFFERED,
        "offered_at": work.now,
        "flags": [],
        "rework_of": rework_of,
        "disclosed": False,
        "offer_id": offered.offer_id,
        "deadline": offered.deadline,
        "offer_state": OfferState.OPEN,
    }


async def locked(work: Work, offer_id: UUID) -> tuple[Offer, Visit]:
    """Return an open offer and its visit, locked until the work ends; refuse `offer.not_found` and `offer.not_open`."""
    query = (
        select(Offer, Visit)
        .join(Visit, Visit.id == Offer.visit_id)
        .where(Offer.id == offer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row: Row[Offer, Visit] | None = (await work.session.execute(query)).one_or_none()
    if row is None or not lifecycle.may_see(work, row[1]):
        raise OfferNotFound(offer_id=str(offer_id))
    if row[0].state is not OfferState.OPEN:
        raise OfferNotOpen(offer_id=str(offer_id), state=row[0].state)
    return row[0], row[1]


def _answer(work: Work, answered: Offer, state: OfferState, reason: str | None = None) -> None:
    answered.state = state
    answered.answered_at = work.now
    answered.reason = reason[:200] if reason else None


async def accept(work: Work, *, offer_id: UUID, leading: tuple[UUID, int] | None = None) -> Visit:
    """Promise the worker to the elder; refuse `offer.not_found`, `offer.not_open` and `offer.too_late`.

    `leading` (id, number) is another worker of the company, who goes in place of the leading one; that the rules let
    this worker go is the caller's to know. Refuses `visit.worker_busy` where the hours have been taken meanwhile.
    """
    accepted, visit = await locked(work, offer_id)
    if work.now >= accepted.deadline:
        raise OfferTooLate(offer_id=str(offer_id))
    if leading is not None and leading[0] != visit.worker_id:
        visit.worker_id, visit.worker_number = leading
        await work.session.flush()
        await bookings.release(work, visit.id)
        place, during = (visit.latitude, visit.longitude), (visit.planned_start, visit.planned_end)
        stay = Stay(visit.id, visit.provider_id, lifecycle.workers_of(visit), place, during)
        await bookings.book_all(work, [stay])
    _answer(work, accepted, OfferState.ACCEPTED)
    lifecycle.move(visit, VisitState.ACCEPTED, work)
    visit.accepted_at = work.now
    work.emit(
        OfferAccepted(
            district=visit.district,
            request_id=visit.request_id,
            offer_id=accepted.id,
            visit_id=visit.id,
            provider_id=visit.provider_id,
            worker_id=visit.worker_id,
            second_worker_id=visit.second_worker_id,
            starts_at=visit.planned_start,
            ends_at=visit.planned_end,
        )
    )
    return visit


async def refuse(work: Work, *, offer_id: UUID, reason: str, note: str | None = None) -> Visit:
    """Decline with a reason, a code; the note in the company's words stays on the offer and is in no event.

    Refuses what `accept` refuses (but not lateness), and `offer.reason_missing`, also for `other` without a note.
    """
    if not reason.strip() or (reason == OfferRefusalReason.OTHER and not (note or "").strip()):
        raise OfferReasonMissing
    refused, visit = await locked(work, offer_id)
    _answer(work, refused, OfferState.REFUSED, reason)
    refused.note = note.strip()[:200] if note else None
    lifecycle.move(visit, VisitState.REFUSED, work, reason=reason)
    await bookings.release(work, visit.id)
    work.emit(
        OfferRefused(
            district=visit.district,
            request_id=visit.request_id,
            offer_id=refused.id,
            visit_id=visit.id,
            provider_id=visit.provider_id,
            urgent=visit.urgent,
            reason=visit.reason or "",
        )
    )
    return visit


async def lapse(work: Work, *, offer_id: UUID) -> Visit:
    """Close an offer that was met with silence; refuse `offer.not_open` where it was answered after all."""
    lapsed, visit = await locked(work, offer_id)
    _answer(work, lapsed, OfferState.LAPSED)
    lifecycle.move(visit, VisitState.LAPSED, work)
    await bookings.release(work, visit.id)
    work.emit(
        OfferLapsed(
            district=visit.district,
            request_id=visit.request_id,
            offer_id=lapsed.id,
            visit_id=visit.id,
            provider_id=visit.provider_id,
            urgent=visit.urgent,
        )
    )
    return visit


async def lapse_due(work: Work, *, limit: int = 200) -> int:
    """Lapse the offers whose deadline has passed; return how many, at most `limit`.

    The order is that of the deadlines, then of the workers: it decides who is asked next, so that it must not rest on
    generated ids.
    """
    query = (
        select(Offer.id)
        .join(Visit, Visit.id == Offer.visit_id)
        .where(Offer.state == OfferState.OPEN, Offer.deadline <= work.now)
        .order_by(Offer.deadline, Visit.worker_number, Visit.planned_start)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Offer)
    )
    due = (await work.session.execute(query)).scalars().all()
    for offer_id in due:
        await lapse(work, offer_id=offer_id)
    return len(due)


async def withdraw(work: Work, *, visit_id: UUID, reason: str) -> Visit:
    """Withdraw an offer or a promised visit, so that another worker is sent; refuse once the worker has arrived."""
    visit = await lifecycle.locked(work, visit_id)
    lifecycle.move(visit, VisitState.WITHDRAWN, work, reason=reason)
    offer_id = await close_offer(work, visit.id, reason)
    await bookings.release(work, visit.id)
    work.emit(
        OfferWithdrawn(
            district=visit.district,
            request_id=visit.request_id,
            offer_id=offer_id,
            visit_id=visit.id,
            provider_id=visit.provider_id,
            urgent=visit.urgent,
            reason=visit.reason or "",
        )
    )
    return visit


async def close_offer(work: Work, visit_id: UUID, reason: str) -> UUID:
    """Mark a visit's offer as withdrawn, even if the company has answered it; return its id."""
    query = (
        update(Offer)
        .where(Offer.visit_id == visit_id)
        .values(state=OfferState.WITHDRAWN, answered_at=func.coalesce(Offer.answered_at, work.now), reason=reason[:200])
        .returning(Offer.id)
        .execution_options(synchronize_session=False)
    )
    return (await work.session.execute(query)).scalar_one()
