"""docker-compose.yml and the Dockerfile tell the truth about the code."""

import ast
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from api import desks
from events.delivery import declared
from processes.commands import topics
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
BOUGHT_IN = {"postgres", "kafka", "prometheus", "grafana"}
ONCE = {"topics"}
"""A service that runs one command of nowalls and ends."""
ACCOUNTS = {"topics": "admin", "worker": declared.READS, "relay": declared.WRITES}
"""Which account of Kafka's each service signs in with; the others never connect to it."""


def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return content


def docker_compose() -> subprocess.CompletedProcess[str]:
    machine.need("compose", "docker-compose")
    environment = {"PATH": os.environ["PATH"]}
    command = ["docker-compose", "config"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def settings_named(text: str) -> set[str]:
    return set(re.findall(r"NOWALLS_[A-Z_]+[A-Z]", text))


def test_docker_compose_reads_the_file() -> None:
    done = docker_compose()
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == PROCESSES | BOUGHT_IN | ONCE


def test_every_secret_is_a_file_that_is_made_for_this_machine(tmp_path: Path) -> None:
    machine.need("compose", "openssl")
    content = compose()
    made = tmp_path / "secrets"

    def make() -> dict[str, str]:
        subprocess.run([ROOT / "deploy" / "secrets.sh", made], check=True, capture_output=True)
        return {path.name: path.read_text(encoding="utf-8") for path in made.iterdir()}

    contents = make()
    passwords = [text for name, text in contents.items() if name not in {"kafka_ca", "kafka_keystore"}]
    assert len(set(passwords)) == len(passwords) == 6
    assert min(map(len, passwords)) >= 40
    assert make() == contents  # what is there already stays
    assert made.stat().st_mode & 0o077 == 0
    assert {name: secret["file"] for name, secret in content["secrets"].items()} == {
        name: f"./deploy/secrets/{name}" for name in contents
    }
    used = {name for service in content["services"].values() for name in service.get("secrets", [])}
    assert used == contents.keys()
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "/deploy/secrets/" in ignored


def test_no_password_stands_in_what_is_deployed_and_nothing_has_a_default_one() -> None:
    deployed = [ROOT / "docker-compose.yml", *(path for path in (ROOT / "deploy").rglob("*") if path.is_file())]
    given = re.compile(r"(?i)(?:password|secret|token)[a-z_]*[\"']?\s*[:=]\s*[\"']?([^\s\"'}]+)")
    literal = [
        f"{path.name}: {line.strip()}"
        for path in deployed
        if "secrets/" not in str(path.relative_to(ROOT))
        for line in path.read_text(encoding="utf-8").splitlines()
        for value in given.findall(line)
        if not re.match(r"/run/secrets/|/etc/nowalls/|%d/|\\?\$|\[|\$\{KAFKA_SECRETS", value)
    ]
    assert literal == []
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert not re.search(r"://\w+:[^/]*@", text)
    assert "${" not in text


def test_the_services_are_the_processes_of_the_code() -> None:
    assert {"http", "worker", "relay", "ticker"} == PROCESSES
    services = compose()["services"]
    assert set(services) == PROCESSES | BOUGHT_IN | ONCE
    assert all("/health" in str(services[name]["healthcheck"]["test"]) for name in PROCESSES)
    assert PORTS.keys() == PROCESSES
    for name, port in PORTS.items():
        assert f":{port}/health" in str(services[name]["healthcheck"]["test"])
    assert {name: services[name]["command"] for name in PROCESSES} == {
        name: [f"processes.{name}"] for name in PROCESSES
    }
    assert services["topics"]["command"] == ["processes", "topics", "apply"]
    assert {command.name for command in topics.app.registered_commands} == {"apply", "diff"}


def test_what_is_needed_starts_first() -> None:
    services = compose()["services"]
    first = {"postgres": {"condition": "service_healthy"}, "topics": {"condition": "service_completed_successfully"}}
    assert all(services[name]["depends_on"] == first for name in PROCESSES)
    assert services["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    assert all("healthcheck" in services[name] for name in ("postgres", "kafka"))


def test_each_process_signs_in_to_kafka_with_its_own_account_or_not_at_all() -> None:
    services = compose()["services"]
    accounts = {
        name: service["environment"].get("NOWALLS_KAFKA_USER")
        for name, service in services.items()
        if "NOWALLS_KAFKA" in service.get("environment", {})
    }
    assert accounts == {name: ACCOUNTS.get(name) for name in PROCESSES | ONCE}
    start = (ROOT / "deploy" / "kafka" / "start.sh").read_text(encoding="utf-8")
    for name, account in ACCOUNTS.items():
        environment, secrets = services[name]["environment"], services[name]["secrets"]
        assert environment["NOWALLS_KAFKA_PASSWORD_FILE"] == f"/run/secrets/kafka_{account}"
        assert {f"kafka_{account}", "kafka_ca"} <= set(secrets)
        assert re.search(rf"for name in .*\b{account}\b", start)
    assert not {secret for name in PROCESSES - ACCOUNTS.keys() for secret in services[name]["secrets"]} & {
        f"kafka_{account}" for account in ACCOUNTS.values()
    }


def test_every_setting_that_is_deployed_or_documented_exists_and_is_documented() -> None:
    settings = settings_named((ROOT / "kit" / "settings.py").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    deployed = [ROOT / "docker-compose.yml", *(ROOT / "deploy").rglob("*.service")]
    named = {name for path in deployed for name in settings_named(path.read_text(encoding="utf-8"))}
    assert named - settings == set()
    assert set(re.findall(r"^\| `(NOWALLS_[A-Z_]+)` ", page, re.MULTILINE)) == settings


def test_only_what_people_open_is_published_and_only_to_this_machine() -> None:
    published = {name: service["ports"] for name, service in compose()["services"].items() if "ports" in service}
    assert published == {"http": ["127.0.0.1:8000:8000"], "grafana": ["127.0.0.1:3000:3000"]}


def test_what_compose_mounts_is_there() -> None:
    services = compose()["services"].values()
    mounted = [volume.split(":")[0] for service in services for volume in service.get("volumes", [])]
    assert [path for path in mounted if path.startswith("./") and not (ROOT / path).exists()] == []


def test_systemd_starts_the_same_processes() -> None:
    units = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "deploy" / "systemd").iterdir()}
    command = re.compile(r"^ExecStart=\S+ -m (.*)$", re.MULTILINE)
    starts = {name: match[1] for name, text in units.items() if (match := command.search(text))}
    assert starts == {
        "nowalls.service": "processes serve --no-demo",
        "nowalls@.service": "processes.%i",
        "nowalls-topics.service": "processes topics apply",
    }
    named = {name for text in units.values() for name in re.findall(r"nowalls@([a-z]+)", text)}
    assert named == PROCESSES
    assert all("NoNewPrivileges=yes" in units[name] and "User=nowalls" in units[name] for name in starts)


def test_systemd_reads_every_unit(tmp_path: Path) -> None:
    machine.need("systemd", "systemd-analyze")
    for path in (ROOT / "deploy" / "systemd").iterdir():
        text = path.read_text(encoding="utf-8").replace("/opt/nowalls/.venv/bin/python", "/bin/true")
        (tmp_path / path.name.replace("@.", "@http.")).write_text(text)
    command = ["systemd-analyze", "verify", *sorted(map(str, tmp_path.iterdir()))]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "nowalls" not in done.stderr, done.stderr


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
