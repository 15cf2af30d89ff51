"""What Kafka should have and what it has: topics, partitions, replicas, retention, and who may use them.

`apply` makes the difference small; nothing is ever deleted but a right that the declaration does not give. Everything
here blocks; from a coroutine call it through `asyncio.to_thread`.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Final

from kafka import TopicPartition
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.errors import KafkaError, SecurityDisabledError

from events.delivery import topics
from events.delivery.cluster import Cluster
from kit.refusal import Kind, Refusal

REPLICAS: Final = 3
"""Copies of a topic where there are so many brokers; a write then waits for two of them."""
SETTLING_SECONDS = 10.0
"""How long a change may take to show: the controller has it before the brokers do."""
READS, WRITES = "worker", "relay"
"""The two processes that use Kafka, which are also the names of their accounts."""

Right = tuple[str, str, str, str, str]
"""An account, the kind of what it may use, its name, `LITERAL` or `PREFIXED`, and the operation."""


class TopicsDenied(Refusal):
    """The account may not declare topics."""

    code = "kafka.denied"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True, slots=True)
class Deviation:
    """One value of Kafka's that is not as declared; `actual` is `-` for what is not there."""

    of: str
    field: str
    actual: str
    wanted: str


def rights() -> set[Right]:
    """Return what each account may do: the relay writes every topic, the worker reads them in its groups, no more."""
    declared: set[Right] = set()
    for name in topics.names():
        declared |= {(WRITES, "TOPIC", name, "LITERAL", operation) for operation in ("WRITE", "DESCRIBE")}
        declared |= {(READS, "TOPIC", name, "LITERAL", operation) for operation in ("READ", "DESCRIBE")}
    return declared | {
        (READS, "GROUP", topics.GROUP_PREFIX, "PREFIXED", operation) for operation in ("READ", "DESCRIBE")
    }


def diff(cluster: Cluster) -> list[Deviation]:
    """Compare the cluster with the declaration; refuse `kafka.away` and `kafka.denied`."""
    with _opened(cluster) as admin:
        return list(_deviations(admin))


def apply(cluster: Cluster) -> list[Deviation]:
    """Bring the cluster to the declaration and return what was not as declared before.

    Partitions are only added: Kafka cannot take one away. It returns when every broker shows what was changed, or after
    ten seconds: copies of a large topic take longer. Refused: `kafka.away`, `kafka.denied`.
    """
    with _opened(cluster) as admin:
        before = list(_deviations(admin))
        replicas = _replicas(_brokers(admin))
        if missing := [deviation.of for deviation in before if deviation.field == "topic"]:
            made = {"num_partitions": topics.PARTITIONS, "replication_factor": replicas, "configs": _settings(replicas)}
            admin.create_topics(dict.fromkeys(missing, made))
        few = {row.of for row in before if row.field == "partitions" and int(row.actual) < topics.PARTITIONS}
        if few:
            admin.create_partitions(dict.fromkeys(sorted(few), topics.PARTITIONS))
        _spread(admin, [deviation.of for deviation in before if deviation.field == "replicas"])
        changed = [row for row in before if row.field in _settings(replicas)]
        if changed:
            values: dict[str, dict[str, str]] = {}
            for row in changed:
                values.setdefault(row.of, {})[row.field] = row.wanted
            admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, *value) for value in values.items()])
        _grant(admin)
        end = monotonic() + SETTLING_SECONDS
        while any(row.field != "partitions" for row in _deviations(admin)) and monotonic() < end:
            sleep(0.1)
        return before


@contextmanager
def _opened(cluster: Cluster) -> Iterator[KafkaAdminClient]:
    """Open kafka-python's administration client, and turn its errors into refusals."""
    try:
        admin = KafkaAdminClient(bootstrap_timeout_ms=topics.PATIENCE_SECONDS * 1000, **cluster.admin())
        try:
            yield admin
        finally:
            admin.close()
    except KafkaError as error:
        if "Authorization" in type(error).__name__:
            raise TopicsDenied(user=cluster.user or "-", why=type(error).__name__) from error
        raise topics.KafkaAway(servers=cluster.servers) from error


def _replicas(brokers: Collection[int]) -> int:
    return min(REPLICAS, len(brokers))


