"""Handlers declared once, fed by PostgreSQL or by Kafka; what fails becomes a dead letter and stops no other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar, cast
from uuid import UUID

from events.contracts.event import Envelope, Event, group_of
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
    """A room's reaction to one event type, for one consumer group.

    With `most` above 1 it is given up to so many events at once, as envelopes, and says before each what it does which
    event caused it (`Work.follow`). If it raises, everything is undone and each event comes alone.
    """

    kind: type[Event]
    group: str
    act: Act
    most: int = 1

    async def __call__(self, work: Work, event: Any) -> None:
        """React, inside a unit of work."""
        await self.act(work, event)

    async def handle(self, work: Work, envelopes: Sequence[Envelope]) -> None:
        """React to events, together where the handler takes several, else to each as its consequence."""
        if self.most > 1:
            await self.act(work, envelopes)
            return
        for envelope in envelopes:
            work.follow(envelope)
            await self.act(work, envelope.event())


Handlers = Mapping[str, Mapping[str, Handler]]
"""Group → event type → handler."""


def on(kind: type[_Event], *, group: str) -> Callable[[Callable[[Work, _Event], Awaitable[None]]], Handler]:
    """Make a function the handler of an event type for a consumer group; the room's declaration lists it."""
    return lambda function: Handler(kind, group, cast("Act", function))


def on_several(
    kind: type[Event], *, group: str, most: int
) -> Callable[[Callable[[Work, Sequence[Envelope]], Awaitable[None]]], Handler]:
    """Make a function the handler of up to `most` events of a type at once."""
    return lambda function: Handler(kind, group, cast("Act", function), most)


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

    async def deliver_next(self, queue: str, *, together: bool = True) -> bool:
        """Handle what waits first in a queue of PostgreSQL, in one transaction; return whether more waits there."""
        group = group_of(queue)
        most = max(handler.most for handler in self.handlers[group].values()) if together else 1
        return await (self._next_one(group, queue) if most == 1 else self._next_several(group, queue, most))

    async def _next_one(self, group: str, queue: str) -> bool:
        head, started = inbox.Next(), perf_counter()
        try:
            async with self.works(SYSTEM(group)) as work:
                taken = await head.take(work.session, group, queue)
                if taken is not None:
                    await self._react(work, group, [taken[0]], [taken[1]] if taken[1] else [])
        except Exception as error:
            if head.message is None:
                raise
            await self.deliver(group, head.message, failed=error)
        else:
            self._delivered(group, [taken[0]] if taken else [], perf_counter() - started)
        return head.more

    async def _next_several(self, group: str, queue: str, most: int) -> bool:
        messages, waiting = list[Message](), list[Message]()
        started = perf_counter()
        try:
            async with self.works(SYSTEM(group)) as work:
                waiting = await inbox.waiting(work.session, queue, most=most + 1)
                messages = self._run(group, waiting)[:most]
                claims = await self._take_into_effect(work, group, messages) if messages else []
        except Exception as error:
            if not messages:
                raise
            await self._one_by_one(group, messages, error)
            return True
        self._delivered(group, claims, perf_counter() - started)
        return len(waiting) > len(messages)

    async def deliver_all(self, group: str, messages: Sequence[Message]) -> None:
        """Handle messages in their order, those together whose handler takes several; each ends as with `deliver`."""
        while messages:
            run = self._run(group, messages)
            messages = messages[len(run) :]
            if len(run) == 1:
                await self.deliver(group, run[0])
                continue
            started = perf_counter()
            try:
                async with self.works(SYSTEM(group)) as work:
                    claims = await self._take_into_effect(work, group, run)
            except Exception as error:  # noqa: BLE001 - what is wrong with one message must not harm another
                await self._one_by_one(group, run, error)
            else:
                self._delivered(group, claims, perf_counter() - started)

    def _run(self, group: str, messages: Sequence[Message]) -> list[Message]:
        """Return the messages from the first on that one call of a handler may take."""
        run = list(messages[:1])
        kind = run[0].header("ce_type") if run else ""
        handler = self.handlers[group].get(kind)
        for message in messages[1 : handler.most if handler else 1]:
            if message.header("ce_type") != kind:
                break
            run.append(message)
        return run

    async def _one_by_one(self, group: str, messages: Sequence[Message], error: Exception) -> None:
        alone = error if len(messages) == 1 else None
        for message in messages:
            await self.deliver(group, message, failed=alone)

    async def deliver(self, group: str, message: Message, *, failed: Exception | None = None) -> None:
        """Handle a message exactly once in effect; on return it is done or a dead letter, and may be acknowledged.

        What cannot be read, what the log does not know and what a handler refuses become dead letters at once (trying
        again will not change the answer); any other failure is tried again with growing pauses first. While the
        database is away nothing can be kept: the call waits for it. `failed` is what the first attempt raised, where
        there has been one.
        """
        try:
            claim = message.claim()
        except (ValueError, KeyError, RecursionError) as error:
            await self._dead_letter(group, message, error, cause=DeadLetterCause.UNREADABLE, tries=1)
            return
        if claim.type not in self.handlers[group] and message.row is None:
            return
        started, tries = perf_counter(), 0
        while True:
            failure, failed = failed or await self._attempt(group, message), None
            if failure is None:
                break
            if is_outage(failure):
                log.warning("the database is away; %s waits", group)
                await asyncio.sleep(OUTAGE_PAUSE_SECONDS)
                continue
            tries += 1
            cause = _cause(failure)
            if cause is not DeadLetterCause.FAILED or tries >= TRIES:
                event_id = None if cause is DeadLetterCause.FORGED else claim.id
                await self._dead_letter(group, message, failure, cause=cause, tries=tries, event_id=event_id)
                if event_id is None:
                    return
                break
            metrics.HANDLER_RETRIES.labels(group).inc()
            await asyncio.sleep(FIRST_PAUSE_SECONDS * 3 ** (tries - 1))
        self._delivered(group, [claim], perf_counter() - started)

    async def _attempt(self, group: str, message: Message) -> Exception | None:
        try:
            async with self.works(SYSTEM(group)) as work:
                await self._take_into_effect(work, group, [message])
        except Exception as error:  # noqa: BLE001 - a bug in a handler must harm its own message only
            return error
        return None

    async def _take_into_effect(self, work: Work, group: str, messages: Sequence[Message]) -> list[Claim]:
        claims = [message.claim() for message in messages]
        await self._react(work, group, claims, await inbox.take(work.session, group, messages, claims))
        return claims

    async def _react(self, work: Work, group: str, claims: Sequence[Claim], envelopes: Sequence[Envelope]) -> None:
        handler = self.handlers[group].get(claims[0].type)
        if envelopes and handler is not None:
            await handler.handle(work, envelopes)

    def _delivered(self, group: str, claims: Sequence[Claim], took: float) -> None:
        for claim in claims:
            metrics.HANDLER_SECONDS.labels(group, claim.type).observe(took / len(claims))
            if self.on_delivered is not None:
                self.on_delivered(group, claim, took / len(claims))

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
                    await inbox.forget(work.session, message)
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
