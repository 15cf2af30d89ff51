"""How often may it be tried? Pauses that grow for whoever guesses, and a number of times a minute for whoever asks."""

from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from api.accounts.model import Tries
from events.work import Work
from kit.rules import queries as rules
from kit.rules.typed import ValueRule

ANYWHERE = bytes(32)
_MINUTE = timedelta(minutes=1)
_HERE, _EVERYWHERE = (5, 900), (100, 60)
"""Tries before a pause, and the longest pause in seconds: from one address, and from all together.

The second pause is short, so that nobody can lock somebody else out from elsewhere for long.
"""


async def begin(work: Work, *, name: str, address: str) -> int:
    """Count a try at a name before it is known whether it is right; return 0, or the seconds to wait uncounted.

    Counting first lets a hundred tries at once have no more luck than a hundred in a row. A name that belongs to nobody
    is counted as any other, so that a pause tells nothing.
    """
    subject = _subject(work, name)
    places = ((work.vault.blind("tries-from", address), _HERE), (ANYWHERE, _EVERYWHERE))
    # One after the other: rows that are not there yet cannot be locked.
    await work.session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(subject[:8], signed=True))))
    for place, (allowed, longest) in places:
        found = await work.session.get(Tries, (subject, place))
        if found is not None and (wait := _pause(found, work.now, allowed, longest)):
            return wait
    for place, _ in places:
        await _count(work, subject, place, timedelta(days=1))
    return 0


async def forget_one(work: Work, *, name: str, address: str) -> None:
    """Take one counted try back: it was right as far as it went."""
    for place in (work.vault.blind("tries-from", address), ANYWHERE):
        found = await work.session.get(Tries, (_subject(work, name), place), with_for_update=True)
        if found is not None:
            found.count = max(0, found.count - 1)


async def forgive(work: Work, *, name: str) -> None:
    """Forget all tries at a name."""
    await work.session.execute(delete(Tries).where(Tries.subject == _subject(work, name)))


async def spend(work: Work, rule: type[ValueRule[int]], who: str) -> int:
    """Count what a rule allows so many times a minute; return 0, or the seconds to wait once it is spent."""
    most = (await rules.read(work.session, rule, at=work.now)).value
    count, since = await _count(work, work.vault.blind(rule.about.name, who), ANYWHERE, _MINUTE)
    return 0 if count <= most else _seconds(since + _MINUTE - work.now)


async def forget_old(work: Work) -> None:
    """Delete what was not tried again for a day."""
    await work.session.execute(delete(Tries).where(Tries.last_at < work.now - timedelta(days=1)))


def _subject(work: Work, name: str) -> bytes:
    return work.vault.blind("tries-at", name)


async def _count(work: Work, subject: bytes, place: bytes, within: timedelta) -> tuple[int, datetime]:
    over = Tries.since <= work.now - within
    made = await work.session.execute(
        insert(Tries)
        .values(subject=subject, place=place, count=1, since=work.now, last_at=work.now)
        .on_conflict_do_update(
            index_elements=[Tries.subject, Tries.place],
            set_={
                "count": case((over, 1), else_=Tries.count + 1),
                "since": case((over, work.now), else_=Tries.since),
                "last_at": func.greatest(Tries.last_at, work.now),
            },
        )
        .returning(Tries.count, Tries.since)
    )
    count, since = made.one()
    return count, since


def _pause(found: Tries, now: datetime, allowed: int, longest: int) -> int:
    if found.count < allowed:
        return 0
    until = found.last_at + timedelta(seconds=min(longest, 2 ** min(found.count - allowed, 20)))
    return _seconds(until - now) if until > now else 0


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds()) + 1
