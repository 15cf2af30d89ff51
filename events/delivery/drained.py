"""Know when every emitted event has been handled: nothing unpublished, no group behind.

A fixed clock may move only then. What is outstanding is counted in this process, event by event and group by group;
`count_outstanding` counts what an earlier process, killed on the way, left behind.
"""

import asyncio
import json
from uuid import UUID

from sqlalchemy import text

from events.contracts.event import Envelope
from events.delivery import bus
from events.delivery.bus import Deliverer
from events.delivery.message import Claim
from events.work import Works
from kit.access.actor import SYSTEM

LEFT = text(
    """
    select l.id, g as "group"
    from event_log l
    join jsonb_each(cast(:routes as jsonb)) r on r.key = l.type, jsonb_array_elements_text(r.value) g
    where not exists (select from event_inbox i where i.event_id = l.id and i."group" = g)
      and not exists (select from dead_letter p where p.event_id = l.id and p."group" = g)
    """
)
"""The deliveries still owed by `routes`: event types, each with the groups that react to it."""


class Drained:
    """Watch one process's works and deliverer, and wait for the moment when nothing is on its way."""

    def __init__(self, works: Works, deliverer: Deliverer) -> None:
        self._works = works
        self._routes = bus.routes(deliverer.handlers)
        self._outstanding: set[tuple[UUID, str]] = set()
        # A handler may finish before the teller's commit returns to Python; and what a killed process had handled but
        # not yet acknowledged comes again, is recognised by the inbox, and was never owed.
        self._early: set[tuple[UUID, str]] = set()
        self._none = asyncio.Event()
        self._none.set()
        works.on_emitted = self._emitted
        deliverer.on_delivered = self._handled

    def _emitted(self, envelopes: list[Envelope]) -> None:
        for envelope in envelopes:
            for group in self._routes.get(envelope.type, ()):
                self._owe((envelope.id, group))

    def _owe(self, which: tuple[UUID, str]) -> None:
        if which in self._early:
            self._early.remove(which)
            return
        self._outstanding.add(which)
        self._none.clear()

    def _handled(self, group: str, claim: Claim, _seconds: float) -> None:
        which = (claim.id, group)
        if which not in self._outstanding:
            self._early.add(which)
            return
        self._outstanding.remove(which)
        if not self._outstanding:
            self._none.set()

    async def count_outstanding(self) -> int:
        """Count the deliveries that are owed from before this process began, before any is made; return how many."""
        async with self._works(SYSTEM("drained")) as work:
            rows = (await work.session.execute(LEFT, {"routes": json.dumps(self._routes)})).all()
        for row in rows:
            self._owe((row.id, row.group))
        return len(rows)

    async def wait(self) -> None:
        """Return when every delivery known of is done (or a dead letter)."""
        await self._none.wait()
