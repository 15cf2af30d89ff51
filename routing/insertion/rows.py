"""The current routes as one flat table, and the operations on a single row: time it, put a visit in, take one out.

A row is one shift of one worker. Its positions are 0 (where it starts), 1…n (visits and breaks) and n + 1 (where it
ends). The record of a position also describes the **gap** behind it: into the gap at i a visit may be inserted. Two
gaps share a cache line, which is why the table is one of short integers and not a group of arrays.

`LATEST` is the latest moment at which the worker may arrive at a position so that everything after it is still lawful;
`LEAVE` the earliest at which it can be left. With both, an insertion is judged without looking at any other position:
leave, travel, serve, rest if a break comes next, travel, and arrive not after the latest.
A visit with several windows keeps this exact: the start is a growing function of the arrival, so one threshold tells.
`UNTIL` is the latest moment to leave a position straight for the next.
"""

from typing import NamedTuple

import numpy as np

from routing.compiled import part, step
from routing.model.arrays import Bytes, Ints, Reals, Shorts
from routing.model.rules import PEOPLE_LINES

# columns of a position
NUMBER, X, Y, PLACE, LEAVE, LATEST, SECONDS, UNTIL = range(8)
POSITION_COLUMNS = 8
EDGE = -(10**9)  # the number of a row's two ends; visits are ≥ 0, breaks −1 … −many

# columns of a row; LATE is the price of its present lateness, SOFT whether it could have one
WORKER, LENGTH, BEGUN, FRESH, VISITS, LOAD, CAPACITY, START, READY, END = range(10)
SOFT, LATE, MODE, USE, BREAKS = range(10, 15)
ROW_COLUMNS = 15

# lines of room, behind the parts of the day: whose the row is; scratch: its idle time that counts, and a list of rows
PARTS_OF_DAY = 16
ROOM_WORKER, ROOM_IDLE, ROOM_LISTED = range(PARTS_OF_DAY, PARTS_OF_DAY + 3)
ROOM_LINES = PARTS_OF_DAY + 3

# lines of box: the rectangle, the longest leg, seconds per decimetre, points of lateness; scratch: least points
WEST, EAST, SOUTH, NORTH, BOX_LEG, BOX_PACE, BOX_LATE, BOX_LEAST = range(8)
BOX_LINES = 8

# columns of a visit
V_X, V_Y, V_PLACE, V_DURATION, V_DUE, V_LATE, V_SKILLS = range(7)
V_SEX, V_DEMAND, V_PIN, V_UNDER_WAY, V_ROW, V_WINDOWS = range(7, 13)
VISIT_COLUMNS = 13

# lines of people, behind those of `routing.model.rules`; the rows of a worker are FIRST_ROW up to END_ROW
P_WORKED, P_MAX_WORK, P_FIRST_ROW, P_END_ROW = range(PEOPLE_LINES, PEOPLE_LINES + 4)

# lines of companies; C_NOW is scratch
C_SHARE, C_AWARDED, C_POINTS, C_QUOTA_LEFT, C_NOW = range(5)
COMPANY_LINES = 5

# settings; a part of the day is that of `room`
NOW, DAY_START, PART_SECONDS, W_TRAVEL, W_WAIT, W_CONTINUITY, W_SHARE, W_CAP = range(8)

NEVER = -(2**30)  # a latest arrival that nobody makes; half of what 32 bits hold


class Fleet(NamedTuple):
    """All that the insertion kernels read and write; few arrays, since each costs a call about fifty nanoseconds.

    `positions` [rows, most, 8] · `rows` [rows, 15] · `room` [19, rows] and `box` [8, rows] (`index`) · `visits`
    [visits, 13] · `windows` [visits, most, 2] · `excluded` and `preferred` [visits, most] workers, padded with −1 ·
    `company_rule` [visits, companies] · `breaks` [breaks, 3] = earliest, latest, duration · `people` [12, workers] ·
    `companies` [5, companies] · `modes` [modes, 2] = seconds per decimetre, seconds to start · `settings` [8] ·
    `roads` [modes, places, places], empty where the map is flat · `rule` [workers] is scratch.
    """

    positions: Shorts
    rows: Ints
    room: Shorts
    box: Reals
    visits: Ints
    windows: Ints
    excluded: Shorts
    preferred: Shorts
    company_rule: Bytes
    breaks: Ints
    people: Ints
    companies: Ints
    modes: Reals
    settings: Ints
    roads: Shorts
    rule: Bytes


