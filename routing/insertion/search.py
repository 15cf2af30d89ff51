"""Find the cheapest lawful places for one visit over all workers: everywhere, or only where it can matter.

`search` skips the rows that have no time for the visit and those too far away to beat its candidates: both bounds are
exact, so the choice is the same as without them. `survey` reads every row and names the rule for every worker who
cannot come. Ties go to the lower worker, then the earlier shift, then the earlier gap.
"""

from routing.compiled import kernel, part, step
from routing.insertion.index import ROUNDING_SECONDS, list_rows
from routing.insertion.rows import (
    BEGUN,
    BOX_LEAST,
    BREAKS,
    C_NOW,
    C_POINTS,
    C_QUOTA_LEFT,
    CAPACITY,
    EDGE,
    END,
    FRESH,
    LATEST,
    LEAVE,
    LENGTH,
    LOAD,
    MODE,
    NEVER,
    NUMBER,
    P_END_ROW,
    P_FIRST_ROW,
    P_MAX_WORK,
    P_WORKED,
    PLACE,
    READY,
    ROOM_LISTED,
    SECONDS,
    SOFT,
    UNTIL,
    USE,
    V_DEMAND,
    V_DUE,
    V_DURATION,
    V_LATE,
    V_PIN,
    V_PLACE,
    V_SEX,
    V_SKILLS,
    V_WINDOWS,
    V_X,
    V_Y,
    VISITS,
    W_CONTINUITY,
    W_TRAVEL,
    W_WAIT,
    WORKER,
    Fleet,
    X,
    Y,
    first_start,
    leg,
)
from routing.model.arrays import Ints
from routing.model.rules import (
    BEATEN,
    BREAK,
    COMPANY_QUOTA,
    FROZEN,
    MAX_WORK,
    NONE,
    OFF_SHIFT,
    P_COMPANY,
    REACH,
    WINDOW,
    fixed_rules,
)
from routing.model.rules import CAPACITY as TOO_HEAVY

# columns of a candidate: those of `board.Candidate` in its order, and behind them the row
WHO, SHIFT, POSITION, ARRIVE, BEGIN, POINTS = range(6)
TRAVEL_POINTS, WAIT_POINTS, LATE_POINTS, CONTINUITY_POINTS, SHARE, USE_POINTS, ROW = range(6, 13)
CANDIDATE_COLUMNS = 13


@step
def fixed(fleet: Fleet, visit: int) -> None:
    """Write into `fleet.rule` what keeps each worker away whatever the timetable."""
    for company in range(fleet.companies.shape[1]):
        rule = fleet.company_rule[visit, company]
        if rule == NONE and fleet.companies[C_QUOTA_LEFT, company] <= 0:
            rule = COMPANY_QUOTA
        fleet.companies[C_NOW, company] = rule
    fixed_rules(
        fleet.visits[visit, V_SKILLS],
        fleet.visits[visit, V_SEX],
        fleet.visits[visit, V_X],
        fleet.visits[visit, V_Y],
        fleet.companies[C_NOW],
        fleet.excluded[visit],
        fleet.people,
        fleet.rule,
    )


@part
def followers(fleet: Fleet, row: int, position: int, arrive: int) -> int:
    """Give the points of lateness that another arrival at a position costs there and after it.

    They may be negative: a matrix may hold a way round that is quicker than the way straight on.
    """
    table = fleet.positions[row]
    points = 0
    free = arrive
    for i in range(position, fleet.rows[row, LENGTH] + 1):
        number = table[i, NUMBER]
        if number < 0:
            rest = fleet.rows[row, BREAKS] - 1 - number
            free = max(free, fleet.breaks[rest, 0]) + fleet.breaks[rest, 2]
        else:
            before = table[i, LEAVE] - fleet.visits[number, V_DURATION]
            pin = fleet.visits[number, V_PIN]
            start = max(free, pin) if pin >= 0 else first_start(fleet, number, free)
            if start == before:
                return points
            due = fleet.visits[number, V_DUE]
            points += (max(0, start - due) - max(0, before - due)) * fleet.visits[number, V_LATE]
            free = start + fleet.visits[number, V_DURATION]
        if i < fleet.rows[row, LENGTH] and table[i + 1, NUMBER] >= 0:
            free += table[i, SECONDS]
    return points


