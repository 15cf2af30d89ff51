"""A reported death stops what is new and asks a person; withdrawn or corrected, everything goes on."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from uuid import UUID

import pytest

from dispatch.enrolment import handlers as enrolment_handlers
from dispatch.enrolment import operations as enrolment
from dispatch.enrolment import queries as enrolments
from dispatch.enrolment.model import Category, EnrolmentState
from dispatch.escalation import handlers as escalation_handlers
from dispatch.escalation import queries as cases
from dispatch.escalation.model import Case, CaseKind, CaseState
from dispatch.matching import handlers as matching_handlers
from dispatch.matching import operations as matching
from dispatch.requests import checks, queries
from dispatch.requests import handlers as requests_handlers
from dispatch.requests import operations as requests
from dispatch.requests.model import Channel, RequestState, StandingState
from dispatch.requests.standing import Wanted
from dispatch.visits import handlers as visits_handlers
from dispatch.visits import operations as visits
from dispatch.visits import queries as offered
from events.work import Works
from kit.access.actor import Actor
from kit.access.roles import Role
from kit.clock import FixedClock
from registry import operations as registry
from tests.dispatch.stage import AREA, MANAGER, NINE, SYSTEM_ACTOR, Stage, set_stage

Drain = Callable[[], Awaitable[int]]
OPERATOR = Actor(Role.OPERATOR, "operator", account_id=UUID(int=401))
_ = enrolment_handlers, escalation_handlers, matching_handlers, requests_handlers, visits_handlers
DAILY = Wanted(item_code="B01", weekdays=127, from_minute=600, to_minute=720, starts_on=date(2026, 3, 3))


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    stage = await set_stage(works, clock, companies=1)
    async with works(SYSTEM_ACTOR) as work:
        await enrolment.take_over(work, members=[enrolment.Member(stage.elders[0], AREA, Category.LOW_INCOME, 2)])
    async with works(OPERATOR) as work:
        await requests.place_standing_order(work, person_id=stage.elders[0], wanted=DAILY)
    return stage


async def place(stage: Stage, hours: int = 1) -> UUID:
    async with stage.works(OPERATOR) as work:
        earliest = NINE + timedelta(hours=hours)
        request = await requests.place(
            work,
            wanted=requests.NewRequest(
                person_id=stage.elders[0],
                item_code="B01",
                earliest=earliest,
                latest=earliest + timedelta(hours=2),
                override_duplicate=True,
                channel=Channel.PHONE,
            ),
        )
        return request.id


async def report(stage: Stage) -> None:
    async with stage.works(OPERATOR) as work:
        await registry.report_death(work, person_id=stage.elders[0], died_on=date(2026, 3, 1), source="村")


async def state_of(stage: Stage, request_id: UUID) -> RequestState:
    async with stage.works(SYSTEM_ACTOR) as work:
        return (await queries.request(work, request_id)).state


async def about(stage: Stage, kind: CaseKind) -> Case:
    async with stage.works(SYSTEM_ACTOR) as work:
        (case,) = [case for case in await cases.cases_of(work, stage.elders[0]) if case.kind is kind]
        return case


async def offers(stage: Stage, request_id: UUID) -> list[str]:
    async with stage.works(SYSTEM_ACTOR) as work:
        pairs = await offered.offers_of(work)
        return [visit.state for _, visit in pairs if visit.request_id == request_id]


async def test_a_report_stops_what_is_new_and_its_withdrawal_lets_all_go_on(stage: Stage, drain: Drain) -> None:
    request_id = await place(stage)
    await drain()
    assert await state_of(stage, request_id) is RequestState.OFFERED
    await report(stage)
    await drain()
    assert await state_of(stage, request_id) is RequestState.WAITING
    case = await about(stage, CaseKind.DEATH_REPORTED)
    assert (case.owner_role, case.facts, case.state) == (Role.MANAGER, {"promised": 0}, CaseState.OPEN)
    with pytest.raises(checks.ElderDeathReported):
        await place(stage, hours=4)
    async with stage.works(OPERATOR) as work:
        with pytest.raises(checks.ElderDeathReported):
            await requests.place_standing_order(work, person_id=stage.elders[0], wanted=DAILY)
    async with stage.works(SYSTEM_ACTOR) as work:
        await matching.look_again(work)
        assert await requests.materialise(work, on=date(2026, 3, 3)) == 0
    assert await state_of(stage, request_id) is RequestState.WAITING
    async with stage.works(MANAGER) as work:
        await registry.withdraw_death_report(work, person_id=stage.elders[0])
    await drain()
    assert await state_of(stage, request_id) is RequestState.OFFERED
    assert (await about(stage, CaseKind.DEATH_REPORTED)).state is CaseState.CLOSED
    async with stage.works(SYSTEM_ACTOR) as work:
        assert await requests.materialise(work, on=date(2026, 3, 3)) == 1
    later = await place(stage, hours=4)
    await drain()
    assert await state_of(stage, later) is RequestState.OFFERED


async def test_a_promised_visit_stays_for_a_person_to_decide(stage: Stage, drain: Drain) -> None:
    request_id = await place(stage)
    await drain()
    await stage_accept(stage, request_id)
    await drain()
    await report(stage)
    await drain()
    assert await state_of(stage, request_id) is RequestState.ACCEPTED
    assert (await about(stage, CaseKind.DEATH_REPORTED)).facts == {"promised": 1}


async def stage_accept(stage: Stage, request_id: UUID) -> None:
    async with stage.works(stage.person_of(0)) as work:
        (offer,) = [offer for offer, visit in await offered.offers_of(work) if visit.request_id == request_id]
        await visits.accept(work, offer_id=offer.id)


async def test_somebody_who_is_alive_after_all_is_served_again(stage: Stage, drain: Drain) -> None:
    request_id = await place(stage)
    await drain()
    await report(stage)
    await drain()
    async with stage.works(MANAGER) as work:
        await registry.confirm_death(work, person_id=stage.elders[0])
    await drain()
    assert await state_of(stage, request_id) is RequestState.CANCELLED
    assert (await about(stage, CaseKind.DEATH_REPORTED)).state is CaseState.CLOSED
    async with stage.works(SYSTEM_ACTOR) as work:
        standing = await enrolments.standing(work, stage.elders[0], work.now)
        assert standing is not None
        assert standing.state is EnrolmentState.ENDED
        (order,) = await queries.standing_orders(work, person_id=stage.elders[0])
        assert order.state is StandingState.ENDED
    async with stage.works(MANAGER) as work:
        await registry.correct_death(work, person_id=stage.elders[0], died_on=None, source="派出所")
    await drain()
    async with stage.works(SYSTEM_ACTOR) as work:
        standing = await enrolments.standing(work, stage.elders[0], work.now)
        assert standing is not None
        assert (standing.state, standing.quota_left_fen > 0) == (EnrolmentState.ACTIVE, True)
        (order,) = await queries.standing_orders(work, person_id=stage.elders[0])
        assert order.state is StandingState.ACTIVE
    case = await about(stage, CaseKind.DEATH_CORRECTED)
    assert (case.owner_role, case.facts) == (Role.MANAGER, {"alive": True, "withdrawn_requests": 1})
    assert await state_of(stage, request_id) is RequestState.CANCELLED, "what was withdrawn is for a person to ask anew"
    again = await place(stage, hours=4)
    await drain()
    assert await state_of(stage, again) is RequestState.OFFERED


async def test_another_day_of_death_corrects_the_last_day_and_asks_a_person(stage: Stage, drain: Drain) -> None:
    await report(stage)
    await drain()
    async with stage.works(MANAGER) as work:
        await registry.confirm_death(work, person_id=stage.elders[0])
    await drain()
    async with stage.works(MANAGER) as work:
        await registry.correct_death(work, person_id=stage.elders[0], died_on=date(2026, 2, 27), source="医院")
    await drain()
    async with stage.works(SYSTEM_ACTOR) as work:
        (ended,) = await enrolments.history(work, stage.elders[0])
        assert (ended.state, ended.ended_on) == (EnrolmentState.ENDED, date(2026, 2, 27))
    assert (await about(stage, CaseKind.DEATH_CORRECTED)).facts["alive"] is False
