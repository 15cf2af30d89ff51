"""Carry out the actions of a schedule through the platform's operations, in the roles of the people they stand for."""

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
from providers.settlement import disputes
from providers.settlement import operations as settlement
from providers.settlement.model import Charge, Statement, StatementLine, StatementState
from providers.settlement.review import operations as review
from providers.settlement.review import queries as reviewed
from simulations.due_actions import Action, DueAction, Trip
from simulations.population import staff
from simulations.sampling import Sampler
from simulations.schedule import Schedule

OPERATOR = staff(Role.OPERATOR, "话务员")
MANAGER = staff(Role.MANAGER, "管理员")
DRAWER, APPROVER, CASHIER = (staff(Role.FINANCE, name) for name in ("制单", "复核", "出纳"))
_ACTS = UUID("6d9e0f6e-3d1c-5b55-9f0c-0a3a54b1f6a1")
_REASONS = ("no_worker", "too_far", "equipment")
_NEAR = 0.00009  # about ten metres of latitude


def company_person(provider_id: UUID) -> Actor:
    """Return the dispatcher of a company."""
    return Actor(Role.PROVIDER, "企业调度", uuid5(_ACTS, str(provider_id)), Company(provider_id))


@dataclass(slots=True)
class People:
    """The people of a simulation: their schedule, and the platform on which they act."""

    works: Works
    schedule: Schedule
    sampler: Sampler
    open_month: str = ""  # of its statements one is left in dispute, and one to the second person

    async def do(self, due: DueAction) -> None:
        """Carry out one action; a refusal ends it and is counted."""
        try:
            if due.trip is not None:
                await _VISIT_ACTIONS[due.action](self, due.trip)
            else:
                await _ROUND_ACTIONS[due.action](self)
        except Refusal:
            self.schedule.refused += 1

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
        """Draw an elder's score of a visit; the scores by telephone and by code differ little."""
        scores = ((5, 70), (4, 22), (3, 5), (2, 2), (1, 1))
        return self.sampler.weighted(scores, "score", about, trip.call, trip.attempt)

    async def operate(self, actor: Actor, verb: Callable[[Work], Awaitable[object]]) -> None:
        """Run one operation in a unit of work of its own."""
        async with self.works(actor) as work:
            await verb(work)

    def position_report(self, trip: Trip, about: str, code: str | None = None) -> ActIn:
        """Make a phone's report: mostly its true position, sometimes none, a wrong one or a mocked one."""
        key = (about, trip.call, trip.attempt)
        kind = self.sampler.weighted((("near", 950), ("none", 30), ("far", 15), ("mocked", 5)), "fix", *key)
        away = _NEAR * self.sampler.between(-1, 1, "north", *key) * (400 if kind == "far" else 1)
        act = ActIn(id=new_id(), claimed_at=self.works.clock.now(), code=code, mocked=kind == "mocked")
        if kind == "none":
            return act
        north, east = round(trip.door[0] + away, 6), trip.door[1]
        return replace(act, latitude=north, longitude=east, accuracy_metres=12.0, fix_age_seconds=3.0)


async def _answer(people: People, trip: Trip) -> None:
    await people.operate(people.company(trip), partial(visits.accept, offer_id=trip.offer_id))


async def _refuse(people: People, trip: Trip) -> None:
    reason = people.sampler.pick(_REASONS, "refusal", trip.call, trip.attempt)
    await people.operate(people.company(trip), partial(visits.refuse, offer_id=trip.offer_id, reason=reason))


async def _depart(people: People, trip: Trip) -> None:
    act = ActIn(id=new_id(), claimed_at=people.works.clock.now())
    await people.operate(people.worker(trip), partial(visits.depart, visit_id=trip.visit_id, act=act))


async def _arrive(people: People, trip: Trip) -> None:
    at = people.schedule.may_arrive(trip)
    if at > people.works.clock.now():
        people.schedule.put(Action.ARRIVE, at, trip)
        return
    has_code = people.sampler.chance(
        0.96, "tells the code", trip.call, trip.attempt
    ) and not people.schedule.nobody_home(trip)

    async def sign_in(work: Work) -> None:
        act = people.position_report(trip, "arrive", visit_codes.code(work, trip.visit_id) if has_code else None)
        await visits.arrive(work, visit_id=trip.visit_id, act=act)

    await people.operate(people.worker(trip), sign_in)


