"""From a problem to the flat table of the insertion kernels, with room to grow."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.insertion.change import add_up
from routing.insertion.rows import (
    BOX_LINES,
    BREAKS,
    C_AWARDED,
    C_QUOTA_LEFT,
    C_SHARE,
    CAPACITY,
    COMPANY_LINES,
    EDGE,
    END,
    LENGTH,
    MODE,
    NUMBER,
    PARTS_OF_DAY,
    PLACE,
    POSITION_COLUMNS,
    ROOM_LINES,
    ROOM_WORKER,
    ROW_COLUMNS,
    START,
    USE,
    V_DEMAND,
    V_DUE,
    V_DURATION,
    V_LATE,
    V_PIN,
    V_PLACE,
    V_ROW,
    V_SEX,
    V_SKILLS,
    V_UNDER_WAY,
    V_WINDOWS,
    V_X,
    V_Y,
    VISIT_COLUMNS,
    WORKER,
    Fleet,
    X,
    Y,
)
from routing.model import arrays, travel
from routing.model.problem import Problem, Visit

FIRST_POSITIONS = 15  # two ends, twelve visits and one to spare; the breaks come on top


def make_fleet(problem: Problem) -> Fleet:
    """Lay out all workers with their breaks and without any visit."""
    flat = problem.arrays
    rows = flat.rows
    count = len(problem.rows)
    most = int(np.diff(rows.break_from).max(initial=0)) + FIRST_POSITIONS
    positions = np.zeros((count, most, POSITION_COLUMNS), np.int32)
    table = np.zeros((count, ROW_COLUMNS), np.int64)
    table[:, WORKER] = rows.worker
    table[:, CAPACITY], table[:, START], table[:, END] = rows.capacity, rows.start, rows.end
    table[:, MODE], table[:, USE], table[:, BREAKS] = rows.mode, rows.use_points, rows.break_from[:-1]
    table[:, LENGTH] = np.diff(rows.break_from)
    for row in range(count):
        length = int(table[row, LENGTH])
        positions[row, 0, NUMBER] = positions[row, length + 1, NUMBER] = EDGE
        positions[row, 1 : length + 1, NUMBER] = [-1 - k for k in range(length)]
        for position, place in ((0, rows.start_place[row]), (length + 1, rows.end_place[row])):
            positions[row, position, PLACE] = place
            positions[row, position, X], positions[row, position, Y] = int(flat.x[place]), int(flat.y[place])
    room = np.zeros((ROOM_LINES, count), np.int32)
    room[ROOM_WORKER] = rows.worker
    weights = problem.weights
    planar = problem.travel_seconds is None
    day_start, day_end = int(rows.start.min(initial=arrays.FAR)), int(rows.end.max(initial=0))
    fleet = Fleet(
        positions=positions,
        rows=table,
        room=room,
        box=np.zeros((BOX_LINES, count)),
        visits=np.zeros((0, VISIT_COLUMNS), np.int64),
        windows=np.zeros((0, 1, 2), np.int64),
        excluded=np.zeros((0, 1), np.int32),
        preferred=np.zeros((0, 1), np.int32),
        company_rule=np.zeros((0, len(problem.companies)), np.uint8),
        breaks=np.stack([rows.break_earliest, rows.break_latest, rows.break_duration], axis=1),
        people=_people(problem),
        companies=_companies(problem),
        modes=np.array([(travel.pace(mode), mode.start_seconds) for mode in problem.modes], np.float64).reshape(-1, 2),
        settings=np.array(
            [
                problem.now_seconds,
                day_start,
                max(1, (day_end - day_start) // PARTS_OF_DAY + 1),
                weights.travel_points_per_second,
                weights.wait_points_per_second,
                weights.continuity_points,
                weights.share_points,
                weights.share_cap_points,
            ],
            np.int64,
        ),
        roads=np.zeros((len(problem.modes), 0, 0), np.int32) if planar else problem.seconds.copy(),
        rule=np.zeros(len(problem.workers), np.uint8),
    )
    add_up(fleet)
    return fleet


def _people(problem: Problem) -> arrays.Ints:
    """Give the table of workers, with the sums of their day behind it."""
    workers = problem.arrays.workers
    first_row = np.array(problem.first_row, np.int64)
    day = np.stack([np.zeros(len(first_row) - 1, np.int64), workers.max_work, first_row[:-1], first_row[1:]])
    return np.ascontiguousarray(np.concatenate([workers.people, day]))


def _companies(problem: Problem) -> arrays.Ints:
    """Give the table of companies."""
    table = np.zeros((COMPANY_LINES, len(problem.companies)), np.int64)
    table[C_SHARE] = [company.share for company in problem.companies]
    table[C_AWARDED] = [company.awarded_visits for company in problem.companies]
    table[C_QUOTA_LEFT] = [arrays.FAR if c.quota_visits is None else c.quota_visits for c in problem.companies]
    return table


def with_longer_rows(fleet: Fleet) -> Fleet:
    """Give every row half as many positions again."""
    count, most, columns = fleet.positions.shape
    positions = np.zeros((count, most + most // 2, columns), np.int32)
    positions[:, :most] = fleet.positions
    return fleet._replace(positions=positions)


def with_visit(fleet: Fleet, problem: Problem, number: int, visit: Visit, x: int, y: int) -> Fleet:
    """Write a visit into the table under a number, growing the table where it is full; it stands in no row yet."""
    flat = arrays.visit_arrays([visit], (), len(problem.companies), problem.first_row, problem.weights)
    if number >= len(fleet.visits):
        count = max(64, 2 * len(fleet.visits))
        fleet = fleet._replace(
            visits=_grown(fleet.visits, count, 0),
            windows=_grown(fleet.windows, count, 0),
            excluded=_grown(fleet.excluded, count, -1),
            preferred=_grown(fleet.preferred, count, -1),
            company_rule=_grown(fleet.company_rule, count, 0),
        )
    fleet = fleet._replace(
        windows=_widened(fleet.windows, flat.earliest.shape[1], 0),
        excluded=_widened(fleet.excluded, flat.excluded.shape[1], -1),
        preferred=_widened(fleet.preferred, flat.preferred.shape[1], -1),
    )
    line = fleet.visits[number]
    line[V_X], line[V_Y], line[V_PLACE], line[V_DURATION] = x, y, visit.place, visit.duration_seconds
    line[V_DUE], line[V_LATE], line[V_SKILLS] = flat.due[0], flat.late_points[0], visit.skills
    line[V_SEX], line[V_DEMAND], line[V_WINDOWS], line[V_ROW] = visit.sex, visit.demand, len(visit.windows), -1
    line[V_PIN] = -1 if visit.frozen is None else visit.frozen.start_seconds
    line[V_UNDER_WAY] = flat.under_way[0]
    count = len(visit.windows)
    fleet.windows[number, :count, 0], fleet.windows[number, :count, 1] = flat.earliest[0], flat.latest[0]
    fleet.excluded[number], fleet.preferred[number] = -1, -1
    fleet.excluded[number, : flat.excluded.shape[1]] = flat.excluded[0]
    fleet.preferred[number, : flat.preferred.shape[1]] = flat.preferred[0]
    fleet.company_rule[number] = flat.company_rule[0]
    return fleet


def with_place(fleet: Fleet, number: int, inbound: arrays.Shorts, outbound: arrays.Shorts) -> Fleet:
    """Write the legs to and from a new place, `[modes, places]`, into the matrix, growing it where it is full."""
    roads = fleet.roads
    if number >= roads.shape[1]:
        roads = np.zeros((len(roads), 2 * number, 2 * number), np.int32)
        roads[:, :number, :number] = fleet.roads[:, :number, :number]
    roads[:, :number, number], roads[:, number, :number] = inbound, outbound
    return fleet._replace(roads=roads)


def _grown(array: NDArray[Any], count: int, filler: int) -> NDArray[Any]:
    """Give the array more lines."""
    out = np.full((count, *array.shape[1:]), filler, array.dtype)
    out[: len(array)] = array
    return out


def _widened(array: NDArray[Any], width: int, filler: int) -> NDArray[Any]:
    """Give every line of the array room for `width` entries."""
    if array.shape[1] >= width:
        return array
    out = np.full((len(array), width, *array.shape[2:]), filler, array.dtype)
    out[:, : array.shape[1]] = array
    return out