@part
def leg(fleet: Fleet, mode: int, place: int, x: int, y: int, to_place: int, to_x: int, to_y: int) -> int:
    """Give the seconds from one place to another: from the matrix, or across the flat map."""
    if fleet.roads.shape[1] > 0:
        return int(fleet.roads[mode, place, to_place])
    dx = x - to_x
    dy = y - to_y
    square = dx * dx + dy * dy
    if square == 0:
        return 0
    return int(fleet.modes[mode, 1]) + int(np.sqrt(float(square)) * fleet.modes[mode, 0] + 0.5)


@part
def first_start(fleet: Fleet, visit: int, arrive: int) -> int:
    """Give the first moment from `arrive` on at which a visit may begin, or NEVER."""
    for k in range(fleet.visits[visit, V_WINDOWS]):
        if arrive <= fleet.windows[visit, k, 1]:
            return int(max(arrive, fleet.windows[visit, k, 0]))
    return NEVER


@step
def retime(fleet: Fleet, row: int) -> None:
    """Give every position of a row its earliest leave, its latest arrival and the travel to what follows."""
    table = fleet.positions[row]
    length, begun, mode = fleet.rows[row, LENGTH], fleet.rows[row, BEGUN], fleet.rows[row, MODE]
    now = fleet.settings[NOW]
    free = fleet.rows[row, START]
    fleet.rows[row, READY] = max(free, now)
    table[0, LEAVE] = max(free, now)
    free = table[0, LEAVE] if begun == 0 else free
    at = 0  # the last position that has a place of its own
    fresh, soft, served, load, late = length + 1, 0, 0, 0, 0
    for i in range(1, length + 1):
        number = table[i, NUMBER]
        if number < 0:
            rest = fleet.rows[row, BREAKS] - 1 - number
            free = max(free, fleet.breaks[rest, 0]) + fleet.breaks[rest, 2]
            table[i, X], table[i, Y], table[i, PLACE] = table[i - 1, X], table[i - 1, Y], table[i - 1, PLACE]
        else:
            seconds = leg(
                fleet,
                mode,
                table[i - 1, PLACE],
                table[i - 1, X],
                table[i - 1, Y],
                table[i, PLACE],
                table[i, X],
                table[i, Y],
            )
            for j in range(at, i):
                table[j, SECONDS] = seconds
            at = i
            arrive = free + seconds
            start = fleet.visits[number, V_PIN]
            if i > begun:
                start = first_start(fleet, number, arrive) if start < 0 else max(start, arrive)
            start = start if start >= 0 else arrive
            free = start + fleet.visits[number, V_DURATION]
            if i == begun:
                free = max(free, now)
            served += 1
            load += fleet.visits[number, V_DEMAND]
            fresh = min(fresh, i)
            if fleet.visits[number, V_LATE] > 0:
                soft = 1
                late += max(0, start - fleet.visits[number, V_DUE]) * fleet.visits[number, V_LATE]
        table[i, LEAVE] = free
    fleet.rows[row, FRESH], fleet.rows[row, SOFT] = fresh, soft
    fleet.rows[row, VISITS], fleet.rows[row, LOAD], fleet.rows[row, LATE] = served, load, late
    end = length + 1
    seconds = 0
    if served > 0:
        seconds = leg(
            fleet,
            mode,
            table[length, PLACE],
            table[length, X],
            table[length, Y],
            table[end, PLACE],
            table[end, X],
            table[end, Y],
        )
    for j in range(at, end):
        table[j, SECONDS] = seconds
    table[end, LATEST] = fleet.rows[row, END]
    for i in range(length, 0, -1):
        number = table[i, NUMBER]
        bound = table[i + 1, LATEST]
        if table[i + 1, NUMBER] >= 0 or i == length:
            bound -= table[i, SECONDS]
        table[i, UNTIL] = bound
        if number < 0:
            rest = fleet.rows[row, BREAKS] - 1 - number
            bound -= fleet.breaks[rest, 2]
            table[i, LATEST] = min(bound, fleet.breaks[rest, 1]) if bound >= fleet.breaks[rest, 0] else NEVER
            continue
        bound -= fleet.visits[number, V_DURATION]
        latest = NEVER
        pin = fleet.visits[number, V_PIN]
        if pin >= 0:
            latest = pin if pin <= bound else NEVER
        else:
            for k in range(fleet.visits[number, V_WINDOWS] - 1, -1, -1):
                if fleet.windows[number, k, 0] <= bound:
                    latest = min(bound, fleet.windows[number, k, 1])
                    break
        table[i, LATEST] = latest
    table[0, UNTIL] = table[1, LATEST] - (table[0, SECONDS] if table[1, NUMBER] >= 0 or length == 0 else 0)


