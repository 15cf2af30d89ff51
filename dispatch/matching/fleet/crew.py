"""Convert workers of the roster to the routing engine's types: shifts, skills, travel modes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from dispatch.matching.rules import Travel
from kit.china import identifiers
from providers.catalogue.model import Skill
from providers.roster.calendar import Window as Span
from providers.roster.model import Transport
from providers.roster.queries import RosterWorker
from routing.model import part, problem

LONGEST_BREAK = timedelta(hours=3)
"""A longer pause between two working windows begins a new shift; a shorter one is a break."""

SEXES: Mapping[identifiers.Sex | None, problem.Sex] = {
    None: problem.Sex.UNSTATED,
    identifiers.Sex.MALE: problem.Sex.MALE,
    identifiers.Sex.FEMALE: problem.Sex.FEMALE,
}
_BIT = {skill: 1 << place for place, skill in enumerate(Skill)}
_MODE = {transport: place for place, transport in enumerate(Transport)}


def skill_bits(skills: frozenset[Skill] | set[Skill]) -> int:
    """Return a set of skills as a bit set, one bit for each member of `Skill` in its order."""
    return sum(_BIT[skill] for skill in skills)


def modes(rule: Travel) -> tuple[problem.Mode, ...]:
    """Return the travel modes of the rule, in the order of `Transport`."""
    return tuple(
        problem.Mode(
            name=transport,
            speed_metres_per_second=rule.mode_of(transport).speed,
            detour=rule.mode_of(transport).detour,
            start_seconds=rule.mode_of(transport).start_seconds,
        )
        for transport in Transport
    )


def shifts(windows: Sequence[Span], origin: datetime) -> tuple[problem.Shift, ...]:
    """Join working windows into shifts; a pause up to `LONGEST_BREAK` becomes a break with a fixed start."""
    joined: list[list[Span]] = []
    for window in windows:
        if joined and window[0] - joined[-1][-1][1] <= LONGEST_BREAK:
            joined[-1].append(window)
        else:
            joined.append([window])
    return tuple(
        problem.Shift(
            start_seconds=seconds(parts[0][0], origin),
            end_seconds=seconds(parts[-1][1], origin),
            breaks=tuple(
                problem.Break(
                    earliest_seconds=seconds(before[1], origin),
                    latest_seconds=seconds(before[1], origin),
                    duration_seconds=seconds(after[0], before[1]),
                )
                for before, after in pairwise(parts)
            ),
        )
        for parts in joined
    )


def worker(
    member: RosterWorker, *, base: int, company: int, origin: datetime, now: datetime | None = None
) -> problem.Worker:
    """Return one worker of the roster for the routing engine; `base` is the home's place number, `company` its index.

    Breaks that end before `now` are left out.
    """
    duties = shifts(member.windows, origin)
    if now is not None:
        since = seconds(now, origin)
        duties = tuple(
            replace(duty, breaks=tuple(rest for rest in duty.breaks if not part.is_over(rest, since)))
            for duty in duties
        )
    return problem.Worker(
        base=base,
        shifts=duties,
        company=company,
        skills=skill_bits(member.skills),
        sex=SEXES[member.sex],
        mode=_MODE[member.transport],
        max_work_seconds=member.max_minutes * 60,
    )


def seconds(at: datetime, origin: datetime) -> int:
    """Return the whole seconds from `origin` to `at`."""
    return (at - origin) // timedelta(seconds=1)
