"""From the database to Kafka: publish emitted events in their order, and forget each only once it is acknowledged."""

import asyncio
import json
import logging
from contextlib import suppress
from time import monotonic

import asyncpg
from aiokafka import AIOKafkaProducer

from events.delivery import topics
from events.delivery.cluster import Cluster
from events.lease import SECONDS, Lease
from events.model import OUTGOING_CHANNEL
from events.work import Works
from kit import boundaries, loops, metrics
from kit.boundaries import Boundary
from kit.database import DESK_ROLE, IDLE_SETTINGS
from kit.postgres import plain

log = logging.getLogger("nowalls.relay")

BATCH = 500
STUCK_SECONDS = 5.0
_TAKE = """
delete from event_outgoing where id in
  (select id from event_outgoing order by id limit $1 for update skip locked)
returning id, topic, key, headers::text as headers, body, extract(epoch from clock_timestamp() - emitted_at) as age
"""


class Relay:
    """Run until cancelled; a broker that is away delays delivery and loses nothing, for the rows stay.

    One relay at a time publishes, under a lease, in the order in which rows became visible; another takes over when it
    is frozen or gone.
    """

    def __init__(self, works: Works, cluster: Cluster, *, lease_seconds: float = SECONDS) -> None:
        self._url = plain(works.database.url)
        self._cluster = cluster
        self._lease = Lease(works, "relay", seconds=lease_seconds)
        self._attempts = loops.Attempts("relay")
        self._state = "starting"
        self._sending_since: float | None = None

    async def state(self) -> str:
        """Return `ok` while the broker accepts messages (or another relay does the work), else `starting` or `away`."""
        stuck = self._sending_since is not None and monotonic() - self._sending_since > STUCK_SECONDS
        return "away" if stuck or self._attempts.failing or self._lease.failing else self._state

    async def run(self) -> None:
        """Keep publishing; a failure on either side is waited out."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._lease.run())
            tasks.create_task(loops.keep(self._attempts, self._session))

    async def _session(self) -> None:
        self._sending_since = None
        if not self._lease.held:
            if self._state != "starting":
                self._state = "ok"
            await self._stand_by()
            return
        settings = {"role": DESK_ROLE, "application_name": "nowalls-relay", **IDLE_SETTINGS}
        connection = await asyncpg.connect(dsn=self._url, server_settings=settings)
        producer = AIOKafkaProducer(acks="all", enable_idempotence=True, **self._cluster.client())
        try:
            await topics.provision(self._cluster)
            await producer.start()
            self._state = "ok"
            wake = asyncio.Event()
            await connection.add_listener(OUTGOING_CHANNEL, lambda *_: wake.set())
            while self._lease.held:
                wake.clear()
                while await self._publish(connection, producer):
                    pass
                self._attempts.recovered()
                with suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), 0.5)
        finally:
            # Unsent messages would hold the end up for as long as the broker is away; their rows are still there.
            with suppress(TimeoutError):
                async with asyncio.timeout(STUCK_SECONDS):
                    await producer.stop()
            await connection.close(timeout=2)

    async def _stand_by(self) -> None:
        """Wait until the lease may be ours."""
        await asyncio.sleep(0.2)
        if not self._lease.held and self._lease.asked:
            self._state = "ok"  # another relay publishes; this one is there for when it ends

    async def _publish(self, connection: "asyncpg.Connection[asyncpg.Record]", producer: AIOKafkaProducer) -> int:
        async with connection.transaction():
            rows = sorted(await connection.fetch(_TAKE, BATCH), key=lambda row: int(row["id"]))
            if not rows:
                metrics.OUTBOX_WAITING.set(0)
                metrics.OUTBOX_LAG_SECONDS.set(0)
                return 0
            metrics.OUTBOX_WAITING.set(len(rows))
            metrics.OUTBOX_LAG_SECONDS.set(float(rows[0]["age"]))
            self._sending_since = monotonic()
            boundaries.crossed(Boundary.PUBLISHING)
            acknowledgements = [
                await producer.send(
                    row["topic"], row["body"], key=row["key"].encode(), headers=_headers(row["headers"])
                )
                for row in rows
            ]
            await asyncio.gather(*acknowledgements)
            await self._lease.fence_on(connection)
            self._sending_since = None
            boundaries.crossed(Boundary.PUBLISHED)
        boundaries.crossed(Boundary.FORGOTTEN)
        return len(rows)


def _headers(text: str) -> list[tuple[str, bytes]]:
    return [(name, value.encode()) for name, value in json.loads(text).items()]
