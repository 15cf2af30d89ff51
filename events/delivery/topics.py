"""Kafka's topics: which there are, how many partitions, made by kafka-python before anybody subscribes."""

import asyncio
from dataclasses import dataclass

from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from events.contracts.event import REGISTRY, URGENT_TOPIC
from kit.refusal import Kind, Refusal

PATIENCE_SECONDS = 5
PARTITIONS = 6
"""Partitions of a topic: a province's districts spread over them, and one district always has one."""
GROUP_PREFIX = "nowalls."


class KafkaAway(Refusal):
    """No broker answers at NOWALLS_KAFKA."""

    code = "kafka.away"
    kind = Kind.BUSY


def names() -> list[str]:
    """Return every topic that some event is published on."""
    return sorted({URGENT_TOPIC, *(kind.topic for kind in REGISTRY.values())})


def types_of(topic: str) -> list[str]:
    """Return the event types published on a topic; those of the urgent lane are also types of their own topics."""
    return sorted(
        name for name, kind in REGISTRY.items() if kind.topic == topic or (topic == URGENT_TOPIC and kind.urgent_lane)
    )


@dataclass(frozen=True, slots=True)
class Lag:
    """The lag of a group on a topic, in messages."""

    group: str
    topic: str
    messages: int


def _provision(servers: str) -> list[str]:
    admin = KafkaAdminClient(bootstrap_servers=servers.split(","), bootstrap_timeout_ms=PATIENCE_SECONDS * 1000)
    try:
        missing = [name for name in names() if name not in set(admin.list_topics())]
        if missing:
            try:
                admin.create_topics(
                    [NewTopic(name, num_partitions=PARTITIONS, replication_factor=-1) for name in missing]
                )
            except TopicAlreadyExistsError:
                missing = []  # another process was first
        return missing
    finally:
        admin.close()


async def _answers(server: str) -> bool:
    # kafka-python would ask a silent broker for half a minute, and leave its sockets behind.
    host, _, port = server.strip().rpartition(":")
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            _, writer = await asyncio.open_connection(host, int(port))
    except (OSError, ValueError, TimeoutError):
        return False
    writer.close()
    return True


async def provision(servers: str) -> list[str]:
    """Create the missing topics with the broker's own replication; return their names. Refuses `kafka.away`."""
    if not any(await asyncio.gather(*map(_answers, servers.split(",")))):
        raise KafkaAway(servers=servers)
    try:
        return await asyncio.to_thread(_provision, servers)
    except KafkaError as error:
        raise KafkaAway(servers=servers) from error


def _lags(servers: str, groups: list[str]) -> list[Lag]:
    admin = KafkaAdminClient(bootstrap_servers=servers.split(","))
    try:
        lags: list[Lag] = []
        for group in groups:
            committed = admin.list_group_offsets({GROUP_PREFIX + group: None})[GROUP_PREFIX + group]
            ends = admin.list_partition_offsets(dict.fromkeys(committed, -1))
            behind: dict[str, int] = {}
            for partition, offset in committed.items():
                end = ends[partition].offset
                behind[partition.topic] = behind.get(partition.topic, 0) + max(0, end - max(0, offset.offset))
            lags.extend(Lag(group, topic, messages) for topic, messages in sorted(behind.items()))
        return lags
    finally:
        admin.close()


async def lags(servers: str, groups: list[str]) -> list[Lag]:
    """Ask the broker how far each group is behind."""
    return await asyncio.to_thread(_lags, servers, groups)


async def behind(servers: str, groups: list[str]) -> bool:
    """Tell whether the broker may hold messages that a group has not read; one that is away may."""
    if not any(await asyncio.gather(*map(_answers, servers.split(",")))):
        return True
    try:
        return any(lag.messages for lag in await lags(servers, groups))
    except KafkaError:
        return True
