"""Questions to requests: one by its number, a desk's list, an elder's standing orders, how fast calls become some."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from dispatch.calls.model import PhoneCall
from dispatch.requests.changes import RequestNotFound
from dispatch.requests.model import CareRequest, RequestState, StandingDay, StandingOrder
from dispatch.requests.standing import StandingOrderNotFound
from events.work import Work
from kit import clock, ids
from kit.pages import SortOrder
from registry import queries as registry

REQUESTS = SortOrder("requests", CareRequest.urgent, CareRequest.latest, CareRequest.number, falling=1)


ORDERS = SortOrder("standing orders", StandingOrder.number)


async def request(work: Work, request_id: UUID) -> CareRequest:
    """Return one request; refuse `request.not_found`."""
    care_request = await work.session.get(CareRequest, request_id)
    if care_request is None:
        raise RequestNotFound
    return care_request


async def by_case_no(work: Work, case_no: str) -> CareRequest:
    """Return the request of a spoken number; refuse `case_number.invalid` and `request.not_found`."""
    query = select(CareRequest).where(CareRequest.number == ids.read_case_number(case_no))
    care_request = (await work.session.execute(query)).scalar_one_or_none()
    if care_request is None:
        raise RequestNotFound
    return care_request


async def source_keys(work: Work, keys: Sequence[str]) -> set[str]:
    """Return which of many source keys name a request."""
    there: set[str] = set()
    for start in range(0, len(keys), 10_000):
        query = select(CareRequest.source_key).where(CareRequest.source_key.in_(keys[start : start + 10_000]))
        there |= {key for key in (await work.session.execute(query)).scalars() if key is not None}
    return there


async def requests(
    work: Work,
    *,
    state: RequestState | None = None,
    person_id: UUID | None = None,
    day: date | None = None,
    after: str | None = None,
    limit: int = 200,
) -> Sequence[CareRequest]:
    """Return requests by state, elder and district's day, the most pressing first: urgent, then earliest deadline."""
    query = select(CareRequest)
    if state is not None:
        query = query.where(CareRequest.state == state)
    if person_id is not None:
        query = query.where(CareRequest.person_id == person_id)
    if day is not None:
        begin, end = clock.at_local(day, 0), clock.at_local(day, 1440)
        query = query.where(CareRequest.earliest >= begin, CareRequest.earliest < end)
    page = REQUESTS.page(query, work.vault, after=after, limit=limit)
    return (await work.session.execute(page)).scalars().all()


async def note(work: Work, request_id: UUID, *, purpose: str = "request") -> str | None:
    """Return the operator's note for the worker, decrypted with the elder's key; the reading is recorded."""
    care_request = await request(work, request_id)
    if care_request.note_sealed is None:
        return None
    key = await registry.data_key(work, care_request.person_id)
    await registry.record_reading(work, [care_request.person_id], purpose=purpose, fields=["request_note"])
    return work.vault.open(key, f"care_request|note_sealed|{care_request.id}", care_request.note_sealed)


async def standing_orders(
    work: Work, *, person_id: UUID | None = None, after: str | None = None, limit: int = 200
) -> Sequence[StandingOrder]:
    """Return standing orders, all or an elder's, in the order of their numbers."""
    query = select(StandingOrder)
    if person_id is not None:
        query = query.where(StandingOrder.person_id == person_id)
    return (await work.session.execute(ORDERS.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def days_of(work: Work, standing_order_id: UUID) -> Sequence[StandingDay]:
    """Return what became of a standing order day by day, the latest day first; refuse `standing_order.not_found`."""
    if await work.session.get(StandingOrder, standing_order_id) is None:
        raise StandingOrderNotFound
    query = select(StandingDay).where(StandingDay.standing_order_id == standing_order_id)
    return (await work.session.execute(query.order_by(StandingDay.day.desc()))).scalars().all()


@dataclass(frozen=True, slots=True)
class CallsToday:
    """One operator's day: the calls taken, and how many seconds lay between the first ring and the first request.

    The seconds are of the calls in which something was ordered: half of them took no longer than `half_seconds`, nine
    in ten no longer than `most_seconds`; null where nothing was ordered yet.
    """

    taken: int
    ordered: int
    half_seconds: int | None
    most_seconds: int | None


async def calls_today(work: Work) -> CallsToday:
    """Return the acting operator's day so far, by the platform's own instants."""
    saved = select(func.min(CareRequest.entered_at)).where(CareRequest.call_id == PhoneCall.id).scalar_subquery()
    begin = clock.at_local(clock.day_of(work.now), 0)
    calls = (
        select(func.extract("epoch", saved - PhoneCall.rang_at).label("seconds"))
        .where(PhoneCall.taken_by == work.actor.account_id, PhoneCall.rang_at >= begin)
        .subquery()
    )
    half, most = (func.percentile_disc(part).within_group(calls.c.seconds) for part in (0.5, 0.9))
    query = select(func.count(), func.count(calls.c.seconds), half, most).select_from(calls)
    taken, ordered, *seconds = (await work.session.execute(query)).one()
    return CallsToday(taken, ordered, *(None if value is None else int(value) for value in seconds))
