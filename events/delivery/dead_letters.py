"""Messages that no handler could take: listed for people, replayed when mended, dropped only with a reason."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from events.delivery.message import Message, storable
from events.delivery.redelivery import deliver_again
from events.model import DeadLetter, DeadLetterCause, DeadLetterState
from events.work import Work
from kit import traces
from kit.ids import new_id
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal


class DeadLetterNotFound(Refusal):
    """No such dead letter waits."""

    code = "dead_letter.not_found"
    kind = Kind.NOT_FOUND


class ReasonMissing(Refusal):
    """Dropping a message needs a reason."""

    code = "dead_letter.reason_missing"


class NotInTheLog(Refusal):
    """The message is no event of the log, so there is nothing to deliver again."""

    code = "dead_letter.not_in_log"
    kind = Kind.CONFLICT


async def add(
    work: Work,
    *,
    group: str,
    message: Message,
    event_id: UUID | None,
    error: BaseException,
    cause: DeadLetterCause,
    tries: int,
) -> None:
    """Keep a message with what went wrong (the kind of error and its text, at most 2,000 characters).

    A message that is kept already, at the same place or as the same event, is not kept twice.
    """
    # A database quotes whole rows in its words.
    why = traces.summary(error) if isinstance(error, DBAPIError) else f"{type(error).__name__}: {error}"
    body, digest = message.kept_body()
    row = {
        "id": new_id(),
        "group": group,
        "event_id": event_id,
        "type": message.header("ce_type")[:80],
        "headers": message.kept_headers(),
        "body": body,
        "digest": digest,
        "place": message.place,
        "cause": cause,
        "error": storable(why.encode("utf-8", "backslashreplace"))[:2000],
        "tries": tries,
        "state": DeadLetterState.WAITING,
    }
    await work.session.execute(insert(DeadLetter).values(row).on_conflict_do_nothing())


ORDER = SortOrder("dead-letters", DeadLetter.dead_at, DeadLetter.id)


async def waiting(
    work: Work, *, group: str | None = None, after: str | None = None, limit: int | None = None
) -> Sequence[DeadLetter]:
    """Return the messages that wait for a person, oldest first."""
    query = select(DeadLetter).where(DeadLetter.state == DeadLetterState.WAITING)
    if group is not None:
        query = query.where(DeadLetter.group == group)
    return (await work.session.execute(ORDER.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def counts(work: Work) -> dict[DeadLetterCause, int]:
    """Return how many messages wait for a person, by their cause."""
    query = select(DeadLetter.cause, func.count()).where(DeadLetter.state == DeadLetterState.WAITING)
    rows = await work.session.execute(query.group_by(DeadLetter.cause).order_by(DeadLetter.cause))
    return {row.cause: row[1] for row in rows}


async def replay(work: Work, *, dead_letter_id: UUID) -> DeadLetter:
    """Deliver the event of a dead letter again, as the log has it, to its group alone.

    Refuses `dead_letter.not_found` and `dead_letter.not_in_log`.
    """
    row = await _take(work, dead_letter_id)
    if row.event_id is None or not await deliver_again(work, group=row.group, event_ids=[row.event_id]):
        raise NotInTheLog(id=str(dead_letter_id))
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
