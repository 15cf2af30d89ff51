"""The ticker does each chore in one process at a time; what fails is named, tried again, and stops nothing else."""

import asyncio
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from time import monotonic

import asyncpg
import pytest
from sqlalchemy import text

from bootstrap.platform import task, while_running
from events.lease import Lease, LeaseLostError
from events.work import Begin, Works
from kit import loops
from kit.access.actor import SYSTEM
from kit.clock import FixedClock
from kit.postgres import plain
from kit.room import Chore, Room
from processes.rooms import ROOMS
from processes.ticker import Ticker
from tests.processes import frozen
from tests.processes.served import ROOT

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "FIRST_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(loops, "LONGEST_PAUSE_SECONDS", 0.2)
    monkeypatch.setattr("processes.ticker.PAUSE_SECONDS", 0.02)


def ticking(works: Works, *chores: Chore) -> Ticker:
    return Ticker(works, [Room(name="test", chores=chores)], lease_seconds=3)


async def test_a_chore_that_fails_is_named_until_it_does_not(
    works: Works, clock: FixedClock, database_url: str, until: Until
) -> None:
    owner = await asyncpg.connect(dsn=plain(database_url))
    ticker = Ticker(works, ROOMS, lease_seconds=3)

    async def failing() -> bool:
        clock.advance(SECOND)
        return await ticker.state() == "failing: seal"

    async def well() -> bool:
        clock.advance(SECOND)
        return await ticker.state() == "ok"

    async with task(ticker.run()) as running:
        await until(well)
        await owner.execute("alter table event_seal rename to event_seal_gone")
        await until(failing)
        await owner.execute("alter table event_seal_gone rename to event_seal")
        await until(well)
    assert await while_running(running, ticker.state) == "stopped"
    await owner.close()


@pytest.mark.parametrize(
    "error", [KeyError("bug"), ZeroDivisionError(), AssertionError("no"), OSError("gone")], ids=repr
)
async def test_a_chore_that_raises_for_ever_stops_no_other(
    works: Works, clock: FixedClock, until: Until, error: Exception
) -> None:
    done: Counter[str] = Counter()

    async def broken(_work: object) -> None:
        done["broken"] += 1
        raise error

    async def sound(_work: object) -> None:
        done["sound"] += 1

    async def broken_slow(_begin: Begin) -> None:
        done["broken_slow"] += 1
        raise error

    ticker = ticking(
        works,
        Chore(name="broken", every=SECOND, act=broken),
        Chore(name="sound", every=SECOND, act=sound),
        Chore(name="broken slow", every=SECOND, act=broken_slow, slow=True),
    )

    async def all_went_on() -> bool:
        clock.advance(SECOND)
        return min(done["broken"], done["broken_slow"]) >= 3 and done["sound"] >= 5

    async with task(ticker.run()) as running:
        await until(all_went_on)
        assert await ticker.state() == "failing: broken, broken slow"
        assert not running.done()


async def test_a_chore_that_raises_once_or_at_random_recovers_by_itself(
    works: Works, clock: FixedClock, until: Until
) -> None:
    dice, done, fragile = random.Random(7), Counter[str](), True

    async def once(_work: object) -> None:
        done["once"] += 1
        if done["once"] == 1:
            raise KeyError("once")

    async def at_random(_work: object) -> None:
        done["at random"] += 1
        if fragile and dice.random() < 0.5:
            raise RuntimeError("at random")

    ticker = ticking(
        works,
        Chore(name="once", every=timedelta(hours=1), act=once),
        Chore(name="at random", every=SECOND, act=at_random),
    )

    async def lively() -> bool:
        clock.advance(SECOND)
        return done["at random"] >= 20 and done["once"] >= 2

    async def well() -> bool:
        clock.advance(SECOND)
        return await ticker.state() == "ok"

    async with task(ticker.run()):
        await until(lively)
        fragile = False
        await until(well)


async def test_offers_lapse_while_a_night_is_planned(works: Works, clock: FixedClock, until: Until) -> None:
    night, lapsed = asyncio.Event(), asyncio.Event()

    async def plan(_begin: Begin) -> None:
        night.set()
        await asyncio.Event().wait()

    async def lapse(_work: object) -> None:
        if night.is_set():
            lapsed.set()

    async def well() -> bool:
        clock.advance(SECOND)
        return lapsed.is_set()

    chores = Chore(name="lapse", every=SECOND, act=lapse), Chore(name="night", every=SECOND, act=plan, slow=True)
    async with task(ticking(works, *chores).run()):
        await until(well)


