"""The demo district: the real Yunhe with invented people, which keeps calling and working while a server runs.

Its people act through the same operations as everyone else; a visitor who signs in may act in between, and the people
answer a visitor's requests and offers as they do their own.
"""

import asyncio
import logging
import math
import secrets
from collections.abc import MutableMapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from rich.table import Table
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from api.accounts import operations as accounts
from api.accounts import queries as known
from api.accounts.tokens import actor_of
from bootstrap import platform
from bootstrap.platform import Platform
from bootstrap.terminal import console
from dispatch.requests.model import CareRequest
from dispatch.visits.model import Visit
from dispatch.visits.transitions import PROMISED
from events.contracts.event import Envelope
from events.contracts.offers import VisitOffered
from events.work import Work, Works
from kit import clock, loops
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Section
from kit.clock import FixedClock
from kit.refusal import Refusal
from kit.room import Room
from kit.settings import Settings
from providers.roster.model import Worker
from simulations import bureau, population
from simulations import request_lists as listed
from simulations.driver import Driver, placed_call
from simulations.due_actions import Action, DueAction, Phase
from simulations.model import PartKind, Simulation
from simulations.population import Size
from simulations.runner import Scenario, create_district, make_driver
from simulations.sampling import Sampler

log = logging.getLogger("nowalls.demo")

SEED = 1
SIZE = Size(elders=3000, companies=30, workers=600)
PACE_SECONDS = 15.0
A_DAY = 40  # calls of the day before the first start and of its own day so far, so that there is something to look at
_LOOK_SECONDS = 0.5
_MEMORY = timedelta(days=3)  # what is older than this is over, and is not applied at a start
_BY_THE_TICKER = frozenset({Action.LAPSE, Action.MISS, Action.LOOK_AGAIN, Action.SWEEP, Action.NIGHT})
_DESKS = (
    ("operator", "话务员", Role.OPERATOR),
    ("company", "企业调度", Role.PROVIDER),
    ("worker", "服务人员", Role.WORKER),
    ("finance", "财务制单", Role.FINANCE),
    ("finance2", "财务复核", Role.FINANCE),
    ("manager", "主管", Role.MANAGER),
    ("clerk", "镇街经办", Role.CLERK),
    ("section", "科室", Role.SECTION),
)


def scenario(yesterday: date) -> Scenario:
    """Return the demo's play of two days; every other play of its district has the same identity."""
    calls = listed.made_up(Sampler(SEED), first=yesterday, days=2, per_day=A_DAY, homes=SIZE.elders)
    return Scenario("demo", {"seed": SEED}, calls, population.yunhe(), SIZE, lambda item: item)


async def prepare(settings: Settings, rooms: Sequence[Room], *, now: datetime) -> bool:
    """Lay the demo district out in an empty database and live its yesterday and its today up to `now`.

    Tell whether this database plays it: a district that holds real people is left alone.
    """
    two_days = scenario(clock.day_of(now) - timedelta(days=1))
    fixed_clock = FixedClock(two_days.before().now())
    async with platform.platform(settings, rooms, clock=fixed_clock) as running:
        async with running.works(SYSTEM("demo")) as work:
            stored = (await work.session.execute(select(Simulation.fingerprint))).scalar()
            anybody = (await work.session.execute(text("select exists (select from person)"))).scalar()
            lived = (await work.session.execute(text("select exists (select from care_request)"))).scalar()
        if stored != two_days.fingerprint and (stored is not None or anybody):
            return False
        if stored is not None and lived:
            return True
        console.print(
            "正在布置演示区，演完昨天和今天到此刻，要一两分钟 · laying out the demo district and its last two days"
        )
        await create_district(running.works, two_days)
        drained = platform.drained(running)
        driver = await make_driver(running, fixed_clock, drained, two_days)
        async with platform.deliveries(running):
            await driver.run(until=now)
    return True


async def without_history(works: Works) -> bool:
    """Tell whether the district holds nothing that is older than a month."""
    async with works(SYSTEM("demo")) as work:
        earliest = (await work.session.execute(select(func.min(CareRequest.asked_at)))).scalar()
    return earliest is None or earliest > works.clock.now() - timedelta(days=31)


