"""Choose the best plan among all routes that a search has seen: set partitioning by CP-SAT.

A cheap route is worth keeping even where the plan around it was poor; an integer programme over a few thousand routes
finds plans that no single move reaches (Rochat and Taillard 1995).
"""

from collections import defaultdict
from dataclasses import dataclass

from routing.improvement.arrays import COMPANY, COUNT, KIND, PINNED, POINTS, POOL
from routing.improvement.state import Search
from routing.model.arrays import FAR

MOST_ROUTES = 6_000
"""The most routes in the model: more of them take longer than they gain. The newest are taken."""


@dataclass(frozen=True, slots=True)
class SeenRoute:
    """A route that the search has seen: for which kind of row, its stops (breaks included) and points."""

    kind: int
    stops: tuple[int, ...]
    points: int


def routes_seen(search: Search) -> list[SeenRoute]:
    """Read the newest of the pool and the rows as they are, which must be among the choices."""
    draft, kinds = search.draft, search.task.row[:, KIND]
    count = int(draft.numbers[POOL])
    out: dict[tuple[int, frozenset[int]], SeenRoute] = {}
    lines = draft.pool_route[max(0, count - MOST_ROUTES) : count].tolist()
    now = [
        (int(kinds[row]), tuple(order), int(draft.tally[row, POINTS])) for row, order in search.current_rows().items()
    ]
    pool = [(kind, tuple(draft.pool_stops[a : a + length].tolist()), points) for kind, a, length, points in lines]
    for kind, stops, points in [*pool, *(line for line in now if line[1])]:
        key = (kind, frozenset(stops))
        if key not in out or out[key].points >= points:
            out[key] = SeenRoute(kind, stops, points)
    return list(out.values())


def load() -> None:
    """Import CP-SAT: it loads pandas (about half a second), so it is not imported with the module."""
    import ortools.sat.python.cp_model  # noqa: F401, PLC0415 - loaded for `recombine`, not used here


def recombine(search: Search, *, seconds: float, work: float, seed: int) -> bool:
    """Continue from the best choice of routes seen if it is better than the best plan; return whether it was.

    `seconds` bounds the wall clock of the solver, `work` its steps in CP-SAT's own deterministic time.
    """
    from ortools.sat.python import cp_model  # noqa: PLC0415 - too much for every start: see `load`

    task, draft, n = search.task, search.draft, len(search.problem.visits)
    before = search.current_rows()
    search.lay_out(search.best_rows())
    standing = search.best_points
    fixed = sum(int(draft.tally[row, POINTS]) for row in range(len(task.row)) if row not in before)
    routes = routes_seen(search)
    mine = {(int(task.row[row, KIND]), frozenset(order)) for row, order in search.current_rows().items()}
    rows_of = defaultdict(list)
    for row in search.open_rows:
        rows_of[int(task.row[row, KIND])].append(row)
    model = cp_model.CpModel()
    chosen = [model.new_bool_var("") for _ in routes]
    covers, users, awarded = defaultdict(list), defaultdict(list), defaultdict(list)
    for route, variable in zip(routes, chosen, strict=True):
        users[route.kind].append(variable)
        visits = [v for v in route.stops if v < n]
        awarded[int(task.row[rows_of[route.kind][0], COMPANY])].append((variable, len(visits)))
        for v in visits:
            covers[v].append(variable)
        model.add_hint(variable, (route.kind, frozenset(route.stops)) in mine)
    for kind, variables in users.items():
        model.add(cp_model.LinearExpr.sum(variables) <= len(rows_of[kind]))
    skipped = {v: model.new_bool_var("") for v in search.in_play}
    for v, variable in skipped.items():
        model.add_exactly_one([*covers[v], variable])
        if task.visit[v, PINNED] and draft.where[v, 0] >= 0:
            model.add(variable == 0)  # a promise has no price
        model.add_hint(variable, draft.where[v, 0] < 0)
    for company, pairs in awarded.items():
        if task.quota[company] < FAR:
            closed = sum(
                int(draft.tally[r, COUNT])
                for r in range(len(task.row))
                if r not in before and task.row[r, COMPANY] == company
            )
            counts = cp_model.LinearExpr.weighted_sum(
                [variable for variable, _ in pairs], [count for _, count in pairs]
            )
            model.add(counts <= int(task.quota[company]) - closed)
    model.minimize(
        cp_model.LinearExpr.weighted_sum(chosen, [route.points for route in routes])
        + cp_model.LinearExpr.weighted_sum(list(skipped.values()), [int(task.skip[v]) for v in skipped])
    )
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.max_deterministic_time = work
    solver.parameters.random_seed = seed % 2**31
    status = solver.solve(model)
    better = status in {cp_model.OPTIMAL, cp_model.FEASIBLE} and solver.objective_value + fixed < standing - 0.5
    if better:
        free = {kind: list(rows) for kind, rows in rows_of.items()}
        taken = [route for route, variable in zip(routes, chosen, strict=True) if solver.value(variable)]
        search.lay_out({free[route.kind].pop(): list(route.stops) for route in taken})
    if search.best_points >= standing:
        search.lay_out(before)
        return False
    return True
