"""Kafka's topics: which there are, how many partitions, made by kafka-python before anybody subscribes."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from kafka.admin import KafkaAdminClient
from kafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
)

from events.contracts.event import REGISTRY, URGENT_TOPIC
from events.delivery.cluster import Cluster
from kit.refusal import Kind, Refusal

PATIENCE_SECONDS = 5
PARTITIONS = 6
"""Partitions of a topic: a province's districts spread over them, and one district always has one."""
GROUP_PREFIX = "nowalls."
RETENTION = timedelta(days=7)
"""How long a topic keeps a message. The log keeps it for ever: a longer outage is healed by `redeliver`."""
KEPT = {"retention.ms": str(int(RETENTION.total_seconds() * 1000)), "cleanup.policy": "delete"}
"""The settings of a topic that do not depend on how many brokers there are."""


class KafkaAway(Refusal):
    """No broker answers at NOWALLS_KAFKA."""

    code = "kafka.away"
    kind = Kind.BUSY


class TopicsMissing(Refusal):
    """Topics are not there, and this account may not create them."""

    code = "kafka.topics_missing"
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


def _provision(cluster: Cluster) -> list[str]:
    admin = KafkaAdminClient(bootstrap_timeout_ms=PATIENCE_SECONDS * 1000, **cluster.admin())
    try:
        missing = [name for name in names() if name not in set(admin.list_topics())]
        if missing:
            try:
                wanted = {"num_partitions": PARTITIONS, "configs": KEPT}
                admin.create_topics(dict.fromkeys(missing, wanted))
            except TopicAlreadyExistsError:
                missing = []  # another process was first
            except (ClusterAuthorizationFailedError, TopicAuthorizationFailedError) as error:
                raise TopicsMissing(topics=", ".join(missing)) from error
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


async def provision(cluster: Cluster) -> list[str]:
    """Create the missing topics with the brokers' own replication; return their names.

    Refused: `kafka.away`; `kafka.topics_missing` where the account may not create any.
    """
    if not any(await asyncio.gather(*map(_answers, cluster.addresses))):
        raise KafkaAway(servers=cluster.servers)
    try:
        return await asyncio.to_thread(_provision, cluster)
    except KafkaError as error:
        raise KafkaAway(servers=cluster.servers) from error


def _lags(cluster: Cluster, groups: list[str]) -> list[Lag]:
    admin = KafkaAdminClient(bootstrap_timeout_ms=PATIENCE_SECONDS * 1000, **cluster.admin())
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


async def lags(cluster: Cluster, groups: list[str]) -> list[Lag]:
    """Ask the brokers how far each group is behind; refuse `kafka.away`, also where they do not let us in."""
    if not any(await asyncio.gather(*map(_answers, cluster.addresses))):
        raise KafkaAway(servers=cluster.servers)
    try:
        return await asyncio.to_thread(_lags, cluster, groups)
    except KafkaError as error:
        raise KafkaAway(servers=cluster.servers) from error


async def behind(cluster: Cluster, groups: list[str]) -> bool:
    """Tell whether the brokers may hold messages that a group has not read; those that are away may."""
    try:
        return any(lag.messages for lag in await lags(cluster, groups))
    except KafkaAway:
        return True
