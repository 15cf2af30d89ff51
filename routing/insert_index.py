"""Where the gaps are: a grid of their midpoints for every mode and length of leg, so that far ones are never read.

A visit inserted between A and B adds at least `2·d(visit, midpoint of AB) − d(A, B)` to the way: it must lie in an
ellipse around the leg. So all legs whose detour could be below a budget have their midpoint within
`(budget + d(A, B)) / 2`. Legs are kept by length, doubling from level to level, each level on a grid of its own cell
size; short legs, which are many, are searched near by, long ones, which are few, far around. Nothing is lost: this
bound is exact, and a search widens its budget until what it has found is surely cheaper than what it has not read.

The lists of a cell run through the positions themselves (`NEXT` in the table, `back` and `cell` beside it).
"""

import numpy as np

from routing.compiled import kernel
from routing.insert_rows import BEGUN, EDGE, LENGTH, MODE, NEXT, NUMBER, Fleet, X, Y

# columns of level_sizes
WIDE, HIGH, OFFSET, ORIGIN_X, ORIGIN_Y = range(5)


@kernel
def cell_of(fleet: Fleet, level: int, x: float, y: float) -> int:
    """Give the cell of a point on a level's grid; what lies outside belongs to the cell at the edge."""
    side = fleet.level_sides[level]
    wide, high = fleet.level_sizes[level, WIDE], fleet.level_sizes[level, HIGH]
    column = int(np.floor((x - fleet.level_sizes[level, ORIGIN_X]) / side))
    line = int(np.floor((y - fleet.level_sizes[level, ORIGIN_Y]) / side))
    return int(fleet.level_sizes[level, OFFSET] + min(max(line, 0), high - 1) * wide + min(max(column, 0), wide - 1))


@kernel
def level_of(fleet: Fleet, length: float) -> int:
    """Give the level of a leg: the first whose cell side is not shorter; the last takes all that is longer."""
    top = fleet.level_sides.shape[0] - 1
    level = 0
    while level < top and length > fleet.level_sides[level]:
        level += 1
    return level


@kernel
def unlist(fleet: Fleet, row: int) -> None:
    """Take a row's gaps out of the index."""
    table = fleet.positions
    shift, mask = fleet.shift, (1 << fleet.shift) - 1
    mode = fleet.rows[row, MODE]
    for i in range(fleet.rows[row, LENGTH] + 1):
        entry = (row << shift) + i
        if fleet.cell[entry] < 0:
            continue
        after, before = table[row, i, NEXT], fleet.back[entry]
        if before < 0:
            fleet.heads[mode, fleet.cell[entry]] = after
        else:
            table[before >> shift, before & mask, NEXT] = after
        if after >= 0:
            fleet.back[after] = before
        fleet.cell[entry] = -1


@kernel
def enlist(fleet: Fleet, row: int) -> None:
    """Put a row's open gaps into the index."""
    if fleet.heads.shape[1] == 0:
        return
    table = fleet.positions[row]
    length, mode = fleet.rows[row, LENGTH], fleet.rows[row, MODE]
    for i in range(fleet.rows[row, BEGUN], length + 1):
        j = i + 1
        while table[j, NUMBER] < 0 and table[j, NUMBER] != EDGE:
            j += 1
        dx = float(table[j, X] - table[i, X])
        dy = float(table[j, Y] - table[i, Y])
        level = level_of(fleet, np.sqrt(dx * dx + dy * dy))
        cell = cell_of(fleet, level, (table[i, X] + table[j, X]) * 0.5, (table[i, Y] + table[j, Y]) * 0.5)
        entry = (row << fleet.shift) + i
        head = fleet.heads[mode, cell]
        table[i, NEXT] = head
        fleet.back[entry] = -1
        fleet.cell[entry] = cell
        if head >= 0:
            fleet.back[head] = entry
        fleet.heads[mode, cell] = entry
