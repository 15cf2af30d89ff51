"""A town made by a seed: workers, companies and requests with every hard rule there is, for benches and tests."""

import random
from dataclasses import dataclass

from kit.geo import Point
from routing.insertion.board import Board
from routing.model.problem import Break, Company, Mode, Problem, Sex, Shift, Visit, Weights, Window, Worker

HOUR = 3_600
MODES = (
    Mode(name="e-bike", speed_metres_per_second=4.2, detour=1.3, start_seconds=120),
    Mode(name="car", speed_metres_per_second=6.0, detour=1.35, start_seconds=180),
    Mode(name="on foot", speed_metres_per_second=1.2, detour=1.25),
)
SKILLS = 8
STOPS_BEFORE = 12


@dataclass(frozen=True, slots=True)
class Town:
    """How many there are of everything, and how far the town stretches."""

    workers: int = 600
    companies: int = 30
    requests: int = 9_200
    side_degrees: float = 0.14  # about 15 km
    seed: int = 1


def _point(rng: random.Random, side: float) -> Point:
    return Point(39.0 + rng.random() * side, 116.0 + rng.random() * side * 1.28)


def _worker(rng: random.Random, number: int, town: Town) -> Worker:
    start = rng.choice((7, 8, 9)) * HOUR
    noon = rng.choice((11, 12)) * HOUR
    skills = sum(1 << k for k in range(SKILLS) if rng.random() < 0.6)
    return Worker(
        base=number,
        shifts=(
            Shift(
                start_seconds=start,
                end_seconds=start + 11 * HOUR,
                breaks=(Break(earliest_seconds=noon, latest_seconds=noon + 2 * HOUR, duration_seconds=1_800),),
            ),
        ),
        company=number * town.companies // town.workers,
        skills=skills,
        lapsed_skills=(1 << rng.randrange(SKILLS)) & ~skills,
        sex=rng.choice((Sex.FEMALE, Sex.FEMALE, Sex.MALE)),
        mode=rng.choices((0, 1, 2), (14, 4, 2))[0],
        capacity=20,
        max_work_seconds=9 * HOUR,
        reach_metres=rng.choice((None, 6_000, 10_000)),
        site_closed=rng.random() < 0.01,
    )


def _visit(rng: random.Random, place: int, town: Town) -> Visit:
    begin = 7 * HOUR + rng.randrange(11 * HOUR)
    width = rng.choice((1_800, 3_600, 7_200, 14_400))
    windows = [Window(earliest_seconds=begin, latest_seconds=begin + width)]
    if rng.random() < 0.1:
        again = begin + width + HOUR
        windows.append(Window(earliest_seconds=again, latest_seconds=again + HOUR))
    soft = rng.random() < 0.2
    preferred = frozenset(rng.sample(range(town.workers), 2)) if rng.random() < 0.3 else frozenset()
    excluded = frozenset(rng.sample(range(town.workers), 3)) if rng.random() < 0.2 else frozenset()
    return Visit(
        place=place,
        duration_seconds=rng.choice((900, 1_200, 1_800, 2_700)),
        windows=tuple(windows),
        due_seconds=begin + width // 2 if soft else None,
        late_points_per_second=20 if soft else 0,
        skills=1 << rng.randrange(SKILLS),
        sex=rng.choices((Sex.UNSTATED, Sex.FEMALE, Sex.MALE), (8, 2, 1))[0],
        companies=frozenset(rng.sample(range(town.companies), max(1, town.companies * 2 // 3))),
        excluded=excluded - preferred,
        preferred=preferred,
        demand=rng.choice((0, 1, 1, 2)),
    )


def build(town: Town) -> Problem:
    """Make the town; its visits are the requests, in the order in which they come."""
    rng = random.Random(town.seed)
    count = town.workers + town.requests
    return Problem(
        workers=tuple(_worker(rng, number, town) for number in range(town.workers)),
        visits=tuple(_visit(rng, town.workers + number, town) for number in range(town.requests)),
        modes=MODES,
        places=tuple(_point(rng, town.side_degrees) for _ in range(count)),
        companies=tuple(
            Company(quota_visits=town.requests // town.companies + 20, share=rng.choice((10, 20, 30)))
            for _ in range(town.companies)
        ),
        weights=Weights(),
    )


def filled(problem: Problem) -> Board:
    """Give a board on which a town's first requests have been served, about twelve a worker."""
    board = Board(problem)
    for number in range(len(problem.workers) * STOPS_BEFORE):
        candidates = board.evaluate(number, best=1).candidates
        if candidates:
            board.commit(number, candidates[0])
    return board
