"""Redelivery from the log: events that a group missed through a wiped broker, a lost batch or a lost row.

The log says what was emitted; the inbox and the dead letters say what a group has taken. What lies between, is older
than a minute and waits nowhere is delivered through PostgreSQL to that group alone, also where Kafka delivers.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from uuid import UUID

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from events.contracts.event import URGENT_TOPIC, queue_of, queues_of
from events.work import Work, Works
from kit import loops, metrics
from kit.access.actor import SYSTEM

log = logging.getLogger("nowalls.redelivery")

PERIOD_SECONDS = 30.0
AGE_SECONDS = 60.0
"""An event younger than this may still be on its way."""
BATCH = 5_000

_BEGIN = text(
    """
    insert into event_progress ("group", written_by, position)
    select :group, pg_snapshot_xmin(pg_current_snapshot()), 0 on conflict do nothing
    """
)
_PROGRESS = text(
    'select written_by::text as written_by, position from event_progress where "group" = :group for update skip locked'
)
_ADVANCE = text(
    """
    update event_progress set written_by = cast(cast(:written_by as text) as xid8), position = :position
    where "group" = :group
    """
)
_BATCH = text(
    """
    select l.written_by::text as written_by, l.position, l.id, l.type
    from event_log l
    where (l.written_by, l.position) > (cast(cast(:written_by as text) as xid8), :position)
      and l.written_by < pg_snapshot_xmin(pg_current_snapshot())
      and l.position > :after and l.recorded_at < clock_timestamp() - make_interval(secs => :age)
    order by l.written_by, l.position limit :batch
    """
)
_MISSED = text(
    """
    select e.id, exists (select from event_delivery d where d.queue = any(:queues) and d.headers->>'ce_id' = e.id::text)
      or exists (select from event_outgoing o where o.headers->>'ce_id' = e.id::text) as waits
    from unnest(cast(:ids as uuid[])) as e (id)
    where not exists (select from event_inbox i where i."group" = :group and i.event_id = e.id)
      and not exists (select from dead_letter p where p."group" = :group and p.event_id = e.id)
    """
).bindparams(bindparam("queues", type_=ARRAY(Text)))
_AGAIN = text(
    """
    with sent as (
      insert into event_delivery (queue, payload, headers)
      select case l.topic when :topic then :urgent else :group end, convert_to(l.data::text, 'UTF8'),
        jsonb_strip_nulls(jsonb_build_object(
        'ce_specversion', '1.0', 'ce_id', l.id, 'ce_type', l.type, 'ce_subject', l.subject, 'ce_time', l.occurred_at,
        'ce_actor', l.actor, 'ce_correlation', l.correlation, 'ce_causation', l.causation,
        'content-type', 'application/json', 'correlation_id', l.correlation))
      from event_log l where l.id = any(cast(:ids as uuid[])) order by l.written_by, l.position
      returning id, queue
    )
    select count(*), array(select pg_notify('outbox_event_delivery', queue)::text
      from (select distinct queue from sent) as queues) from sent
    """
).bindparams(bindparam("group", type_=Text), bindparam("urgent", type_=Text), bindparam("topic", type_=Text))


async def deliver_again(work: Work, *, group: str, event_ids: Collection[UUID]) -> int:
    """Deliver events of the log to one group, as the log has them and in its order; return how many it knows."""
    if not event_ids:
        return 0
    lanes = {"group": group, "urgent": queue_of(group, urgent=True), "topic": URGENT_TOPIC}
    sent = await work.session.execute(_AGAIN, lanes | {"ids": list(event_ids)})
    return int(sent.one()[0])


async def redeliver(
    work: Work, *, group: str, kinds: Collection[str], after: int | None = None, age_seconds: float = AGE_SECONDS
) -> int:
    """Deliver to a group what it has missed of the event types that it handles; return how many events that are.

    It goes on from where the group's progress stands, which moves up to the first event that is still missing; `after`
    is a position of the log to look from instead (0: all of it), and leaves the progress alone. A group without any
    progress begins with the next event: history is not delivered to a new group unasked. Of two processes that look
    at once one does nothing.
    """
    session, which = work.session, {"group": group}
    await session.execute(_BEGIN, which)
    progress = (await session.execute(_PROGRESS, which)).one_or_none()
    if progress is None:
        return 0
    scanned = (progress.written_by, progress.position) if after is None else ("0", 0)
    handled, missing, again = scanned, False, 0
    while True:
        where = {"written_by": scanned[0], "position": scanned[1], "after": after or 0, "age": age_seconds}
        rows = (await session.execute(_BATCH, where | {"batch": BATCH})).all()
        mine = [row.id for row in rows if row.type in kinds]
        asked = which | {"ids": mine, "queues": list(queues_of(group))}
        missed = {row.id: row.waits for row in await session.execute(_MISSED, asked)}
        for row in rows:
            missing = missing or row.id in missed
            if not missing:
                handled = (row.written_by, row.position)
        again += await deliver_again(work, group=group, event_ids=[key for key, waits in missed.items() if not waits])
        if len(rows) < BATCH:
            break
        scanned = (rows[-1].written_by, rows[-1].position)
    if after is None:
        await session.execute(_ADVANCE, which | {"written_by": handled[0], "position": handled[1]})
    if again:
        log.warning("%s had missed %d events; they are delivered again", group, again)
        metrics.REDELIVERED.labels(group).inc(again)
    return again


class Redelivery:
    """Look for missed events every half minute until cancelled.

    `behind` says whether messages are on their way outside the database: then nothing can be said to be missed.
    """

    def __init__(
        self,
        works: Works,
        routes: Mapping[str, Collection[str]],
        behind: Callable[[], Awaitable[bool]],
        *,
        period_seconds: float = PERIOD_SECONDS,
        age_seconds: float = AGE_SECONDS,
    ) -> None:
        self._works, self._routes, self._behind = works, routes, behind
        self._period, self._age = period_seconds, age_seconds
        self._attempts = loops.Attempts("redelivery")

    async def state(self) -> str:
        """Say `ok`, or that the last look failed."""
        return "failing" if self._attempts.failing else "ok"

    async def run(self) -> None:
        """Look again and again."""
        await loops.keep(self._attempts, self._turn)

    async def _turn(self) -> None:
        if not await self._behind():
            for group, kinds in self._routes.items():
                async with self._works(SYSTEM("redelivery")) as work:
                    await redeliver(work, group=group, kinds=kinds, age_seconds=self._age)
        self._attempts.recovered()
        await asyncio.sleep(self._period)
