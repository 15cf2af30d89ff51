"""Drive a simulation: the clock stands until every event is handled, and then moves to the next action or call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from dispatch.requests import operations as requests
from dispatch.requests.model import CareRequest, Channel
from events.contracts.care_requests import CareRequested
from events.contracts.event import REGISTRY, Envelope, Event
from events.contracts.offers import VisitOffered
from events.delivery.bus import Deliverer
from events.delivery.drained import Drained
from events.delivery.message import Claim
from events.model import LoggedEvent
from events.work import Works
from kit.access.actor import SYSTEM
from kit.clock import FixedClock
from kit.refusal import Refusal
from providers.satisfaction.model import CallBack, CallState
from simulations.actions import OPERATOR, People
from simulations.due_actions import Action, Phase, PlacedCall
from simulations.model import RefusedCall
from simulations.request_lists import Asked, Call
from simulations.schedule import Schedule

_OWN_COST = 0.35
_KEY = "call-"
_BEYOND = 10**12
_REQUESTED = CareRequested.type_name()


def placed_call(request: CareRequest) -> PlacedCall:
    """Return the call that a request came from; a request without a call gets a number above all calls."""
    key = request.source_key or ""
    number = int(key.removeprefix(_KEY)) if key.startswith(_KEY) else _BEYOND + request.number
    return PlacedCall(number, (request.latitude, request.longitude), request.latest, request.urgent)


@dataclass(slots=True)
class Latencies:
    """Milliseconds of this process: from the operator's saving to an offer that the company can see."""

    begun: dict[UUID, float] = field(default_factory=dict)
    request_to_offer: list[float] = field(default_factory=list)
    decision: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Driver:
    """One running simulation: the calls still to come, and the schedule that follows from the earlier ones."""

    works: Works
    clock: FixedClock
    drained: Drained | None
    people: People
    calls: Sequence[Call]
    elders: Sequence[UUID]
    asked: Callable[[Call], Asked]
    latencies: Latencies = field(default_factory=Latencies)
    progress: Callable[[int, datetime], None] = lambda _done, _at: None
    _next: int = 0

    @property
    def schedule(self) -> Schedule:
        """Return what is due."""
        return self.people.schedule

    def listen(self, deliverer: Deliverer) -> None:
        """Listen to every committed event and to how long its handling took, beside the present listeners."""
        before, beside = self.works.on_emitted, deliverer.on_delivered

        def on_emitted(envelopes: list[Envelope]) -> None:
            if before is not None:
                before(envelopes)
            for envelope in envelopes:
                self._apply(envelope.event(), envelope.occurred_at)

        def on_delivered(group: str, claim: Claim, seconds: float) -> None:
            if beside is not None:
                beside(group, claim, seconds)
            if group == "matching" and claim.type == _REQUESTED:
                self.latencies.decision.append(seconds * 1000)

        self.works.on_emitted, deliverer.on_delivered = on_emitted, on_delivered

    def _apply(self, event: Event, at: datetime) -> None:
        self.schedule.apply(event, at)
        if isinstance(event, VisitOffered) and (begun := self.latencies.begun.pop(event.request_id, None)) is not None:
            self.latencies.request_to_offer.append((perf_counter() - begun) * 1000)

    async def resume(self, since: datetime | None = None) -> None:
        """Rebuild the schedule of an earlier process from the log; without one, begin before the first call.

        With `since`, only later events are applied; visits offered before are ignored.
        """
        async with self.works(SYSTEM("simulation")) as work:
            requests_ = select(CareRequest)
            logged = select(LoggedEvent.type, LoggedEvent.data, LoggedEvent.occurred_at).order_by(LoggedEvent.position)
            if since is not None:
                requests_ = requests_.where(CareRequest.entered_at >= since)
                logged = logged.where(LoggedEvent.occurred_at >= since)
            for request in (await work.session.execute(requests_)).scalars():
                self.schedule.placed[request.id] = placed_call(request)
            refused = (await work.session.execute(select(RefusedCall.number, RefusedCall.refused_at))).all()
            calls = {call.call for call in self.schedule.placed.values()} | {row.number for row in refused}
            self._next = max(calls, default=-1) + 1
            last = max([self.clock.now(), *(row.refused_at for row in refused)])
            for kind, data, at in (await work.session.execute(logged)).all():
                try:
                    self.schedule.apply(REGISTRY[kind].model_validate(data), at)
                except KeyError:
                    if since is None:
                        raise
                last = max(last, at)
            asked = select(CallBack.id).where(CallBack.state == CallState.ASKED).limit(1)
            asking = (await work.session.execute(asked)).first() is not None
        self.clock.set(last)
        if self.drained is not None:
            await self.drained.count_outstanding()
        self.schedule.resume(last)
        if asking and not self.schedule.has(Action.CALL_BACK):
            self.schedule.put(Action.CALL_BACK, self.schedule.call_back_at_or_after(last))

    async def run(self, until: datetime | None = None) -> None:
        """Play to the end, every call made, every visit settled, every statement paid; or `until` an instant."""
        await self._wait_until_drained()
        await self._instant()
        while (at := self._soonest()) is not None and (until is None or at <= until):
            self.clock.set(at)
            await self._instant()
            self.progress(self._next, at)

    async def _wait_until_drained(self) -> None:
        if self.drained is not None:
            await self.drained.wait()

    def _soonest(self) -> datetime | None:
        due = self.schedule.next_at()
        call = self.calls[self._next].at if self._next < len(self.calls) else None
        return min((at for at in (due, call) if at is not None), default=None)

    async def _instant(self) -> None:
        """Do all that is due now, in the order of the phases, until nothing is."""
        now = self.clock.now()
        while (at := self._soonest()) is not None and at <= now:
            await self._side_by_side()
            while (due := self.schedule.pop(now, Phase.DISPATCH)) is not None:
                await self.people.do(due)
                await self._wait_until_drained()
            await self._take_calls(now)
            if (due := self.schedule.pop(now, Phase.OFFICE)) is not None:
                await self.people.do(due)
                await self._wait_until_drained()

    async def _side_by_side(self) -> None:
        """Carry out the actions at different doors without waiting for the handlers in between."""
        acted = False
        while (due := self.schedule.pop(self.clock.now(), Phase.ON_SITE)) is not None:
            await self.people.do(due)
            acted = True
        if acted:
            await self._wait_until_drained()

    async def _take_calls(self, now: datetime) -> None:
        """Take the calls of this instant; one elder's second call waits until the first has had its consequences.

        So does an urgent one: decided together with those before it, it would come first or not by the speed of the
        machine.
        """
        homes: set[int] = set()
        while self._next < len(self.calls) and self.calls[self._next].at <= now:
            call = self.calls[self._next]
            if call.home in homes or (homes and self.asked(call).urgent):
                await self._wait_until_drained()
                homes.clear()
            homes.add(call.home)
            await self.take(call)
            self._next += 1
        if homes:
            await self._wait_until_drained()

    async def take(self, call: Call) -> None:
        """Take one call as the operator does; a refusal is kept with its code."""
        asked = self.asked(call)
        pays = self.people.sampler.chance(_OWN_COST, "pays", call.number)
        begun = perf_counter()
        try:
            async with self.works(OPERATOR) as work:
                request = await requests.place(
                    work,
                    wanted=requests.NewRequest(
                        person_id=self.elders[call.home],
                        item_code=asked.item,
                        earliest=asked.earliest,
                        latest=asked.latest,
                        urgent=asked.urgent,
                        asked_at=call.at,
                        channel=Channel.PHONE,
                        source_key=f"{_KEY}{call.number}",
                        accept_own_cost=pays,
                    ),
                )
                self.schedule.placed[request.id] = placed_call(request)
                self.latencies.begun[request.id] = begun
        except Refusal as refusal:
            row = {"number": call.number, "code": refusal.code, "refused_at": self.clock.now()}
            async with self.works(OPERATOR) as work:
                await work.session.execute(insert(RefusedCall).values(row).on_conflict_do_nothing())
