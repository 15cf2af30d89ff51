"""Changes about money or proof: one person proposes, another one confirms after a waiting time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.clock import local
from kit.ids import new_id
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal
from kit.rules.model import ChangeKind, ChangeState, PendingChange

WAITING = SortOrder("pending changes", PendingChange.proposed_at, PendingChange.id)


class ChangeNotFound(Refusal):
    """No such change."""

    code = "change.not_found"
    kind = Kind.NOT_FOUND


class ChangeDecided(Refusal):
    """The change was confirmed or taken back already."""

    code = "change.decided_already"
    kind = Kind.CONFLICT


class ChangeSamePerson(Refusal):
    """Who proposed a change may not confirm it."""

    code = "change.same_person"
    kind = Kind.FORBIDDEN


class ChangeWaiting(Refusal):
    """The waiting time is not over."""

    code = "change.waiting"
    kind = Kind.CONFLICT


class ChangeTooSoon(Refusal):
    """The change would take effect before a second person may confirm it."""

    code = "change.too_soon"


async def propose(
    session: AsyncSession,
    *,
    kind: ChangeKind,
    subject: str,
    content: dict[str, Any],
    by: str,
    now: datetime,
    id_: UUID | None = None,
) -> PendingChange:
    """Record a change that somebody else is to confirm; nothing is in force by it."""
    change = PendingChange(
        id=id_ or new_id(),
        kind=kind,
        subject=subject,
        content=content,
        state=ChangeState.WAITING,
        proposed_by=by,
        proposed_at=now,
    )
    session.add(change)
    await session.flush()
    return change


async def confirm(session: AsyncSession, *, change_id: UUID, by: str, now: datetime, wait: timedelta) -> PendingChange:
    """Mark a change as confirmed, for the caller to put in force.

    Refuses `change.not_found`, `.decided_already`, `.same_person` to who proposed it, and `.waiting` before the time
    is over.
    """
    change = await _waiting(session, change_id)
    if change.proposed_by == by:
        raise ChangeSamePerson
    if now < change.proposed_at + wait:
        raise ChangeWaiting(until=f"{local(change.proposed_at + wait):%Y-%m-%d %H:%M}")
    change.state, change.decided_by, change.decided_at = ChangeState.CONFIRMED, by, now
    return change


async def withdraw(session: AsyncSession, *, change_id: UUID, by: str, now: datetime) -> PendingChange:
    """Take a change back; refuses `change.not_found`, `.decided_already`."""
    change = await _waiting(session, change_id)
    change.state, change.decided_by, change.decided_at = ChangeState.WITHDRAWN, by, now
    return change


def waiting() -> Select[PendingChange]:
    """Select the changes that wait for a second person."""
    return select(PendingChange).where(PendingChange.state == ChangeState.WAITING)


async def people_behind(session: AsyncSession, kind: ChangeKind, subjects: Sequence[str]) -> set[str]:
    """Return who proposed or confirmed the changes of a kind that were put in force."""
    query = select(PendingChange.proposed_by, PendingChange.decided_by).where(
        PendingChange.kind == kind,
        PendingChange.subject.in_(subjects),
        PendingChange.state == ChangeState.CONFIRMED,
    )
    return {name for row in (await session.execute(query)).all() for name in row if name is not None}


async def _waiting(session: AsyncSession, change_id: UUID) -> PendingChange:
    change = await session.get(PendingChange, change_id, with_for_update=True, populate_existing=True)
    if change is None:
        raise ChangeNotFound
    if change.state is not ChangeState.WAITING:
        raise ChangeDecided(state=change.state)
    return change
