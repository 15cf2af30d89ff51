"""Messages that no handler could take: listed for people, replayed when mended, dropped only with a reason."""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from events.model import DeadLetter, DeadLetterState
from events.work import Work
from kit import traces
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal


class DeadLetterNotFound(Refusal):
    """No such dead letter waits."""

    code = "dead_letter.not_found"
    kind = Kind.NOT_FOUND


class ReasonMissing(Refusal):
    """Dropping a message needs a reason."""

    code = "dead_letter.reason_missing"


async def add(
    work: Work, *, group: str, headers: Mapping[str, str], body: bytes, error: BaseException, tries: int
) -> DeadLetter:
    """Keep a message whole, with what went wrong (the kind of error and its text, at most 2,000 characters)."""
    event_id: UUID | None
    try:
        event_id = UUID(headers.get("ce_id", ""))
    except ValueError:
        event_id = None
    row = DeadLetter(
        group=group,
        event_id=event_id,
        type=str(headers.get("ce_type", "?"))[:80],
        headers={str(name): str(value) for name, value in headers.items()},
        body=body,
        # A database quotes whole rows in its words.
        error=(traces.summary(error) if isinstance(error, DBAPIError) else f"{type(error).__name__}: {error}").replace(
            "\x00", ""
        )[:2000],
        tries=tries,
    )
    work.session.add(row)
    await work.session.flush()
    return row


ORDER = SortOrder("dead-letters", DeadLetter.dead_at, DeadLetter.id)


async def waiting(
    work: Work, *, group: str | None = None, after: str | None = None, limit: int | None = None
) -> Sequence[DeadLetter]:
    """Return the messages that wait for a person, oldest first."""
    query = select(DeadLetter).where(DeadLetter.state == DeadLetterState.WAITING)
    if group is not None:
        query = query.where(DeadLetter.group == group)
    return (await work.session.execute(ORDER.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def replay(work: Work, *, dead_letter_id: UUID) -> DeadLetter:
    """Deliver a dead letter again, to its group alone; refuse `dead_letter.not_found`."""
    row = await _take(work, dead_letter_id)
    await work.session.execute(
        text(
            "insert into event_delivery (queue, payload, headers) values (:queue, :payload, cast(:headers as jsonb))"
        ).bindparams(queue=row.group, payload=row.body, headers=json.dumps(row.headers))
    )
    await work.session.execute(text("select pg_notify('outbox_event_delivery', :queue)"), {"queue": row.group})
    row.state, row.ended_at, row.ended_by = DeadLetterState.REPLAYED, work.now, work.actor.label
    return row


async def drop(work: Work, *, dead_letter_id: UUID, reason: str) -> DeadLetter:
    """Give a dead letter up for a reason that stays on record.

    Refuses `dead_letter.not_found`, `dead_letter.reason_missing`.
    """
    if not reason.strip():
        raise ReasonMissing
    row = await _take(work, dead_letter_id)
    row.state, row.ended_at, row.ended_by = DeadLetterState.DROPPED, work.now, work.actor.label
    row.reason = reason.strip()
    return row


async def _take(work: Work, dead_letter_id: UUID) -> DeadLetter:
    row = await work.session.get(DeadLetter, dead_letter_id, with_for_update=True)
    if row is None or row.state is not DeadLetterState.WAITING:
        raise DeadLetterNotFound(id=str(dead_letter_id))
    return row
