"""Start and stop a throw-away Apache Kafka on this machine: real brokers, for tests, benches and `nowalls kafka`.

Nothing here is for production: every start begins with empty brokers, which is safe because the database is the
record and Kafka only delivers. The brokers are the ones of the Apache project, in KRaft mode, run from the jars of
Maven Central; the jars are fetched once and kept in the user's cache folder.

Everything blocks; from a coroutine call it through `asyncio.to_thread`.
"""

import base64
import json
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from kit.refusal import Kind, Refusal

VERSION = "4.4.0"  # of Apache Kafka, as in kafka_jars/pom.xml
FILES = Path(__file__).resolve().parent / "kafka_jars"
PATIENCE_SECONDS = 90  # a broker answers after 3 to 11 s on two cores; a loaded machine needs longer


class ProgramMissing(Refusal):
    """Java or Maven is not on this machine."""

    code = "broker.program_missing"
    kind = Kind.BUSY


class DidNotStart(Refusal):
    """A broker ended, or kept silent for longer than our patience; its log says why."""

    code = "broker.did_not_start"
    kind = Kind.BUSY


@dataclass(frozen=True)
class Broker:
    """One broker of a cluster: where it listens, and its process once it has one."""

    number: int
    port: int
    controller_port: int
    pid: int = 0
    advertised: int = 0  # the port at which clients are told to come, where that is another's
    born: float = 0.0  # when the process began, seconds since 1970: tells it from a later one of the same number

    @property
    def address(self) -> str:
        """Where clients find it."""
        return f"127.0.0.1:{self.port}"

    @property
    def controller(self) -> str:
        """Where the other brokers find it."""
        return f"127.0.0.1:{self.controller_port}"


def start(directory: Path, *, brokers: int = 1, advertised: int = 0) -> str:
    """Start `brokers` empty brokers that keep their files below `directory`; return the bootstrap servers.

    Brokers already up there are left as they are. Refuses where Java or Maven is missing, or where a broker does not
    come up. With three brokers topics are kept three times and a write waits for two. Clients are told to come to
    the port `advertised` where it is given, which somebody else passes on.
    """
    directory = directory.absolute()
    running = _read(directory)
    if running and all(_process(broker) for broker in running):
        return bootstrap(directory)
    stop(directory)
    jars = _jars()
    ports = _free_ports(2 * brokers)
    cluster = [Broker(number, ports.pop(), ports.pop(), advertised=advertised) for number in range(1, brokers + 1)]
    _format(directory, jars, cluster)
    _write(directory, cluster)
    for broker in cluster:
        _launch(directory, jars, broker)
    for broker in cluster:
        _wait_for_port(directory, broker)
    _wait_for_coordinator(directory, cluster)
    return bootstrap(directory)


def bootstrap(directory: Path) -> str:
    """Return the addresses of the cluster kept below `directory`, comma-separated, or an empty string."""
    return ",".join(broker.address for broker in _read(directory.absolute()))


def kill(directory: Path, number: int) -> None:
    """End broker `number` (from 1) at once, as a power cut would; its files stay."""
    process = _process(_find(directory.absolute(), number))
    if process:
        process.kill()
        process.wait()


def restart(directory: Path, number: int) -> None:
    """Start broker `number` again with the files it left, and wait until it serves."""
    directory = directory.absolute()
    broker = _find(directory, number)
    if not _process(broker):
        _launch(directory, _jars(), broker)
    _wait_for_port(directory, broker)
    _wait_for_coordinator(directory, [broker])


def send(
    servers: str, topic: str, records: Sequence[tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]]
) -> None:
    """Send records as anybody might who reaches the broker: keys, values and headers as they are given."""
    with closing(KafkaProducer(bootstrap_servers=servers.split(","))) as producer:
        for key, value, headers in records:
            producer.send(topic, value, key=key, headers=headers)


def stop(directory: Path) -> None:
    """End every broker kept below `directory` and forget their addresses; nothing to end is fine."""
    directory = directory.absolute()
    processes = [process for broker in _read(directory) if (process := _process(broker))]
    for process in processes:
        process.kill()  # what they hold is thrown away; an orderly end of three takes them 6 s
    psutil.wait_procs(processes)
    (directory / "cluster.json").unlink(missing_ok=True)


@contextmanager
def running(directory: Path, *, brokers: int = 1) -> Iterator[str]:
    """Give the bootstrap servers of a cluster that lives as long as the block."""
    try:
        yield start(directory, brokers=brokers)
    finally:
        stop(directory)


def _program(name: str, package: str) -> str:
    path = shutil.which(name)
    if not path:
        raise ProgramMissing(program=name, package=package)
    return path


