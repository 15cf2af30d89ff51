"""One unit of work: one transaction, one clock reading, one actor, and the events emitted in the same commit."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import String, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from events.contracts.event import SOURCE, URGENT_TOPIC, Envelope, Event, queue_of
from events.heads import SignedHeads
from kit import boundaries, logs
from kit.access.actor import Actor
from kit.boundaries import Boundary
from kit.clock import Clock, RehearsalClock
from kit.database import Database
from kit.ids import new_id
from kit.vault import Vault

REQUEST: ContextVar[UUID | None] = ContextVar("request", default=None)
"""The id of the HTTP request that is being answered; it becomes the correlation of its units of work."""
EMIT = text("select nowalls_emit(cast(:events as jsonb))").bindparams(bindparam("events", type_=String))
_AHEAD = text("select ahead_seconds from rehearsal")


class Undone(Exception):
    """Leave a trial and keep nothing of it."""


@dataclass(slots=True)
class Work:
    """The context of an operation; an operation never commits, reads another clock or publishes: it emits events."""

    session: AsyncSession
    now: datetime
    actor: Actor
    vault: Vault
    correlation: UUID
    causation: UUID | None = None
    heads: SignedHeads | None = None
    _emitted: list[tuple[Envelope, Event]] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        """Emit an event; it is logged and delivered if, and only if, this work commits."""
        envelope = Envelope(
            id=new_id(),
            type=event.type_name(),
            subject=event.subject,
            occurred_at=self.now,
            actor=self.actor.label,
            correlation=self.correlation,
            causation=self.causation,
            data=event.model_dump(mode="json"),
        )
        self._emitted.append((envelope, event))

    @asynccontextmanager
    async def trial(self) -> AsyncIterator[None]:
        """Do a part that may come to nothing: `Undone`, raised inside, undoes its rows and events and goes no further.

        Any other exception undoes them as well, and goes on.
        """
        before, kept = len(self._emitted), False
        try:
            async with self.session.begin_nested():
                yield
            kept = True
        except Undone:
            return
        finally:
            if not kept:
                del self._emitted[before:]

    def follow(self, cause: Envelope) -> None:
        """Go on from an event: what this work emits is caused by it and shares its correlation."""
        self.correlation, self.causation = cause.correlation, cause.id
        logs.CORRELATION.set(str(self.correlation))

    @property
    def emitted(self) -> list[Envelope]:
        """Return the envelopes emitted so far, in order."""
        return [envelope for envelope, _ in self._emitted]


class Works:
    """Begin units of work on one database, with one clock and one vault.

    `routes` maps an event type to the groups that PostgreSQL delivers it to; `outgoing` says that Kafka delivers, by
    way of the relay. `on_emitted` is called with the envelopes of every commit that emitted any. Without `lanes` urgent
    events wait among all others, so that the order of emission decides and a simulation has one writer. `heads` is
    where the signed heads of the log's chain are kept; a simulation's database has none.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        vault: Vault,
        *,
        routes: Mapping[str, tuple[str, ...]],
        outgoing: bool = False,
        source: str = SOURCE,
        heads: SignedHeads | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.vault = vault
        self.routes = routes
        self.outgoing = outgoing
        self.source = source
        self.heads = heads
        self.lanes = True
        self.on_emitted: Callable[[list[Envelope]], None] | None = None

    @asynccontextmanager
    async def __call__(self, actor: Actor) -> AsyncIterator[Work]:
        """Open one unit of work; leaving the block commits it with the events emitted, an exception undoes both."""
        async with self.database.session(actor.scope, reads_only=actor.reads_only) as session:
            if isinstance(self.clock, RehearsalClock):
                # Whichever process put it forward, this one has heard of it before its next act.
                self.clock.put(timedelta(seconds=(await session.execute(_AHEAD)).scalar_one()))
            work = Work(
                session=session,
                now=self.clock.now(),
                actor=actor,
                vault=self.vault,
                correlation=REQUEST.get() or new_id(),
                heads=self.heads,
            )
            before = logs.CORRELATION.get()
            logs.CORRELATION.set(str(work.correlation))
            try:
                yield work
            finally:
                logs.CORRELATION.set(before)
            emitted = work._emitted  # noqa: SLF001 - Work and Works are one thing in two halves
            if emitted:
                await session.flush()
                await session.execute(EMIT, {"events": json.dumps([self._row(*pair) for pair in emitted])})
            boundaries.crossed(Boundary.COMMITTING)
        boundaries.crossed(Boundary.COMMITTED)
        if emitted and self.on_emitted is not None:
            self.on_emitted([envelope for envelope, _ in emitted])

    def _row(self, envelope: Envelope, event: Event) -> dict[str, object]:
        urgent = self.lanes and event.in_urgent_lane
        groups = () if self.outgoing else self.routes.get(envelope.type, ())
        return {
            "topic": URGENT_TOPIC if urgent else event.topic,
            "key": event.key,
            "headers": envelope.headers(self.source),
            "data": envelope.data,
            "groups": [queue_of(group, urgent=urgent) for group in groups],
            "outgoing": self.outgoing,
        }


Begin = Callable[[], AbstractAsyncContextManager[Work]]
"""Opens one unit of work after another, for what reads, plans for minutes, and writes."""
