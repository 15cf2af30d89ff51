"""At least once in, exactly once in effect; and the log, not the message, says what happened."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from events.contracts.event import Envelope
from events.delivery.message import Claim
from kit.refusal import Refusal

_TAKE = text(
    """
    with taken as (
      insert into event_inbox ("group", event_id) values (:group, :event_id) on conflict do nothing returning event_id
    )
    select id, type, subject, occurred_at, actor, correlation, causation, data, exists (select from taken) as first
    from event_log where id = :event_id
    """
)


class Forged(Refusal):
    """The log has no event with this id, or a different one: the message is not ours."""

    code = "dead_letter.forged"


async def take(session: AsyncSession, group: str, claim: Claim) -> Envelope | None:
    """Claim an event for a group inside the transaction of its effect; return it as the log has it.

    None when the group has taken it before. Refuses `dead_letter.forged` where the log has no event of this id, or one
    of another type or with other data.
    """
    row = (await session.execute(_TAKE, {"group": group, "event_id": claim.id})).one_or_none()
    if row is None or (row.type, row.data) != (claim.type, claim.data):
        raise Forged
    if not row.first:
        return None
    return Envelope(
        id=row.id,
        type=row.type,
        subject=row.subject,
        occurred_at=row.occurred_at,
        actor=row.actor,
        correlation=row.correlation,
        causation=row.causation,
        data=row.data,
    )
