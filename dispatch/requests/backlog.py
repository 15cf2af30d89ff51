"""The backlog of requests that wait to be decided, and who waits first when it grows.

Bulk work waits first, then ordinary requests. An urgent request is never refused for it: it has a lane of its own.
"""

from time import monotonic
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from dispatch.requests.rules import Backlog
from events.contracts.care_requests import CareRequested
from events.delivery import inbox
from events.work import Work
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules

_COUNTED_FOR_SECONDS = 1.0
_counts: WeakKeyDictionary[Engine | Connection, tuple[float, int]] = WeakKeyDictionary()
"""What each engine counted and when: a burst of requests asks once a second."""


class BacklogTooLong(Refusal):
    """So many requests wait to be decided that others must come later."""

    code = "request.backlog"
    kind = Kind.BUSY


async def bulk_waits(work: Work) -> bool:
    """Tell whether imports and standing orders wait until requests that people wait for are decided."""
    rule = await rules.read(work.session, Backlog, at=work.now)
    return await _waiting(work, rule.ordinary) >= rule.bulk


async def check_bulk(work: Work) -> None:
    """Refuse `request.backlog` while bulk work waits."""
    if await bulk_waits(work):
        raise _refusal(await rules.read(work.session, Backlog, at=work.now))


async def check(work: Work) -> None:
    """Refuse `request.backlog` where an ordinary request would have to wait too long to be decided."""
    rule = await rules.read(work.session, Backlog, at=work.now)
    if await _waiting(work, rule.ordinary) >= rule.ordinary:
        raise _refusal(rule)


def _refusal(rule: Backlog) -> BacklogTooLong:
    return BacklogTooLong(seconds=rule.retry_seconds)


async def _waiting(work: Work, most: int) -> int:
    """Return how many requests wait to be decided, at most `most`."""
    engine = work.session.get_bind()
    counted_at, count = _counts.get(engine, (0.0, 0))
    if monotonic() - counted_at > _COUNTED_FOR_SECONDS:
        count = await inbox.untaken(work.session, group="matching", kind=CareRequested, most=most)
        _counts[engine] = monotonic(), count
    return count