@part
def gap(fleet: Fleet, row: int, position: int, visit: int, continuity: int, not_before: int, candidate: Ints) -> int:
    """Try one gap: give the rule that closes it, or 0 and the candidate in `candidate`.

    `continuity` are the worker's continuity points; the visit begins at `not_before` at the earliest.
    """
    table = fleet.positions[row]
    mode = fleet.rows[row, MODE]
    x, y, place = fleet.visits[visit, V_X], fleet.visits[visit, V_Y], fleet.visits[visit, V_PLACE]
    to = leg(fleet, mode, table[position, PLACE], table[position, X], table[position, Y], place, x, y)
    arrive = table[position, LEAVE] + to
    start = first_start(fleet, visit, max(arrive, not_before))
    if start < 0:
        return WINDOW
    done = start + fleet.visits[visit, V_DURATION]
    free = done
    j = position + 1
    closed = False
    while table[j, NUMBER] < 0 and table[j, NUMBER] != EDGE:
        rest = fleet.rows[row, BREAKS] - 1 - table[j, NUMBER]
        free = max(free, fleet.breaks[rest, 0])
        closed = closed or free > fleet.breaks[rest, 1]
        free += fleet.breaks[rest, 2]
        j += 1
    after = leg(fleet, mode, place, x, y, table[j, PLACE], table[j, X], table[j, Y])
    if closed or free + after > table[j, LATEST]:
        return BREAK if j > position + 1 and done + after <= table[j, LATEST] else WINDOW
    if fleet.rows[row, LOAD] + fleet.visits[visit, V_DEMAND] > fleet.rows[row, CAPACITY]:
        return TOO_HEAVY
    added = to + after - table[position, SECONDS]
    worker = fleet.rows[row, WORKER]
    if fleet.people[P_WORKED, worker] + added + fleet.visits[visit, V_DURATION] > fleet.people[P_MAX_WORK, worker]:
        return MAX_WORK
    fresh = position < fleet.rows[row, FRESH]
    late = max(0, start - fleet.visits[visit, V_DUE]) * fleet.visits[visit, V_LATE]
    if fleet.rows[row, SOFT] != 0:
        late += followers(fleet, row, j, free + after)
    candidate[WHO], candidate[SHIFT] = worker, row - fleet.people[P_FIRST_ROW, worker]
    candidate[ROW], candidate[POSITION] = row, position
    candidate[ARRIVE], candidate[BEGIN] = start if fresh else arrive, start
    candidate[TRAVEL_POINTS] = added * fleet.settings[W_TRAVEL]
    candidate[WAIT_POINTS] = 0 if fresh else (start - arrive) * fleet.settings[W_WAIT]
    candidate[LATE_POINTS] = late
    candidate[CONTINUITY_POINTS] = continuity
    candidate[SHARE] = share = fleet.companies[C_POINTS, fleet.people[P_COMPANY, worker]]
    candidate[USE_POINTS] = fleet.rows[row, USE] if fleet.rows[row, VISITS] == 0 else 0
    candidate[POINTS] = (
        candidate[TRAVEL_POINTS] + candidate[WAIT_POINTS] + late - continuity + share + candidate[USE_POINTS]
    )
    return NONE


@part
def earlier(candidate: Ints, other: Ints) -> bool:
    """Return whether one candidate goes before another: cheaper, or as cheap and first by row and gap."""
    if candidate[POINTS] != other[POINTS]:
        return bool(candidate[POINTS] < other[POINTS])
    if candidate[ROW] != other[ROW]:
        return bool(candidate[ROW] < other[ROW])
    return bool(candidate[POSITION] < other[POSITION])


@part
def keep(best: Ints, count: int, candidate: Ints) -> int:
    """Sort a candidate into the best, one for each worker; give how many there are now."""
    worker = candidate[WHO]
    most = best.shape[0]
    at = count
    for k in range(count):
        if best[k, WHO] == worker:
            if not earlier(candidate, best[k]):
                return count
            at = k
            break
    if at == count:
        if count == most and not earlier(candidate, best[most - 1]):
            return count
        at = min(count, most - 1)
        count = min(count + 1, most)
    while at > 0 and earlier(candidate, best[at - 1]):
        for column in range(CANDIDATE_COLUMNS):
            best[at, column] = best[at - 1, column]
        at -= 1
    for column in range(CANDIDATE_COLUMNS):
        best[at, column] = candidate[column]
    return count


@part
def continuity_points(fleet: Fleet, visit: int, worker: int) -> int:
    """Give the continuity points that a worker earns at a visit."""
    for k in range(fleet.preferred.shape[1]):
        if fleet.preferred[visit, k] == worker:
            return int(fleet.settings[W_CONTINUITY])
    return 0


@part
def alone(fleet: Fleet, row: int, visit: int) -> int:
    """Return why a worker without any other visit could not make this one in a shift: OFF_SHIFT, REACH, or 0."""
    ready, end = fleet.rows[row, READY], fleet.rows[row, END]
    duration = fleet.visits[visit, V_DURATION]
    start = first_start(fleet, visit, ready)
    if start < 0 or start + duration > end:
        return OFF_SHIFT
    table = fleet.positions[row]
    last = fleet.rows[row, LENGTH] + 1
    mode = fleet.rows[row, MODE]
    x, y, place = fleet.visits[visit, V_X], fleet.visits[visit, V_Y], fleet.visits[visit, V_PLACE]
    start = first_start(fleet, visit, ready + leg(fleet, mode, table[0, PLACE], table[0, X], table[0, Y], place, x, y))
    back = leg(fleet, mode, place, x, y, table[last, PLACE], table[last, X], table[last, Y])
    return NONE if start >= 0 and start + duration + back <= end else REACH


