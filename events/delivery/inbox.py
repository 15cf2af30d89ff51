"""At least once in, exactly once in effect; and the log, not the message, says what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from events.contracts.event import URGENT_TOPIC, Envelope, Event
from events.delivery.message import Claim, Message
from kit import metrics
from kit.refusal import Refusal

_NEXT = text(
    "select id, headers, payload from event_delivery where queue = :queue order by id limit :most"
    " for update skip locked"
)
_TAKE = text(
    """
    with gone as (
      delete from event_delivery where id = any(:rows)
    ), taken as (
      insert into event_inbox ("group", event_id) select :group, id from unnest(:ids) as id
      on conflict do nothing returning event_id
    )
    select l.id, l.type, l.topic, l.subject, l.occurred_at, l.actor, l.correlation, l.causation, l.data,
      extract(epoch from clock_timestamp() - l.recorded_at)::float as age, t.event_id is not null as first
    from event_log l left join taken t on t.event_id = l.id where l.id = any(:ids)
    """
).bindparams(bindparam("rows", type_=ARRAY(BigInteger)), bindparam("ids", type_=ARRAY(Uuid)))
_TAKE_NEXT = text(
    """
    with waiting as materialized (
      select id, headers, payload,
        case when headers->>'ce_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then (headers->>'ce_id')::uuid end
          as event_id
      from event_delivery where queue = :queue order by id limit 2 for update skip locked
    ), next as (
      select * from waiting order by id limit 1
    ), gone as (
      delete from event_delivery where id in (select id from next)
    ), taken as (
      insert into event_inbox ("group", event_id) select :group, event_id from next where event_id is not null
      on conflict do nothing returning event_id
    )
    select next.id as row, next.headers, next.payload, (select count(*) from waiting) > 1 as more,
      l.id, l.type, l.topic, l.subject, l.occurred_at, l.actor, l.correlation, l.causation, l.data,
      extract(epoch from clock_timestamp() - l.recorded_at)::float as age, t.event_id is not null as first
    from next left join event_log l on l.id = next.event_id left join taken t on t.event_id = l.id
    """
)
_UNTAKEN = text(
    """
    select count(*) from (
      select id from event_log where type = :type order by position desc limit :most
    ) as latest
    where not exists (select from event_inbox i where i."group" = :group and i.event_id = latest.id)
      and not exists (select from dead_letter d where d."group" = :group and d.event_id = latest.id)
    """
)
_FORGET = text("delete from event_delivery where id = :row")


class Forged(Refusal):
    """The log has no event with this id, or a different one: the message is not ours."""

    code = "dead_letter.forged"


async def waiting(session: AsyncSession, queue: str, *, most: int) -> list[Message]:
    """Lock and return what waits first in a queue; what another process has in hand is passed over."""
    rows = (await session.execute(_NEXT, {"queue": queue, "most": most})).all()
    return [Message.of(row.headers, row.payload, row.id) for row in rows]


async def take(
    session: AsyncSession, group: str, messages: Sequence[Message], claims: Sequence[Claim]
) -> list[Envelope]:
    """Claim events for a group inside the transaction of their effect, and return them as the log has them.

    The messages' rows leave their queue in the same statement. Events that the group has taken before are left out.
    Refuses `dead_letter.forged` where the log lacks an event, or has it with another type or other data.
    """
    asked = {
        "group": group,
        "ids": list(dict.fromkeys(claim.id for claim in claims)),
        "rows": [message.row for message in messages if message.row is not None],
    }
    logged = {row.id: row for row in await session.execute(_TAKE, asked)}
    for claim in claims:
        _compare(claim, logged.get(claim.id))
    return [_envelope(group, logged[event_id]) for event_id in asked["ids"] if logged[event_id].first]


@dataclass(slots=True)
class Next:
    """What waits first in a queue, its row, and whether more waits; known before anything is wrong with it."""

    message: Message | None = None
    more: bool = False

    async def take(self, session: AsyncSession, group: str, queue: str) -> tuple[Claim, Envelope | None] | None:
        """Do for the first message of a queue in one statement what `waiting` and `take` do for several.

        None where nothing waits; no envelope where the group has taken the event before. Refuses
        `dead_letter.forged`, and raises what `Message.claim` raises.
        """
        row = (await session.execute(_TAKE_NEXT, {"queue": queue, "group": group})).one_or_none()
        if row is None:
            return None
        self.message, self.more = Message.of(row.headers, row.payload, row.row), row.more
        claim = self.message.claim()
        _compare(claim, None if row.id is None else row)
        return claim, _envelope(group, row) if row.first else None


def _compare(claim: Claim, row: Any) -> None:
    if row is None or (row.type, row.data) != (claim.type, claim.data):
        raise Forged


def _envelope(group: str, row: Any) -> Envelope:
    lane = "urgent" if row.topic == URGENT_TOPIC else "ordinary"
    metrics.HANDLER_LAG_SECONDS.labels(group, lane).observe(row.age)
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


async def untaken(session: AsyncSession, *, group: str, kind: type[Event], most: int) -> int:
    """Count the events of a type that a group has not taken into effect, among the last `most`, on either transport."""
    asked = {"type": kind.type_name(), "group": group, "most": most}
    return int((await session.execute(_UNTAKEN, asked)).scalar_one())


async def forget(session: AsyncSession, message: Message) -> None:
    """Take a message that has become a dead letter out of its queue."""
    if message.row is not None:
        await session.execute(_FORGET, {"row": message.row})
