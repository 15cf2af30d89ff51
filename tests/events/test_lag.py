"""How far each group is behind: counted over both of its lanes, shown in /metrics, named in /health when it is much."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from bootstrap.platform import task
from events.contracts.people import PersonMoved
from events.delivery import bus, lag, topics
from events.delivery.bus import Deliverer, Handlers, on
from events.delivery.cluster import Cluster
from events.delivery.lag import LagWatch
from events.delivery.transport import PostgresDelivery
from events.work import Work, Works
from kit import metrics
from kit.access.actor import SYSTEM
from tests import machine

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@on(PersonMoved, group="slow")
async def when_moved(work: Work, event: PersonMoved) -> None:
    """Take it and do nothing."""


@pytest.fixture
def handlers() -> Handlers:
    """Deliver to one group."""
    return bus.table([when_moved])


async def test_a_group_that_is_far_behind_is_named_until_it_has_caught_up(
    works: Works, handlers: Handlers, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lag, "MANY", 5)
    for number in range(7):
        async with works(SYSTEM("test")) as work:
            work.emit(PersonMoved(person_id=UUID(int=number), division_code=str(number)))
    watch = LagWatch(works, ["idle", "slow"], None, period_seconds=0.05)

    async def named() -> bool:
        return await watch.state() == "attention: slow 7"

    async def caught_up() -> bool:
        return await watch.state() == "ok" and metrics.GROUP_LAG.labels("slow")._value.get() == 0

    async with task(watch.run()):
        await until(named)
        assert metrics.GROUP_LAG.labels("slow")._value.get() == 7
        assert metrics.GROUP_LAG.labels("idle")._value.get() == 0
        delivery = PostgresDelivery(Deliverer(works, handlers))
        await delivery.start()
        await until(caught_up)
        await delivery.stop()


async def test_a_kafka_that_is_away_is_named_and_counted_as_behind(works: Works, until: Until) -> None:
    nobody = Cluster(f"127.0.0.1:{machine.free_port()}")
    with pytest.raises(topics.KafkaAway):
        await lag.measure(works, ["slow"], nobody)
    assert await topics.behind(nobody, ["slow"])
    watch = LagWatch(works, ["slow"], nobody, period_seconds=0.05)

    async def failing() -> bool:
        return await watch.state() == "failing"

    async with task(watch.run()):
        await until(failing)