@part
def worked(fleet: Fleet, row: int) -> int:
    """Give a row's service and travel in seconds."""
    total = 0
    table = fleet.positions[row]
    length = fleet.rows[row, LENGTH]
    for i in range(length + 1):
        number = table[i, NUMBER]
        if number >= 0:
            total += fleet.visits[number, V_DURATION]
        if i == length or table[i + 1, NUMBER] >= 0:
            total += table[i, SECONDS]
    return total


@part
def put(fleet: Fleet, row: int, position: int, number: int) -> None:
    """Insert a visit into the gap behind a position; the caller has made room, and times the row afterwards."""
    table = fleet.positions[row]
    for i in range(fleet.rows[row, LENGTH] + 1, position, -1):
        for column in range(POSITION_COLUMNS):
            table[i + 1, column] = table[i, column]
    at = position + 1
    table[at, NUMBER] = number
    if number >= 0:
        table[at, X] = fleet.visits[number, V_X]
        table[at, Y] = fleet.visits[number, V_Y]
        table[at, PLACE] = fleet.visits[number, V_PLACE]
        fleet.visits[number, V_ROW] = row
        if fleet.visits[number, V_UNDER_WAY] != 0:
            fleet.rows[row, BEGUN] += 1
    fleet.rows[row, LENGTH] += 1


@part
def take(fleet: Fleet, row: int, position: int) -> None:
    """Take out what stands at a position; the caller times the row afterwards."""
    table = fleet.positions[row]
    number = table[position, NUMBER]
    for i in range(position, fleet.rows[row, LENGTH] + 1):
        for column in range(POSITION_COLUMNS):
            table[i, column] = table[i + 1, column]
    fleet.rows[row, LENGTH] -= 1
    if number >= 0:
        fleet.visits[number, V_ROW] = -1
        if fleet.visits[number, V_UNDER_WAY] != 0:
            fleet.rows[row, BEGUN] -= 1


@part
def share_out(fleet: Fleet) -> None:
    """Give every company its points: how many visits it is ahead of its share, priced and capped."""
    shares, total = 0, 0
    for company in range(fleet.companies.shape[1]):
        shares += fleet.companies[C_SHARE, company]
        total += fleet.companies[C_AWARDED, company]
    for company in range(fleet.companies.shape[1]):
        ahead = fleet.companies[C_AWARDED, company] * shares - total * fleet.companies[C_SHARE, company]
        points = fleet.settings[W_SHARE] * ahead // max(shares, 1)
        fleet.companies[C_POINTS, company] = min(max(points, -fleet.settings[W_CAP]), fleet.settings[W_CAP])
