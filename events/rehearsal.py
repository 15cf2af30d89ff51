"""A rehearsal (演练): a district to practise in, whose clock people put forward. A real one's clock cannot be moved.

Which of the two a database is, is decided before anything has happened in it, and never changes: whoever practises
the end of a month must not be able to draw up a real one early, and no practice may pass for what happened.
"""

import re
from datetime import date, datetime, timedelta

from sqlalchemy import select, update

from events.model import LoggedEvent, Rehearsal
from events.work import Work
from kit import clock
from kit.refusal import Kind, Refusal
from kit.rules.model import PROPOSER

FARTHEST = timedelta(days=366)
"""The longest step: a slip of the pen may not cost the rehearsal its century, for the way back is closed."""


class AlreadyReal(Refusal):
    """Something has happened here; it cannot become a rehearsal any more."""

    code = "rehearsal.already_real"
    kind = Kind.CONFLICT


class NotARehearsal(Refusal):
    """The clock of a real district is the wall's."""

    code = "rehearsal.not_one"
    kind = Kind.CONFLICT


class Unreadable(Refusal):
    """Not a time to put the clock to."""

    code = "rehearsal.unreadable"


class NotForward(Refusal):
    """The clock goes forward, and by a year at most in one step."""

    code = "rehearsal.not_forward"
    kind = Kind.CONFLICT


async def begin(work: Work) -> Rehearsal:
    """Make this database a rehearsal; once it is one this changes nothing. Refuses `rehearsal.already_real`."""
    rehearsal = await work.session.get(Rehearsal, True)
    if rehearsal is None:
        acts = select(LoggedEvent.position).where(LoggedEvent.actor != PROPOSER).limit(1)
        if (await work.session.execute(acts)).scalar() is not None:
            raise AlreadyReal
        rehearsal = Rehearsal(single=True, ahead_seconds=0, begun_at=work.now)
        work.session.add(rehearsal)
        await work.session.flush()
    return rehearsal


async def put_forward(work: Work, *, to: datetime) -> datetime:
    """Put the clock forward to an instant, for every process at its next work.

    Refuses `rehearsal.not_one` and `rehearsal.not_forward`.
    """
    rehearsal = await work.session.get(Rehearsal, True, with_for_update=True)
    if rehearsal is None:
        raise NotARehearsal
    step = to - work.now
    if not timedelta() < step <= FARTHEST:
        raise NotForward(now=shown(work.now), days=FARTHEST.days)
    # Rounded up, so that the clock never stands a moment before what was asked for.
    await work.session.execute(
        update(Rehearsal).values(ahead_seconds=Rehearsal.ahead_seconds - int(-step.total_seconds() // 1))
    )
    return to


_SPAN = re.compile(r"\+(\d{1,4})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_WALL = re.compile(r"(?:(\d{4}-\d{2}-\d{2})T)?(\d{2}):(\d{2})")


def read(word: str, now: datetime) -> datetime:
    """Read where to put the clock: `+45m`, `+3h`, `+2d`, `08:30` (the next), `2026-12-01T09:00`; district time.

    Refuses `rehearsal.unreadable`.
    """
    if span := _SPAN.fullmatch(word):
        return now + int(span[1]) * _UNITS[span[2]]
    match = _WALL.fullmatch(word)
    if match is None or int(match[2]) > 23 or int(match[3]) > 59:
        raise Unreadable
    minute = int(match[2]) * 60 + int(match[3])
    try:
        day = date.fromisoformat(match[1]) if match[1] else clock.day_of(now)
    except ValueError as error:
        raise Unreadable from error
    at = clock.at_local(day, minute)
    return at if match[1] or at > now else clock.at_local(day + timedelta(days=1), minute)


def shown(at: datetime) -> str:
    """Write an instant as the district's wall shows it: `2026-12-01 09:00`."""
    return f"{clock.local(at):%Y-%m-%d %H:%M}"