@part
def survey_worker(fleet: Fleet, visit: int, worker: int, best: Ints, count: int, candidate: Ints) -> int:
    """Try all gaps of one worker, and write the rule that keeps the worker out; give the number of candidates."""
    continuity = continuity_points(fleet, visit, worker)
    nearest, serves = NONE, False
    opens = fleet.windows[visit, 0, 0] + fleet.visits[visit, V_DURATION]
    closes = fleet.windows[visit, fleet.visits[visit, V_WINDOWS] - 1, 1]
    for row in range(fleet.people[P_FIRST_ROW, worker], fleet.people[P_END_ROW, worker]):
        why = alone(fleet, row, visit)
        if why == OFF_SHIFT:
            nearest = max(nearest, OFF_SHIFT)
            continue
        nearest = max(nearest, REACH if why == REACH else WINDOW)
        begun = fleet.rows[row, BEGUN]
        table = fleet.positions[row]
        for position in range(fleet.rows[row, LENGTH] + 1):
            if table[position, LEAVE] > closes:
                break
            if table[position + 1, NUMBER] >= 0 and table[position + 1, LATEST] < opens:
                continue
            rule = gap(fleet, row, position, visit, continuity, 0, candidate)
            if position < begun:
                rule = FROZEN if rule == NONE else rule
            elif rule == NONE:
                count = keep(best, count, candidate)
                serves = True
            if rule != WINDOW:
                nearest = max(nearest, rule)
    fleet.rule[worker] = NONE if serves else nearest
    return count


@step
def survey_preferred(fleet: Fleet, visit: int, best: Ints, candidate: Ints) -> int:
    """Try all gaps of the preferred workers only; give the number of candidates."""
    count = 0
    for k in range(fleet.preferred.shape[1]):
        worker = fleet.preferred[visit, k]
        if worker >= 0 and fleet.rule[worker] == NONE:
            count = survey_worker(fleet, visit, worker, best, count, candidate)
            if fleet.rule[worker] == NONE:
                fleet.rule[worker] = BEATEN  # read in full: not read again without continuity points
    return count


@kernel
def survey(fleet: Fleet, visit: int, best: Ints, candidate: Ints) -> int:
    """Try every gap of every worker that no fixed rule excludes; give the number of candidates."""
    fixed(fleet, visit)
    count = 0
    for worker in range(fleet.rule.shape[0]):
        if fleet.rule[worker] == NONE:
            count = survey_worker(fleet, visit, worker, best, count, candidate)
    return count


@part
def read(fleet: Fleet, row: int, visit: int, best: Ints, count: int, candidate: Ints) -> int:
    """Try the gaps of a row that the clock leaves open; give the number of candidates."""
    table = fleet.positions[row]
    duration = fleet.visits[visit, V_DURATION]
    opens = fleet.windows[visit, 0, 0] + duration
    closes = fleet.windows[visit, fleet.visits[visit, V_WINDOWS] - 1, 1]
    slack = duration - ROUNDING_SECONDS if fleet.roads.shape[1] == 0 else NEVER
    i, end = fleet.rows[row, BEGUN], fleet.rows[row, LENGTH] + 1
    while i < end and table[i + 1, NUMBER] >= 0 and table[i + 1, LATEST] < opens:
        i += 1  # latest arrivals grow along a row, and so do leaves
    while i < end and table[i, LEAVE] <= closes:
        if table[i, LEAVE] + slack <= table[i, UNTIL] and gap(fleet, row, i, visit, 0, 0, candidate) == NONE:
            count = keep(best, count, candidate)
        i += 1
    return count


@kernel
def search(fleet: Fleet, visit: int, best: Ints, candidate: Ints) -> int:
    """Find the best candidates, passing by the rows that cannot matter; give their number.

    All other workers that no fixed rule excludes have the rule BEATEN.
    """
    fixed(fleet, visit)
    most = best.shape[0]
    count = survey_preferred(fleet, visit, best, candidate) if fleet.preferred[visit, 0] >= 0 else 0
    least = fleet.box[BOX_LEAST]
    for at in range(list_rows(fleet, visit)):
        row = fleet.room[ROOM_LISTED, at]
        if count < most or least[row] <= best[most - 1, POINTS]:
            count = read(fleet, row, visit, best, count, candidate)
    for worker in range(fleet.rule.shape[0]):
        if fleet.rule[worker] == NONE:
            fleet.rule[worker] = BEATEN
    for k in range(count):
        fleet.rule[best[k, WHO]] = NONE
    return count
