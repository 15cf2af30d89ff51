"""Alerts, dashboards and runbooks say what the code measures."""

import ast
import json
import re
from typing import Any

import yaml
from prometheus_client import Counter, Gauge, Histogram

from kit import metrics
from processes.probes import PORTS
from tests.house.tree import ROOT, product

DEPLOY = ROOT / "deploy"
RUNBOOKS = ROOT / "docs" / "runbooks"
OTHERS = {"up"}
"""Series that Prometheus makes by itself."""


def series() -> dict[str, set[str]]:
    """Give every series that a process answers, with its labels."""
    made: dict[str, set[str]] = {}
    for metric in vars(metrics).values():
        if isinstance(metric, Counter | Gauge | Histogram):
            suffixes = ("_bucket", "_sum", "_count") if isinstance(metric, Histogram) else ("",)
            if isinstance(metric, Counter):
                suffixes = ("_total",)
            labels = set(metric._labelnames)
            made |= {metric._name + suffix: labels | ({"le"} if suffix == "_bucket" else set()) for suffix in suffixes}
    return made


def alerts() -> list[dict[str, Any]]:
    content = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))
    return [rule for group in content["groups"] for rule in group["rules"]]


def dashboards() -> list[dict[str, Any]]:
    files = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in files]


def expressions() -> list[str]:
    drawn = [target["expr"] for board in dashboards() for panel in board["panels"] for target in panel["targets"]]
    return [*(rule["expr"] for rule in alerts()), *drawn]


def runbook(alert: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"-\1", alert).lower()


def test_every_series_that_is_watched_is_measured_with_the_labels_that_are_asked_for() -> None:
    made = series()
    assert expressions()
    for expression in expressions():
        names = re.findall(r"\b(?:nowalls_\w+|up)\b", re.sub(r'"[^"]*"', '""', expression))
        assert names, expression
        labels = {label for name in names for label in made.get(name, {"job"})}
        assert set(names) - made.keys() - OTHERS == set(), expression
        asked = set(re.findall(r"(\w+)\s*[=!]~?\s*\"", expression))
        for by in re.findall(r"by \(([^)]*)\)", expression):
            asked |= set(by.replace(" ", "").split(","))
        assert asked <= labels, expression


def test_everything_that_is_measured_is_drawn() -> None:
    drawn = " ".join(expressions())
    names = {re.sub("_(bucket|sum|count)$", "", name) for name in series()}
    assert [name for name in sorted(names) if name not in drawn] == []


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    names = [rule["alert"] for rule in alerts()]
    assert len(set(names)) == len(names)
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {runbook(name) for name in names}
    for rule in alerts():
        page = (RUNBOOKS / f"{runbook(rule['alert'])}.md").read_text(encoding="utf-8")
        assert rule["annotations"]["runbook"] == f"docs/runbooks/{runbook(rule['alert'])}.md"
        assert re.search(r"[\u4e00-\u9fff]", rule["annotations"]["zh"])
        assert rule["annotations"]["en"]
        assert f"severity `{rule['labels']['severity']}`" in page
        assert page.startswith(f"# {rule['alert']}\n")
        assert "## What to do\n\n1. " in page


def test_prometheus_asks_each_process_at_its_port() -> None:
    content = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    asked = {
        job["job_name"]: (place["names"], place["port"])
        for job in content["scrape_configs"]
        for place in job["dns_sd_configs"]
    }
    assert asked == {name: ([name], port) for name, port in PORTS.items()}
    assert content["rule_files"] == ["alerts.yml"]


def test_grafana_is_given_the_source_that_its_panels_name() -> None:
    folder = DEPLOY / "grafana" / "provisioning"
    sources = yaml.safe_load((folder / "datasources" / "nowalls.yml").read_text(encoding="utf-8"))["datasources"]
    named = {panel["datasource"]["uid"] for board in dashboards() for panel in board["panels"]}
    assert named == {source["uid"] for source in sources}
    provider = yaml.safe_load((folder / "dashboards" / "nowalls.yml").read_text(encoding="utf-8"))["providers"][0]
    mounts = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert f"./deploy/grafana/dashboards:{provider['options']['path']}:ro" in mounts


def test_the_loops_that_an_alert_names_are_loops() -> None:
    named = {name for rule in alerts() for name in re.findall(r'loop="(\w+)"', rule["expr"])}
    source = " ".join(str(node.value) for tree in product().values() for node in _strings(tree))
    assert [name for name in named if name not in source.split()] == []


def _strings(tree: ast.Module) -> list[ast.Constant]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
