"""Questions about offers and visits; a company's people are answered about their own company only."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from dispatch.requests import queries as requests
from dispatch.visits import lifecycle, visit_codes
from dispatch.visits.model import Act, Offer, Visit
from dispatch.visits.transitions import PROMISED, OfferState, VisitState
from events.work import Work
from kit import clock
from kit.access.roles import Role
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal
from providers.catalogue import queries as catalogue
from registry import queries as registry
from registry.queries import PersonCard, PersonNotFound

_AT_THE_DOOR = "disclosure: door note"
"""The purpose under which the audit of readings keeps what a company was shown for a visit."""
OFFERS = SortOrder("offers", Offer.deadline, Offer.id)
VISITS = SortOrder("visits", Visit.planned_start, Visit.worker_number, Visit.id, falling=1)


class CodesForbidden(Refusal):
    """Only the call centre reads codes out, and only to the elder."""

    code = "visit.codes_forbidden"
    kind = Kind.FORBIDDEN


class NotPromised(Refusal):
    """The visit is not promised yet, or over: nobody is on the way to the elder's door."""

    code = "visit.not_promised"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class DoorNote:
    """What the worker who comes must know: what the operator wrote down, and the elder's health note."""

    note: str | None
    health_note: str | None


@dataclass(frozen=True, slots=True)
class PackedVisit:
    """One visit of a worker's day with what is needed at its door without a signal.

    `person`, `door` and `anchor` are there while the visit is promised and the elder's record is open to the company;
    `sequence` is the highest number among the acts that were reported.
    """

    visit: Visit
    item_name: str | None
    sequence: int
    person: PersonCard | None
    door: DoorNote | None
    anchor: str | None


@dataclass(frozen=True, slots=True)
class SpokenCode:
    """A code to read to an elder over the telephone."""

    visit_id: UUID
    planned_start: datetime
    item_code: str
    code: str


async def visit(work: Work, visit_id: UUID) -> Visit:
    """Return a visit; refuse `visit.not_found`, for another company's as for none."""
    row = await work.session.get(Visit, visit_id)
    if row is None or not lifecycle.may_see(work, row):
        raise lifecycle.VisitNotFound(visit_id=str(visit_id))
    return row


async def offers_of(
    work: Work,
    *,
    state: OfferState | None = OfferState.OPEN,
    day: date | None = None,
    after: str | None = None,
    limit: int = 200,
) -> list[tuple[Offer, Visit]]:
    """Return the offers of one company or all, nearest deadline first; a company sees its own, a worker the own.

    `day` is the district's day on which they were made.
    """
    query = select(Offer, Visit).join(Visit, Visit.id == Offer.visit_id).where(*_seen(work))
    if state is not None:
        query = query.where(Offer.state == state)
    if day is not None:
        query = query.where(Offer.made_at >= clock.at_local(day, 0), Offer.made_at < clock.at_local(day, 1440))
    page = OFFERS.page(query, work.vault, after=after, limit=limit)
    return [(row, about) for row, about in (await work.session.execute(page)).all()]


async def day_of(work: Work, *, worker_id: UUID, day: date) -> Sequence[Visit]:
    """Return a worker's promised and past visits of one district day, in their planned order."""
    company = work.actor.company
    if company is not None and company.worker_id not in {None, worker_id}:
        return ()
    query = _planned(day).where(
        or_(Visit.worker_id == worker_id, Visit.second_worker_id == worker_id), Visit.accepted_at.is_not(None)
    )
    return (await work.session.execute(query.where(*_seen(work)))).scalars().all()


async def pack(work: Work, *, worker_id: UUID, day: date) -> list[PackedVisit]:
    """Return a worker's day for a phone; what is read of an elder is recorded as `card` and `door_note` record it."""
    rows = await day_of(work, worker_id=worker_id, day=day)
    numbers = select(Act.visit_id, func.max(Act.sequence).label("last")).where(
        Act.visit_id.in_([row.id for row in rows])
    )
    highest = {row.visit_id: row.last for row in await work.session.execute(numbers.group_by(Act.visit_id))}
    names = {item.code: item.name for item in await catalogue.items(work, day)}
    packed = []
    for row in rows:
        person = door = anchored = None
        if row.state in PROMISED:
            anchored = visit_codes.anchor(work, row.id)
            with suppress(PersonNotFound):  # a promise of this moment: the record opens with its event
                person = await registry.card(work, row.person_id, "visit")
                door = await door_note(work, row.id)
        packed.append(PackedVisit(row, names.get(row.item_code), highest.get(row.id, 0), person, door, anchored))
    return packed


