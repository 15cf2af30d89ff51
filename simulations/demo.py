"""The demo district: the real Yunhe with invented people, which keeps calling and working as long as somebody looks.

What it plays is played through the same verbs as everything else; whoever signs in may act in between, and the players
answer requests and offers of real visitors as they do their own.
"""

import asyncio
import logging
import math
import secrets
from datetime import date, timedelta

from rich.table import Table
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from api.accounts import operations as accounts
from api.accounts import queries as known
from bootstrap import platform
from bootstrap.platform import Platform
from bootstrap.terminal import console
from dispatch.requests.model import CareRequest
from dispatch.visits.model import Visit
from events.contracts.event import Envelope
from events.contracts.offers import VisitOffered
from events.work import Works
from kit import clock
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.clock import FixedClock, WallClock
from kit.settings import Settings
from simulations import population
from simulations import request_lists as listed
from simulations.driver import Drive, placed
from simulations.model import PartKind, Simulation
from simulations.population import Size
from simulations.runner import Play, drive_of, lay_out
from simulations.sampling import Dice
from simulations.schedule import Deed, Due, Phase

log = logging.getLogger("nowalls.demo")

SEED = 1
SIZE = Size(elders=3000, companies=30, workers=600)
PACE_SECONDS = 15.0
_YESTERDAY = 40  # calls of the day before the first start, so that there is something to look at
_LOOK_SECONDS = 0.5
_MEMORY = timedelta(days=3)  # what is older than this is over, and need not be heard again at a start
_BY_THE_TICKER = frozenset({Deed.LAPSE, Deed.MISS, Deed.LOOK_AGAIN, Deed.SWEEP, Deed.NIGHT})
_DESKS = (
    ("operator", "话务员", Role.OPERATOR),
    ("company", "企业调度", Role.PROVIDER),
    ("worker", "服务人员", Role.WORKER),
    ("finance", "财务制单", Role.FINANCE),
    ("finance2", "财务复核", Role.FINANCE),
    ("manager", "管理员", Role.MANAGER),
)


def _play(yesterday: date) -> Play:
    calls = listed.made_up(Dice(SEED), first=yesterday, days=1, per_day=_YESTERDAY, homes=SIZE.elders)
    return Play("demo", {"seed": SEED}, calls, population.yunhe(), SIZE, lambda item: item)


async def prepare(settings: Settings) -> bool:
    """Lay the demo district out in an empty database and live its yesterday; tell whether this database plays it.

    A district that holds real people is left alone.
    """
    now = WallClock().now()
    what = _play(clock.day_of(now) - timedelta(days=1))
    stands = FixedClock(what.before().now())
    async with platform.house(settings, clock=stands) as house:
        async with house.works(SYSTEM("demo")) as work:
            played = (await work.session.execute(select(Simulation.fingerprint))).scalar()
            anybody = (await work.session.execute(text("select exists (select from person)"))).scalar()
            lived = (await work.session.execute(text("select exists (select from care_request)"))).scalar()
        if played != what.fingerprint and (played is not None or anybody):
            return False
        if played is not None and lived:
            return True
        console.print("正在布置演示区并演完昨天，要一两分钟 · laying out the demo district and living its yesterday")
        await lay_out(house.works, what)
        still = platform.drained(house)
        drive = await drive_of(house, stands, still, what)
        async with platform.deliveries(house):
            await drive.play(until=now)
    return True


async def open_desks(works: Works) -> None:
    """Open an account at every desk, once, and print the passwords made for them."""
    table = Table("desk", "username", "password", title="Demo accounts (shown this once)")
    async with works(SYSTEM("demo")) as work:
        companies, workers = (
            await population.parts(work, PartKind.COMPANY),
            await population.parts(work, PartKind.WORKER),
        )
        for username, name, role in _DESKS:
            if await known.by_username(work, username) is not None:
                continue
            password = secrets.token_urlsafe(12)
            await accounts.open_account(
                work,
                username=username,
                display_name=name,
                role=role,
                password=password,
                provider_id=companies[0] if role in {Role.PROVIDER, Role.WORKER} else None,
                worker_id=workers[0] if role is Role.WORKER else None,
            )
            table.add_row(name, username, password)
    if table.row_count:
        console.print(table)


async def live(house: Platform) -> None:
    """Keep the demo district living by the wall clock, until cancelled."""
    works = house.works
    now = works.clock.now()
    drive = await drive_of(house, FixedClock(now), None, _play(clock.day_of(now)), since=now - _MEMORY)
    told: asyncio.Queue[Envelope] = asyncio.Queue()

    def heard(envelopes: list[Envelope]) -> None:
        for envelope in envelopes:
            told.put_nowait(envelope)

    works.on_emitted = heard
    dice = Dice(secrets.randbits(32))
    next_call = now
    while True:
        try:
            while not told.empty():
                await _hear(works, drive, told.get_nowait())
            now = works.clock.now()
            if now >= next_call:
                # Numbered by tenths of a second: no call of an earlier process has this number.
                call = listed.one_call(dice, int(now.timestamp() * 10), at=now, homes=SIZE.elders)
                next_call = now - timedelta(seconds=PACE_SECONDS * math.log(1 - dice.unit("wait", call.number)))
                await drive.take(call)
            while (due := drive.agenda.pop(now, Phase.PAPERS)) is not None:
                if due.deed not in _BY_THE_TICKER and await _still_so(works, drive, due):
                    await drive.players.do(due)
        except (DBAPIError, OSError):
            log.exception("the demo district stumbled and goes on")
        await asyncio.sleep(_LOOK_SECONDS)


async def _hear(works: Works, drive: Drive, envelope: Envelope) -> None:
    event = envelope.event()
    if isinstance(event, VisitOffered) and event.request_id not in drive.agenda.placed:
        async with works(SYSTEM("demo")) as work:
            request = await work.session.get_one(CareRequest, event.request_id)
            drive.agenda.placed[request.id] = placed(request)
    drive.agenda.hear(event, envelope.occurred_at)


async def _still_so(works: Works, drive: Drive, due: Due) -> bool:
    """Follow a visit that a better plan has given to another worker or another hour; False where it now comes later."""
    trip = due.trip
    if trip is None or due.deed not in {Deed.DEPART, Deed.ARRIVE, Deed.LEAVE}:
        return True
    async with works(SYSTEM("demo")) as work:
        visit = await work.session.get_one(Visit, trip.visit_id)
    trip.workers = tuple(one for one in (visit.worker_id, visit.second_worker_id) if one is not None)
    later = visit.planned_start - trip.starts_at
    trip.starts_at = visit.planned_start
    if later <= timedelta() or due.deed is Deed.LEAVE:
        return True
    drive.agenda.put(due.deed, due.at + later, trip)
    return False