def _jars() -> Path:
    """Return the folder of the broker's jars, fetching them the first time (43 MB)."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nowalls"
    jars = cache / f"kafka-{VERSION}"
    if jars.is_dir():
        return jars
    _program("java", "default-jre-headless")
    maven = _program("mvn", "maven")
    cache.mkdir(parents=True, exist_ok=True)
    # fetched aside and renamed whole, so that a fetch cut short or made twice at once leaves nothing half done
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        fetched = Path(folder) / "jars"
        plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
        where = [f"-DoutputDirectory={fetched}", "-DincludeScope=runtime"]
        done = subprocess.run(
            [maven, "--quiet", "--batch-mode", "-f", str(FILES / "pom.xml"), plugin, *where],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise DidNotStart(log="mvn", reason=(done.stdout + done.stderr).strip()[-500:])
        if not jars.is_dir():
            fetched.rename(jars)
    return jars


def _format(directory: Path, jars: Path, cluster: list[Broker]) -> None:
    """Write each broker's settings and give it an empty data folder of one new cluster.

    The folders must be new: a broker whose data belong to another cluster id starts and never answers.
    """
    java = _program("java", "default-jre-headless")
    directory.mkdir(parents=True, exist_ok=True)
    cluster_id = _kafka_id()
    voters = ",".join(f"{broker.number}@{broker.controller}:{_kafka_id()}" for broker in cluster)
    for broker in cluster:
        shutil.rmtree(_data(directory, broker), ignore_errors=True)
        (directory / f"broker-{broker.number}.log").unlink(missing_ok=True)
        settings = _settings_file(directory, broker)
        settings.write_text(_settings(directory, broker, cluster))
        tool = [java, "-cp", f"{jars}/*", "kafka.tools.StorageTool", "format", "-t", cluster_id]
        done = subprocess.run(
            [*tool, "--initial-controllers", voters, "-c", str(settings)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DidNotStart(log=str(settings), reason=done.stderr.strip()[-500:])


def _settings(directory: Path, broker: Broker, cluster: list[Broker]) -> str:
    copies = len(cluster)
    needed = 2 if copies > 2 else 1
    settings = {
        "process.roles": "broker,controller",
        "node.id": broker.number,
        "controller.quorum.bootstrap.servers": ",".join(each.controller for each in cluster),
        "listeners": f"PLAINTEXT://{broker.address},CONTROLLER://{broker.controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{broker.advertised or broker.port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": _data(directory, broker),
        # topics are provisioned by name; a mistyped one must fail, not appear
        "auto.create.topics.enable": "false",
        "default.replication.factor": copies,
        "min.insync.replicas": needed,
        "group.initial.rebalance.delay.ms": 0,
        # a killed broker may register again only when its old session has run out: by default after 9 s
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
    }
    for internal in ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic"):
        settings[f"{internal}.replication.factor"] = copies
        settings[f"{internal}.num.partitions"] = 3  # fifty by default: seconds of start for nothing
    for internal in ("transaction.state.log", "share.coordinator.state.topic"):
        settings[f"{internal}.min.isr"] = needed
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _launch(directory: Path, jars: Path, broker: Broker) -> None:
    """Start the broker's process in a session of its own: it outlives the terminal that asked for it."""
    java = _program("java", "default-jre-headless")
    memory = ["-Xms64m", "-Xmx384m", "-XX:+UseSerialGC"]
    logging = f"-Dlog4j2.configurationFile={FILES / 'log4j2.properties'}"
    command = [java, *memory, logging, "-cp", f"{jars}/*", "kafka.Kafka", str(_settings_file(directory, broker))]
    log = str(_log(directory, broker))
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    output = [(os.POSIX_SPAWN_OPEN, 1, log, append, 0o644), (os.POSIX_SPAWN_DUP2, 1, 2)]
    pid = os.posix_spawn(java, command, os.environ, file_actions=output, setsid=True)
    started = replace(broker, pid=pid, born=psutil.Process(pid).create_time())
    _write(directory, [started if other.number == broker.number else other for other in _read(directory)])


def _wait_for_port(directory: Path, broker: Broker) -> None:
    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", broker.port)) == 0

    _wait_until(answers, directory, broker)


def _wait_for_coordinator(directory: Path, cluster: list[Broker]) -> None:
    """Ask for a group's offsets until a coordinator answers.

    The first question makes Kafka create its offsets topic; a consumer that joins before that is done is sent away.
    """
    with KafkaAdminClient(bootstrap_servers=[broker.address for broker in cluster]) as admin:

        def answers() -> bool:
            try:
                admin.list_group_offsets({"readiness": None})
            except KafkaError:
                return False
            return True

        _wait_until(answers, directory, cluster[0])


def _wait_until(condition: Callable[[], bool], directory: Path, broker: Broker) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end or not _process(_find(directory, broker.number)):
            log = _log(directory, broker)
            lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
            stop(directory)
            raise DidNotStart(log=str(log), reason=lines[-1] if lines else "")
        time.sleep(0.05)


def _process(broker: Broker) -> psutil.Process | None:
    """Find the broker's living process; None where the number now belongs to another program."""
    try:
        process = psutil.Process(broker.pid)
        same = abs(process.create_time() - broker.born) < 2  # the clock may be set while it lives
        alive = process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return None
    return process if same and alive else None


def _find(directory: Path, number: int) -> Broker:
    return next(broker for broker in _read(directory) if broker.number == number)


def _read(directory: Path) -> list[Broker]:
    state = directory / "cluster.json"
    return [Broker(**fields) for fields in json.loads(state.read_text())] if state.exists() else []


def _write(directory: Path, cluster: list[Broker]) -> None:
    (directory / "cluster.json").write_text(json.dumps([asdict(broker) for broker in cluster]))


def _settings_file(directory: Path, broker: Broker) -> Path:
    return directory / f"broker-{broker.number}.properties"


def _data(directory: Path, broker: Broker) -> Path:
    return directory / f"broker-{broker.number}"


def _log(directory: Path, broker: Broker) -> Path:
    return directory / f"broker-{broker.number}.log"


def _free_ports(count: int) -> list[int]:
    """Choose ports nobody listens on, below the range from which the system hands out ports of outgoing connections."""
    ports: list[int] = []
    for port in random.sample(range(20_000, 32_000), 2_000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                ports.append(port)
        if len(ports) == count:
            break
    return ports


def _kafka_id() -> str:
    """Make an id as Kafka writes them: 16 bytes in URL-safe base64, not beginning with a dash."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()).startswith("-"):
        pass
    return text
