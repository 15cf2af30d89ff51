"""The arrays that ruin and recreate reads and writes: a few wide ones, made once for a search.

Rows of small whole numbers are kept side by side (one line of `visit` or `stop` fills half a cache line), because the
search spends its time in reading the stops of one route in order. Columns are named by the constants below.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.model.arrays import FAR, Ints, Reals, Shorts
from routing.model.problem import Problem

NEVER = 2**30
"""Later than any time in a kernel, and small enough for two of them to be added in 32 bits."""

FORBIDDEN = 2**61
"""The fee of a worker who may not make a visit by a fixed rule."""

BROKEN = 2**52
"""The points of a row whose timetable cannot be kept: no plan with one is ever accepted."""

# visit: a break follows the visits as one more line, and has no place of its own
PLACE, OPEN, CLOSE, SERVICE, WINDOWS, DUE, LATE, PINNED = range(8)
# row: what does not change about a row
WORKER, START_PLACE, END_PLACE, READY, END, MODE, USE, KIND, COMPANY, RESTS, CAPACITY, CLOSED, BEGUN = range(13)
# stop: position 0 is the start of the row, the last one its end
VISIT, AT, FREE, LATEST, LEG, START = range(6)
# tally: what a row comes to; KEPT is the plan to return to, BEST the best one seen
LENGTH, COUNT, LOAD, WORK, SOFT, POINTS, KEPT_LENGTH, KEPT_POINTS, BEST_LENGTH, TOUCHED = range(10)
# numbers
UNASSIGNED, KEPT_UNASSIGNED, BEST_UNASSIGNED, NOW, BEST, STAMP, POOL, POOL_STOPS = range(8)

NEIGHBOURS = 256
NEAREST_ROWS = 12
KEYS = 6
POOL_ROUTES = 30_000
POOL_TABLE = 1 << 17


class Task(NamedTuple):
    """The data that never change during a search; times in seconds, costs in points."""

    visit: Shorts  # (visits + breaks, 8)
    opens: Shorts  # (visits, most windows)
    closes: Shorts  # (visits, most windows)
    demand: Ints  # (visits,)
    skip: Ints  # (visits,): the price of leaving it out
    keys: Reals  # (visits, KEYS): orders in which to put visits back
    fee: Ints  # (visits, workers): what this worker on this visit costs beside the way; FORBIDDEN where not allowed
    play: Shorts  # (visits not under way,): their numbers
    near: Shorts  # (visits, neighbours): nearest in play first; only for those in play themselves
    begins: Shorts  # (visits, a few): rows that begin nearest first
    row: Ints  # (rows, 13)
    max_work: Ints  # (workers,)
    quota: Ints  # (companies,)
    seconds: Shorts  # (modes, places, places)
    back: Shorts  # (modes, places, places): the same with from and to exchanged
    rate: Ints  # (1,): points for one second of travel
    marks: NDArray[np.uint64]  # (visits + kinds,): random bits, so that a set of visits has a number of its own


class Draft(NamedTuple):
    """The plan being worked on, the one to return to, the best one, and scratch."""

    stop: Shorts  # (rows, longest, 8)
    tally: Ints  # (rows, 10)
    kept: Shorts  # (rows, longest): order of each row
    best: Shorts  # (rows, longest)
    where: Shorts  # (visits, 2): row and position; row −1 unassigned, −2 not part of the search
    work: Ints  # (workers,): seconds of service and travel
    awarded: Ints  # (companies,): visits
    unassigned: Shorts  # (visits,): those in no row
    kept_unassigned: Shorts  # (visits,)
    touched: Shorts  # (rows,)
    key: Reals  # (visits,)
    choice: Shorts  # (rows,)
    some: Shorts  # (rows,)
    listed: Ints  # (rows,)
    seen: Ints  # (kinds,)
    numbers: Ints  # (8,)
    rng: NDArray[np.uint64]  # (1,)
    pool_table: Shorts  # (POOL_TABLE,): number of the route + 1, by hash
    pool_mark: NDArray[np.uint64]  # (POOL_ROUTES,)
    pool_route: Ints  # (POOL_ROUTES, 4): kind, first stop, stops, points
    pool_stops: Shorts  # (room,)


@dataclass(frozen=True, slots=True)
class FixedStart:
    """The fixed start of a row: its stops up to the last visit under way, and when and where the worker is free."""

    stops: tuple[int, ...]
    place: int
    free_seconds: int
    work_seconds: int
    load: int


def fixed_start(problem: Problem, row: int, order: Sequence[int]) -> FixedStart:
    """Cut the stops off a row that nothing can change any more."""
    worker = problem.workers[problem.rows[row][0]]
    rows, legs = problem.arrays.rows, problem.seconds[worker.mode]
    begun = [i for i, v in enumerate(order) if v >= 0 and _under_way(problem, v)]
    head = tuple(order[: begun[-1] + 1]) if begun else ()
    place, free, work, load = int(rows.start_place[row]), int(rows.ready[row]), 0, 0
    for number in head:
        if number < 0:
            continue
        visit = problem.visits[number]
        work += int(legs[place, visit.place]) + visit.duration_seconds
        load += visit.demand
        place = visit.place
        if visit.frozen is not None:
            free = max(visit.frozen.start_seconds + visit.duration_seconds, problem.now_seconds)
    return FixedStart(head, place, free, work, load)


def _under_way(problem: Problem, number: int) -> bool:
    frozen = problem.visits[number].frozen
    return frozen is not None and frozen.under_way


def make_task(problem: Problem, fixed_starts: Sequence[FixedStart], held: dict[int, tuple[int, int]]) -> Task:
    """Flatten a problem for the search; what is under way is cut off by `preludes` [rows].

    `held` gives the worker and start of visits that stay as they are beside the frozen ones: halves of pairs.
    """
    seconds = np.array(problem.seconds, np.int32)  # writable, as its turned copy is: the kernels are compiled once
    either = problem.travel_seconds is None or np.array_equal(seconds, seconds.transpose(0, 2, 1))
    turned = seconds if either else np.ascontiguousarray(seconds.transpose(0, 2, 1))
    visit = _visit_lines(problem, held)
    n = len(problem.visits)
    earned = problem.preferred.astype(np.int64) * problem.weights.continuity_points
    fee = np.where(problem.rules == 0, -earned, FORBIDDEN)
    for number in np.flatnonzero(visit[:n, PINNED]):
        frozen = problem.visits[number].frozen
        worker = held[int(number)][0] if frozen is None else frozen.worker
        fee[number] = FORBIDDEN
        fee[number, worker] = -earned[number, worker]
    row = _row_lines(problem, fixed_starts, fee)
    visits, workers = problem.arrays.visits, problem.arrays.workers
    behind = np.zeros(len(problem.workers), np.int64)
    for (worker, _), before in zip(problem.rows, fixed_starts, strict=True):
        behind[worker] += before.work_seconds
    spent = np.zeros(len(problem.companies), np.int64)
    for (worker, _), before in zip(problem.rows, fixed_starts, strict=True):
        spent[problem.workers[worker].company] += sum(number >= 0 for number in before.stops)
    quotas = [FAR if company.quota_visits is None else company.quota_visits for company in problem.companies]
    over = {number for before in fixed_starts for number in before.stops}
    play = np.array([number for number in range(n) if number not in over], np.int32)
    places = visit[play, PLACE]
    marks = np.random.default_rng(20).integers(1, 2**63, n + len(problem.rows) + 1, dtype=np.uint64)
    return Task(
        visit=visit,
        opens=np.minimum(visits.earliest, NEVER).astype(np.int32),
        closes=np.clip(visits.latest, -NEVER, NEVER).astype(np.int32),
        demand=visits.demand,
        skip=visits.skip_points,
        keys=_keys(problem, visit, row, fee),
        fee=np.ascontiguousarray(fee),
        play=play,
        near=_near(n, play, _ways(seconds, places) if either else _ways(seconds, places) + _ways(turned, places)),
        begins=_begins(seconds, visit[:n, PLACE], row),
        row=row,
        max_work=np.where(workers.max_work < FAR, workers.max_work - behind, FORBIDDEN),
        quota=np.array(quotas, np.int64) - spent,
        seconds=seconds,
        back=turned,
        rate=np.array([problem.weights.travel_points_per_second], np.int64),
        marks=marks,
    )


def _visit_lines(problem: Problem, held: dict[int, tuple[int, int]]) -> Shorts:
    visits, rows = problem.arrays.visits, problem.arrays.rows
    n = len(problem.visits)
    out = np.zeros((n + len(rows.break_duration), 8), np.int64)
    out[:n, PLACE] = visits.place
    out[:n, OPEN] = visits.earliest[:, 0]
    out[:n, CLOSE] = visits.latest.max(axis=1)
    out[:n, SERVICE] = visits.duration
    out[:n, WINDOWS] = visits.windows
    out[:n, DUE] = visits.due
    out[:n, LATE] = visits.late_points
    pinned = visits.pinned_row >= 0
    out[:n, PINNED] = pinned
    out[:n][pinned, OPEN] = out[:n][pinned, CLOSE] = visits.pinned_start[pinned]
    out[:n][pinned, WINDOWS] = 1
    for number, (_, start) in held.items():
        out[number, OPEN] = out[number, CLOSE] = start
        out[number, WINDOWS] = out[number, PINNED] = 1
    out[n:, OPEN], out[n:, CLOSE], out[n:, SERVICE] = rows.break_earliest, rows.break_latest, rows.break_duration
    out[n:, WINDOWS], out[n:, DUE], out[n:, PINNED] = 1, NEVER, 1
    return np.minimum(out, NEVER).astype(np.int32)


def _row_lines(problem: Problem, fixed_starts: Sequence[FixedStart], fee: Ints) -> Ints:
    rows, workers = problem.arrays.rows, problem.arrays.workers
    out = np.zeros((len(problem.rows), 13), np.int64)
    out[:, WORKER], out[:, END_PLACE], out[:, END] = rows.worker, rows.end_place, np.minimum(rows.end, NEVER)
    out[:, MODE], out[:, COMPANY] = rows.mode, workers.company[rows.worker]
    kinds: dict[tuple[object, ...], int] = {}
    for row, before in enumerate(fixed_starts):
        begun = any(number >= 0 for number in before.stops)
        taken = sum(number < 0 for number in before.stops)
        out[row, START_PLACE], out[row, READY] = before.place, before.free_seconds
        out[row, USE] = 0 if begun else rows.use_points[row]
        out[row, BEGUN] = begun
        out[row, RESTS] = rows.break_from[row + 1] - rows.break_from[row] - taken
        out[row, CAPACITY] = rows.capacity[row] - before.load
        alone = workers.max_work[rows.worker[row]] < FAR or out[row, RESTS] > 0 or begun
        traits = (*out[row, START_PLACE:COMPANY].tolist(), out[row, CAPACITY], fee[:, rows.worker[row]].tobytes())
        out[row, KIND] = kinds.setdefault((row,) if alone else (*traits, out[row, COMPANY]), len(kinds))
    return out


def _keys(problem: Problem, visit: Shorts, row: Ints, fee: Ints) -> Reals:
    """Give orders for putting visits back, smallest first: heavy, far, narrow, early, soon over, few can do it."""
    n = len(problem.visits)
    bases = np.unique(row[:, START_PLACE])
    far = problem.seconds[0][np.ix_(bases, visit[:n, PLACE])].min(axis=0) if len(bases) else np.zeros(n)
    out = np.empty((n, KEYS))
    out[:, 0] = -problem.arrays.visits.demand
    out[:, 1] = -far
    out[:, 2] = visit[:n, CLOSE] - visit[:n, OPEN]
    out[:, 3] = visit[:n, OPEN]
    out[:, 4] = -visit[:n, CLOSE]
    out[:, 5] = (fee < FORBIDDEN).sum(axis=1) - 1e-9 * problem.arrays.visits.skip_points
    return out


def _ways(seconds: Shorts, places: Shorts) -> Shorts:
    """Give the legs between visits by the first mode, to be written into."""
    ways: Shorts = seconds[0][np.ix_(places, places)]
    return ways


def _near(n: int, play: Shorts, ways: Shorts) -> Shorts:
    """Give every visit's nearest others; only those are sorted: to sort all took most of a large problem's start."""
    count = min(len(play) - 1, NEIGHBOURS)
    near = np.zeros((n, max(1, count)), np.int32)
    if count > 0:
        np.fill_diagonal(ways, np.iinfo(np.int32).max)
        nearest = np.sort(np.argpartition(ways, count - 1, axis=1)[:, :count], axis=1)
        order = np.argsort(np.take_along_axis(ways, nearest, axis=1), axis=1, kind="stable")
        near[play] = play[np.take_along_axis(nearest, order, axis=1)]
    return near


def _begins(seconds: Shorts, places: Shorts, row: Ints) -> Shorts:
    """Give every visit's nearest rows by where they begin; a few are enough to find an idle worker."""
    ways = seconds[row[:, MODE][None, :], row[:, START_PLACE][None, :], places[:, None]]
    count = min(len(row), NEAREST_ROWS)
    return np.ascontiguousarray(np.argpartition(ways, max(0, count - 1), axis=1)[:, :count], np.int32)