async def test_of_two_tickers_one_works_and_the_other_takes_over(works: Works, clock: FixedClock, until: Until) -> None:
    done: Counter[str] = Counter()

    def chore(name: str) -> Chore:
        async def act(_work: object) -> None:
            done[name] += 1

        return Chore(name="any", every=SECOND, act=act)

    async def first_works() -> bool:
        clock.advance(SECOND)
        return done["first"] >= 3

    async def second_works() -> bool:
        clock.advance(SECOND)
        return done["second"] >= 3

    async with task(ticking(works, chore("first")).run()) as first:
        await until(first_works)
        async with task(ticking(works, chore("second")).run()):
            for _ in range(20):
                clock.advance(SECOND)
                await asyncio.sleep(0)
            assert done["second"] == 0
            first.cancel()
            await until(second_works)


async def test_a_lease_that_is_not_renewed_is_lost_and_its_work_undone(works: Works, database_url: str) -> None:
    owner = await asyncpg.connect(dsn=plain(database_url))
    frozen, other = Lease(works, "test"), Lease(works, "test")
    assert await frozen.renew()
    assert not await other.renew()
    await owner.execute("update lease set until = clock_timestamp() - interval '1 second'")
    assert await other.renew()
    with pytest.raises(LeaseLostError):
        async with works(SYSTEM("frozen")) as work:
            await frozen.fence(work)
    assert not frozen.held
    assert other.held
    assert not await frozen.renew()
    await owner.close()


@pytest.mark.timeout(60)
async def test_what_is_frozen_in_the_middle_of_its_work_does_not_do_it_twice(
    works: Works, database_url: str, until: Until, tmp_path: Path
) -> None:
    seconds, go, said, wrong = 2.0, tmp_path / "go", tmp_path / "said", tmp_path / "wrong"
    subjects = text("select subject from event_log order by subject")
    open_renewals = text(
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        " and state <> 'idle' and query like '%into lease%'"
    )

    async def both_begun() -> bool:
        return {"quick begun", "slow begun"} <= set(said.read_text().splitlines())

    async def emitted() -> list[str]:
        async with works(SYSTEM("test")) as work:
            return [str(row.subject) for row in (await work.session.execute(subjects)).all()]

    async def both_emitted() -> bool:
        return await emitted() == [str(frozen.QUICK), str(frozen.SLOW)]

    async def frozen_between_renewals() -> bool:
        process.send_signal(signal.SIGSTOP)
        async with works(SYSTEM("test")) as work:
            renewing = (await work.session.execute(open_renewals)).scalar_one()
        if renewing:  # its lock on the lease would be in the way for as long as a transaction may be idle
            process.send_signal(signal.SIGCONT)
        return not renewing

    async def both_undone() -> bool:
        errors = wrong.read_text()
        return all(words in errors for words in ("quick failed", "slow failed", "LeaseLostError"))

    async def no_pause(_name: str) -> None:
        return

    command = [sys.executable, "-m", "tests.processes.frozen", database_url, str(seconds), str(go)]
    with said.open("w") as out, wrong.open("w") as errors:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=errors)
    try:
        await until(both_begun)
        await until(frozen_between_renewals)
        frozen_at = monotonic()
        async with task(Ticker(works, [frozen.room(no_pause)], lease_seconds=seconds).run()):
            await until(both_emitted)
            took = monotonic() - frozen_at
            go.touch()
            process.send_signal(signal.SIGCONT)
            await until(both_undone)
        assert process.poll() is None
        assert await both_emitted()
    finally:
        process.kill()
        process.wait()
    print(f"taken over after {took:.1f} s of a lease of {seconds:.0f} s")
    assert took < seconds + 5


async def test_a_lease_ends_with_its_holder(works: Works, database_url: str, until: Until) -> None:
    owner = await asyncpg.connect(dsn=plain(database_url))
    lease = Lease(works, "test")

    async def held() -> bool:
        return lease.held

    async with task(lease.run()):
        await until(held)
    assert await owner.fetchval("select count(*) from lease") == 0
    await owner.close()


async def test_a_process_frozen_inside_a_transaction_loses_its_locks(works: Works) -> None:
    async with works(SYSTEM("test")) as work:
        timeout = (await work.session.execute(text("show idle_in_transaction_session_timeout"))).scalar_one()
    assert timeout == "30s"
