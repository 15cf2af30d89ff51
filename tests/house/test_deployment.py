"""docker-compose.yml and the Dockerfile tell the truth about the code."""

import ast
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from api import desks
from processes.probes import PORTS
from tests import machine
from tests.house.tree import ROOMS, ROOT, product

# a process is a file of processes/ with a main of its own; __main__.py is the command line
PROCESSES = {
    Path(name).stem
    for name, tree in product().items()
    if Path(name).parent == Path("processes") and Path(name).stem != "__main__"
    for node in tree.body
    if isinstance(node, ast.AsyncFunctionDef) and node.name == "main"
}
STATIC = desks.STATIC.relative_to(ROOT)
BOUGHT_IN = {"postgres", "kafka"}


def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return content


def docker_compose(**settings: str) -> subprocess.CompletedProcess[str]:
    machine.need("compose", "docker-compose")
    environment = {"PATH": os.environ["PATH"], **settings}
    command = ["docker-compose", "config"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_docker_compose_reads_the_file() -> None:
    done = docker_compose(NOWALLS_DB_PASSWORD="made0up")
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == PROCESSES | BOUGHT_IN


def test_without_its_secret_nothing_starts() -> None:
    done = docker_compose()
    assert done.returncode != 0
    assert "NOWALLS_DB_PASSWORD" in done.stderr


def test_every_secret_must_be_given() -> None:
    lines = (ROOT / "docker-compose.yml").read_text(encoding="utf-8").splitlines()
    secret = [line for line in lines if re.search(r"PASSWORD|SECRET|TOKEN|://\w+:.*@", line) and line.strip()[0] != "#"]
    assert len(secret) == 2
    assert [line for line in secret if not re.search(r"\$\{\w+:\?[^}]+\}", line)] == []
    assert [line for line in lines if re.search(r"\$\{\w+:?[-=]", line)] == []


def test_the_services_are_the_processes_of_the_code() -> None:
    assert {"http", "worker", "relay", "ticker"} == PROCESSES
    services = compose()["services"]
    assert set(services) == PROCESSES | BOUGHT_IN
    assert all("/health" in str(services[name]["healthcheck"]["test"]) for name in PROCESSES)
    for name, port in PORTS.items():
        assert f":{port}/health" in str(services[name]["healthcheck"]["test"])
    assert {name: services[name]["command"] for name in PROCESSES} == {
        name: [f"processes.{name}"] for name in PROCESSES
    }


def test_only_the_http_port_is_published_and_only_to_this_machine() -> None:
    published = {name: service["ports"] for name, service in compose()["services"].items() if "ports" in service}
    assert published == {"http": ["127.0.0.1:8000:8000"]}


def test_the_dockerfile_copies_what_exists_and_every_room() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line.split() for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE)]
    copied = [word.rstrip("/") for line in lines for word in line[:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert {room for room in ROOMS if (ROOT / room).is_dir()} | {"migrations"} <= set(copied)
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {name for name in copied if not any(name.startswith(f"{folder}/") for folder in sent)} == sent


def test_the_image_has_the_built_pages_and_no_node() -> None:
    _, web, final = (ROOT / "Dockerfile").read_text(encoding="utf-8").split("\nFROM ")
    assert " AS web" in web
    assert "RUN python3 run.py web" in web
    assert re.findall(r"^COPY --from=web (.*)$", final, re.MULTILINE) == [f"/app/api/static/ {STATIC}/"]
    assert not re.search(r"node|npm|web/|requirements-web", final)
    kept_back = (ROOT / ".dockerignore").read_text().splitlines()
    assert {"web/node_modules", "api/static"} <= set(kept_back)


def test_kafka_is_the_version_that_the_tests_run() -> None:
    image = compose()["services"]["kafka"]["image"]
    pom = (ROOT / "processes" / "kafka_jars" / "pom.xml").read_text(encoding="utf-8")
    broker = (ROOT / "processes" / "kafka.py").read_text(encoding="utf-8")
    version = re.search(r"kafka_2.13</artifactId>\s*<version>([\d.]+)<", pom)
    assert version
    assert image == f"apache/kafka:{version[1]}"
    assert f'VERSION = "{version[1]}"' in broker
