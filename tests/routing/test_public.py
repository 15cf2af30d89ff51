"""`import routing` alone is enough to state, solve, check and explain a problem."""

import ast
from pathlib import Path

import routing

HOUR = 3_600


def test_a_problem_is_stated_solved_checked_and_explained_with_one_import() -> None:
    morning = routing.Shift(start_seconds=8 * HOUR, end_seconds=12 * HOUR)
    window = (routing.Window(earliest_seconds=9 * HOUR, latest_seconds=10 * HOUR),)
    problem = routing.Problem(
        workers=(routing.Worker(base=0, shifts=(morning,)), routing.Worker(base=2, shifts=(morning,))),
        visits=(
            routing.Visit(place=1, duration_seconds=HOUR, windows=window),
            routing.Visit(place=2, duration_seconds=HOUR, windows=window, preferred=frozenset({1})),
        ),
        modes=(routing.Mode(name="e-bike", speed_metres_per_second=4.2, detour=1.3),),
        places=(routing.Point(38.30, 116.83), routing.Point(38.31, 116.83), routing.Point(38.35, 116.90)),
    )
    plan = routing.solve(problem, budget=routing.Budget(rounds=200), seed=1).plan
    report = routing.check(problem, plan)
    assert report.lawful
    assert plan.unserved == ()
    assert routing.plan_cost(problem, plan).total_points == report.total_points
    assert [route.visits for route in plan.routes] == [(0,), (1,)]

    explanation = routing.explain(problem, plan, 1)
    assert explanation.chosen is not None
    assert explanation.chosen.worker == 1

    board = routing.Board(problem, plan)
    late = routing.Window(earliest_seconds=12 * HOUR, latest_seconds=12 * HOUR)
    number = board.add(routing.Visit(place=0, duration_seconds=HOUR, windows=(late,)))
    assert board.evaluate(number).candidates == ()
    relaxation = routing.relax(board, number)
    assert relaxation is not None
    assert [change.kind for change in relaxation.changes] == [routing.ChangeKind.EARLIER]


def test_the_public_names_are_all_that_the_package_imports() -> None:
    tree = ast.parse(Path(routing.__file__).read_text("utf-8"))
    names = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert sorted(names) == sorted(routing.__all__)
    assert all(hasattr(routing, name) for name in routing.__all__)
    # `solve` and `check` name the functions, although modules of the same names stand in the package.
    assert callable(routing.solve)
    assert callable(routing.check)
