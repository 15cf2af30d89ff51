"""The named scenarios: what goes wrong, again and again, while a district works."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import text

from events.delivery import redelivery
from events.work import Works
from kit.access.actor import SYSTEM
from simulations.faults.fleet import Fleet, Raw
from simulations.faults.proxy import Line, Proxy
from simulations.revisions import DidNotFinish

_LATEST = text("select id from event_log where type = any(:kinds) order by position desc limit 200")


@dataclass(slots=True)
class Scene:
    """What a fault may break, and how many records it has planted; `groups` are the event types that each handles."""

    fleet: Fleet
    chance: Random
    works: Works
    groups: Mapping[str, Collection[str]]
    proxies: Mapping[str, Proxy]
    planted: int = 0
    died: int = 0
    """How many processes have ended themselves at a boundary."""


Fault = Callable[[Scene], Awaitable[int]]
"""Breaks something and mends it; returns how much it has broken."""


async def kill(scene: Scene) -> int:
    """SIGKILL one, two or all processes at the same moment, and begin them again."""
    children = sorted(scene.fleet.children.items())
    victims = [child for _, child in scene.chance.sample(children, scene.chance.randint(1, len(children)))]
    await asyncio.sleep(scene.chance.uniform(0, 2))
    for child in victims:
        child.kill()
    await asyncio.sleep(scene.chance.uniform(0, 0.3))
    for child in victims:
        child.start()
    # One time in five the next ones die before these are there.
    if scene.chance.random() < 0.8:
        await asyncio.gather(*(child.until_well() for child in victims))
    return len(victims)


async def exit_at_boundary(scene: Scene) -> int:
    """Let a process end itself by `os._exit` at a boundary of its work drawn by lot, and begin it again."""
    child = scene.fleet.pick()
    child.kill()
    child.start(dies_at=scene.chance.randrange(1, 60))
    with suppress(DidNotFinish):
        await child.until_well()
    scene.died += await child.until_dead(15)
    child.kill()
    child.start()
    return 1


async def freeze(scene: Scene) -> int:
    """SIGSTOP a process for longer than its lease lasts, or shorter, while another of its kind may take over."""
    child = scene.fleet.pick()
    child.freeze()
    await asyncio.sleep(scene.chance.choice((1.0, 5.0, 18.0)))
    child.thaw()
    await asyncio.sleep(scene.chance.uniform(0, 2))
    return 1


async def kill_postgres(scene: Scene) -> int:
    """SIGKILL the database server with all its backends, and start it again."""
    await asyncio.to_thread(scene.fleet.kill_postgres)
    await asyncio.sleep(scene.chance.uniform(0, 3))
    await asyncio.to_thread(scene.fleet.start_postgres)
    await asyncio.sleep(scene.chance.uniform(4, 8))
    return 1


async def fill_disk(scene: Scene) -> int:
    """Fill the database's disk to the last byte; after a while there is room again, and the server is started."""
    filler = scene.fleet.postgres.parent / "filler"
    await asyncio.to_thread(fill, filler)
    await asyncio.sleep(scene.chance.uniform(2, 6))
    await asyncio.to_thread(filler.unlink)
    await asyncio.to_thread(scene.fleet.start_postgres)
    await asyncio.sleep(scene.chance.uniform(4, 8))
    return 1


def fill(filler: Path) -> None:
    """Write until nothing more can be written."""
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"\0" * 65_536):
            pass


async def fail_to_sync(scene: Scene) -> int:
    """Let every fsync and fdatasync of the database server fail for a while (strace), and start it again."""
    with scene.fleet.failing_syncs():
        await asyncio.sleep(scene.chance.uniform(2, 5))
    await asyncio.to_thread(scene.fleet.start_postgres)
    await asyncio.sleep(scene.chance.uniform(4, 8))
    return 1


async def break_line(scene: Scene) -> int:
    """Cut a line, let it be silent, or make it slow."""
    name = scene.chance.choice(sorted(scene.proxies))
    scene.proxies[name].put(scene.chance.choice((Line.CUT, Line.SILENT, Line.SLOW)))
    await asyncio.sleep(scene.chance.uniform(0.5, 6))
    scene.proxies[name].put(Line.WELL)
    await asyncio.sleep(scene.chance.uniform(1, 4))
    return 1