async def _leave(people: People, trip: Trip) -> None:
    act = people.position_report(trip, "leave")
    verb = visits.nobody_home if people.schedule.nobody_home(trip) else visits.leave
    await people.operate(people.worker(trip), partial(verb, visit_id=trip.visit_id, act=act))


async def _abort(people: People, trip: Trip) -> None:
    act = ActIn(id=new_id(), claimed_at=people.works.clock.now(), reason="vehicle")
    await people.operate(people.worker(trip), partial(visits.abort, visit_id=trip.visit_id, act=act))


async def _rate(people: People, trip: Trip) -> None:
    code, score = satisfaction.feedback_code(people.works.vault, trip.visit_id), people.score(trip, "code")
    await people.operate(
        SYSTEM("feedback page"),
        partial(satisfaction.give_by_code, visit_id=trip.visit_id, code=code, score=score),
    )


async def _decide_held(people: People, trip: Trip) -> None:
    stands = people.sampler.chance(0.85, "stands", trip.call, trip.attempt)

    async def decide(work: Work) -> None:
        visit = await work.session.get_one(Visit, trip.visit_id)
        whole = visit.arrived_at is not None and visit.left_at is not None
        await visits.decide_held(work, visit_id=trip.visit_id, stands=stands and whole, reason="核查")

    await people.operate(MANAGER, decide)


async def _complain(people: People, trip: Trip) -> None:
    await people.operate(OPERATOR, partial(complaints.receive, visit_id=trip.visit_id, words="服务不满意"))


async def _settle_complaint(people: People, trip: Trip) -> None:
    complaint_id = trip.complaint_id
    assert complaint_id is not None  # noqa: S101 - scheduled by ComplaintReceived
    upheld = people.sampler.chance(0.6, "upheld", trip.call, trip.attempt)
    percent = people.sampler.pick((50, 80, 100), "percent", trip.call, trip.attempt) if upheld else 0

    async def settle(work: Work) -> None:
        await complaints.acknowledge(work, complaint_id=complaint_id)
        await complaints.investigated(work, complaint_id=complaint_id)
        await complaints.decide(work, complaint_id=complaint_id, upheld=upheld, deduction_percent=percent)
        if upheld:
            await complaints.remedied(work, complaint_id=complaint_id)
        await complaints.close(work, complaint_id=complaint_id)

    await people.operate(MANAGER, settle)


async def _call_back(people: People) -> None:
    """Go through the list of elders to be asked, as the operators do every morning at ten."""
    async with people.works(OPERATOR) as work:
        # A call-back tried at this instant belongs to a round that a kill cut short: the round is repeated without it.
        fresh = or_(CallBack.last_try_at.is_(None), CallBack.last_try_at < work.now)
        query = select(CallBack.id, CallBack.visit_id, CallBack.tries).where(CallBack.state == CallState.ASKED, fresh)
        waiting = [
            (people.schedule.trips[row.visit_id], row.id, row.tries) for row in await work.session.execute(query)
        ]
    for trip, call_back_id, tries in sorted(waiting, key=lambda entry: (entry[0].call, entry[0].attempt)):
        about = (trip.call, trip.attempt, tries)
        try:
            if people.sampler.chance(0.2, "no answer", *about):
                await people.operate(OPERATOR, partial(satisfaction.record_no_answer, call_back_id=call_back_id))
                continue
            answers = satisfaction.Answers(
                came=True,
                stayed_minutes=round(trip.minutes),
                goods_instead=False,
                score=people.score(trip, "call"),
            )
            await people.operate(
                OPERATOR,
                partial(satisfaction.record_call_back, call_back_id=call_back_id, answers=answers),
            )
        except Refusal:
            people.schedule.refused += 1
    async with people.works(OPERATOR) as work:
        left = (
            await work.session.execute(select(CallBack.id).where(CallBack.state == CallState.ASKED).limit(1))
        ).first()
    if left is not None:
        people.schedule.put(Action.CALL_BACK, people.schedule.call_back_at(clock.day_of(people.works.clock.now())))


