"""What placing a request would come to, said before it is saved: the price, the quota, and who would be asked."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from dispatch.matching import operations
from dispatch.matching.decide import asking
from dispatch.matching.fleet.day import Day
from dispatch.matching.fleet.demand import Demand
from dispatch.matching.fleet.memory import fleet_of
from dispatch.matching.fleet.score import Option
from dispatch.requests import operations as requests
from dispatch.requests.model import CareRequest
from dispatch.visits import bookings
from events.work import Work
from kit.refusal import Refusal
from providers.roster import spoken

COMPANIES: Final = 3
"""The company that would be asked, and those that would be asked after it where each says no."""
_TRIES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedCompany:
    """A company that would be asked, with the worker and the hour that it would be asked for.

    `familiar` tells that the worker has been with the elder lately, `wanted` that the elder asks for the worker;
    `travel_minutes` is how much longer the worker's day on the road becomes.
    """

    provider_id: UUID
    worker_id: UUID
    company_called: str
    worker_called: str
    second_worker_called: str | None
    starts_at: datetime
    familiar: bool
    wanted: bool
    travel_minutes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What placing a request would come to at this moment; `refusals` stand in the order in which placing gives them.

    `companies` are in the order in which they would be asked, `arrives_from` and `arrives_until` bound the arrival;
    `relaxation` is the smallest change that would help where nobody can come. All of it is empty or null where
    something is refused that the elder cannot agree to.
    """

    request: CareRequest | None
    refusals: list[Refusal]
    quota_left_fen: int | None
    companies: list[QuotedCompany]
    arrives_from: datetime | None
    arrives_until: datetime | None
    relaxation: dict[str, Any] | None


async def quote(work: Work, *, wanted: requests.NewRequest) -> Quote:
    """Return what `requests.place` and the first decision would come to now; nothing is written.

    Refuses `person.not_found`.
    """
    quoted = await requests.quote(work, wanted=wanted)
    companies: list[QuotedCompany] = []
    demand, relaxation = None, None
    if quoted.request is not None and quoted.may_be_placed:
        history = (await asking.histories_of(work, [quoted.request]))[quoted.request.id]
        demand = await asking.demand_of(work, quoted.request, history)
        day, options, relaxation = await _search(work, operations.Case(quoted.request, demand, 1, None))
        companies = await _named(work, day, options, demand)
    return Quote(
        request=quoted.request,
        refusals=quoted.refusals,
        quota_left_fen=quoted.quota_left_fen,
        companies=companies,
        arrives_from=demand.earliest if demand else None,
        arrives_until=demand.latest if demand else None,
        relaxation=relaxation,
    )


async def _search(work: Work, case: operations.Case) -> tuple[Day, list[Option], dict[str, Any] | None]:
    """Decide as `operations.decide` does, and pass over who is booked off duty, which only the bookings know."""
    taken: set[int] = set()
    day, options, relaxation = await _weigh(work, case, taken)
    for _ in range(_TRIES):
        busy = await bookings.busy(work, _hours(day, options, case.demand))
        if not busy:
            break
        taken |= busy
        day, options, relaxation = await _weigh(work, case, taken)
    return day, options, relaxation


async def _weigh(work: Work, case: operations.Case, taken: set[int]) -> tuple[Day, list[Option], dict[str, Any] | None]:
    """Return the best option of the company that would be asked, and of those after it as if each said no."""
    fleet, demand = fleet_of(work), case.demand
    async with fleet.lock:
        day = await fleet.refresh(work, case.day)
        best, record = operations.weigh(work, fleet, day, case, taken=taken)
        options = [] if best is None else [best]
        while options and len(options) < COMPANIES:
            asked = demand.asked | {day.provider_of(option.worker) for option in options}
            rest = operations.search(work, fleet, day, replace(demand, asked=asked), taken=taken).options
            if not rest:
                break
            options.append(rest[0])
    return day, options, record["relaxation"]


def _hours(day: Day, options: list[Option], demand: Demand) -> list[tuple[int, datetime, datetime]]:
    length = timedelta(minutes=demand.minutes)
    starts = [(option, day.origin + timedelta(seconds=option.start_seconds)) for option in options]
    return [
        (number, start, start + length)
        for option, start in starts
        for number in (option.worker, option.second_worker)
        if number
    ]


async def _named(work: Work, day: Day, options: list[Option], demand: Demand) -> list[QuotedCompany]:
    numbers = [number for option in options for number in (option.worker, option.second_worker) if number]
    called = await spoken.called(work, {day.worker_id(number) for number in numbers})
    a_minute = day.weights.travel_points_per_second * 60
    rows = []
    for option in options:
        worker_id = day.worker_id(option.worker)
        second = called[day.worker_id(option.second_worker)] if option.second_worker else None
        rows.append(
            QuotedCompany(
                provider_id=day.provider_of(option.worker),
                worker_id=worker_id,
                company_called=called[worker_id].company_called,
                worker_called=called[worker_id].worker_called,
                second_worker_called=second.worker_called if second else None,
                starts_at=day.origin + timedelta(seconds=option.start_seconds),
                familiar=worker_id in demand.familiar,
                wanted=worker_id in demand.wanted,
                travel_minutes=round(option.travel_points / a_minute) if a_minute else None,
            )
        )
    return rows
