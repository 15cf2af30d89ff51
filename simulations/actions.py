"""Do what the agenda says, by the same verbs and in the same roles as the people it stands for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid5

from sqlalchemy import or_, select

from dispatch.enrolment import wallet
from dispatch.escalation import operations as escalation
from dispatch.matching import operations as matching
from dispatch.visits import operations as visits
from dispatch.visits import visit_codes
from dispatch.visits.model import Visit
from dispatch.visits.operations import ActIn
from events.work import Work, Works
from kit import clock
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from kit.ids import new_id
from kit.refusal import Refusal
from providers.satisfaction import complaints
from providers.satisfaction import operations as satisfaction
from providers.satisfaction.model import CallBack, CallState
from providers.settlement import operations as settlement
from providers.settlement.model import Statement, StatementState
from simulations.population import desk
from simulations.sampling import Dice
from simulations.schedule import Agenda, Deed, Due, Trip

OPERATOR = desk(Role.OPERATOR, "话务员")
MANAGER = desk(Role.MANAGER, "管理员")
DRAWER, APPROVER, CASHIER = (desk(Role.FINANCE, name) for name in ("制单", "复核", "出纳"))
_ACTS = UUID("6d9e0f6e-3d1c-5b55-9f0c-0a3a54b1f6a1")
_REASONS = ("no_worker", "too_far", "equipment")
_NEAR = 0.00009  # about ten metres of latitude


def company_person(provider_id: UUID) -> Actor:
    """Give the person who speaks for a company."""
    return Actor(Role.PROVIDER, "企业调度", uuid5(_ACTS, str(provider_id)), Company(provider_id))


@dataclass(slots=True)
class Players:
    """Everybody of a simulation: what they do next, and the platform they do it on."""

    works: Works
    agenda: Agenda
    dice: Dice

    async def do(self, due: Due) -> None:
        """Do one deed; what the platform refuses is over, for whoever tries is refused with a sentence and goes on."""
        try:
            if due.trip is not None:
                await _VISIT_DEEDS[due.deed](self, due.trip)
            else:
                await _ROUNDS[due.deed](self)
        except Refusal:
            self.agenda.refused += 1

    def company(self, trip: Trip) -> Actor:
        """Give the company's dispatcher."""
        return company_person(trip.provider_id)

    def worker(self, trip: Trip) -> Actor:
        """Give the worker who leads the visit."""
        worker = trip.workers[0]
        return Actor(
            Role.WORKER,
            "服务人员",
            uuid5(_ACTS, f"{worker}"),
            Company(trip.provider_id, worker),
        )

    def score(self, trip: Trip, about: str) -> int:
        """Say how content an elder is with a visit: the telephone and the code hear nearly the same."""
        scores = ((5, 70), (4, 22), (3, 5), (2, 2), (1, 1))
        return self.dice.weighted(scores, "score", about, trip.call, trip.attempt)

    async def operate(self, actor: Actor, verb: Callable[[Work], Awaitable[object]]) -> None:
        """Do something in a piece of work of its own."""
        async with self.works(actor) as work:
            await verb(work)

    def at_the_door(self, trip: Trip, about: str, code: str | None = None) -> ActIn:
        """Say what a phone reports: mostly where it is, sometimes nothing, somewhere else, or a made-up place."""
        key = (about, trip.call, trip.attempt)
        kind = self.dice.weighted((("near", 950), ("none", 30), ("far", 15), ("mocked", 5)), "fix", *key)
        away = _NEAR * self.dice.between(-1, 1, "north", *key) * (400 if kind == "far" else 1)
        act = ActIn(id=new_id(), claimed_at=self.works.clock.now(), code=code, mocked=kind == "mocked")
        if kind == "none":
            return act
        north, east = round(trip.door[0] + away, 6), trip.door[1]
        return replace(act, latitude=north, longitude=east, accuracy_metres=12.0, fix_age_seconds=3.0)


async def _answer(players: Players, trip: Trip) -> None:
    await players.operate(players.company(trip), partial(visits.accept, offer_id=trip.offer_id))