def _settings(replicas: int) -> dict[str, str]:
    """Return the declared settings of a topic that is kept so many times."""
    return topics.KEPT | {"min.insync.replicas": str(max(1, replicas - 1))}


def _deviations(admin: KafkaAdminClient) -> Iterator[Deviation]:
    replicas = _replicas(_brokers(admin))
    there = {topic["name"]: topic["partitions"] for topic in admin.describe_topics()}
    names = [name for name in topics.names() if name in there]
    yield from (Deviation(name, "topic", "-", "declared") for name in topics.names() if name not in there)
    for name in names:
        partitions = there[name]
        if len(partitions) != topics.PARTITIONS:
            yield Deviation(name, "partitions", str(len(partitions)), str(topics.PARTITIONS))
        copies = {len(partition["replica_nodes"]) for partition in partitions}
        if copies != {replicas}:
            yield Deviation(name, "replicas", ", ".join(map(str, sorted(copies))), str(replicas))
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    settings = admin.describe_configs(asked, config_filter="all")["topic"] if asked else {}
    for name in names:
        for field, wanted in _settings(replicas).items():
            actual = str(settings[name][field]["value"])
            if actual != wanted:
                yield Deviation(name, field, actual, wanted)
    yield from _wrong_rights(admin)


def _brokers(admin: KafkaAdminClient) -> list[int]:
    return sorted(int(broker["broker_id"]) for broker in admin.describe_cluster()["brokers"])


def _wrong_rights(admin: KafkaAdminClient) -> Iterator[Deviation]:
    given = _given(admin)
    if given is None:
        return
    for right in sorted(rights() ^ given):
        account, kind, name, pattern, operation = right
        pair = ("-", "allowed") if right not in given else ("allowed", "-")
        yield Deviation(f"{account}: {kind} {name} ({pattern})", operation, *pair)


def _given(admin: KafkaAdminClient) -> set[Right] | None:
    """Return what the two accounts may do now; None where the brokers ask nobody who they are."""
    given: set[Right] = set()
    for account in (READS, WRITES):
        try:
            rules, _ = admin.describe_acls(_of(account))
        except SecurityDisabledError:
            return None
        given |= {
            (
                account,
                rule.resource_pattern.resource_type.name,
                rule.resource_pattern.resource_name,
                rule.resource_pattern.pattern_type.name,
                rule.operation.name,
            )
            for rule in rules
        }
    return given


def _of(account: str) -> ACLFilter:
    every = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    return ACLFilter(f"User:{account}", None, ACLOperation.ANY, ACLPermissionType.ANY, every)


def _rule(right: Right) -> ACL:
    account, kind, name, pattern, operation = right
    where = ResourcePattern(ResourceType[kind], name, ACLResourcePatternType[pattern])
    return ACL(f"User:{account}", "*", ACLOperation[operation], ACLPermissionType.ALLOW, where)


def _grant(admin: KafkaAdminClient) -> None:
    given = _given(admin)
    if given is None:
        return
    if missing := sorted(rights() - given):
        failed = admin.create_acls([_rule(right) for right in missing])["failed"]
        if failed:
            raise failed[0]
    if surplus := sorted(given - rights()):
        rules = [_rule(right) for right in surplus]
        admin.delete_acls(
            [
                ACLFilter(
                    rule.principal,
                    None,
                    rule.operation,
                    ACLPermissionType.ANY,
                    ResourcePatternFilter(
                        rule.resource_pattern.resource_type,
                        rule.resource_pattern.resource_name,
                        rule.resource_pattern.pattern_type,
                    ),
                )
                for rule in rules
            ]
        )


def _spread(admin: KafkaAdminClient, names: list[str]) -> None:
    """Give each partition the declared number of copies, those that it has first; Kafka then copies by itself."""
    if not names:
        return
    brokers = _brokers(admin)
    moves: dict[TopicPartition, list[int]] = {}
    for topic in admin.describe_topics(names):
        for partition in topic["partitions"]:
            number, kept = int(partition["partition_index"]), list(partition["replica_nodes"])
            others = [broker for broker in brokers if broker not in kept]
            turn = number % len(others) if others else 0
            moves[TopicPartition(topic["name"], number)] = (kept + others[turn:] + others[:turn])[: _replicas(brokers)]
    for error in admin.alter_partition_reassignments(moves).values():
        if error is not None:
            raise error
