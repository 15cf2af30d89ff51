"""Handlers declared once, fed by PostgreSQL or by Kafka: retry in place, then park, never lose, never stop a line."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar, cast

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from events.contracts.event import Envelope, Event
from events.delivery import dead_letters, inbox
from events.work import Work, Works
from kit import metrics, traces
from kit.access.actor import SYSTEM
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
    """Take one message for one group into effect; the same for both transports."""

    def __init__(self, works: Works, handlers: Handlers) -> None:
        self.works = works
        self.handlers = handlers
        self.on_delivered: Callable[[str, Envelope, float], None] | None = None

    async def deliver(self, group: str, headers: Mapping[str, str], body: bytes) -> None:
        """Handle a message exactly once in effect; on return it is done or a dead letter, and may be acknowledged.

        A refusal becomes a dead letter at once (trying again will not change the answer); any other failure is tried
        again with growing pauses and then becomes a dead letter. While the database is away nothing can be kept: the
        call waits for it.
        """
        try:
            envelope = Envelope.read(dict(headers), json.loads(body))
            handler = self.handlers[group].get(envelope.type)
            event = envelope.event()
        except Exception as error:  # noqa: BLE001 - what cannot be read is kept as a dead letter
            await self._dead_letter(group, headers, body, error, tries=1)
            return
        if handler is None:
            return
        started = perf_counter()
        tries = 0
        while True:
            tries += 1
            try:
                await self._once(group, handler, envelope, event)
                break
            except Refusal as refusal:
                await self._dead_letter(group, headers, body, refusal, tries=tries)
                break
            except (OperationalError, InterfaceError, ConnectionError) as error:
                if not _outage(error):
                    if tries >= TRIES:
                        await self._dead_letter(group, headers, body, error, tries=tries)
                        break
                    await asyncio.sleep(FIRST_PAUSE_SECONDS * 3 ** (tries - 1))
                    continue
                log.warning("the database is away; %s waits", group)
                await asyncio.sleep(OUTAGE_PAUSE_SECONDS)
            except Exception as error:  # noqa: BLE001 - a bug in a handler must harm its own message only
                metrics.HANDLER_RETRIES.labels(group).inc()
                if tries >= TRIES:
                    await self._dead_letter(group, headers, body, error, tries=tries)
                    break
                await asyncio.sleep(FIRST_PAUSE_SECONDS * 3 ** (tries - 1))
        took = perf_counter() - started
        metrics.HANDLER_SECONDS.labels(group, envelope.type).observe(took)
        if self.on_delivered is not None:
            self.on_delivered(group, envelope, took)

    async def _once(self, group: str, handler: Handler, envelope: Envelope, event: Event) -> None:
        async with self.works(SYSTEM(group), cause=envelope) as work:
            if await inbox.first_time(work.session, group, envelope.id):
                await handler(work, event)

    async def _dead_letter(
        self, group: str, headers: Mapping[str, str], body: bytes, error: BaseException, *, tries: int
    ) -> None:
        log.error(
            "dead letter for %s after %d tries: %s %s", group, tries, headers.get("ce_type"), traces.summary(error)
        )
        metrics.DEAD_LETTERS.labels(group).inc()
        while True:
            try:
                async with self.works(SYSTEM("bus")) as work:
                    await dead_letters.add(
                        work, group=group, headers=dict(headers), body=body, error=error, tries=tries
                    )
            except (OperationalError, InterfaceError, ConnectionError):
                await asyncio.sleep(OUTAGE_PAUSE_SECONDS)
            else:
                return


def _outage(error: BaseException) -> bool:
    if isinstance(error, DBAPIError):
        return bool(error.connection_invalidated) or isinstance(error, InterfaceError)
    return isinstance(error, ConnectionError)
