"""From a problem to the flat table of the insertion kernels, with room to grow."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing import arrays, travel
from routing.insert_change import add_up
from routing.insert_rows import (
    BREAKS,
    CAPACITY,
    EDGE,
    END,
    LENGTH,
    MODE,
    NUMBER,
    PLACE,
    POSITION_COLUMNS,
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
    Fleet,
    X,
    Y,
)
from routing.problem import Problem, Visit

FIRST_POSITIONS = 15  # two ends, twelve visits and one to spare; the breaks come on top
PARTS_OF_DAY = 16


def found_fleet(problem: Problem) -> Fleet:
    """Lay out all workers with their breaks and without any visit."""
    flat = problem.arrays
    rows, workers = flat.rows, flat.workers
    count = len(problem.rows)
    most = int(np.diff(rows.break_from).max(initial=0)) + FIRST_POSITIONS
    positions = np.zeros((count, most, POSITION_COLUMNS), np.int64)
    table = np.zeros((count, ROW_COLUMNS), np.int64)
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
    weights = problem.weights
    planar = problem.travel_seconds is None
    day_start, day_end = int(rows.start.min(initial=arrays.FAR)), int(rows.end.max(initial=0))
    fleet = Fleet(
        positions=positions,
        rows=table,
        row_worker=rows.worker.copy(),
        room=np.zeros((count, PARTS_OF_DAY), np.int32),
        box=np.zeros((count, 5), np.int64),
        day_start=day_start,
        part_seconds=max(1, (day_end - day_start) // PARTS_OF_DAY + 1),
        visits=np.zeros((0, VISIT_COLUMNS), np.int64),
        windows=np.zeros((0, 1, 2), np.int64),
        excluded=np.zeros((0, 1), np.int32),
        preferred=np.zeros((0, 1), np.int32),
        company_rule=np.zeros((0, len(problem.companies)), np.uint8),
        breaks=np.stack([rows.break_earliest, rows.break_latest, rows.break_duration], axis=1),
        worked=np.zeros(len(problem.workers), np.int64),
        max_work=workers.max_work.copy(),
        worker_company=workers.company.copy(),
        worker_skills=workers.skills.copy(),
        worker_lapsed=workers.lapsed.copy(),
        worker_sex=workers.sex.copy(),
        worker_closed=workers.closed.copy(),
        worker_x=workers.x.copy(),
        worker_y=workers.y.copy(),
        worker_reach=workers.reach_squared.copy(),
        first_row=np.array(problem.first_row, np.int32),
        share=np.array([company.share for company in problem.companies], np.int64),
        won=np.array([company.won_visits for company in problem.companies], np.int64),
        share_points=np.zeros(len(problem.companies), np.int64),
        quota_left=np.array(
            [arrays.FAR if c.quota_visits is None else c.quota_visits for c in problem.companies], np.int64
        ),
        weights=np.array(
            [
                weights.travel_points_per_second,
                weights.wait_points_per_second,
                weights.continuity_points,
                weights.share_points,
                weights.share_cap_points,
            ],
            np.int64,
        ),
        now=np.array([problem.now_seconds], np.int64),
        roads=np.zeros((len(problem.modes), 0, 0), np.int32) if planar else problem.seconds.copy(),
        pace=np.array([travel.pace(mode) for mode in problem.modes], np.float64),
        mode_start=np.array([mode.start_seconds for mode in problem.modes], np.int64),
        rule=np.zeros(len(problem.workers), np.uint8),
        company_now=np.zeros(len(problem.companies), np.uint8),
    )
    add_up(fleet)
    return fleet


def with_longer_rows(fleet: Fleet) -> Fleet:
    """Give every row half as many positions again."""
    count, most, columns = fleet.positions.shape
    positions = np.zeros((count, most + most // 2, columns), np.int64)
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
