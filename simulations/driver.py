"""Drive a simulation: the clock stands still until all that was told is handled, and then moves to what is due next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from dispatch.requests import operations as requests
from dispatch.requests.model import CareRequest, Channel
from events.contracts.care_requests import CareRequested
from events.contracts.event import REGISTRY, Envelope, Event
from events.contracts.offers import VisitOffered
from events.delivery.bus import Deliverer
from events.model import LoggedEvent
from events.work import Works
from kit.access.actor import SYSTEM
from kit.clock import FixedClock
from kit.refusal import Refusal
from providers.satisfaction.model import CallBack, CallState
from simulations.actions import OPERATOR, Players
from simulations.model import RefusedCall
from simulations.request_lists import Asked, Call
from simulations.schedule import Agenda, Deed, Phase, Placed

_OWN_COST = 0.35
_KEY = "call-"
_BEYOND = 10**12
_REQUESTED = CareRequested.type_name()


class Stillness(Protocol):
    """Whoever knows when all that was told is handled."""

    async def count_outstanding(self) -> int:
        """Count what an earlier process left undelivered."""
        ...

    async def wait(self) -> None:
        """Return when nothing is on its way."""
        ...


def placed(request: CareRequest) -> Placed:
    """Say which call a request came of; one that no call made has a number beyond all calls."""
    key = request.source_key or ""
    number = int(key.removeprefix(_KEY)) if key.startswith(_KEY) else _BEYOND + request.number
    return Placed(number, (request.latitude, request.longitude), request.latest, request.urgent)


@dataclass(slots=True)
class Speeds:
    """Milliseconds of this process: from the operator's saving to an offer that the company can see."""

    begun: dict[UUID, float] = field(default_factory=dict)
    request_to_offer: list[float] = field(default_factory=list)
    decision: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Drive:
    """One simulation on its way: the calls still to come, and what follows from those that came."""

    works: Works
    clock: FixedClock
    still: Stillness | None
    players: Players
    calls: Sequence[Call]
    people: Sequence[UUID]
    asked: Callable[[Call], Asked]
    speeds: Speeds = field(default_factory=Speeds)
    progress: Callable[[int, datetime], None] = lambda _done, _at: None
    _next: int = 0

    @property
    def agenda(self) -> Agenda:
        """Return what is due."""
        return self.players.agenda

    def listen(self, deliverer: Deliverer) -> None:
        """Hear every event as it is committed and how long its handling took, beside whoever listens already."""
        before, beside = self.works.on_emitted, deliverer.on_delivered

        def heard(envelopes: list[Envelope]) -> None:
            if before is not None:
                before(envelopes)
            for envelope in envelopes:
                self._hear(envelope.event(), envelope.occurred_at)

        def handled(group: str, envelope: Envelope, seconds: float) -> None:
            if beside is not None:
                beside(group, envelope, seconds)
            if group == "matching" and envelope.type == _REQUESTED:
                self.speeds.decision.append(seconds * 1000)

        self.works.on_emitted, deliverer.on_delivered = heard, handled

    def _hear(self, event: Event, at: datetime) -> None:
        self.agenda.hear(event, at)
        if isinstance(event, VisitOffered) and (begun := self.speeds.begun.pop(event.request_id, None)) is not None:
            self.speeds.request_to_offer.append((perf_counter() - begun) * 1000)

    async def resume(self, since: datetime | None = None) -> None:
        """Find the agenda of an earlier process again, out of the log; without one, begin before the first call.

        With `since`, only what was told from then on is heard; visits offered before are nobody's business any more.
        """
        async with self.works(SYSTEM("simulation")) as work:
            requests_ = select(CareRequest)
            told = select(LoggedEvent.type, LoggedEvent.data, LoggedEvent.occurred_at).order_by(LoggedEvent.position)
            if since is not None:
                requests_ = requests_.where(CareRequest.entered_at >= since)
                told = told.where(LoggedEvent.occurred_at >= since)
            for request in (await work.session.execute(requests_)).scalars():
                self.agenda.placed[request.id] = placed(request)
            refused = (await work.session.execute(select(RefusedCall.number, RefusedCall.refused_at))).all()
            calls = {one.call for one in self.agenda.placed.values()} | {row.number for row in refused}
            self._next = max(calls, default=-1) + 1
            last = max([self.clock.now(), *(row.refused_at for row in refused)])
            for kind, data, at in (await work.session.execute(told)).all():
                try:
                    self.agenda.hear(REGISTRY[kind].model_validate(data), at)
                except KeyError:
                    if since is None:
                        raise
                last = max(last, at)
            asked = select(CallBack.id).where(CallBack.state == CallState.ASKED).limit(1)
            asking = (await work.session.execute(asked)).first() is not None
        self.clock.set(last)
        if self.still is not None:
            await self.still.count_outstanding()
        self.agenda.resume(last)
        if asking and not self.agenda.has(Deed.CALL_BACK):
            self.agenda.put(Deed.CALL_BACK, self.agenda.call_back_at_or_after(last))

    async def play(self, until: datetime | None = None) -> None:
        """Play to the end, every call made, every visit settled, every statement paid; or `until` an instant."""
        await self._stillness()
        await self._instant()
        while (at := self._soonest()) is not None and (until is None or at <= until):
            self.clock.set(at)
            await self._instant()
            self.progress(self._next, at)

    async def _stillness(self) -> None:
        if self.still is not None:
            await self.still.wait()

    def _soonest(self) -> datetime | None:
        due = self.agenda.next_at()
        call = self.calls[self._next].at if self._next < len(self.calls) else None
        return min((at for at in (due, call) if at is not None), default=None)

    async def _instant(self) -> None:
        """Do all that is due now, in the order of the phases, until nothing is."""
        now = self.clock.now()
        while (at := self._soonest()) is not None and at <= now:
            await self._side_by_side()
            while (due := self.agenda.pop(now, Phase.CHANCES)) is not None:
                await self.players.do(due)
                await self._stillness()
            await self._take_calls(now)
            if (due := self.agenda.pop(now, Phase.PAPERS)) is not None:
                await self.players.do(due)
                await self._stillness()

    async def _side_by_side(self) -> None:
        """Let people at different doors act without waiting for one another's consequences."""
        acted = False
        while (due := self.agenda.pop(self.clock.now(), Phase.DOORS)) is not None:
            await self.players.do(due)
            acted = True
        if acted:
            await self._stillness()

    async def _take_calls(self, now: datetime) -> None:
        """Take the calls of this instant; one elder's second call waits until the first has had its consequences."""
        homes: set[int] = set()
        while self._next < len(self.calls) and self.calls[self._next].at <= now:
            call = self.calls[self._next]
            if call.home in homes:
                await self._stillness()
                homes.clear()
            homes.add(call.home)
            await self.take(call)
            self._next += 1
        if homes:
            await self._stillness()

    async def take(self, call: Call) -> None:
        """Take one call as the operator does; a refusal is kept with its code."""
        asked = self.asked(call)
        pays = self.players.dice.chance(_OWN_COST, "pays", call.number)
        begun = perf_counter()
        try:
            async with self.works(OPERATOR) as work:
                request = await requests.place(
                    work,
                    person_id=self.people[call.home],
                    item_code=asked.item,
                    earliest=asked.earliest,
                    latest=asked.latest,
                    urgent=asked.urgent,
                    asked_at=call.at,
                    channel=Channel.PHONE,
                    source_key=f"{_KEY}{call.number}",
                    accept_own_cost=pays,
                )
                self.agenda.placed[request.id] = placed(request)
                self.speeds.begun[request.id] = begun
        except Refusal as refusal:
            row = {"number": call.number, "code": refusal.code, "refused_at": self.clock.now()}
            async with self.works(OPERATOR) as work:
                await work.session.execute(insert(RefusedCall).values(row).on_conflict_do_nothing())
