"""The demo's history: thirteen months of its district, lived by the real operations in a database beside it.

A thin year, a full last month and this month so far. It is lived in a process of its own while people use the district
that the server began with; complete, it takes that district's place (`take_place`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import asyncpg

from bootstrap import platform
from bootstrap.platform import DATABASE
from events import rehearsal
from kit import clock, postgres
from kit.access.actor import SYSTEM
from kit.clock import Clock, FixedClock, RehearsalClock
from kit.room import Room
from kit.settings import Settings
from routing.insertion import board
from simulations import demo
from simulations import request_lists as listed
from simulations.request_lists import Call
from simulations.runner import Scenario, create_district, make_driver
from simulations.sampling import Sampler

_DRAFT, _COMPLETE, _REPLACED = "demo_history_draft", "demo_history", "demo_replaced"
_CLOSE = timedelta(minutes=1)
_SWEEP_EVERY = timedelta(hours=3)  # every quarter of an hour it is half of the work of a thin year
_DISCONNECT = "select pg_terminate_backend(pid) from pg_stat_activity where datname = any($1::text[])"


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is lived: how many months before this one, and how many calls.

    Last month and this one have `busy_a_day` calls a day, the months before share what is left of `calls`.
    """

    months: int = 13
    calls: int = 4_600  # a tenth is refused; more than four thousand requests remain
    busy_a_day: int = demo.A_DAY


def calls(today: date, extent: Extent) -> list[Call]:
    """Make up the calls of a history that ends with `today`."""
    this_month = today.replace(day=1)
    last_month = _before(this_month)
    first = this_month
    for _ in range(extent.months):
        first = _before(first)
    busy_days, thin_days = (today - last_month).days + 1, (last_month - first).days
    thin_a_day = -(-max(0, extent.calls - busy_days * extent.busy_a_day) // max(1, thin_days))
    homes = demo.SIZE.elders
    thin = listed.made_up(Sampler(demo.SEED + 1), first=first, days=thin_days, per_day=thin_a_day, homes=homes)
    busy = listed.made_up(Sampler(demo.SEED), first=last_month, days=busy_days, per_day=extent.busy_a_day, homes=homes)
    return [replace(call, number=number) for number, call in enumerate([*thin, *busy])]


def _before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


async def lay_out(settings: Settings, rooms: Sequence[Room], *, extent: Extent, say: Callable[[int], None]) -> None:
    """Live the history up to now and keep it as a complete one; `say` hears the percentage that has been lived.

    What an earlier process has left unfinished is begun anew. The clock that it ends at is the present district's: the
    wall's, or a rehearsal's.
    """
    async with platform.platform(settings, rooms) as present:
        present_clock = present.works.clock
    say(0)
    await platform.forget(settings, _DRAFT)
    today = clock.day_of(present_clock.now())
    scenario = replace(demo.scenario(today), calls=calls(today, extent))
    await _live(settings, rooms, scenario, present_clock, say)
    if isinstance(present_clock, RehearsalClock):
        async with (
            platform.platform(settings, rooms, database=_DRAFT) as running,
            running.works(SYSTEM("demo")) as work,
        ):
            if (to := present_clock.now()) > work.now:
                await rehearsal.put_forward(work, to=to)
    await _rename({_DRAFT: _COMPLETE}, settings)
    say(100)


async def _live(
    settings: Settings, rooms: Sequence[Room], scenario: Scenario, present: Clock, say: Callable[[int], None]
) -> None:
    fixed_clock = FixedClock(scenario.before().now())
    async with platform.platform(settings, rooms, clock=fixed_clock, database=_DRAFT) as running:
        if isinstance(present, RehearsalClock):
            async with running.works(SYSTEM("demo")) as work:
                await rehearsal.begin(work)
        await create_district(running.works, scenario)
        board.warm()
        driver = await make_driver(running, fixed_clock, platform.drained(running), scenario)
        driver.people.open_month = clock.month_of(clock.month_bounds(clock.month_of(present.now()))[0] - _CLOSE)
        driver.schedule.sweep_every = _SWEEP_EVERY
        driver.progress = lambda done, _at: say(99 * done // len(scenario.calls))
        platform.set_aside()
        async with platform.deliveries(running):
            # Living it takes minutes, in which the present goes on.
            while fixed_clock.now() < (now := present.now()) - _CLOSE:
                await driver.run(until=now)
                fixed_clock.set(now)


async def complete(settings: Settings) -> bool:
    """Tell whether a complete history waits to take the district's place."""
    connection = await _connect(settings)
    try:
        return bool(await connection.fetchval("select exists (select from pg_database where datname = $1)", _COMPLETE))
    finally:
        await connection.close()


async def take_place(settings: Settings) -> None:
    """Put the complete history in the place of the district, which nobody may be connected to.

    The replaced district and the signed heads of its log are kept under other names, one of each.
    """
    await platform.forget(settings, _REPLACED)
    await _rename({DATABASE: _REPLACED, _COMPLETE: DATABASE}, settings)
    if settings.signed_heads.exists():
        settings.signed_heads.rename(settings.signed_heads.with_name(f"{settings.signed_heads.name}-replaced"))


async def _rename(names: dict[str, str], settings: Settings) -> None:
    connection = await _connect(settings)
    try:
        await connection.execute(_DISCONNECT, list(names))
        async with connection.transaction():
            for old, new in names.items():
                await connection.execute(f'alter database "{old}" rename to "{new}"')
    finally:
        await connection.close()


async def _connect(settings: Settings) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(dsn=postgres.plain(await postgres.start_embedded(settings.embedded, "postgres")))
