"""Handlers declared once, fed by PostgreSQL or by Kafka; what fails becomes a dead letter and stops no other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar, cast
from uuid import UUID

from events.contracts.event import Event
from events.delivery import dead_letters, inbox
from events.delivery.message import Claim, Message
from events.model import DeadLetterCause
from events.work import Work, Works
from kit import metrics, traces
from kit.access.actor import SYSTEM
from kit.database import is_outage
from kit.refusal import Refusal

log = logging.getLogger("nowalls.bus")

Act = Callable[[Work, Any], Awaitable[None]]
_Event = TypeVar("_Event", bound=Event)

TRIES = 4
FIRST_PAUSE_SECONDS = 0.05
OUTAGE_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Handler:
    """A room's reaction to one event type, for one consumer group."""

    kind: type[Event]
    group: str
    act: Act

    async def __call__(self, work: Work, event: Any) -> None:
        """React, inside a unit of work."""
        await self.act(work, event)


Handlers = Mapping[str, Mapping[str, Handler]]
"""Group → event type → handler."""


def on(kind: type[_Event], *, group: str) -> Callable[[Callable[[Work, _Event], Awaitable[None]]], Handler]:
    """Make a function the handler of an event type for a consumer group; the room's declaration lists it."""
    return lambda function: Handler(kind, group, cast("Act", function))


def table(handlers: Iterable[Any]) -> Handlers:
    """Sort handlers by group and event type; a group that handles one type twice is a bug."""
    groups: dict[str, dict[str, Handler]] = {}
    for handler in handlers:
        kinds = groups.setdefault(handler.group, {})
        if handler.kind.type_name() in kinds:
            message = f"group {handler.group} handles {handler.kind.type_name()} twice"
            raise ValueError(message)
        kinds[handler.kind.type_name()] = handler
    return groups


def routes(handlers: Handlers) -> dict[str, tuple[str, ...]]:
    """Return, for each event type, the groups that have a handler for it."""
    groups: dict[str, list[str]] = {}
    for group, kinds in sorted(handlers.items()):
        for kind in kinds:
            groups.setdefault(kind, []).append(group)
    return {kind: tuple(names) for kind, names in groups.items()}


class Deliverer:
    """Take one message for one group into effect; the same for both transports.

    The log is the truth and a message is a hint: what is handled is the event that the log has under the message's id.
    `on_delivered` is called with the group, the claim and the seconds, once what the log knows is handled or a dead
    letter.
    """

    def __init__(self, works: Works, handlers: Handlers) -> None:
        self.works = works
        self.handlers = handlers
        self.on_delivered: Callable[[str, Claim, float], None] | None = None

    async def deliver(self, group: str, message: Message) -> None:
        """Handle a message exactly once in effect; on return it is done or a dead letter, and may be acknowledged.

        What cannot be read, what the log does not know and what a handler refuses become dead letters at once (trying
        again will not change the answer); any other failure is tried again with growing pauses first. While the
        database is away nothing can be kept: the call waits for it.
        """
        try:
            claim = message.claim()
        except (ValueError, KeyError, RecursionError) as error:
            await self._dead_letter(group, message, error, cause=DeadLetterCause.UNREADABLE, tries=1)
            return
        handler = self.handlers[group].get(claim.type)
        if handler is None:
            return
        started, tries = perf_counter(), 0
        while True:
            try:
                await self._once(group, handler, claim)
                break
            except Exception as error:  # noqa: BLE001 - a bug in a handler must harm its own message only
                if is_outage(error):
                    log.warning("the database is away; %s waits", group)
                    await asyncio.sleep(OUTAGE_PAUSE_SECONDS)
                    continue
                tries += 1
                cause = _cause(error)
                if cause is not DeadLetterCause.FAILED or tries >= TRIES:
                    event_id = None if cause is DeadLetterCause.FORGED else claim.id
                    await self._dead_letter(group, message, error, cause=cause, tries=tries, event_id=event_id)
                    if event_id is None:
                        return
                    break
                metrics.HANDLER_RETRIES.labels(group).inc()
                await asyncio.sleep(FIRST_PAUSE_SECONDS * 3 ** (tries - 1))
        took = perf_counter() - started
        metrics.HANDLER_SECONDS.labels(group, claim.type).observe(took)
        if self.on_delivered is not None:
            self.on_delivered(group, claim, took)

    async def _once(self, group: str, handler: Handler, claim: Claim) -> None:
        async with self.works(SYSTEM(group)) as work:
            envelope = await inbox.take(work.session, group, claim)
            if envelope is not None:
                work.follow(envelope)
                await handler(work, envelope.event())

    async def _dead_letter(
        self,
        group: str,
        message: Message,
        error: BaseException,
        *,
        cause: DeadLetterCause,
        tries: int,
        event_id: UUID | None = None,
    ) -> None:
        log.error(
            "dead letter for %s (%s) after %d tries: %s %s",
            group,
            cause.value,
            tries,
            message.header("ce_type")[:80],
            traces.summary(error),
        )
        metrics.DEAD_LETTERS.labels(group, cause.value).inc()
        while True:
            try:
                async with self.works(SYSTEM("bus")) as work:
                    await dead_letters.add(
                        work, group=group, message=message, event_id=event_id, error=error, cause=cause, tries=tries
                    )
            except Exception as failure:
                if not is_outage(failure):
                    raise
                await asyncio.sleep(OUTAGE_PAUSE_SECONDS)
            else:
                return


def _cause(error: Exception) -> DeadLetterCause:
    if isinstance(error, inbox.Forged):
        return DeadLetterCause.FORGED
    return DeadLetterCause.REFUSED if isinstance(error, Refusal) else DeadLetterCause.FAILED