async def _refuse(players: Players, trip: Trip) -> None:
    reason = players.dice.pick(_REASONS, "refusal", trip.call, trip.attempt)
    await players.operate(players.company(trip), partial(visits.refuse, offer_id=trip.offer_id, reason=reason))


async def _depart(players: Players, trip: Trip) -> None:
    act = ActIn(id=new_id(), claimed_at=players.works.clock.now())
    await players.operate(players.worker(trip), partial(visits.depart, visit_id=trip.visit_id, act=act))


async def _arrive(players: Players, trip: Trip) -> None:
    at = players.agenda.may_arrive(trip)
    if at > players.works.clock.now():
        players.agenda.put(Deed.ARRIVE, at, trip)
        return
    tells = players.dice.chance(0.96, "tells the code", trip.call, trip.attempt) and not players.agenda.nobody_home(
        trip
    )

    async def sign_in(work: Work) -> None:
        act = players.at_the_door(trip, "arrive", visit_codes.code(work, trip.visit_id) if tells else None)
        await visits.arrive(work, visit_id=trip.visit_id, act=act)

    await players.operate(players.worker(trip), sign_in)


async def _leave(players: Players, trip: Trip) -> None:
    act = players.at_the_door(trip, "leave")
    verb = visits.nobody_home if players.agenda.nobody_home(trip) else visits.leave
    await players.operate(players.worker(trip), partial(verb, visit_id=trip.visit_id, act=act))


async def _abort(players: Players, trip: Trip) -> None:
    act = ActIn(id=new_id(), claimed_at=players.works.clock.now(), reason="vehicle")
    await players.operate(players.worker(trip), partial(visits.abort, visit_id=trip.visit_id, act=act))


async def _rate(players: Players, trip: Trip) -> None:
    code, score = satisfaction.feedback_code(players.works.vault, trip.visit_id), players.score(trip, "code")
    await players.operate(
        SYSTEM("feedback page"),
        partial(satisfaction.give_by_code, visit_id=trip.visit_id, code=code, score=score),
    )


async def _decide_held(players: Players, trip: Trip) -> None:
    stands = players.dice.chance(0.85, "stands", trip.call, trip.attempt)

    async def decide(work: Work) -> None:
        found = await work.session.get_one(Visit, trip.visit_id)
        whole = found.arrived_at is not None and found.left_at is not None
        await visits.decide_held(work, visit_id=trip.visit_id, stands=stands and whole, reason="核查")

    await players.operate(MANAGER, decide)


async def _complain(players: Players, trip: Trip) -> None:
    await players.operate(OPERATOR, partial(complaints.receive, visit_id=trip.visit_id, words="服务不满意"))


async def _settle_complaint(players: Players, trip: Trip) -> None:
    complaint_id = trip.complaint_id
    assert complaint_id is not None  # noqa: S101 - the deed is put when the complaint is told
    upheld = players.dice.chance(0.6, "upheld", trip.call, trip.attempt)
    percent = players.dice.pick((50, 80, 100), "percent", trip.call, trip.attempt) if upheld else 0

    async def settle(work: Work) -> None:
        await complaints.acknowledge(work, complaint_id=complaint_id)
        await complaints.investigated(work, complaint_id=complaint_id)
        await complaints.decide(work, complaint_id=complaint_id, upheld=upheld, deduction_percent=percent)
        if upheld:
            await complaints.remedied(work, complaint_id=complaint_id)
        await complaints.close(work, complaint_id=complaint_id)

    await players.operate(MANAGER, settle)