async def kill_broker(scene: Scene) -> int:
    """Kill the broker, and start it again with the files it left."""
    await asyncio.to_thread(scene.fleet.kill_broker)
    await asyncio.sleep(scene.chance.uniform(0, 4))
    await asyncio.to_thread(scene.fleet.restart_broker)
    await asyncio.sleep(scene.chance.uniform(2, 6))
    return 1


async def wipe_broker(scene: Scene) -> int:
    """Put an empty broker in the place of the one that had everything."""
    await asyncio.sleep(scene.chance.uniform(0, 3))
    await asyncio.to_thread(scene.fleet.wipe_broker)
    await asyncio.sleep(scene.chance.uniform(4, 8))
    return 1


async def send_again(scene: Scene) -> int:
    """Deliver events again that every group has taken already, late and in any order."""
    for group in sorted(scene.groups):
        async with scene.works(SYSTEM("faults")) as work:
            rows = (await work.session.execute(_LATEST, {"kinds": list(scene.groups[group])})).scalars().all()
            again = scene.chance.sample(rows, min(len(rows), 20))
            for event_id in again:
                await redelivery.deliver_again(work, group=group, event_ids=[event_id])
    await asyncio.sleep(scene.chance.uniform(0, 1))
    return 1


async def forge(scene: Scene) -> int:
    """Send what nobody emitted: well formed and invented, unreadable, without headers, not UTF-8, with NUL."""
    records = [forged(scene.chance) for _ in range(10)]
    await asyncio.to_thread(scene.fleet.send, "visits", records)
    scene.planted += len(records)
    await asyncio.sleep(scene.chance.uniform(0, 1))
    return 1


def forged(chance: Random) -> Raw:
    """Draw a record that the platform never wrote."""
    headers = {
        "ce_id": str(UUID(int=chance.getrandbits(128))).encode(),
        "ce_type": b"visits.visit_verified.v1",
        "ce_time": b"2026-01-01T00:00:00+00:00",
        "ce_actor": b"system",
        "ce_subject": str(UUID(int=chance.getrandbits(128))).encode(),
        "ce_correlation": str(UUID(int=chance.getrandbits(128))).encode(),
    }
    value = json.dumps({"visit_id": headers["ce_subject"].decode(), "payable_fen": 144_000}).encode()
    match chance.randrange(5):
        case 0:
            headers["ce_id"] = b"\xff\xfe"
        case 1:
            headers["ce_subject"] = b"a\x00b"
        case 2:
            value = b"[" * 50_000
        case 3:
            headers = {}
        case _:
            pass
    return b"forged", value, list(headers.items())


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is broken, what it needs, and how hard the district works."""

    name: str
    fault: Fault
    kafka: bool = False
    in_process: bool = False
    """Whether the platform runs in the harness's own process, and the fault is an exception."""
    synced: bool = False
    """Whether the database syncs to its disk, which is small and its own: mounting it needs root."""
    spares: bool = False
    """Whether a second worker, ticker and relay stand by."""
    load: int = 1
    """How many times as many calls a day as there are workers for."""

    @property
    def says(self) -> str:
        """Return its one sentence."""
        return (self.fault.__doc__ or "").splitlines()[0]


async def crash(_scene: Scene) -> int:
    """Die once at every commit, publication and acknowledgement of a story from the call to the payment."""
    return 0


async def nothing(scene: Scene) -> int:
    """Break nothing: ten times as many calls as there are workers for."""
    await asyncio.sleep(scene.chance.uniform(0.5, 1))
    return 1


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("kills", kill),
        Scenario("exits", exit_at_boundary),
        Scenario("freezes", freeze, spares=True),
        Scenario("postgres", kill_postgres),
        Scenario("disk-full", fill_disk, synced=True),
        Scenario("failing-sync", fail_to_sync, synced=True),
        Scenario("line", break_line),
        Scenario("duplicates", send_again),
        Scenario("overload", nothing, load=10),
        Scenario("crash-points", crash, in_process=True),
        Scenario("kafka-crash-points", crash, in_process=True, kafka=True),
        Scenario("kafka-kills", kill, kafka=True),
        Scenario("kafka-exits", exit_at_boundary, kafka=True),
        Scenario("kafka-freezes", freeze, kafka=True, spares=True),
        Scenario("kafka-line", break_line, kafka=True),
        Scenario("broker", kill_broker, kafka=True),
        Scenario("wiped", wipe_broker, kafka=True),
        Scenario("forged", forge, kafka=True),
    )
}
