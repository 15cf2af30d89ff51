"""From the database to Kafka: publish what was told, in the order of telling, and forget it only once acknowledged."""

import asyncio
import json
import logging
from contextlib import suppress
from time import monotonic

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from events.delivery import topics
from events.model import OUTGOING_CHANNEL
from kit import metrics
from kit.database import DESK_ROLE
from kit.postgres import plain

log = logging.getLogger("nowalls.relay")

BATCH = 500
STUCK_SECONDS = 5.0
_LOCK = 0x72656C6179  # one relay at a time keeps a key's order: the bytes of "relay"
_TAKE = """
delete from event_outgoing where id in
  (select id from event_outgoing order by id limit $1 for update skip locked)
returning id, topic, key, headers::text as headers, body, extract(epoch from clock_timestamp() - told_at) as age
"""


class Relay:
    """Run until cancelled; a broker that is away delays delivery and loses nothing, for the rows stay."""

    def __init__(self, url: str, servers: str) -> None:
        self._url = plain(url)
        self._servers = servers
        self._state = "starting"
        self._sending_since: float | None = None

    async def state(self) -> str:
        """Say `ok` while the broker takes what is sent (or another relay does the work), else `starting` or `away`."""
        stuck = self._sending_since is not None and monotonic() - self._sending_since > STUCK_SECONDS
        return "away" if stuck else self._state

    async def run(self) -> None:
        """Keep publishing; connection failures on either side are waited out."""
        while True:
            try:
                await self._session()
            except (OSError, KafkaError, topics.KafkaAway, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                self._state = "away"
                log.warning("the relay starts over: %r", error)
                await asyncio.sleep(1)

    async def _session(self) -> None:
        settings = {"role": DESK_ROLE, "application_name": "nowalls-relay"}
        connection = await asyncpg.connect(dsn=self._url, server_settings=settings)
        self._sending_since = None
        producer = AIOKafkaProducer(bootstrap_servers=self._servers.split(","), acks="all", enable_idempotence=True)
        try:
            if not await connection.fetchval("select pg_try_advisory_lock($1)", _LOCK):
                self._state = "ok"  # another relay publishes; this one is there for when it ends
                await connection.execute("select pg_advisory_lock($1)", _LOCK)
            await topics.provision(self._servers)
            await producer.start()
            self._state = "ok"
            wake = asyncio.Event()
            await connection.add_listener(OUTGOING_CHANNEL, lambda *_: wake.set())
            while True:
                wake.clear()
                while await self._publish(connection, producer):
                    pass
                with suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), 0.5)
        finally:
            # Unsent messages would hold the end up for as long as the broker is away; their rows are still there.
            with suppress(TimeoutError):
                async with asyncio.timeout(STUCK_SECONDS):
                    await producer.stop()
            await connection.close(timeout=2)

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
            acknowledgements = [
                await producer.send(
                    row["topic"], row["body"], key=row["key"].encode(), headers=_headers(row["headers"])
                )
                for row in rows
            ]
            await asyncio.gather(*acknowledgements)
            self._sending_since = None
        return len(rows)


def _headers(text: str) -> list[tuple[str, bytes]]:
    return [(name, value.encode()) for name, value in json.loads(text).items()]
