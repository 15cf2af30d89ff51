"""Small random worlds with every rule in them, and days that are already half full."""

import random
from dataclasses import dataclass

import numpy as np

from kit.geo import Point
from routing import check
from routing.insertion import board as insert
from routing.model.problem import Break, Company, Frozen, Mode, Problem, Sex, Shift, Visit, Weights, Window, Worker

HOUR = 3_600


def dice_shift(dice: random.Random, start: int, end: int) -> Shift:
    breaks: list[Break] = []
    free = start + HOUR
    for _ in range(dice.choice((0, 1, 1, 2))):
        if free + 2 * HOUR > end:
            break
        earliest = free + dice.randrange(HOUR)
        latest = earliest + dice.choice((0, 900, 3_600))
        breaks.append(Break(earliest_seconds=earliest, latest_seconds=latest, duration_seconds=900))
        free = latest + 900
    return Shift(start_seconds=start, end_seconds=end, breaks=tuple(breaks))


def dice_worker(dice: random.Random, places: int, companies: int) -> Worker:
    base = dice.randrange(places)
    shifts = [dice_shift(dice, 8 * HOUR, 13 * HOUR)]
    if dice.random() < 0.5:
        shifts.append(dice_shift(dice, 14 * HOUR, 19 * HOUR))
    if dice.random() < 0.2:
        shifts[0] = Shift(start_seconds=8 * HOUR, end_seconds=13 * HOUR, end_place=dice.randrange(places))
    return Worker(
        base=base,
        shifts=tuple(shifts),
        company=dice.randrange(companies),
        skills=dice.choice((1, 3, 3, 3)),
        lapsed_skills=dice.choice((0, 2)),
        sex=dice.choice((Sex.FEMALE, Sex.MALE)),
        mode=dice.randrange(2),
        capacity=dice.choice((None, 5)),
        max_work_seconds=dice.choice((None, 3 * HOUR, 6 * HOUR)),
        reach_metres=dice.choice((None, None, 6_000)),
        site_closed=dice.random() < 0.05,
        use_points=dice.choice((0, 20_000)),
    )


def dice_visit(dice: random.Random, places: int, workers: int, companies: int) -> Visit:
    begin = 8 * HOUR + dice.randrange(9 * HOUR)
    width = dice.choice((0, 900, HOUR, 3 * HOUR))
    windows = [Window(earliest_seconds=begin, latest_seconds=begin + width)]
    if dice.random() < 0.3:
        windows.append(Window(earliest_seconds=begin + width + 1_800, latest_seconds=begin + width + HOUR))
    soft = dice.random() < 0.4
    people = list(range(workers))
    dice.shuffle(people)
    return Visit(
        place=dice.randrange(places),
        duration_seconds=dice.choice((0, 600, 1_800, HOUR)),
        windows=tuple(windows),
        due_seconds=begin + width // 2 if soft else None,
        late_points_per_second=dice.choice((10, 150)) if soft else 0,
        skills=dice.choice((0, 1, 1, 2)),
        sex=dice.choice((Sex.UNSTATED, Sex.UNSTATED, Sex.FEMALE)),
        companies=dice.choice((None, None, frozenset({dice.randrange(companies)}))),
        excluded=frozenset(people[:1]) if dice.random() < 0.3 else frozenset(),
        preferred=frozenset(people[1:2]) if dice.random() < 0.4 else frozenset(),
        skip_points=dice.choice((None, 5_000)),
        demand=dice.randrange(3),
    )


def dice_problem(seed: int, *, workers: int = 4, visits: int = 16, matrix: bool | None = None) -> Problem:
    """Make a world of a few workers; with a matrix (by default one world in four) the legs obey no triangle."""
    dice = random.Random(seed)
    places, companies = 12, 2
    modes = (
        Mode(name="e-bike", speed_metres_per_second=4.2, detour=1.3, start_seconds=dice.choice((0, 120))),
        Mode(name="on foot", speed_metres_per_second=1.2, detour=1.2),
    )
    points = tuple(Point(39.0 + dice.random() * 0.08, 116.0 + dice.random() * 0.1) for _ in range(places))
    legs = None
    if matrix or (matrix is None and dice.random() < 0.25):
        legs = np.random.default_rng(seed).integers(0, 2_400, (2, places, places))
        legs[:, range(places), range(places)] = 0
    return Problem(
        workers=tuple(dice_worker(dice, places, companies) for _ in range(workers)),
        visits=tuple(dice_visit(dice, places, workers, companies) for _ in range(visits)),
        modes=modes,
        places=points,
        companies=tuple(Company(quota_visits=dice.choice((None, 7)), share=1 + number) for number in range(companies)),
        weights=Weights(share_points=dice.choice((0, 500)), worst_late_points_per_second=0),
        travel_seconds=legs,
    )


@dataclass(frozen=True, slots=True)
class Day:
    """A board in the middle of a day, and the visits that still wait for somebody."""

    board: insert.Board
    waiting: tuple[int, ...]


def dice_day(seed: int, *, workers: int = 4, visits: int = 16, matrix: bool | None = None, pairs: bool = False) -> Day:
    """Fill a day by insertion, let some of it begin and promise some of the rest."""
    dice = random.Random(seed)
    problem = dice_problem(seed, workers=workers, visits=visits, matrix=matrix)
    board = insert.Board(problem)
    waiting: list[int] = []
    for number in range(visits - 3):
        found = board.evaluate(number, best=3).candidates
        if not found or dice.random() < 0.1:
            waiting.append(number)
        else:
            board.commit(number, dice.choice(found))
    if pairs:
        both = board.evaluate_pair(visits - 3, visits - 2, gap_max_seconds=dice.choice((0, 900)))
        if both.pairs:
            board.commit_pair(visits - 3, visits - 2, dice.choice(both.pairs))
    let_begin(dice, board, 8 * HOUR + dice.randrange(6 * HOUR))
    standing = set(board.snapshot().numbers)
    return Day(board, tuple(number for number in range(visits) if number not in standing))


def let_begin(dice: random.Random, board: insert.Board, now: int) -> None:
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
        if visit.frozen is None and dice.random() < 0.2:
            hold(board, number)
    advance_lawfully(board, now)


def hold(board: insert.Board, number: int) -> None:
    """Promise a visit for the time at which it stands."""
    snap = board.snapshot()
    for route in snap.plan.routes:
        for stop in route.stops:
            if stop.visit >= 0 and snap.numbers[stop.visit] == number:
                candidate_start = stop.start_seconds
                board.remove(number)
                board.book(number, Frozen(worker=route.worker, shift=route.shift, start_seconds=candidate_start))
                return


def advance_lawfully(board: insert.Board, now: int) -> None:
    """Let time pass only as far as the plan stays lawful."""
    before = board.now_seconds
    board.advance(now)
    snap = board.snapshot()
    if not check.check(snap.problem, snap.plan).lawful:
        board.advance(before)
