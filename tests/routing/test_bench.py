"""What `nowalls bench` takes and answers: its contract on tiny instances, every figure by the checker."""

import json
import os
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kit.refusal import Refusal
from routing.bench import command, drawing, matrix
from routing.bench import homecare as shared
from routing.bench.homecare_generate import generate
from routing.bench.options import Options
from routing.model import plan as plans
from routing.readers import hhcrsp, uhhc
from routing.readers.homecare import CareInstance
from tests.routing.worlds import random_day


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Plots and plans go below the working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def solomon(name: str, seed: int) -> str:
    """Write a tiny instance as Solomon's files are written: eight customers, three vehicles."""
    rng = random.Random(seed)
    lines = [name, "", "VEHICLE", "NUMBER     CAPACITY", "  3         50", "", "CUSTOMER"]
    lines += ["CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME", ""]
    lines.append("    0      35         35          0          0       230          0")
    for number in range(1, 9):
        ready = rng.randrange(100)
        lines.append(f"    {number}  {rng.randrange(70)}  {rng.randrange(70)}  10  {ready}  {ready + 100}  10")
    return "\n".join(lines) + "\n"


def contract(answer: dict[str, Any], instances: set[str], engines: list[str], budgets: list[str]) -> None:
    """Check the object that `--json` prints."""
    assert set(answer["instances"]) == set(answer["reference"]) == instances
    for by_engine in answer["instances"].values():
        assert list(by_engine) == engines
        for by_budget in by_engine.values():
            assert list(by_budget) == budgets
            for cell in by_budget.values():
                assert set(cell) == {"cost", "wall_s", "feasible"}
    assert all(set(entry) == {"cost", "source"} for entry in answer["reference"].values())
    assert {engine: list(by) for engine, by in answer["mean_gap_pct"].items()} == dict.fromkeys(engines, budgets)
    assert {peer: list(by) for peer, by in answer["ratio_to"].items()} == dict.fromkeys(engines[1:], budgets)
    json.dumps(answer, allow_nan=False)


def test_routes_with_time_windows_are_read_in_either_case_and_told_as_agreed(here: Path) -> None:
    folder = here / "solomon"
    folder.mkdir()
    (folder / "toy101.TXT").write_text(solomon("toy101", 1))
    (folder / "TOY102.txt").write_text(solomon("TOY102", 2))
    (folder / "best_known.json").write_text('{"Toy101": {"cost": 1.0}, "other": 5}')
    options = Options(instances=folder, budgets=(0.05, 0.1), peers=("or-tools",), seeds=2)
    answer: dict[str, Any] = command.run("vrptw", options)
    contract(answer, {"TOY101", "TOY102"}, ["nowalls", "or-tools"], ["0.05", "0.1"])
    assert answer["reference"]["TOY101"] == {"cost": 1.0, "source": "best known"}
    costs = [
        cell["cost"]
        for by in answer["instances"]["TOY102"].values()
        for cell in by.values()
        if cell["cost"] is not None
    ]
    assert answer["reference"]["TOY102"] == {"cost": min(costs), "source": "best of this run"}
    assert all(cell["feasible"] for cell in answer["instances"]["TOY102"]["nowalls"].values())
    assert (here / answer["plot"]).read_text().startswith("<svg")


def test_two_person_visits_are_told_as_agreed_and_the_plans_can_be_read_again(here: Path) -> None:
    folder = here / "homecare"
    folder.mkdir()
    (folder / "small_1.json").write_text(json.dumps(generate(8, 1)))
    (folder / "SMALL_2.JSON").write_text(json.dumps(generate(9, 2)))
    (folder / "best_known.json").write_text('{"Small_1": 3.5}')
    options = Options(instances=folder, budgets=(0.1, 1), peers=("or-tools",))
    answer: dict[str, Any] = command.run("hhcrsp", replace(options, budgets=(0.1,)))
    contract(answer, {"small_1", "SMALL_2"}, ["nowalls", "or-tools"], ["0.1"])
    assert answer["reference"]["small_1"]["cost"] == 3.5
    for name, size in (("small_1", 8), ("SMALL_2", 9)):
        cell = answer["instances"][name]["nowalls"]["0.1"]
        assert cell["feasible"]
        schedule = json.loads((here / answer["plans"] / f"sol-{name}-nowalls.json").read_text())
        assert uhhc.schedule_json(uhhc.schedule(schedule))["routes"] == schedule["routes"]
        wrong, cost = shared.check_hhcrsp(generate(size, 1 if size == 8 else 2), schedule)
        assert (wrong, round(cost, 4)) == ([], cell["cost"])


def unified(here: Path) -> Path:
    """Write a generated instance in the unified format, with its published plan beside it."""
    made = hhcrsp.parse(generate(8, 1), "U1")
    instance = CareInstance(
        name="U1", patients=made.patients, caregivers=made.caregivers, distances=made.distances, prices=made.prices
    )
    (here / "unified" / "instances").mkdir(parents=True)
    (here / "unified" / "solutions").mkdir()
    (here / "unified" / "instances" / "U1.json").write_text(json.dumps(uhhc.instance_json(instance)))
    (here / "unified" / "solutions" / "sol-U1-sa.json").write_text('{"cost": {"objective": 7}, "routes": []}')
    return here / "unified"