async def open_desks(works: Works, passwords: MutableMapping[str, str]) -> None:
    """Open an account at every desk, once, print its password, and let the bureau's desks have work.

    Passwords that are not among `passwords` are made and added.
    """
    table = Table("desk", "username", "password", title="Demo accounts (shown this once)")
    actors: dict[Role, Actor] = {}
    async with works(SYSTEM("demo")) as work:
        company, worker = await _busiest(work)
        town = await bureau.busiest_town(work)
        places = {Role.CLERK: town, Role.SECTION: f"{town[:6]}000000"}
        for username, name, role in _DESKS:
            if await known.by_username(work, username) is not None:
                continue
            password = passwords.setdefault(username, secrets.token_urlsafe(12))
            account = await accounts.open_account(
                work,
                username=username,
                display_name=name,
                role=role,
                password=password,
                provider_id=company if role in {Role.PROVIDER, Role.WORKER} else None,
                worker_id=worker if role is Role.WORKER else None,
                division_code=places.get(role),
                sections=tuple(Section) if role in places else (),
            )
            actors.setdefault(role, actor_of(account))
            table.add_row(name, username, password)
    if table.row_count:
        console.print(table)
    if actors.keys() >= {Role.CLERK, Role.SECTION, Role.FINANCE, Role.MANAGER}:
        try:
            await bureau.lay_out(works, actors, town)
        except (Refusal, DBAPIError):  # the demo begins with less, and begins
            log.warning("the bureau's desks have less to show", exc_info=True)


async def _busiest(work: Work) -> tuple[UUID, UUID]:
    """Return the worker with the most visits, those to come before those that are over, and the worker's company."""
    to_come = func.count().filter(Visit.state.in_(PROMISED))
    query = (
        select(Worker.provider_id, Worker.id)
        .outerjoin(Visit, Visit.worker_id == Worker.id)
        .where(Worker.id.in_(await population.parts(work, PartKind.WORKER)))
        .group_by(Worker.id)
        .order_by(to_come.desc(), func.count(Visit.id).desc(), Worker.number)
        .limit(1)
    )
    company, worker = (await work.session.execute(query)).one()
    return company, worker


async def live(running: Platform) -> None:
    """Keep the demo district living by the wall clock, until cancelled."""
    works = running.works
    now = works.clock.now()
    driver = await make_driver(running, FixedClock(now), None, scenario(clock.day_of(now)), since=now - _MEMORY)
    arrived: asyncio.Queue[Envelope] = asyncio.Queue()

    def on_emitted(envelopes: list[Envelope]) -> None:
        for envelope in envelopes:
            arrived.put_nowait(envelope)

    works.on_emitted = on_emitted
    sampler = Sampler(secrets.randbits(32))
    next_call = now

    async def turn() -> None:
        nonlocal next_call
        while not arrived.empty():
            await _apply(works, driver, arrived.get_nowait())
        now = works.clock.now()
        if now >= next_call:
            # Numbered by tenths of a second: no call of an earlier process has this number.
            call = listed.one_call(sampler, int(now.timestamp() * 10), at=now, homes=SIZE.elders)
            next_call = now - timedelta(seconds=PACE_SECONDS * math.log(1 - sampler.unit("wait", call.number)))
            await driver.take(call)
        while (due := driver.schedule.pop(now, Phase.OFFICE)) is not None:
            if due.action not in _BY_THE_TICKER and await _still_so(works, driver, due):
                await driver.people.do(due)
        await asyncio.sleep(_LOOK_SECONDS)

    await loops.keep(loops.Attempts("demo"), turn)


async def _apply(works: Works, driver: Driver, envelope: Envelope) -> None:
    event = envelope.event()
    if isinstance(event, VisitOffered) and event.request_id not in driver.schedule.placed:
        async with works(SYSTEM("demo")) as work:
            request = await work.session.get_one(CareRequest, event.request_id)
            driver.schedule.placed[request.id] = placed_call(request)
    driver.schedule.apply(event, envelope.occurred_at)


async def _still_so(works: Works, driver: Driver, due: DueAction) -> bool:
    """Follow a visit that a better plan has given to another worker or another hour; False where it now comes later."""
    trip = due.trip
    if trip is None or due.action not in {Action.DEPART, Action.ARRIVE, Action.LEAVE}:
        return True
    async with works(SYSTEM("demo")) as work:
        visit = await work.session.get_one(Visit, trip.visit_id)
    trip.workers = tuple(worker for worker in (visit.worker_id, visit.second_worker_id) if worker is not None)
    later = visit.planned_start - trip.starts_at
    trip.starts_at = visit.planned_start
    if later <= timedelta() or due.action is Action.LEAVE:
        return True
    driver.schedule.put(due.action, due.at + later, trip)
    return False
