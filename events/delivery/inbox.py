"""At least once in, exactly once in effect: the row that says a group has already taken an event."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_FIRST = text(
    'insert into event_inbox ("group", event_id) values (:group, :event_id) on conflict do nothing returning event_id'
)


async def first_time(session: AsyncSession, group: str, event_id: UUID) -> bool:
    """Claim an event for a group inside the transaction of its effect; False when it was taken before."""
    return (await session.execute(_FIRST, {"group": group, "event_id": event_id})).scalar() is not None
