"""Topics as declared, on the broker that docker-compose.yml starts: TLS, an account a process, and no right unasked."""

import asyncio
import gc
import os
import socket
import subprocess
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from uuid import UUID

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError as ClientError
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError
from sqlalchemy import text

from bootstrap.platform import task
from events.contracts.people import PersonMoved
from events.delivery import bus, declared, topics
from events.delivery.bus import Deliverer, Handlers, on
from events.delivery.cluster import Cluster
from events.delivery.lag import LagWatch
from events.delivery.relay import Relay
from events.delivery.transport import KafkaDelivery
from events.work import Work, Works
from kit.access.actor import SYSTEM
from kit.settings import Settings
from processes import kafka
from tests import machine
from tests.house.tree import ROOT
from tests.processes.served import run

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
Account = Callable[[str | None], Cluster]
SEEN: list[str] = []


@on(PersonMoved, group="declared")
async def when_moved(work: Work, event: PersonMoved) -> None:
    SEEN.append(event.division_code)


@pytest.fixture
def handlers() -> Handlers:
    """Deliver to one group that writes down what it sees."""
    SEEN.clear()
    return bus.table([when_moved])


def _program(folder: Path, name: str, main: str) -> None:
    """Put a program of Kafka's where start.sh looks for it, run from the jars."""
    options = f"-Xms64m -Xmx384m -XX:+UseSerialGC -Dlog4j2.configurationFile={kafka.FILES / 'log4j2.properties'}"
    (folder / name).write_text(f"#!/bin/sh\nexec java {options} -cp '{kafka._jars()}/*' {main} \"$@\"\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Account]:
    """Start one broker by deploy/kafka/start.sh with the secrets of deploy/secrets.sh; give clusters by account."""
    machine.need("kafka", "java", "mvn", "openssl")
    folder = tmp_path / "broker"
    folder.mkdir()
    secrets, programs = folder / "secrets", folder / "bin"
    subprocess.run([ROOT / "deploy" / "secrets.sh", secrets], check=True, capture_output=True)
    programs.mkdir()
    _program(programs, "kafka-storage.sh", "kafka.tools.StorageTool")
    _program(programs, "kafka-server-start.sh", "kafka.Kafka")
    port, controller = kafka._free_ports(2)
    places = {"BIN": programs, "SECRETS": secrets, "DATA": folder / "data", "SETTINGS": folder / "settings"}
    settings = places | {"HOST": "localhost", "PORT": port, "CONTROLLER_PORT": controller}
    with (folder / "log").open("w") as said:
        process = subprocess.Popen(
            [ROOT / "deploy" / "kafka" / "start.sh"],
            env=os.environ | {f"KAFKA_{name}": str(value) for name, value in settings.items()},
            stdout=said,
            stderr=subprocess.STDOUT,
        )

    def cluster(account: str | None) -> Cluster:
        password = (secrets / f"kafka_{account}").read_text().strip() if account else ""
        return Cluster(f"localhost:{port}", account, password, secrets / "kafka_ca" if account else None)

    try:
        _await(cluster("admin"), process, folder / "log")
        yield cluster
    finally:
        process.kill()
        process.wait()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()  # the clients leave the sockets of brokers that do not let them in


def _await(cluster: Cluster, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = monotonic() + kafka.PATIENCE_SECONDS
    host, _, port = cluster.servers.partition(":")
    while True:
        with socket.socket() as probe:
            listening = probe.connect_ex((host, int(port))) == 0
        assert process.poll() is None, log.read_text()[-3000:]
        if listening:
            with suppress(KafkaError), KafkaAdminClient(bootstrap_timeout_ms=5000, **cluster.admin()) as admin:
                admin.list_group_offsets({"readiness": None})
                return
        assert monotonic() < end, log.read_text()[-3000:]
        sleep(0.2)


async def _write(cluster: Cluster) -> None:
    async with asyncio.timeout(10):
        producer = AIOKafkaProducer(acks="all", **cluster.client())
        try:
            await producer.start()
            await producer.send_and_wait(PersonMoved.topic, b"forged")
        finally:
            await producer.stop()


@pytest.mark.timeout(300)
async def test_each_account_does_its_own_work_after_the_declaration_and_nothing_before(
    secured: Account, works: Works, handlers: Handlers, until: Until, tmp_path: Path
) -> None:
    relay, worker = secured("relay"), secured("worker")
    with pytest.raises(topics.TopicsMissing):
        await topics.provision(relay)
    with pytest.raises(declared.TopicsDenied):
        await asyncio.to_thread(declared.apply, worker)

    # The words as they are typed, with the password in a file.
    named = secured("admin")
    words = {
        "NOWALLS_KAFKA": named.servers,
        "NOWALLS_KAFKA_USER": "admin",
        "NOWALLS_KAFKA_PASSWORD_FILE": str(named.ca).replace("kafka_ca", "kafka_admin"),
        "NOWALLS_KAFKA_CA": str(named.ca),
    }
    assert Cluster.of(Settings.read(words)) == named
    before = await asyncio.to_thread(run, tmp_path / "home", "topics", "diff", "--json", **words)
    assert before.returncode == 1, before.stderr
    assert all(f'"{name}"' in before.stdout for name in topics.names())
    applied = await asyncio.to_thread(run, tmp_path / "home", "topics", "apply", "--json", **words)
    assert applied.returncode == 0, applied.stderr
    same = await asyncio.to_thread(run, tmp_path / "home", "topics", "diff", "--json", **words)
    assert (same.returncode, same.stdout.strip()) == (0, '{"deviations": []}'), same.stderr

    works.outgoing = True
    delivery = KafkaDelivery(worker, Deliverer(works, handlers))
    await delivery.start()
    try:
        lag = LagWatch(works, ["declared"], worker, period_seconds=0.1)
        async with task(Relay(works, relay, lease_seconds=3).run()), task(lag.run()):
            for number in range(20):
                async with works(SYSTEM("test")) as work:
                    work.emit(PersonMoved(person_id=UUID(int=number), division_code=str(number)))

            async def all_handled() -> bool:
                return len(SEEN) == 20 and await lag.state() == "ok" and await delivery.state() == "ok"

            await until(all_handled)
    finally:
        await delivery.stop()
    async with works(SYSTEM("test")) as work:
        assert (await work.session.execute(text("select count(*) from event_outgoing"))).scalar_one() == 0

    # The worker reads and may not write; another's password, or none, opens nothing.
    for stranger in (worker, Cluster(relay.servers, "relay", worker.password, relay.ca), secured(None)):
        with pytest.raises((ClientError, TimeoutError)):
            await _write(stranger)


@pytest.mark.timeout(300)
def test_what_is_not_as_declared_is_named_and_brought_back(secured: Account) -> None:
    cluster = secured("admin")
    declared.apply(cluster)
    name, gone = topics.names()[:2]
    surplus = ("relay", "TOPIC", name, "LITERAL", "DELETE")
    with KafkaAdminClient(**cluster.admin()) as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, {"retention.ms": "1000"})])
        admin.delete_topics([gone])
        admin.create_acls([declared._rule(surplus)])
    expected = {
        (name, "retention.ms", "1000", topics.KEPT["retention.ms"]),
        (gone, "topic", "-", "declared"),
        (f"relay: TOPIC {name} (LITERAL)", "DELETE", "allowed", "-"),
    }
    end = monotonic() + 30
    while (named := {(row.of, row.field, row.actual, row.wanted) for row in declared.diff(cluster)}) != expected:
        assert monotonic() < end, named
        sleep(0.1)  # the controller has a change before the broker shows it
    declared.apply(cluster)
    assert declared.diff(cluster) == []


def test_the_rights_of_both_accounts_are_the_topics_and_the_groups_and_no_more() -> None:
    operations = {(account, kind, operation) for account, kind, _, _, operation in declared.rights()}
    assert operations == {
        ("relay", "TOPIC", "WRITE"),
        ("relay", "TOPIC", "DESCRIBE"),
        ("worker", "TOPIC", "READ"),
        ("worker", "TOPIC", "DESCRIBE"),
        ("worker", "GROUP", "READ"),
        ("worker", "GROUP", "DESCRIBE"),
    }
    assert {name for _, kind, name, _, _ in declared.rights() if kind == "TOPIC"} == set(topics.names())
