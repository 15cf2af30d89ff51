"""`nowalls bench day`: a day of requests as they come in, against a plan made with all of them known in the morning.

Two in five requests are placed before the morning, the others half an hour to four hours before they may
begin. The clock moves in steps of five minutes: workers who would set out within the step are under way and cannot be
re-planned; new requests are inserted at its cheapest place, or refused if neither a gap nor a new plan takes
it; then what has not begun is planned anew. Travel is measured on what was driven in the end, by the checker.
"""

import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from kit.geo import Point
from routing.bench import drawing
from routing.bench.options import Options
from routing.check import check
from routing.improvement import improve
from routing.insertion.board import Board, warm
from routing.model.plan import Plan, build
from routing.model.problem import Company, Mode, Problem, Shift, Visit, Window, Worker
from routing.reference import ortools_engine
from routing.stop import Budget

STEP_SECONDS = 300
CLOSE = 12 * 3_600
EBIKE = Mode(name="e-bike", speed_metres_per_second=4.2, detour=1.35)
WORK = ((600, 0.40), (2_700, 0.25), (2_700, 0.10), (1_800, 0.15), (3_600, 0.10))
"""The five kinds of service: how long each takes, and its share of the requests; each needs a skill of its own."""

HINDSIGHT_STEPS = 40
"""The plan with hindsight gets as many steps' worth of search in one go."""

PLOT = Path("var/bench/day.svg")
"""The plan with hindsight of the first small day."""

Planner = Callable[[Problem, Plan, int], Plan]


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictSize:
    """How large a district is."""

    requests: int
    workers: int
    companies: int
    side_metres: float


SIZES = {
    "220 requests, 20 workers": DistrictSize(requests=220, workers=20, companies=1, side_metres=12_000),
    "5000 requests, 600 workers": DistrictSize(requests=5_000, workers=600, companies=30, side_metres=40_000),
}


@dataclass(frozen=True, slots=True)
class District:
    """A problem, and `known_at` [requests]: when each request is placed, in seconds of the day."""

    problem: Problem
    known_at: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DayOutcome:
    """How a day went."""

    travel_minutes_per_visit: float
    refused_pct: float


def run(options: Options) -> dict[str, object]:
    """Live `seeds` days of either size under every policy; the first budget is the seconds of search in a step.

    Medians over the days; `ratio_to_hindsight` is the median of the days' ratios of travel per visit.
    """
    seconds = options.budgets[0]
    warm()
    plot = ""
    days: dict[str, list[dict[str, DayOutcome]]] = {name: [] for name in SIZES}
    for name, seed in options.turns(SIZES, range(1, options.seeds + 1)):
        size = SIZES[name]
        district = make(size, seed)
        whole = hindsight(district, seconds, seed)
        with_hindsight = outcome(district, whole)
        if seed == 1 and size.workers < 100:
            plot = str(drawing.day(district.problem, whole, PLOT))
        policies: dict[str, Planner | None] = {"nowalls": _ours(seconds), "insertion": None}
        if "or-tools" in options.peers and size.workers < 100:
            policies["or-tools"] = _or_tools(seconds)
        outcomes = {policy: outcome(district, simulate_day(district, planner)) for policy, planner in policies.items()}
        days[name].append({"hindsight": with_hindsight, **outcomes})
    answer = {name: _summary(each) for name, each in days.items()}
    return {"days": answer, "seconds_per_step": seconds, "seeds": options.seeds, "plot": plot}


def _summary(days: list[dict[str, DayOutcome]]) -> dict[str, object]:
    out: dict[str, object] = {}
    for policy in days[0]:
        travel = [day[policy].travel_minutes_per_visit for day in days]
        ratios = [day[policy].travel_minutes_per_visit / day["hindsight"].travel_minutes_per_visit for day in days]
        more = [day[policy].refused_pct - day["hindsight"].refused_pct for day in days]
        out[policy] = {
            "travel_minutes_per_visit": round(statistics.median(travel), 3),
            "refused_pct": round(statistics.median(day[policy].refused_pct for day in days), 3),
            "ratio_to_hindsight": round(statistics.median(ratios), 4),
            "refused_points_above_hindsight": round(statistics.median(more), 3),
        }
    return out


