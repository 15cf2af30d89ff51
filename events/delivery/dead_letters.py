"""Messages that no handler could take: listed for people, replayed when mended, dropped only with a reason."""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from events.model import Parked, ParkedState
from events.work import Work
from kit import traces
from kit.pages import Order
from kit.refusal import Kind, Refusal


class ParkedMissing(Refusal):
    """No such parked message waits."""

    code = "parked.missing"
    kind = Kind.MISSING


class ReasonMissing(Refusal):
    """Dropping a message needs a reason."""

    code = "parked.reason_missing"


async def park(
    work: Work, *, group: str, headers: Mapping[str, str], body: bytes, error: BaseException, tries: int
) -> Parked:
    """Keep a message whole, with what went wrong (the kind of error and its text, at most 2,000 characters)."""
    event_id: UUID | None
    try:
        event_id = UUID(headers.get("ce_id", ""))
    except ValueError:
        event_id = None
    row = Parked(
        group=group,
        event_id=event_id,
        type=str(headers.get("ce_type", "?"))[:80],
        headers={str(name): str(value) for name, value in headers.items()},
        body=body,
        # A database quotes whole rows in its words.
        error=(traces.told(error) if isinstance(error, DBAPIError) else f"{type(error).__name__}: {error}").replace(
            "\x00", ""
        )[:2000],
        tries=tries,
    )
    work.session.add(row)
    await work.session.flush()
    return row


PARKED = Order("parked", Parked.parked_at, Parked.id)


async def waiting(
    work: Work, *, group: str | None = None, after: str | None = None, limit: int | None = None
) -> Sequence[Parked]:
    """Return the messages that wait for a person, oldest first."""
    query = select(Parked).where(Parked.state == ParkedState.WAITING)
    if group is not None:
        query = query.where(Parked.group == group)
    return (await work.session.execute(PARKED.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def replay(work: Work, *, parked_id: UUID) -> Parked:
    """Deliver a parked message again, to its group alone; refuse `parked.missing`."""
    row = await _take(work, parked_id)
    await work.session.execute(
        text(
            "insert into event_delivery (queue, payload, headers) values (:queue, :payload, cast(:headers as jsonb))"
        ).bindparams(queue=row.group, payload=row.body, headers=json.dumps(row.headers))
    )
    await work.session.execute(text("select pg_notify('outbox_event_delivery', :queue)"), {"queue": row.group})
    row.state, row.ended_at, row.ended_by = ParkedState.REPLAYED, work.now, work.actor.label
    return row


async def drop(work: Work, *, parked_id: UUID, reason: str) -> Parked:
    """Give a parked message up, for a reason that stays on record; refuse `parked.missing`, `parked.reason_missing`."""
    if not reason.strip():
        raise ReasonMissing
    row = await _take(work, parked_id)
    row.state, row.ended_at, row.ended_by = ParkedState.DROPPED, work.now, work.actor.label
    row.reason = reason.strip()
    return row


async def _take(work: Work, parked_id: UUID) -> Parked:
    row = await work.session.get(Parked, parked_id, with_for_update=True)
    if row is None or row.state is not ParkedState.WAITING:
        raise ParkedMissing(id=str(parked_id))
    return row
