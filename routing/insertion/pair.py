"""Two people at one visit: the cheapest two gaps of two different workers whose starts can be made to fit.

Every gap gives an interval of possible starts and a price at its earliest. Prices only grow with a later start, so the
sum of the two prices bounds the pair from below, and the pairs are read in the order of that sum.
"""

import numpy as np

from routing.compiled import kernel, step
from routing.insertion.rows import (
    BEGUN,
    BREAKS,
    C_QUOTA_LEFT,
    EDGE,
    LATEST,
    LENGTH,
    MODE,
    NEVER,
    NUMBER,
    P_END_ROW,
    P_FIRST_ROW,
    PLACE,
    V_DURATION,
    V_PLACE,
    V_WINDOWS,
    V_X,
    V_Y,
    WORKER,
    Fleet,
    X,
    Y,
    leg,
)
from routing.insertion.search import (
    BEGIN,
    CANDIDATE_COLUMNS,
    POINTS,
    POSITION,
    ROW,
    WHO,
    continuity_points,
    earlier,
    gap,
    survey,
)
from routing.model.arrays import Bytes, Ints
from routing.model.rules import NONE, P_COMPANY, PARTNER

# an option is a candidate and, behind it, the latest start of the same gap in the same window
UNTIL = CANDIDATE_COLUMNS
OPTION_COLUMNS = CANDIDATE_COLUMNS + 1
FIRST_OPTIONS = 256


@step
def latest_start(fleet: Fleet, row: int, position: int, visit: int) -> int:
    """Give the latest start in a gap that leaves everything after it lawful, whatever the visit's windows say."""
    table = fleet.positions[row]
    j = position + 1
    while table[j, NUMBER] < 0 and table[j, NUMBER] != EDGE:
        j += 1
    x, y, place = fleet.visits[visit, V_X], fleet.visits[visit, V_Y], fleet.visits[visit, V_PLACE]
    bound = table[j, LATEST] - leg(fleet, fleet.rows[row, MODE], place, x, y, table[j, PLACE], table[j, X], table[j, Y])
    for i in range(j - 1, position, -1):
        rest = fleet.rows[row, BREAKS] - 1 - table[i, NUMBER]
        bound -= fleet.breaks[rest, 2]
        if bound < fleet.breaks[rest, 0]:
            return NEVER
        bound = min(bound, fleet.breaks[rest, 1])
    return int(bound - fleet.visits[visit, V_DURATION])


@step
def attempt(fleet: Fleet, row: int, position: int, visit: int, not_before: int, candidate: Ints) -> int:
    """Try one gap: give the rule that closes it, or 0 and the candidate in `candidate`."""
    return gap(
        fleet, row, position, visit, continuity_points(fleet, visit, fleet.rows[row, WORKER]), not_before, candidate
    )


@kernel
def list_options(fleet: Fleet, visit: int, scratch: Ints, out: Ints) -> int:
    """Write every gap and window of every worker that could take a visit by itself; give how many there are.

    What does not fit into `out` is counted and not written; `scratch` is [2, candidate columns].
    """
    candidate, count = scratch[0], 0
    survey(fleet, visit, scratch[1:], candidate)
    for worker in range(fleet.rule.shape[0]):
        if fleet.rule[worker] != NONE:
            continue
        for row in range(fleet.people[P_FIRST_ROW, worker], fleet.people[P_END_ROW, worker]):
            for position in range(fleet.rows[row, BEGUN], fleet.rows[row, LENGTH] + 1):
                until = latest_start(fleet, row, position, visit)
                for k in range(fleet.visits[visit, V_WINDOWS]):
                    opens, closes = fleet.windows[visit, k, 0], min(until, fleet.windows[visit, k, 1])
                    if closes < opens or attempt(fleet, row, position, visit, opens, candidate) != NONE:
                        continue
                    if candidate[BEGIN] > closes:
                        continue
                    if count < out.shape[0]:
                        for column in range(CANDIDATE_COLUMNS):
                            out[count, column] = candidate[column]
                        out[count, UNTIL] = closes
                    count += 1
    return count


