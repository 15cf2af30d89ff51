"""Limits to guessing: pauses that grow with wrong attempts, and so many look-ups a minute for those who may ask."""

from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from api.accounts.model import Attempt
from events.work import Work
from kit.rules import queries as rules
from kit.rules.typed import ValueRule

ANYWHERE = bytes(32)
_MINUTE = timedelta(minutes=1)
_HERE, _EVERYWHERE = (5, 900), (100, 60)
"""Attempts before a pause, and the longest pause in seconds: from one address, and from all together.

The second pause is short, so that nobody can lock somebody else out from elsewhere for long.
"""


async def begin(work: Work, *, name: str, address: str) -> int:
    """Count an attempt at a name before its password is verified; return 0, or the seconds to wait uncounted.

    Attempts are counted before they are verified, so a hundred at once gain nothing over a hundred in a row. A name
    without an account is counted like any other, so a pause does not show whether the name exists.
    """
    subject = _subject(work, name)
    places = ((work.vault.blind("tries-from", address), _HERE), (ANYWHERE, _EVERYWHERE))
    # One after the other: rows that are not there yet cannot be locked.
    await work.session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(subject[:8], signed=True))))
    for place, (allowed, longest) in places:
        attempt = await work.session.get(Attempt, (subject, place))
        if attempt is not None and (wait := _pause(attempt, work.now, allowed, longest)):
            return wait
    for place, _ in places:
        await _count(work, subject, place, timedelta(days=1))
    return 0


async def take_back(work: Work, *, name: str, address: str) -> None:
    """Take one counted attempt back: the password was right, the code is still wanted."""
    for place in (work.vault.blind("tries-from", address), ANYWHERE):
        attempt = await work.session.get(Attempt, (_subject(work, name), place), with_for_update=True)
        if attempt is not None:
            attempt.count = max(0, attempt.count - 1)


async def forgive(work: Work, *, name: str) -> None:
    """Forget all attempts at a name."""
    await work.session.execute(delete(Attempt).where(Attempt.subject == _subject(work, name)))


async def spend(work: Work, rule: type[ValueRule[int]], who: str) -> int:
    """Count one use of what a rule limits per minute; return 0, or the seconds to wait when the limit is reached."""
    most = (await rules.read(work.session, rule, at=work.now)).value
    count, since = await _count(work, work.vault.blind(rule.about.name, who), ANYWHERE, _MINUTE)
    return 0 if count <= most else _seconds(since + _MINUTE - work.now)


async def forget_old(work: Work) -> None:
    """Delete what was not attempted again for a day."""
    await work.session.execute(delete(Attempt).where(Attempt.last_at < work.now - timedelta(days=1)))


def _subject(work: Work, name: str) -> bytes:
    return work.vault.blind("tries-at", name)


async def _count(work: Work, subject: bytes, place: bytes, within: timedelta) -> tuple[int, datetime]:
    over = Attempt.since <= work.now - within
    made = await work.session.execute(
        insert(Attempt)
        .values(subject=subject, place=place, count=1, since=work.now, last_at=work.now)
        .on_conflict_do_update(
            index_elements=[Attempt.subject, Attempt.place],
            set_={
                "count": case((over, 1), else_=Attempt.count + 1),
                "since": case((over, work.now), else_=Attempt.since),
                "last_at": func.greatest(Attempt.last_at, work.now),
            },
        )
        .returning(Attempt.count, Attempt.since)
    )
    count, since = made.one()
    return count, since


def _pause(attempt: Attempt, now: datetime, allowed: int, longest: int) -> int:
    if attempt.count < allowed:
        return 0
    until = attempt.last_at + timedelta(seconds=min(longest, 2 ** min(attempt.count - allowed, 20)))
    return _seconds(until - now) if until > now else 0


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds()) + 1
