"""The throw-away Apache Kafka is a real one: it is started, killed, restarted and stopped here."""

import asyncio
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from processes import kafka
from tests import machine


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kafka")


@pytest.fixture(scope="module")
def bootstrap(directory: Path) -> Iterator[str]:
    machine.need("kafka", "java", "mvn")
    with kafka.running(directory) as servers:
        yield servers


def make_topic(bootstrap: str, name: str, copies: int = 1) -> None:
    with KafkaAdminClient(bootstrap_servers=bootstrap.split(",")) as admin:
        admin.create_topics([NewTopic(name, num_partitions=3, replication_factor=copies)])


async def send(bootstrap: str, topic: str, *texts: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
        for text in texts:
            await producer.send_and_wait(topic, text.encode(), key=b"one key, so that order holds")


async def receive(bootstrap: str, topic: str, *, count: int, group: str = "readers") -> list[str]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False
    )
    async with consumer:
        messages = [await asyncio.wait_for(consumer.getone(), timeout=60) for _ in range(count)]
        await consumer.commit()
    return [message.value.decode() for message in messages]


def serves(address: str) -> bool:
    host, port = address.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


async def test_what_was_sent_and_read_survives_kill_9(bootstrap: str, directory: Path) -> None:
    make_topic(bootstrap, "letters")
    await send(bootstrap, "letters", "first", "second")
    assert await receive(bootstrap, "letters", count=2) == ["first", "second"]

    await asyncio.to_thread(kafka.kill, directory, 1)
    assert not serves(bootstrap)
    await asyncio.to_thread(kafka.restart, directory, 1)

    await send(bootstrap, "letters", "third")
    assert await receive(bootstrap, "letters", count=1) == ["third"]
    assert await receive(bootstrap, "letters", count=3, group="new readers") == ["first", "second", "third"]


def test_starting_what_runs_changes_nothing(bootstrap: str, directory: Path) -> None:
    make_topic(bootstrap, "kept")
    assert kafka.start(directory) == bootstrap
    with KafkaAdminClient(bootstrap_servers=[bootstrap]) as admin:
        assert "kept" in admin.list_topics()


def test_a_cluster_that_was_stopped_starts_empty(tmp_path: Path) -> None:
    machine.need("kafka", "java", "mvn")
    with kafka.running(tmp_path) as first:
        make_topic(first, "forgotten")
    assert not serves(first)
    assert kafka.bootstrap(tmp_path) == ""
    with kafka.running(tmp_path) as second, KafkaAdminClient(bootstrap_servers=[second]) as admin:
        assert "forgotten" not in admin.list_topics()


async def test_of_three_brokers_one_may_die(tmp_path: Path) -> None:
    machine.need("kafka", "java", "mvn")
    try:
        bootstrap = await asyncio.to_thread(kafka.start, tmp_path, brokers=3)
        make_topic(bootstrap, "letters", copies=3)
        await send(bootstrap, "letters", "first")
        await asyncio.to_thread(kafka.kill, tmp_path, 3)
        await send(bootstrap, "letters", "second")
        assert await receive(bootstrap, "letters", count=2) == ["first", "second"]
    finally:
        await asyncio.to_thread(kafka.stop, tmp_path)


@pytest.mark.parametrize(("installed", "missing"), [([], "java"), (["java"], "mvn")])
def test_a_missing_program_is_refused_by_name(
    installed: list[str], missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for program in installed:
        make_program(tmp_path / "bin", program, "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(kafka.ProgramMissing) as refused:
        kafka.start(tmp_path)
    assert refused.value.parameters["program"] == missing


def test_jars_that_cannot_be_fetched_are_refused_with_mavens_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_program(tmp_path / "bin", "java", "exit 0")
    make_program(tmp_path / "bin", "mvn", "echo no such artifact; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(kafka.DidNotStart) as refused:
        kafka.start(tmp_path)
    assert "no such artifact" in refused.value.parameters["reason"]
    assert list((tmp_path / "cache" / "nowalls").iterdir()) == []


def test_a_broker_that_ends_at_once_is_refused_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_program(tmp_path / "bin", "java", 'case "$*" in *StorageTool*) exit 0;; esac; echo out of luck; exit 1')
    (tmp_path / "cache" / "nowalls" / f"kafka-{kafka.VERSION}").mkdir(parents=True)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(kafka.DidNotStart) as refused:
        kafka.start(tmp_path)
    assert refused.value.parameters["reason"] == "out of luck"
    assert kafka.bootstrap(tmp_path) == ""


def make_program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!{shutil.which('sh')}\n{script}\n")
    program.chmod(0o755)
