"""Change the routes: insert and remove visits, advance the time, and keep the sums up to date."""

from routing.compiled import kernel, step
from routing.insertion.index import summarise
from routing.insertion.rows import (
    BEGUN,
    C_AWARDED,
    C_QUOTA_LEFT,
    LEAVE,
    LENGTH,
    NUMBER,
    P_WORKED,
    V_DURATION,
    V_PIN,
    V_ROW,
    V_UNDER_WAY,
    WORKER,
    Fleet,
    put,
    retime,
    share_out,
    take,
    worked,
)
from routing.insertion.search import BEGIN, POINTS, gap
from routing.model.arrays import Ints
from routing.model.rules import P_COMPANY


@step
def time_row(fleet: Fleet, row: int) -> None:
    """Time a row and write its summaries."""
    retime(fleet, row)
    summarise(fleet, row)


@step
def settle(fleet: Fleet, row: int, before: int) -> None:
    """Time a changed row and bring the worker's sums up to date; `before` is what the row worked before."""
    time_row(fleet, row)
    fleet.people[P_WORKED, fleet.rows[row, WORKER]] += worked(fleet, row) - before


@kernel
def fits(fleet: Fleet, row: int, position: int, visit: int, start: int, not_before: int, candidate: Ints) -> bool:
    """Return whether a visit still begins at `start` in a gap, and its company may still win it."""
    if not fleet.rows[row, BEGUN] <= position <= fleet.rows[row, LENGTH]:
        return False
    if fleet.companies[C_QUOTA_LEFT, fleet.people[P_COMPANY, fleet.rows[row, WORKER]]] <= 0:
        return False
    return gap(fleet, row, position, visit, 0, not_before, candidate) == 0 and bool(candidate[BEGIN] == start)


@kernel
def insert(fleet: Fleet, row: int, position: int, visit: int) -> None:
    """Put a visit into the gap behind a position of a row."""
    before = worked(fleet, row)
    put(fleet, row, position, visit)
    settle(fleet, row, before)
    company = fleet.people[P_COMPANY, fleet.rows[row, WORKER]]
    fleet.companies[C_AWARDED, company] += 1
    fleet.companies[C_QUOTA_LEFT, company] -= 1
    share_out(fleet)


@kernel
def insert_if_fits(fleet: Fleet, row: int, position: int, visit: int, start: int, candidate: Ints) -> bool:
    """Put a visit that stands in no row into a gap if it still begins at `start` there; return whether it was."""
    if fleet.visits[visit, V_ROW] >= 0 or not fits(fleet, row, position, visit, start, 0, candidate):
        return False
    insert(fleet, row, position, visit)
    return True


@step
def position_of(fleet: Fleet, row: int, number: int) -> int:
    """Give where in its row a visit stands."""
    for i in range(1, fleet.rows[row, LENGTH] + 1):
        if fleet.positions[row, i, NUMBER] == number:
            return i
    return -1


@kernel
def remove(fleet: Fleet, row: int, visit: int) -> None:
    """Take a visit out of its row."""
    before = worked(fleet, row)
    take(fleet, row, position_of(fleet, row, visit))
    settle(fleet, row, before)
    company = fleet.people[P_COMPANY, fleet.rows[row, WORKER]]
    fleet.companies[C_AWARDED, company] -= 1
    fleet.companies[C_QUOTA_LEFT, company] += 1
    share_out(fleet)


@kernel
def change_duration(fleet: Fleet, row: int, visit: int, duration: int) -> None:
    """Change the duration of a visit of a row."""
    before = worked(fleet, row)
    fleet.visits[visit, V_DURATION] = duration
    settle(fleet, row, before)


@kernel
def position_at(fleet: Fleet, row: int, visit: int, start: int, candidate: Ints) -> int:
    """Give the gap for a visit whose start is decided: the cheapest that keeps all rules, else by the clock.

    What has begun stands in the order in which it began, before everything else.
    """
    begun = fleet.rows[row, BEGUN]
    if fleet.visits[visit, V_UNDER_WAY] != 0:
        position = 0
        while position < begun and fleet.visits[fleet.positions[row, position + 1, NUMBER], V_PIN] <= start:
            position += 1
        return position
    cheapest, position = 2**60, -1
    for i in range(begun, fleet.rows[row, LENGTH] + 1):
        if (
            gap(fleet, row, i, visit, 0, start, candidate) == 0
            and candidate[BEGIN] == start
            and candidate[POINTS] < cheapest
        ):
            cheapest, position = candidate[POINTS], i
    if position < 0:
        position = begun
        while position < fleet.rows[row, LENGTH] and fleet.positions[row, position + 1, LEAVE] <= start:
            position += 1
    return position


@kernel
def clear(fleet: Fleet) -> None:
    """Empty every row, of breaks too, before a plan is laid in by `append`."""
    for row in range(fleet.rows.shape[0]):
        company = fleet.people[P_COMPANY, fleet.rows[row, WORKER]]
        while fleet.rows[row, LENGTH] > 0:
            if fleet.positions[row, 1, NUMBER] >= 0:
                fleet.companies[C_AWARDED, company] -= 1
                fleet.companies[C_QUOTA_LEFT, company] += 1
            take(fleet, row, 1)


@kernel
def append(fleet: Fleet, row: int, number: int) -> None:
    """Put a visit or a break behind all that a row has; the caller adds up everything anew at the end."""
    put(fleet, row, fleet.rows[row, LENGTH], number)
    if number >= 0:
        company = fleet.people[P_COMPANY, fleet.rows[row, WORKER]]
        fleet.companies[C_AWARDED, company] += 1
        fleet.companies[C_QUOTA_LEFT, company] -= 1


@kernel
def time_all(fleet: Fleet) -> None:
    """Time every row for the present moment."""
    for row in range(fleet.rows.shape[0]):
        time_row(fleet, row)


@kernel
def add_up(fleet: Fleet) -> None:
    """Time every row and add up all sums anew."""
    for worker in range(fleet.people.shape[1]):
        fleet.people[P_WORKED, worker] = 0
    for row in range(fleet.rows.shape[0]):
        time_row(fleet, row)
        fleet.people[P_WORKED, fleet.rows[row, WORKER]] += worked(fleet, row)
    share_out(fleet)
