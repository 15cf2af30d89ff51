"""How far each consumer group is behind: messages on Kafka that it has not read, and rows that wait in the database."""

import asyncio
from collections.abc import Collection, Mapping

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from events.contracts.event import queues_of
from events.delivery import topics
from events.delivery.cluster import Cluster
from events.work import Work, Works
from kit import loops, metrics
from kit.access.actor import SYSTEM

PERIOD_SECONDS = 15.0
MANY = 1_000
"""A group that is this many messages behind is named in /health; a worker handles some hundred a second."""
_WAITING = text(
    "select queue, count(*) as messages from event_delivery where queue = any(:queues) group by queue"
).bindparams(bindparam("queues", type_=ARRAY(Text)))


async def waiting(work: Work, *, groups: Collection[str]) -> dict[str, int]:
    """Return how many messages wait in the database for each group, in both of its lanes."""
    owners = {queue: group for group in groups for queue in queues_of(group)}
    counts = dict.fromkeys(sorted(groups), 0)
    for row in await work.session.execute(_WAITING, {"queues": list(owners)}):
        counts[owners[row.queue]] += row.messages
    return counts


async def measure(works: Works, groups: Collection[str], cluster: Cluster | None) -> dict[str, int]:
    """Return how many messages each group has not handled, wherever they are; refuse `kafka.away`."""
    async with works(SYSTEM("lag")) as work:
        counts = await waiting(work, groups=groups)
    if cluster is not None:
        for lag in await topics.lags(cluster, sorted(groups)):
            counts[lag.group] += lag.messages
    return counts


class LagWatch:
    """Measure the groups of this process four times a minute until cancelled, for /metrics and /health."""

    def __init__(
        self, works: Works, groups: Collection[str], cluster: Cluster | None, *, period_seconds: float = PERIOD_SECONDS
    ) -> None:
        self._works, self._groups, self._cluster, self._period = works, groups, cluster, period_seconds
        self._attempts = loops.Attempts("lag")
        self._counts: Mapping[str, int] = {}

    async def state(self) -> str:
        """Say `ok`, which groups are far behind, or that the last measurement failed."""
        if self._attempts.failing:
            return "failing"
        late = [f"{group} {count}" for group, count in self._counts.items() if count >= MANY]
        return f"attention: {', '.join(late)}" if late else "ok"

    async def run(self) -> None:
        """Measure again and again."""
        await loops.keep(self._attempts, self._turn)

    async def _turn(self) -> None:
        self._counts = await measure(self._works, self._groups, self._cluster)
        for group, count in self._counts.items():
            metrics.GROUP_LAG.labels(group).set(count)
        self._attempts.recovered()
        await asyncio.sleep(self._period)