async def _month(people: People) -> None:
    """Draw up, confirm, approve and pay all that is unstated of the months that are over."""
    now = people.works.clock.now()
    month = clock.month_of(clock.month_bounds(clock.month_of(now))[0] - timedelta(days=1))
    await people.operate(DRAWER, partial(settlement.draw_up, month=month))
    async with people.works(DRAWER) as work:
        query = select(Statement).where(Statement.state != StatementState.PAID).order_by(Statement.provider_id)
        waiting = (await work.session.execute(query)).scalars().all()
    largest = [statement.id for statement in sorted(waiting, key=lambda paper: -paper.lines)][:2]
    in_dispute, unapproved = largest if month == people.open_month and len(largest) == 2 else (None, None)
    for statement in waiting:
        if statement.id == in_dispute:
            await _dispute(people, statement)
            continue
        if statement.state is StatementState.DRAFT:
            await people.operate(
                company_person(statement.provider_id), partial(settlement.confirm, statement_id=statement.id)
            )
        if statement.id == unapproved:
            await _review(people, statement.id)
            continue
        if statement.state is not StatementState.APPROVED:
            await _review(people, statement.id)
            await people.operate(APPROVER, partial(settlement.approve, statement_id=statement.id))
        await people.operate(CASHIER, partial(settlement.pay, statement_id=statement.id, reference=month))


async def _dispute(people: People, statement: Statement) -> None:
    """Object to the line of a statement from which most was taken."""
    async with people.works(DRAWER) as work:
        query = (
            select(StatementLine.id)
            .join(Charge, Charge.id == StatementLine.charge_id)
            .where(StatementLine.statement_id == statement.id)
            .order_by(Charge.deducted_fen.desc(), StatementLine.position)
            .limit(1)
        )
        line_id = (await work.session.execute(query)).scalar_one()
    verb = partial(disputes.dispute, line_id=line_id, reason="服务已完成，扣款不应计")
    await people.operate(company_person(statement.provider_id), verb)


async def _review(people: People, statement_id: UUID) -> None:
    """Look at what was drawn, or is reviewed by rule: all of it stands, for which lines are drawn differs each time."""
    async with people.works(APPROVER) as work:
        lines = [row.line_id for row in await reviewed.reviews(work, statement_id) if row.stands is None]
    for line_id in lines:
        await people.operate(APPROVER, partial(review.decide, line_id=line_id, stands=True, note="走访属实"))


async def _night(people: People) -> None:
    """Do what the ticker does once in a while: months turn, silence counts, addresses are closed again."""
    chores = (wallet.turn_months, satisfaction.confirm_by_silence, visits.close_disclosures_due, review.commit_seeds)
    for chore in chores:
        await people.operate(SYSTEM("ticker"), chore)


async def _lapse(people: People) -> None:
    await people.operate(SYSTEM("ticker"), visits.lapse_due)


async def _miss(people: People) -> None:
    await people.operate(SYSTEM("ticker"), visits.miss_due)


async def _look_again(people: People) -> None:
    await people.operate(SYSTEM("ticker"), matching.look_again)
    people.schedule.repeat_rounds(people.works.clock.now())


async def _sweep(people: People) -> None:
    await people.operate(SYSTEM("ticker"), escalation.sweep)
    people.schedule.repeat_rounds(people.works.clock.now())


_VISIT_ACTIONS: dict[Action, Callable[[People, Trip], Awaitable[None]]] = {
    Action.ANSWER: _answer,
    Action.REFUSE: _refuse,
    Action.DEPART: _depart,
    Action.ARRIVE: _arrive,
    Action.LEAVE: _leave,
    Action.ABORT: _abort,
    Action.RATE: _rate,
    Action.DECIDE_HELD: _decide_held,
    Action.COMPLAIN: _complain,
    Action.SETTLE_COMPLAINT: _settle_complaint,
    Action.LAPSE: lambda people, _trip: _lapse(people),
    Action.MISS: lambda people, _trip: _miss(people),
}
_ROUND_ACTIONS: dict[Action, Callable[[People], Awaitable[None]]] = {
    Action.CALL_BACK: _call_back,
    Action.LOOK_AGAIN: _look_again,
    Action.SWEEP: _sweep,
    Action.NIGHT: _night,
    Action.MONTH: _month,
}
