"""The tables of events: the append-only log, rows waiting for delivery, the inbox, dead letters."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, FetchedValue, Identity, Index, LargeBinary, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from kit.database import FOR_ALL, Base, Long
from kit.ids import new_id

DELIVERY_CHANNEL = "outbox_event_delivery"
LIVE_CHANNEL = "nowalls_live"
OUTGOING_CHANNEL = "nowalls_outgoing"


class TransactionId(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id; the sealer uses it to know that no older event can still appear."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Name the column type."""
        return "xid8"


class LoggedEvent(Base):
    """One event: written in the commit of the change it reports, never updated, never deleted."""

    __tablename__ = "event_log"
    __table_args__ = (
        Index("ix_event_log_sealing", "written_by", "position"),
        Index("ix_event_log_subject", "subject", "position"),
        Index("ix_event_log_type", "type", "position"),
        {"info": {"append_only": True}},
    )

    position: Mapped[Long] = mapped_column(Identity(always=True), primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    type: Mapped[str] = mapped_column(String(80))
    topic: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(80))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    actor: Mapped[str] = mapped_column(String(80))
    correlation: Mapped[UUID]
    causation: Mapped[UUID | None]
    data: Mapped[dict[str, Any]]
    written_by: Mapped[int] = mapped_column(
        TransactionId, server_default=text("pg_current_xact_id()"), server_onupdate=FetchedValue()
    )


class Seal(Base):
    """One link of the chain over the log: SHA-256 over the previous hash and a canonical row, by transaction number."""

    __tablename__ = "event_seal"
    __table_args__ = ({"info": {"append_only": True}},)

    number: Mapped[Long] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[Long] = mapped_column(unique=True)
    written_by: Mapped[int] = mapped_column(TransactionId)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class Outgoing(Base):
    """An event that the relay must still publish to Kafka; the row is deleted after the broker's acknowledgement."""

    __tablename__ = "event_outgoing"

    id: Mapped[Long] = mapped_column(Identity(always=True), primary_key=True)
    topic: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(80))
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes]
    emitted_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Delivery(Base):
    """An event that waits in the queue of one consumer group; deleted in the transaction of its effect."""

    __tablename__ = "event_delivery"
    __table_args__ = (Index("ix_event_delivery_queue", "queue", "id"),)

    id: Mapped[Long] = mapped_column(primary_key=True)
    queue: Mapped[str] = mapped_column(String(255))
    payload: Mapped[bytes]
    headers: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Lease(Base):
    """A name held by one process until a deadline that it renews; see `events.lease`."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    owner: Mapped[str] = mapped_column(String(40))
    until: Mapped[datetime]


class Rehearsal(Base):
    """The one row that makes a database a rehearsal, and says how far its clock has been put forward."""

    __tablename__ = "rehearsal"
    __table_args__ = (
        CheckConstraint("single", name="single"),
        CheckConstraint("ahead_seconds >= 0", name="forward"),
        {"info": FOR_ALL},
    )

    single: Mapped[bool] = mapped_column(primary_key=True, default=True)
    ahead_seconds: Mapped[Long]
    begun_at: Mapped[datetime]


class Handled(Base):
    """The inbox: one group has taken one event into effect, in the commit of that effect."""

    __tablename__ = "event_inbox"

    group: Mapped[str] = mapped_column(String(40), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)


class GroupProgress(Base):
    """How far a group has handled the log, by transaction number; see `events.delivery.redelivery`."""

    __tablename__ = "event_progress"

    group: Mapped[str] = mapped_column(String(40), primary_key=True)
    written_by: Mapped[int] = mapped_column(TransactionId)
    position: Mapped[Long]


class DeadLetterState(StrEnum):
    """The state of a message that no handler could process."""

    WAITING = "waiting"
    REPLAYED = "replayed"
    DROPPED = "dropped"


class DeadLetterCause(StrEnum):
    """Why a message became a dead letter."""

    UNREADABLE = "unreadable"  # its bytes say no event
    FORGED = "forged"  # the log knows no such event, or another one under this id
    REFUSED = "refused"  # the handler's room refused it
    FAILED = "failed"  # the handler failed at every attempt


class DeadLetter(Base):
    """A message that could not be handled: kept, seen by people, delivered again or dropped with a reason.

    `event_id` is an event of the log, `place` is `topic/partition/offset` on Kafka: a message is kept once, however
    often it is delivered. `digest` stands for a body that is too large to keep.
    """

    __tablename__ = "dead_letter"
    __table_args__ = (
        Index("ix_dead_letter_waiting", "group", postgresql_where=text("state = 'waiting'")),
        Index("uq_dead_letter_place", "group", "place", unique=True),
        Index("uq_dead_letter_event", "group", "event_id", unique=True, postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    group: Mapped[str] = mapped_column(String(40))
    event_id: Mapped[UUID | None]
    type: Mapped[str] = mapped_column(String(80))
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes]
    digest: Mapped[str | None] = mapped_column(String(100))
    place: Mapped[str | None] = mapped_column(String(300))
    cause: Mapped[DeadLetterCause] = mapped_column(server_default=DeadLetterCause.FAILED.value)
    error: Mapped[str] = mapped_column(Text)
    tries: Mapped[int]
    dead_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    state: Mapped[DeadLetterState] = mapped_column(default=DeadLetterState.WAITING)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[str | None] = mapped_column(Text)


EMIT_SQL = """
create or replace function nowalls_emit(events jsonb) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  insert into event_log (id, type, topic, key, subject, occurred_at, actor, correlation, causation, data)
  select (e->'headers'->>'ce_id')::uuid, e->'headers'->>'ce_type', e->>'topic', e->>'key', e->'headers'->>'ce_subject',
         (e->'headers'->>'ce_time')::timestamptz, e->'headers'->>'ce_actor', (e->'headers'->>'ce_correlation')::uuid,
         (e->'headers'->>'ce_causation')::uuid, e->'data'
  from jsonb_array_elements(events) with ordinality as t(e, n) order by n;
  insert into event_delivery (queue, payload, headers)
  select g, convert_to((e->'data')::text, 'UTF8'), e->'headers'
  from jsonb_array_elements(events) with ordinality as t(e, n), jsonb_array_elements_text(e->'groups') g order by n;
  insert into event_outgoing (topic, key, headers, body)
  select e->>'topic', e->>'key', e->'headers', convert_to((e->'data')::text, 'UTF8')
  from jsonb_array_elements(events) with ordinality as t(e, n) where (e->>'outgoing')::boolean order by n;
  perform pg_notify('outbox_event_delivery', g) from
    (select distinct g from jsonb_array_elements(events) e, jsonb_array_elements_text(e->'groups') g) as groups;
  perform pg_notify('nowalls_outgoing', '') where events @> '[{"outgoing": true}]';
  perform pg_notify('nowalls_live', jsonb_build_object('id', e->'headers'->'ce_id', 'type', e->'headers'->'ce_type',
    'subject', e->'headers'->'ce_subject', 'provider', e->'data'->'provider_id', 'at', e->'headers'->'ce_time')::text)
  from jsonb_array_elements(events) e;
end $$;
revoke all on function nowalls_emit(jsonb) from public;
grant execute on function nowalls_emit(jsonb) to nowalls_desk, nowalls_provider, nowalls_clerk
"""
"""Write emitted events in one round trip: the log, the deliveries, the wake-ups. It runs with its owner's rights, so
that no application role needs any right on the log but to read it."""