def make_draft(task: Task, longest: int, seed: int) -> Draft:
    """Make empty routes: `longest` is the most stops of a row, its start and end included."""
    rows, n = len(task.row), len(task.demand)
    room = POOL_ROUTES * min(longest, 40)
    return Draft(
        stop=np.zeros((rows, longest, 8), np.int32),
        tally=np.zeros((rows, 10), np.int64),
        kept=np.zeros((rows, longest), np.int32),
        best=np.zeros((rows, longest), np.int32),
        where=np.full((n, 2), -2, np.int32),
        work=np.zeros(len(task.max_work), np.int64),
        awarded=np.zeros(len(task.quota), np.int64),
        unassigned=np.zeros(n, np.int32),
        kept_unassigned=np.zeros(n, np.int32),
        touched=np.zeros(rows, np.int32),
        key=np.zeros(n),
        choice=np.zeros(rows, np.int32),
        some=np.zeros(rows, np.int32),
        listed=np.full(rows, -1, np.int64),
        seen=np.full(int(task.row[:, KIND].max(initial=0)) + 1, -1, np.int64),
        numbers=np.zeros(8, np.int64),
        rng=np.array([(seed * 0x9E3779B97F4A7C15 + 0x1234567) % 2**64 | 1], np.uint64),
        pool_table=np.zeros(POOL_TABLE, np.int32),
        pool_mark=np.zeros(POOL_ROUTES, np.uint64),
        pool_route=np.zeros((POOL_ROUTES, 4), np.int64),
        pool_stops=np.zeros(room, np.int32),
    )