def make(size: DistrictSize, seed: int) -> District:
    """Make a district and its day."""
    rng = random.Random(seed)
    workers = []
    for number in range(size.workers):
        skills = sum(1 << kind for kind in range(len(WORK)) if rng.random() < 0.45) | 1 << number % len(WORK)
        workers.append(
            Worker(
                base=number,
                shifts=(Shift(start_seconds=0, end_seconds=CLOSE),),
                company=number * size.companies // size.workers,
                skills=skills,
            )
        )
    visits, known_at = [], []
    for number in range(size.requests):
        kind = rng.choices(range(len(WORK)), [share for _, share in WORK])[0]
        begin = rng.randrange(32_000)
        latest = min(begin + rng.choice((3_600, 5_400, 7_200, 14_400)), 39_000)
        visits.append(
            Visit(
                place=size.workers + number,
                duration_seconds=WORK[kind][0],
                windows=(Window(earliest_seconds=begin, latest_seconds=latest),),
                skills=1 << kind,
                companies=None if size.companies == 1 else frozenset(rng.sample(range(size.companies), 20)),
            )
        )
        known_at.append(0 if rng.random() < 0.4 else max(0, begin - rng.randrange(1_800, 14_400)))
    problem = Problem(
        workers=tuple(workers),
        visits=tuple(visits),
        modes=(EBIKE,),
        places=tuple(_spot(rng, size.side_metres) for _ in range(size.workers + size.requests)),
        companies=(Company(),) * size.companies,
    )
    return District(problem, tuple(known_at))


def _spot(rng: random.Random, side: float) -> Point:
    return Point(39.0 + rng.random() * side / 111_195.0, 116.0 + rng.random() * side / 86_000.0)


def outcome(district: District, plan: Plan) -> DayOutcome:
    """Judge a day's plan by the checker."""
    report = check(district.problem, plan)
    if not report.lawful:
        raise AssertionError(report.violations[:3])
    served = len(district.problem.visits) - len(plan.unserved)
    return DayOutcome(report.travel_seconds / served / 60.0, 100.0 * len(plan.unserved) / len(district.problem.visits))


def hindsight(district: District, seconds: float, seed: int) -> Plan:
    """Plan the whole day as if everything had been known in the morning."""
    problem = district.problem
    start = build(problem, [[] for _ in problem.rows])
    return improve.improve(problem, start, budget=Budget(seconds=HINDSIGHT_STEPS * seconds), seed=seed)


def simulate_day(district: District, planner: Planner | None) -> Plan:
    """Live the day with insertion alone, or with a planner for what has not begun; give what was driven."""
    problem = district.problem
    board = Board(replace(problem, visits=()))
    waiting = sorted(range(len(problem.visits)), key=lambda visit: (district.known_at[visit], visit))
    for visit in problem.visits:
        board.add(visit)
    for step, now in enumerate(range(0, CLOSE, STEP_SECONDS)):
        board.advance(now)
        _begin_due_visits(board, now + STEP_SECONDS)
        fresh = [visit for visit in waiting if district.known_at[visit] <= now]
        waiting = waiting[len(fresh) :]
        refused = [visit for visit in fresh if not _inserted(board, visit)]
        if planner is not None and (fresh or step % 3 == 0):
            snap = board.snapshot(waiting=refused)
            board.adopt(planner(snap.problem, snap.plan, step), snap.numbers)
    orders = [[number for number in board.order(*row) if number >= 0] for row in problem.rows]
    return build(problem, orders)


def _inserted(board: Board, visit: int) -> bool:
    candidates = board.evaluate(visit, best=1).candidates
    if candidates:
        board.commit(visit, candidates[0])
    return bool(candidates)


def _begin_due_visits(board: Board, until: int) -> None:
    """Begin the visits whose workers must set out before `until` to be in time."""
    snap = board.snapshot()
    legs = snap.problem.seconds[0]
    for route in snap.plan.routes:
        place = snap.problem.workers[route.worker].base
        for stop in route.stops:
            visit = snap.problem.visits[stop.visit]
            if stop.start_seconds - legs[place, visit.place] > until:
                break
            place = visit.place
            if visit.frozen is None:
                board.begin(snap.numbers[stop.visit], stop.start_seconds)


def _ours(seconds: float) -> Planner:
    return lambda problem, plan, step: improve.improve(problem, plan, budget=Budget(seconds=seconds), seed=step)


def _or_tools(seconds: float) -> Planner:
    return lambda problem, plan, _: ortools_engine.solve(problem, plan, budget=Budget(seconds=seconds))
