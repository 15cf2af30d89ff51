"""Small random worlds with every rule in them, and days that are already half full."""

import random
from dataclasses import dataclass

import numpy as np

from kit.geo import Point
from routing.check import check
from routing.insertion.board import Board
from routing.model.problem import Break, Company, Frozen, Mode, Problem, Sex, Shift, Visit, Weights, Window, Worker

HOUR = 3_600


def random_shift(rng: random.Random, start: int, end: int) -> Shift:
    breaks: list[Break] = []
    free = start + HOUR
    for _ in range(rng.choice((0, 1, 1, 2))):
        if free + 2 * HOUR > end:
            break
        earliest = free + rng.randrange(HOUR)
        latest = earliest + rng.choice((0, 900, 3_600))
        breaks.append(Break(earliest_seconds=earliest, latest_seconds=latest, duration_seconds=900))
        free = latest + 900
    return Shift(start_seconds=start, end_seconds=end, breaks=tuple(breaks))


def random_worker(rng: random.Random, places: int, companies: int) -> Worker:
    base = rng.randrange(places)
    shifts = [random_shift(rng, 8 * HOUR, 13 * HOUR)]
    if rng.random() < 0.5:
        shifts.append(random_shift(rng, 14 * HOUR, 19 * HOUR))
    if rng.random() < 0.2:
        shifts[0] = Shift(start_seconds=8 * HOUR, end_seconds=13 * HOUR, end_place=rng.randrange(places))
    return Worker(
        base=base,
        shifts=tuple(shifts),
        company=rng.randrange(companies),
        skills=rng.choice((1, 3, 3, 3)),
        lapsed_skills=rng.choice((0, 2)),
        sex=rng.choice((Sex.FEMALE, Sex.MALE)),
        mode=rng.randrange(2),
        capacity=rng.choice((None, 5)),
        max_work_seconds=rng.choice((None, 3 * HOUR, 6 * HOUR)),
        reach_metres=rng.choice((None, None, 6_000)),
        site_closed=rng.random() < 0.05,
        use_points=rng.choice((0, 20_000)),
    )


def random_visit(rng: random.Random, places: int, workers: int, companies: int) -> Visit:
    begin = 8 * HOUR + rng.randrange(9 * HOUR)
    width = rng.choice((0, 900, HOUR, 3 * HOUR))
    windows = [Window(earliest_seconds=begin, latest_seconds=begin + width)]
    if rng.random() < 0.3:
        windows.append(Window(earliest_seconds=begin + width + 1_800, latest_seconds=begin + width + HOUR))
    soft = rng.random() < 0.4
    people = list(range(workers))
    rng.shuffle(people)
    return Visit(
        place=rng.randrange(places),
        duration_seconds=rng.choice((0, 600, 1_800, HOUR)),
        windows=tuple(windows),
        due_seconds=begin + width // 2 if soft else None,
        late_points_per_second=rng.choice((10, 150)) if soft else 0,
        skills=rng.choice((0, 1, 1, 2)),
        sex=rng.choice((Sex.UNSTATED, Sex.UNSTATED, Sex.FEMALE)),
        companies=rng.choice((None, None, frozenset({rng.randrange(companies)}))),
        excluded=frozenset(people[:1]) if rng.random() < 0.3 else frozenset(),
        preferred=frozenset(people[1:2]) if rng.random() < 0.4 else frozenset(),
        skip_points=rng.choice((None, 5_000)),
        demand=rng.randrange(3),
    )


def random_problem(seed: int, *, workers: int = 4, visits: int = 16, matrix: bool | None = None) -> Problem:
    """Make a world of a few workers; with a matrix (by default one world in four) the legs obey no triangle."""
    rng = random.Random(seed)
    places, companies = 12, 2
    modes = (
        Mode(name="e-bike", speed_metres_per_second=4.2, detour=1.3, start_seconds=rng.choice((0, 120))),
        Mode(name="on foot", speed_metres_per_second=1.2, detour=1.2),
    )
    points = tuple(Point(39.0 + rng.random() * 0.08, 116.0 + rng.random() * 0.1) for _ in range(places))
    legs = None
    if matrix or (matrix is None and rng.random() < 0.25):
        legs = np.random.default_rng(seed).integers(0, 2_400, (2, places, places))
        legs[:, range(places), range(places)] = 0
    return Problem(
        workers=tuple(random_worker(rng, places, companies) for _ in range(workers)),
        visits=tuple(random_visit(rng, places, workers, companies) for _ in range(visits)),
        modes=modes,
        places=points,
        companies=tuple(Company(quota_visits=rng.choice((None, 7)), share=1 + number) for number in range(companies)),
        weights=Weights(share_points=rng.choice((0, 500)), worst_late_points_per_second=0),
        travel_seconds=legs,
    )


@dataclass(frozen=True, slots=True)
class Day:
    """A board in the middle of a day, and the visits that still wait for somebody."""

    board: Board
    waiting: tuple[int, ...]


def random_day(
    seed: int, *, workers: int = 4, visits: int = 16, matrix: bool | None = None, pairs: bool = False
) -> Day:
    """Fill a day by insertion, let some of it begin and promise some of the rest."""
    rng = random.Random(seed)
    problem = random_problem(seed, workers=workers, visits=visits, matrix=matrix)
    board = Board(problem)
    waiting: list[int] = []
    for number in range(visits - 3):
        candidates = board.evaluate(number, best=3).candidates
        if not candidates or rng.random() < 0.1:
            waiting.append(number)
        else:
            board.commit(number, rng.choice(candidates))
    if pairs:
        both = board.evaluate_pair(visits - 3, visits - 2, gap_max_seconds=rng.choice((0, 900)))
        if both.pairs:
            board.commit_pair(visits - 3, visits - 2, rng.choice(both.pairs))
    let_begin(rng, board, 8 * HOUR + rng.randrange(6 * HOUR))
    standing = set(board.snapshot().numbers)
    return Day(board, tuple(number for number in range(visits) if number not in standing))


def let_begin(rng: random.Random, board: Board, now: int) -> None:
    """Let time pass: what has started by then is under way, and half of what starts within the hour is promised."""
    snap = board.snapshot()
    for route in snap.plan.routes:
        for stop in route.stops:
            if stop.visit < 0 and stop.start_seconds < now:
                break  # a break that has been taken is no longer part of a problem: stop before it
            if stop.visit >= 0 and stop.start_seconds < now:
                board.begin(snap.numbers[stop.visit], stop.start_seconds)
            elif stop.visit >= 0:
                break
    snap = board.snapshot()
    for number, visit in zip(snap.numbers, snap.problem.visits, strict=True):
        if visit.frozen is None and rng.random() < 0.2:
            hold(board, number)
    advance_lawfully(board, now)


def hold(board: Board, number: int) -> None:
    """Promise a visit for the time at which it stands."""
    snap = board.snapshot()
    for route in snap.plan.routes:
        for stop in route.stops:
            if stop.visit >= 0 and snap.numbers[stop.visit] == number:
                candidate_start = stop.start_seconds
                board.remove(number)
                board.book(number, Frozen(worker=route.worker, shift=route.shift, start_seconds=candidate_start))
                return


def advance_lawfully(board: Board, now: int) -> None:
    """Let time pass only as far as the plan stays lawful."""
    before = board.now_seconds
    board.advance(now)
    snap = board.snapshot()
    if not check(snap.problem, snap.plan).lawful:
        board.advance(before)
