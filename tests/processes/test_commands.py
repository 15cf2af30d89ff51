"""The words of the command line that measure and learn, as they are typed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from processes.__main__ import app
from processes.commands import bench
from routing.bench import command
from routing.bench.options import Options

ROOT = Path(__file__).resolve().parents[2]
runner = CliRunner()


@pytest.mark.parametrize(
    "words",
    [
        ["--budget", "1", "5", "30", "--peers", "pyvrp", "or-tools", "--seeds", "3", "--json"],
        ["--budget", "1,5,30", "--json", "--peers=pyvrp,or-tools", "--seeds", "3"],
        [
            "--seeds=3",
            "--budget",
            "1",
            "--budget=5",
            "--budget",
            "30",
            "--json",
            "--peers",
            "pyvrp",
            "--peers",
            "or-tools",
        ],
    ],
)
def test_budgets_and_peers_are_given_after_one_another_again_and_again_or_by_comma(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    asked: list[tuple[str, Options]] = []

    def run(name: str, options: Options) -> dict[str, object]:
        asked.append((name, options))
        return {"instances": {}, "ratio_to": {"pyvrp": {"1": 0.5}}}

    monkeypatch.setattr(command, "run", run)
    done = runner.invoke(app, ["bench", "vrptw", "--instances", str(tmp_path), *words])
    assert done.exit_code == 0, done.output
    expected = Options(instances=tmp_path, budgets=(1.0, 5.0, 30.0), peers=("pyvrp", "or-tools"), seeds=3)
    assert asked == [("vrptw", expected)]
    assert json.loads(done.stdout.splitlines()[-1]) == {"instances": {}, "ratio_to": {"pyvrp": {"1": 0.5}}}


def test_a_person_is_spared_the_single_instances() -> None:
    summary: dict[str, Any] = json.loads(
        bench.summary({"instances": {"R101": {}}, "mean_gap_pct": {"nowalls": {"1": 0.5}}})
    )
    assert summary == {"mean_gap_pct": {"nowalls": {"1": 0.5}}}


@pytest.mark.parametrize(
    ("words", "chinese", "english"),
    [
        (["vrtpw"], "没有名为vrtpw的基准测试", "There is no bench named vrtpw"),
        (["vrptw", "--instances", "/nowhere"], "没有文件夹/nowhere", "There is no folder /nowhere"),
        (["hhcrsp", "--budget", "soon"], "时间预算soon不可用", "The budget soon cannot be used"),
        (["hhcrsp", "--budget", "-1"], "时间预算-1不可用", "The budget -1 cannot be used"),
        (["hhcrsp", "--peers", "cplex"], "该测试不与cplex比较", "does not measure itself against cplex"),
    ],
)
def test_what_makes_no_sense_is_refused_in_both_languages(words: list[str], chinese: str, english: str) -> None:
    done = runner.invoke(app, ["bench", *words])
    assert done.exit_code == 1
    assert chinese in done.stderr
    assert english in done.stderr


def test_as_a_process_it_prints_one_object_on_its_last_line(tmp_path: Path) -> None:
    command_line = [sys.executable, "-P", "-m", "processes", "bench", "uhhc", "--instances", str(tmp_path), "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command_line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "没有算例" in done.stderr
