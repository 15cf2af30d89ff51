"""The index of the insertion search: which rows have time for a visit, and how little it could add to each.

Two summaries of a row let most rows be passed by unread. Its **room** is the longest idle time in each part of the day:
since no detour is shorter than the way straight on, a visit longer than the room fits nowhere in that part. Its **box**
is the rectangle of its places with its longest leg m: a visit at distance D from the rectangle adds at least
`√(m² + 4D²) − m` to the way (reflect one end of the leg in the line that separates it from the visit). Both bounds are
exact, so passing by changes no answer; they hold on the flat map and are not used with a matrix. (A visit before a
break may bring the one after it forward, by a shorter leg: at most all present lateness of the row is saved so.)

The lines of both tables run over the rows, so that the processor compares eight rows at a time.
"""

import numpy as np

from routing.compiled import part, step
from routing.insertion.rows import (
    BEGUN,
    BOX_LATE,
    BOX_LEAST,
    BOX_LEG,
    BOX_PACE,
    C_POINTS,
    DAY_START,
    EAST,
    LATE,
    LATEST,
    LEAVE,
    LENGTH,
    MODE,
    NORTH,
    NUMBER,
    PART_SECONDS,
    PARTS_OF_DAY,
    ROOM_IDLE,
    ROOM_LISTED,
    ROOM_WORKER,
    SOUTH,
    UNTIL,
    V_DURATION,
    V_WINDOWS,
    V_X,
    V_Y,
    W_TRAVEL,
    WEST,
    Fleet,
    X,
    Y,
)
from routing.model.rules import NONE, P_COMPANY

ROUNDING_SECONDS = 2
"""Legs are rounded to whole seconds: a detour of three legs may measure 1.5 s less than it is."""


@step
def summarise(fleet: Fleet, row: int) -> None:
    """Write a row's longest idle time in each part of the day, its rectangle, its longest leg and its lateness."""
    table = fleet.positions[row]
    length, begun = fleet.rows[row, LENGTH], fleet.rows[row, BEGUN]
    for k in range(PARTS_OF_DAY):
        fleet.room[k, row] = 0
    behind = length + 1  # the next position that has a place of its own
    for i in range(length, begun - 1, -1):
        idle = table[i, UNTIL] - table[i, LEAVE]
        if i < length and table[i + 1, NUMBER] >= 0:
            behind = i + 1
        if idle >= 0:
            first = (table[i, LEAVE] - fleet.settings[DAY_START]) // fleet.settings[PART_SECONDS]
            last = (table[behind, LATEST] - fleet.settings[DAY_START]) // fleet.settings[PART_SECONDS]
            for k in range(max(first, 0), min(last, PARTS_OF_DAY - 1) + 1):
                fleet.room[k, row] = max(fleet.room[k, row], idle)
    west = east = table[begun, X]
    south = north = table[begun, Y]
    longest, at = 0.0, begun
    for i in range(begun + 1, length + 2):
        if table[i, NUMBER] >= 0 or i == length + 1:
            west, east = min(west, table[i, X]), max(east, table[i, X])
            south, north = min(south, table[i, Y]), max(north, table[i, Y])
            dx, dy = float(table[i, X] - table[at, X]), float(table[i, Y] - table[at, Y])
            longest = max(longest, dx * dx + dy * dy)
            at = i
    fleet.box[WEST, row], fleet.box[EAST, row] = float(west), float(east)
    fleet.box[SOUTH, row], fleet.box[NORTH, row] = float(south), float(north)
    fleet.box[BOX_LEG, row], fleet.box[BOX_PACE, row] = np.sqrt(longest) + 1.0, fleet.modes[fleet.rows[row, MODE], 0]
    fleet.box[BOX_LATE, row] = float(fleet.rows[row, LATE])


@part
def measure_idle(fleet: Fleet, visit: int) -> None:
    """Write how long each row is idle at most in the parts of the day in which a visit may begin."""
    idle = fleet.room[ROOM_IDLE]
    for row in range(idle.shape[0]):
        idle[row] = 0
    parts = 0
    for k in range(fleet.visits[visit, V_WINDOWS]):
        opens, closes = fleet.windows[visit, k, 0], fleet.windows[visit, k, 1]
        first = max((opens - fleet.settings[DAY_START]) // fleet.settings[PART_SECONDS], 0)
        until = min((closes - fleet.settings[DAY_START]) // fleet.settings[PART_SECONDS], PARTS_OF_DAY - 1)
        for part_of_day in range(first, until + 1):
            parts |= 1 << part_of_day
    for k in range(PARTS_OF_DAY):
        if (parts >> k) & 1 != 0:
            line = fleet.room[k]
            for row in range(idle.shape[0]):
                idle[row] = max(idle[row], line[row])


@part
def measure_detours(fleet: Fleet, visit: int) -> None:
    """Write the least points that a visit adds to each row by its way and the lateness it may save."""
    x, y = float(fleet.visits[visit, V_X]), float(fleet.visits[visit, V_Y])
    west, east, south, north = fleet.box[WEST], fleet.box[EAST], fleet.box[SOUTH], fleet.box[NORTH]
    legs, paces, lates, least = fleet.box[BOX_LEG], fleet.box[BOX_PACE], fleet.box[BOX_LATE], fleet.box[BOX_LEAST]
    price, rounding = float(fleet.settings[W_TRAVEL]), float(ROUNDING_SECONDS + 1)
    for row in range(least.shape[0]):
        dx = max(west[row] - x, x - east[row], 0.0)
        dy = max(south[row] - y, y - north[row], 0.0)
        detour = np.sqrt(legs[row] * legs[row] + 4.0 * (dx * dx + dy * dy)) - legs[row]
        least[row] = (detour * paces[row] - rounding) * price - lates[row] - 1.0


@step
def list_rows(fleet: Fleet, visit: int) -> int:
    """List the rows of permitted workers that have time for a visit, the nearest first; give how many.

    With a matrix all rows of permitted workers are listed, and nothing is known of what they cost.
    """
    listed, idle, least = fleet.room[ROOM_LISTED], fleet.room[ROOM_IDLE], fleet.box[BOX_LEAST]
    needed = fleet.visits[visit, V_DURATION] - ROUNDING_SECONDS
    if fleet.roads.shape[1] == 0:
        measure_idle(fleet, visit)
        measure_detours(fleet, visit)
    else:
        for row in range(least.shape[0]):
            least[row] = -1e300
            idle[row] = needed
    count = 0
    for row in range(least.shape[0]):
        listed[count] = row
        count += (fleet.rule[fleet.room[ROOM_WORKER, row]] == NONE) & (idle[row] >= needed)
    nearest = 0
    for at in range(count):
        row = listed[at]
        least[row] += float(fleet.companies[C_POINTS, fleet.people[P_COMPANY, fleet.room[ROOM_WORKER, row]]])
        if least[row] < least[listed[nearest]]:
            nearest = at
    if count > 0:
        listed[0], listed[nearest] = listed[nearest], listed[0]
    return count