async def _call_back(players: Players) -> None:
    """Go through the list of elders to be asked, as the operators do every morning at ten."""
    async with players.works(OPERATOR) as work:
        # Whoever was tried at this very instant has had the round already: it was cut short, and is gone through again.
        fresh = or_(CallBack.last_try_at.is_(None), CallBack.last_try_at < work.now)
        query = select(CallBack.id, CallBack.visit_id, CallBack.tries).where(CallBack.state == CallState.ASKED, fresh)
        waiting = [(players.agenda.trips[row.visit_id], row.id, row.tries) for row in await work.session.execute(query)]
    for trip, call_back_id, tries in sorted(waiting, key=lambda one: (one[0].call, one[0].attempt)):
        about = (trip.call, trip.attempt, tries)
        try:
            if players.dice.chance(0.2, "no answer", *about):
                await players.operate(OPERATOR, partial(satisfaction.record_no_answer, call_back_id=call_back_id))
                continue
            answers = satisfaction.Answers(
                came=True,
                stayed_minutes=round(trip.minutes),
                goods_instead=False,
                score=players.score(trip, "call"),
            )
            await players.operate(
                OPERATOR,
                partial(satisfaction.record_call_back, call_back_id=call_back_id, answers=answers),
            )
        except Refusal:
            players.agenda.refused += 1
    async with players.works(OPERATOR) as work:
        left = (
            await work.session.execute(select(CallBack.id).where(CallBack.state == CallState.ASKED).limit(1))
        ).first()
    if left is not None:
        players.agenda.put(Deed.CALL_BACK, players.agenda.call_back_at(clock.day_of(players.works.clock.now())))


async def _month(players: Players) -> None:
    """Draw up, confirm, approve and pay all that is unstated of the months that are over."""
    now = players.works.clock.now()
    month = clock.month_of(clock.month_bounds(clock.month_of(now))[0] - timedelta(days=1))
    await players.operate(DRAWER, partial(settlement.draw_up, month=month))
    async with players.works(DRAWER) as work:
        query = select(Statement).where(Statement.state != StatementState.PAID).order_by(Statement.provider_id)
        waiting = (await work.session.execute(query)).scalars().all()
    for statement in waiting:
        if statement.state is StatementState.DRAFT:
            await players.operate(
                company_person(statement.provider_id), partial(settlement.confirm, statement_id=statement.id)
            )
        if statement.state is not StatementState.APPROVED:
            await players.operate(APPROVER, partial(settlement.approve, statement_id=statement.id))
        await players.operate(CASHIER, partial(settlement.pay, statement_id=statement.id, reference=month))


async def _night(players: Players) -> None:
    """Do what the ticker does once in a while: months turn, silence counts, addresses are closed again."""
    for chore in (wallet.turn_months, satisfaction.confirm_by_silence, visits.close_disclosures_due):
        await players.operate(SYSTEM("ticker"), chore)


async def _lapse(players: Players) -> None:
    await players.operate(SYSTEM("ticker"), visits.lapse_due)


async def _miss(players: Players) -> None:
    await players.operate(SYSTEM("ticker"), visits.miss_due)


async def _look_again(players: Players) -> None:
    await players.operate(SYSTEM("ticker"), matching.look_again)
    players.agenda.turned(players.works.clock.now())


async def _sweep(players: Players) -> None:
    await players.operate(SYSTEM("ticker"), escalation.sweep)
    players.agenda.turned(players.works.clock.now())


_VISIT_DEEDS: dict[Deed, Callable[[Players, Trip], Awaitable[None]]] = {
    Deed.ANSWER: _answer,
    Deed.REFUSE: _refuse,
    Deed.DEPART: _depart,
    Deed.ARRIVE: _arrive,
    Deed.LEAVE: _leave,
    Deed.ABORT: _abort,
    Deed.RATE: _rate,
    Deed.DECIDE_HELD: _decide_held,
    Deed.COMPLAIN: _complain,
    Deed.SETTLE_COMPLAINT: _settle_complaint,
    Deed.LAPSE: lambda players, _trip: _lapse(players),
    Deed.MISS: lambda players, _trip: _miss(players),
}
_ROUNDS: dict[Deed, Callable[[Players], Awaitable[None]]] = {
    Deed.CALL_BACK: _call_back,
    Deed.LOOK_AGAIN: _look_again,
    Deed.SWEEP: _sweep,
    Deed.NIGHT: _night,
    Deed.MONTH: _month,
}
