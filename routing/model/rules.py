"""Why a worker cannot make a visit: the hard rules by name, and those that no timetable can change."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from routing.compiled import kernel, part


class PlanRule(IntEnum):
    """A hard rule; the number grows with how near the worker came to serving the visit."""

    NONE = 0  # nothing forbids it
    SITE_CLOSED = 1  # the worker's site is suspended
    NOT_CONTRACTED = 2  # no contract of the company covers this item in this division
    COMPANY_QUOTA = 3  # the company has all the visits of its quota
    SKILL = 4  # the worker never learned it
    CERTIFICATE = 5  # the worker learned it, and the certificate does not cover the day
    SEX = 6  # the elder asked for a person of the other sex
    EXCLUDED = 7  # the elder and this worker are kept apart
    REACH = 8  # farther from the worker's base than the worker goes
    OFF_SHIFT = 9  # no shift in which the visit could begin and end
    WINDOW = 10  # on duty, and no gap between the other visits is long enough
    FROZEN = 11  # a gap exists only before a visit that has begun
    BREAK = 12  # a gap exists only in the worker's break
    MAX_WORK = 13  # a gap exists, the day would be too long
    CAPACITY = 14  # a gap exists, the load would be too heavy
    PARTNER = 15  # could come, but no second worker could at a fitting time
    BEATEN = 16  # not examined: cannot be better than the candidates found


FIXED_RULES = (
    PlanRule.SITE_CLOSED,
    PlanRule.NOT_CONTRACTED,
    PlanRule.SKILL,
    PlanRule.CERTIFICATE,
    PlanRule.SEX,
    PlanRule.EXCLUDED,
    PlanRule.REACH,
)
"""Rules that depend on the visit and the worker alone, never on what else the worker does that day."""

# the same numbers as plain constants: compiled code folds them
NONE, SITE_CLOSED, NOT_CONTRACTED, COMPANY_QUOTA = 0, 1, 2, 3
SKILL, CERTIFICATE, SEX, EXCLUDED, REACH = 4, 5, 6, 7, 8
OFF_SHIFT, WINDOW, FROZEN, BREAK, MAX_WORK, CAPACITY, PARTNER, BEATEN = 9, 10, 11, 12, 13, 14, 15, 16


# lines of the table of people [8, workers]: places in decimetres, the reach as its square
P_COMPANY, P_SKILLS, P_LAPSED, P_SEX, P_CLOSED, P_X, P_Y, P_REACH = range(8)
PEOPLE_LINES = 8


@part
def fixed_rules(
    skills: int,
    sex: int,
    x: int,
    y: int,
    company_rule: NDArray[np.int64],
    excluded: NDArray[np.int32],
    people: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    """Write, for one visit, the first rule that forbids each worker (0 = none) into `out` [workers].

    `company_rule` [companies] holds 0, or the rule that keeps the whole company out. `sex` is 0 where either will do.
    Weaker rules are written first and stronger ones over them, line by line: so the processor takes several workers at
    a time.
    """
    place_x, place_y, reach = people[P_X], people[P_Y], people[P_REACH]
    for worker in range(out.shape[0]):
        dx = x - place_x[worker]
        dy = y - place_y[worker]
        out[worker] = REACH if dx * dx + dy * dy > reach[worker] else NONE
    if sex != 0:
        stated = people[P_SEX]
        for worker in range(out.shape[0]):
            out[worker] = SEX if stated[worker] != sex else out[worker]
    held, lapsed = people[P_SKILLS], people[P_LAPSED]
    for worker in range(out.shape[0]):
        missing = skills & ~held[worker]
        rule = SKILL if missing & ~lapsed[worker] != 0 else CERTIFICATE
        out[worker] = rule if missing != 0 else out[worker]
    company, closed = people[P_COMPANY], people[P_CLOSED]
    for worker in range(out.shape[0]):
        rule = company_rule[company[worker]]
        rule = SITE_CLOSED if closed[worker] != 0 else rule
        out[worker] = rule if rule != 0 else out[worker]
    for k in range(excluded.shape[0]):
        worker = excluded[k]
        if worker >= 0 and (out[worker] == NONE or out[worker] == REACH):
            out[worker] = EXCLUDED


@kernel
def all_fixed_rules(
    visits: NDArray[np.int64],
    company_rule: NDArray[np.int64],
    excluded: NDArray[np.int32],
    people: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    """Write the fixed rules of all visits into `out` [visits, workers]; `visits` [n, 4] = skills, sex, x, y."""
    for n in range(visits.shape[0]):
        skills, sex, x, y = visits[n, 0], visits[n, 1], visits[n, 2], visits[n, 3]
        fixed_rules(skills, sex, x, y, company_rule[n], excluded[n], people, out[n])