def test_the_unified_format_is_read_and_written_and_held_against_the_published_plan(here: Path) -> None:
    answer: dict[str, Any] = command.run("uhhc", Options(instances=unified(here), budgets=(0.1,)))
    contract(answer, {"U1"}, ["nowalls"], ["0.1"])
    assert answer["reference"]["U1"]["cost"] == 7.0
    assert "simulated annealing" in answer["reference"]["U1"]["source"]
    assert answer["instances"]["U1"]["nowalls"]["0.1"]["feasible"]
    again = uhhc.read(here / "unified" / "instances" / "U1.json")
    assert uhhc.instance_json(uhhc.parse(uhhc.instance_json(again))) == uhhc.instance_json(again)


def test_a_batch_is_optimal_and_told_as_agreed() -> None:
    answer: dict[str, Any] = command.run("batch", Options(seeds=1))
    contract(answer, {"batch_500x600_1"}, ["nowalls", "scipy"], ["none"])
    assert answer["optimal"]
    assert answer["mean_gap_pct"]["nowalls"]["none"] == 0.0


def test_legs_are_measured_against_the_geodesic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "PLACES", 80)
    monkeypatch.setattr(matrix, "SAMPLE", 30)
    monkeypatch.setattr(matrix, "REPEATS", 2)
    answer: dict[str, Any] = command.run("matrix", Options(seeds=2))
    engines = ["nowalls", "numpy", "python", "great_circle", "geodesic"]
    assert set(answer["instances"]) == {"80x80_1", "80x80_2"}
    assert list(answer["mean_gap_pct"]) == engines
    assert answer["mean_gap_pct"]["geodesic"] == {"none": 0.0}
    assert max(answer["worst_gap_pct"][name]["none"] for name in engines) < 0.6
    assert answer["ratio_to"]["geodesic"]["none"] > answer["ratio_to"]["python"]["none"] > 1.0


@pytest.mark.parametrize(
    ("name", "options", "code"),
    [
        ("vrtpw", Options(), "routing.bench_unknown"),
        ("vrptw", Options(), "routing.bench_folder"),
        ("hhcrsp", Options(instances=Path("nowhere")), "routing.bench_folder"),
        ("vrptw", Options(instances=Path()), "routing.instances_missing"),
        ("uhhc", Options(instances=Path()), "routing.instances_missing"),
        ("hhcrsp", Options(budgets=(1.0, 0.0)), "routing.bench_budget"),
        ("hhcrsp", Options(budgets=(float("nan"),)), "routing.bench_budget"),
        ("hhcrsp", Options(budgets=(1e9,)), "routing.bench_budget"),
        ("matrix", Options(seeds=0), "routing.bench_seeds"),
        ("uhhc", Options(instances=Path(), peers=("pyvrp",)), "routing.bench_peer"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(name: str, options: Options, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        command.run(name, options)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("file", "content", "bench", "code"),
    [
        ("R1.txt", "VEHICLE\n1 2 3\n", "vrptw", "routing.instance_not_solomon"),
        ("R1.json", "{", "hhcrsp", "homecare.unreadable"),
        ("R1.json", '{"patients": []}', "hhcrsp", "homecare.unreadable"),
        ("R1.json", '{"patients": []}', "uhhc", "homecare.unreadable"),
    ],
)
def test_a_file_that_is_no_instance_is_refused_by_name(
    here: Path, file: str, content: str, bench: str, code: str
) -> None:
    (here / file).write_text(content)
    with pytest.raises(Refusal) as refused:
        command.run(bench, Options(instances=here))
    assert refused.value.code == code


def test_a_bench_leaves_the_process_on_the_cores_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.sched_getaffinity(0)

    def cores(_: Options) -> dict[str, object]:
        return {"cores": len(os.sched_getaffinity(0))}

    monkeypatch.setitem(command.BENCHES, "matrix", command.Bench(run=cores))
    assert command.run("matrix", Options()) == {"cores": 1}
    assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize("matrix_only", [False, True])
def test_a_day_is_drawn_with_every_visit_and_every_break(here: Path, matrix_only: bool) -> None:
    snap = (day := random_day(4, matrix=matrix_only)).board.snapshot(day.waiting)
    problem = replace(snap.problem, places=()) if matrix_only else snap.problem
    plan = plans.build(problem, snap.plan.sequences)
    text = drawing.day(problem, plan, here / "plots" / "day.svg").read_text()
    busy = [route for route in plan.routes if route.visits]
    assert text.count("<rect") == 1 + sum(len(route.stops) for route in busy) + (0 if matrix_only else len(busy))
    assert text.count("<circle") == (0 if matrix_only else sum(len(route.visits) for route in busy))
    assert text.count('stroke="#c00"') == (0 if matrix_only else len(plan.unserved))