def options(fleet: Fleet, visit: int) -> Ints:
    """Give every gap and window of every worker that could take a visit by itself, cheapest first."""
    scratch = np.empty((2, CANDIDATE_COLUMNS), np.int64)
    out = np.empty((0, OPTION_COLUMNS), np.int64)
    count = FIRST_OPTIONS
    while count > len(out):
        out = np.empty((count, OPTION_COLUMNS), np.int64)
        count = list_options(fleet, visit, scratch, out)
    return out[np.argsort(out[:count, POINTS], kind="stable")]


@step
def before(pair: Ints, other: Ints) -> bool:
    """Return whether one pair goes before another: cheaper, then by the first visit's place, then by the second's."""
    sums = pair[0, POINTS] + pair[1, POINTS], other[0, POINTS] + other[1, POINTS]
    if sums[0] != sums[1]:
        return bool(sums[0] < sums[1])
    if pair[0, ROW] != other[0, ROW] or pair[0, POSITION] != other[0, POSITION]:
        return bool((pair[0, ROW], pair[0, POSITION]) < (other[0, ROW], other[0, POSITION]))
    return earlier(pair[1], other[1])


def search_pair(fleet: Fleet, first: int, second: int, gap_min: int, gap_max: int, best: Ints, rules: Bytes) -> int:
    """Find the best pairs, one for every two workers; give how many. `best` [most, 2, …], `rules` [2, workers]."""
    options_one = options(fleet, first)
    rules[0] = fleet.rule
    options_two = options(fleet, second)
    rules[1] = fleet.rule
    trial = np.empty((2, CANDIDATE_COLUMNS), np.int64)
    count = match(fleet, np.array([first, second, gap_min, gap_max]), options_one, options_two, trial, best)
    if count == 0:
        rules[rules == NONE] = PARTNER
    return count


@kernel
def match(fleet: Fleet, asked: Ints, options_one: Ints, options_two: Ints, trial: Ints, best: Ints) -> int:
    """Pair the options of two visits; `asked` are the two visits and the bounds of their gap."""
    first, second, gap_min, gap_max = asked[0], asked[1], asked[2], asked[3]
    most, count = best.shape[0], 0
    for a in range(options_one.shape[0]):
        option = options_one[a]
        worker = option[WHO]
        for b in range(options_two.shape[0]):
            option_two = options_two[b]
            if (
                count == most
                and option[POINTS] + option_two[POINTS] > best[most - 1, 0, POINTS] + best[most - 1, 1, POINTS]
            ):
                break
            partner = option_two[WHO]
            company = fleet.people[P_COMPANY, worker]
            if worker == partner:
                continue
            if company == fleet.people[P_COMPANY, partner] and fleet.companies[C_QUOTA_LEFT, company] < 2:
                continue
            start = max(option[BEGIN], option_two[BEGIN] - gap_max)
            begin = max(option_two[BEGIN], start + gap_min)
            if start > option[UNTIL] or begin > option_two[UNTIL]:
                continue
            attempt(fleet, option[ROW], option[POSITION], first, start, trial[0])
            attempt(fleet, option_two[ROW], option_two[POSITION], second, begin, trial[1])
            count = _keep(best, count, trial)
    return count


@step
def _keep(best: Ints, count: int, trial: Ints) -> int:
    at = count
    for k in range(count):
        if best[k, 0, WHO] == trial[0, WHO] and best[k, 1, WHO] == trial[1, WHO]:
            if not before(trial, best[k]):
                return count
            at = k
            break
    if at == count:
        if count == best.shape[0] and not before(trial, best[count - 1]):
            return count
        at = min(count, best.shape[0] - 1)
        count = min(count + 1, best.shape[0])
    while at > 0 and before(trial, best[at - 1]):
        copy_pair(best[at - 1], best[at])
        at -= 1
    copy_pair(trial, best[at])
    return count


@step
def copy_pair(source: Ints, target: Ints) -> None:
    """Copy a pair of candidates."""
    for k in range(2):
        for column in range(CANDIDATE_COLUMNS):
            target[k, column] = source[k, column]
