"""The two published home-care formats: read, written again, and priced by a checker of its own."""

import json
from typing import Any

import pytest

from routing.bench import homecare_check
from routing.bench.homecare_generate import generate
from routing.readers import hhcrsp, homecare, uhhc
from routing.stop import Budget
from routing.synchronised import homecare as engine


def unified() -> dict[str, Any]:
    return {
        "metadata": {
            "name": "tiny",
            "origin": "bazirha",
            "time_window_met": "at_service_end",
            "cost_components": {"travel_time": 1, "total_tardiness": "HARD", "total_extra_time": "HARD"},
        },
        "distances": [[0, 5, 9], [5, 0, 4], [9, 4, 0]],
        "terminal_points": [{"id": "d1", "distance_matrix_index": 0}],
        "services": [{"id": "s1", "type": "s1"}, {"id": "s2", "type": "s2"}],
        "caregivers": [
            {
                "id": f"c{number}",
                "abilities": [f"s{number}"],
                "departing_point": "d1",
                "arrival_point": "d1",
                "working_shift": {"start": 0, "end": 100},
            }
            for number in (1, 2)
        ],
        "patients": [
            {
                "id": "p1",
                "distance_matrix_index": 1,
                "time_windows": [{"start": 10.0, "end": 40.999999}],
                "required_services": [{"service": "s1", "duration": 7}, {"service": "s2", "duration": 8}],
                "synchronization": {"type": "simultaneous"},
            },
            {
                "id": "p2",
                "distance_matrix_index": 2,
                "time_windows": [{"start": 20.0, "end": 60.0}, {"start": 80, "end": 90}],
                "required_services": [{"service": "s2", "duration": 6}],
                "preferred_caregivers": ["c2"],
                "incompatible_caregivers": ["c1"],
            },
        ],
    }


def test_a_unified_instance_survives_writing_and_reading_again() -> None:
    first = uhhc.parse(unified())
    second = uhhc.parse(json.loads(json.dumps(uhhc.instance_json(first))))
    assert (second.distances == first.distances).all()
    assert (second.patients, second.caregivers, second.prices) == (first.patients, first.caregivers, first.prices)
    assert second.at_end


def test_window_bounds_are_floored() -> None:
    assert uhhc.parse(unified()).patients[0].windows == ((10.0, 40.0),)


def test_a_plan_survives_writing_and_reading_again() -> None:
    plan, _ = engine.solve(uhhc.parse(unified()), budget=Budget(rounds=50), seed=1)
    assert uhhc.schedule(json.loads(json.dumps(uhhc.schedule_json(plan)))) == plan


def test_what_the_solver_cannot_price_is_refused_by_name() -> None:
    content = unified()
    content["metadata"]["cost_components"]["workload_balance"] = 1
    with pytest.raises(homecare.Unsupported) as refusal:
        uhhc.parse(content)
    assert refusal.value.parameters == {"what": "workload_balance"}


def test_a_file_of_another_format_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "other.json"
    path.write_text('{"patients": 3}')
    for reader in (hhcrsp, uhhc):
        with pytest.raises(homecare.Unreadable):
            reader.read(path)


def test_the_tiny_instance_is_solved_to_its_known_optimum() -> None:
    plan, _ = engine.solve(uhhc.parse(unified()), budget=Budget(rounds=300), seed=1)
    assert homecare_check.check_uhhc(unified(), uhhc.schedule_json(plan)) == ([], 10 + 18)


def planned(size: int = 20) -> tuple[dict[str, Any], dict[str, Any]]:
    content = generate(size, 3)
    plan, _ = engine.solve(hhcrsp.parse(content, "made"), budget=Budget(rounds=200), seed=1)
    return content, uhhc.schedule_json(plan)


def test_the_checker_finds_every_planted_fault() -> None:
    content, plan = planned()
    assert homecare_check.check_hhcrsp(content, plan)[0] == []
    stops = [(route, at) for route in plan["routes"] for at in range(len(route["locations"]))]
    for route, at in stops:
        stop = route["locations"][at]
        was = dict(stop)
        stop["arrival_time"] -= 1000.0
        assert homecare_check.check_hhcrsp(content, plan)[0]
        stop.update(was)
        taken = route["locations"].pop(at)
        assert homecare_check.check_hhcrsp(content, plan)[0]
        route["locations"].insert(at, taken)
    tied = [each["id"] for each in content["patients"] if "synchronization" in each]
    for route, at in stops:
        stop = route["locations"][at]
        if stop["patient"] in tied:
            stop["arrival_time"] += 500.0
            assert homecare_check.check_hhcrsp(content, plan)[0]
            stop["arrival_time"] -= 500.0


def test_the_kernel_and_the_checker_agree_on_the_cost() -> None:
    for size in (10, 25, 40):
        content = generate(size, size)
        plan, result = engine.solve(hhcrsp.parse(content, "made"), budget=Budget(rounds=300), seed=2)
        wrong, cost = homecare_check.check_hhcrsp(content, uhhc.schedule_json(plan))
        assert wrong == []
        assert cost == pytest.approx(result.cost, abs=1e-3)


def test_a_seed_makes_the_same_instance_and_another_seed_another() -> None:
    assert generate(30, 1) == generate(30, 1)
    assert generate(30, 1) != generate(30, 2)