async def visits(
    work: Work,
    *,
    provider_id: UUID | None = None,
    person_id: UUID | None = None,
    request_id: UUID | None = None,
    states: Sequence[VisitState] = (),
    day: date | None = None,
    after: str | None = None,
    limit: int = 200,
) -> Sequence[Visit]:
    """Return visits, latest planned first; a company's people see theirs, a worker the own."""
    query = select(Visit) if day is None else _planned(day)
    narrow: list[tuple[InstrumentedAttribute[UUID], UUID | None]] = [
        (Visit.provider_id, provider_id),
        (Visit.person_id, person_id),
        (Visit.request_id, request_id),
    ]
    for column, value in narrow:
        if value is not None:
            query = query.where(column == value)
    if states:
        query = query.where(Visit.state.in_(states))
    page = VISITS.page(query.where(*_seen(work)), work.vault, after=after, limit=limit)
    return (await work.session.execute(page)).scalars().all()


def _planned(day: date) -> Select[Visit]:
    start, end = clock.at_local(day, 0), clock.at_local(day, 1440)
    return select(Visit).where(Visit.planned_start >= start, Visit.planned_start < end).order_by(Visit.planned_start)


def _seen(work: Work) -> list[ColumnElement[bool]]:
    """Return what `lifecycle.may_see` asks of one visit as conditions on many."""
    company = work.actor.company
    if company is None:
        return []
    conditions = [Visit.provider_id == company.id]
    if company.worker_id is not None:
        conditions.append(or_(Visit.worker_id == company.worker_id, Visit.second_worker_id == company.worker_id))
    return conditions


async def goes_to(work: Work, person_id: UUID) -> bool:
    """Tell whether the actor, where it is a worker, has ever been promised to an elder; everybody else may ask on."""
    company = work.actor.company
    if company is None or company.worker_id is None:
        return True
    promised = select(Visit.id).where(Visit.person_id == person_id, Visit.accepted_at.is_not(None), *_seen(work))
    return (await work.session.execute(promised.limit(1))).scalar() is not None


async def acts_of(work: Work, visit_id: UUID) -> Sequence[Act]:
    """Return the evidence of a visit in the order of its numbers; refuse `visit.not_found`."""
    await visit(work, visit_id)
    query = select(Act).where(Act.visit_id == visit_id).order_by(Act.sequence, Act.id)
    return (await work.session.execute(query)).scalars().all()


async def anchor(work: Work, visit_id: UUID) -> str:
    """Return an anchor in time for a visit's acts without signal; refuse `visit.not_found`."""
    return visit_codes.anchor(work, (await visit(work, visit_id)).id)


async def door_note(work: Work, visit_id: UUID) -> DoorNote:
    """Return what the worker who is promised to come, and the company's dispatcher, must know at the door.

    The reading is recorded as a disclosure to the company. Refuses `visit.not_found` to everybody else of the company
    and to other companies, and `visit.not_promised` before the promise and once the visit is over.
    """
    row = await visit(work, visit_id)
    if row.state not in PROMISED:
        raise NotPromised
    return DoorNote(
        note=await requests.note(work, row.request_id, purpose=_AT_THE_DOOR),
        health_note=await registry.health_note(work, row.person_id, purpose=_AT_THE_DOOR),
    )


async def codes_of(work: Work, person_id: UUID) -> list[SpokenCode]:
    """Return the codes of an elder's promised visits; refuse `visit.codes_forbidden` to company people and finance."""
    if work.actor.role not in {Role.OPERATOR, Role.MANAGER, Role.SYSTEM}:
        raise CodesForbidden
    query = select(Visit).where(Visit.person_id == person_id, Visit.state.in_(PROMISED)).order_by(Visit.planned_start)
    return [
        SpokenCode(row.id, row.planned_start, row.item_code, visit_codes.code(work, row.id))
        for row in (await work.session.execute(query)).scalars()
    ]


def home_token(work: Work, person_id: UUID) -> str:
    """Return the content of the QR for an elder's wall; refuse `visit.codes_forbidden` as `codes_of` does."""
    if work.actor.role not in {Role.OPERATOR, Role.MANAGER, Role.SYSTEM}:
        raise CodesForbidden
    return visit_codes.home_token(work, person_id)
