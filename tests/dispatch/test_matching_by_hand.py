"""What a person decides: search again, a change that helps, a chosen company or worker; every hard rule still holds."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

import dispatch.matching.handlers
import dispatch.visits.handlers  # noqa: F401 - importing subscribes its handlers
from dispatch.enrolment import operations as enrolment
from dispatch.enrolment.model import Category
from dispatch.matching import by_hand, colleagues, queries
from dispatch.matching.by_hand import AssignmentForbidden, DecisionSuperseded, NoRelaxation, RelaxationElsewhere
from dispatch.matching.colleagues import Colleague
from dispatch.matching.fleet.candidates import RuledOutReason
from dispatch.matching.model import DecisionRecord
from dispatch.requests import operations as requests
from dispatch.requests.model import CareRequest, RequestState
from dispatch.visits import bars
from dispatch.visits import operations as visits
from dispatch.visits import queries as seen
from dispatch.visits.lifecycle import VisitNotAllowed
from dispatch.visits.model import Visit
from dispatch.visits.transitions import VisitState
from events.work import Works
from kit.china.identifiers import Sex
from kit.clock import FixedClock
from kit.ids import new_id
from providers.roster import operations as roster
from providers.roster import queries as rosters
from tests.dispatch.stage import AREA, NINE, Stage, set_stage

Drain = Callable[[], Awaitable[int]]
TEN = NINE + timedelta(hours=1)
ALL_DAY = timedelta(days=1)


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    stage = await set_stage(works, clock, companies=2)
    async with stage.begin() as work:
        member = enrolment.Member(stage.elders[0], AREA, Category.LOW_INCOME, 4)
        await enrolment.take_over(work, members=[member])
    return stage


async def placed(stage: Stage, drain: Drain, *, sex: Sex | None = None) -> CareRequest:
    """Place a request of ten to half past ten and let it be dispatched."""
    async with stage.begin() as work:
        wanted = requests.NewRequest(
            person_id=stage.elders[0],
            item_code="B01",
            earliest=TEN,
            latest=TEN + timedelta(minutes=30),
            sex_wanted=sex,
            accept_own_cost=True,
        )
        request = await requests.place(work, wanted=wanted)
    await drain()
    return await now(stage, request)


async def now(stage: Stage, request: CareRequest) -> CareRequest:
    async with stage.begin() as work:
        return await work.session.get_one(CareRequest, request.id)


async def latest(stage: Stage, request: CareRequest) -> DecisionRecord:
    async with stage.begin() as work:
        return (await queries.decisions_of(work, request.id))[-1]


async def offered(stage: Stage) -> tuple[UUID, Visit]:
    async with stage.begin() as work:
        ((offer, visit),) = await seen.offers_of(work)
    return offer.id, visit


async def refused_by_all(stage: Stage, drain: Drain) -> CareRequest:
    """Place a request that each company refuses."""
    request = await placed(stage, drain)
    for _ in stage.companies:
        offer_id, visit = await offered(stage)
        async with stage.works(stage.person_of(stage.companies.index(visit.provider_id))) as work:
            await visits.refuse(work, offer_id=offer_id, reason="没人")
        await drain()
    request = await now(stage, request)
    assert request.state is RequestState.UNSERVED
    return request


async def away(stage: Stage, *workers: UUID) -> None:
    async with stage.begin() as work:
        for worker_id in workers:
            await roster.report_absence(work, worker_id=worker_id, from_at=NINE, until_at=NINE + ALL_DAY, reason="病")


async def rows_of(stage: Stage, visit: Visit) -> dict[UUID, Colleague]:
    async with stage.begin() as work:
        return {row.worker_id: row for row in await colleagues.colleagues(work, visit_id=visit.id)}


async def test_searching_again_asks_those_who_refused_only_when_a_person_says_so(stage: Stage, drain: Drain) -> None:
    request = await refused_by_all(stage, drain)
    for ask_again, state in ((False, RequestState.UNSERVED), (True, RequestState.OFFERED)):
        async with stage.begin() as work:
            await by_hand.dispatch_again(work, request_id=request.id, ask_again=ask_again, accept_own_cost=True)
        await drain()
        assert (await now(stage, request)).state is state


async def test_the_change_that_helps_is_applied_once(stage: Stage, drain: Drain) -> None:
    request = await refused_by_all(stage, drain)
    record = await latest(stage, request)
    assert record.relaxation is not None
    assert record.relaxation["change"] == "ask_again"
    async with stage.begin() as work:
        await by_hand.relax(work, request_id=request.id, decision_id=record.id, accept_own_cost=True)
    await drain()
    assert (await now(stage, request)).state is RequestState.OFFERED
    with pytest.raises(DecisionSuperseded):
        async with stage.begin() as work:
            await by_hand.relax(work, request_id=request.id, decision_id=record.id, accept_own_cost=True)


async def test_a_wish_for_a_sex_that_nobody_meets_is_given_up_with_the_elder(stage: Stage, drain: Drain) -> None:
    request = await placed(stage, drain, sex=Sex.MALE)
    record = await latest(stage, request)
    assert request.state is RequestState.UNSERVED
    assert record.relaxation is not None
    assert record.relaxation["change"] == "any_sex"
    async with stage.begin() as work:
        changed = await by_hand.relax(work, request_id=request.id, decision_id=record.id, accept_own_cost=True)
    assert changed.sex_wanted is None
    await drain()
    assert (await now(stage, request)).state is RequestState.OFFERED


async def test_a_change_of_a_roster_is_nothing_that_an_operator_applies(stage: Stage, drain: Drain) -> None:
    async with stage.begin() as work:
        for workers in stage.workers:
            for worker_id in workers:
                await bars.bar_worker(work, person_id=stage.elders[0], worker_id=worker_id, reason="不合")
    request = await placed(stage, drain)
    record = await latest(stage, request)
    assert request.state is RequestState.UNSERVED
    with pytest.raises((RelaxationElsewhere, NoRelaxation)):
        async with stage.begin() as work:
            await by_hand.relax(work, request_id=request.id, decision_id=record.id, accept_own_cost=True)
    assert (await now(stage, request)).state is RequestState.UNSERVED


async def test_a_chosen_company_is_asked_again_and_the_record_names_the_reason(stage: Stage, drain: Drain) -> None:
    request = await refused_by_all(stage, drain)
    async with stage.begin() as work:
        visit = await by_hand.assign(
            work,
            request_id=request.id,
            provider_id=stage.companies[1],
            worker_id=stage.workers[1][1],
            reason="公司来电同意",
            accept_own_cost=True,
        )
    assert (visit.provider_id, visit.worker_id) == (stage.companies[1], stage.workers[1][1])
    record = await latest(stage, request)
    assert (record.reason, record.worker_number) == ("公司来电同意", stage.numbers[stage.workers[1][1]])


async def test_no_person_sets_a_hard_rule_aside(stage: Stage, drain: Drain) -> None:
    request = await refused_by_all(stage, drain)
    await away(stage, *stage.workers[0])
    with pytest.raises(AssignmentForbidden) as refusal:
        async with stage.begin() as work:
            await by_hand.assign(
                work, request_id=request.id, provider_id=stage.companies[0], reason="试试", accept_own_cost=True
            )
    assert refusal.value.parameters["rules"] == [RuledOutReason.OFF_SHIFT]
    assert (await now(stage, request)).state is RequestState.UNSERVED


@pytest.mark.parametrize("stranger", ["company", "worker", "elsewhere"])
async def test_whom_the_company_does_not_have_cannot_be_chosen(stage: Stage, drain: Drain, stranger: str) -> None:
    request = await refused_by_all(stage, drain)
    provider_id = new_id() if stranger == "company" else stage.companies[0]
    worker_id = {"company": None, "worker": new_id(), "elsewhere": stage.workers[1][0]}[stranger]
    with pytest.raises((rosters.CompanyNotFound, rosters.WorkerNotFound)):
        async with stage.begin() as work:
            await by_hand.assign(work, request_id=request.id, provider_id=provider_id, worker_id=worker_id, reason="x")


async def test_a_company_sees_who_else_may_go_and_why_the_others_may_not(stage: Stage, drain: Drain) -> None:
    await placed(stage, drain)
    _, visit = await offered(stage)
    company = stage.companies.index(visit.provider_id)
    (other,) = [worker for worker in stage.workers[company] if worker != visit.worker_id]
    rows = await rows_of(stage, visit)
    assert [row.chosen for row in rows.values()] == [worker == visit.worker_id for worker in rows]
    assert rows[other].forbidden_by is None
    assert rows[other].travel_minutes is not None
    await away(stage, other)
    row = (await rows_of(stage, visit))[other]
    assert (row.forbidden_by, row.travel_minutes) == (RuledOutReason.OFF_SHIFT, None)
    async with stage.begin() as work:
        await bars.bar_worker(work, person_id=stage.elders[0], worker_id=other, reason="不合")
    assert (await rows_of(stage, visit))[other].forbidden_by is RuledOutReason.BARRED


async def test_a_worker_with_another_visit_in_those_hours_is_not_free(stage: Stage, drain: Drain) -> None:
    await placed(stage, drain)
    offer_id, visit = await offered(stage)
    company = stage.companies.index(visit.provider_id)
    (other,) = [worker for worker in stage.workers[company] if worker != visit.worker_id]
    await stage.add_elder()
    busy = await stage.add_request(elder=1, earliest=visit.planned_start)
    await stage.offer(busy, company=company, worker=stage.workers[company].index(other))
    assert (await rows_of(stage, visit))[other].forbidden_by is RuledOutReason.NO_GAP
    with pytest.raises(AssignmentForbidden):
        async with stage.works(stage.person_of(company)) as work:
            await colleagues.accept(work, offer_id=offer_id, worker_id=other)


async def test_an_offer_is_accepted_with_a_colleague_by_the_desk_but_not_from_a_phone(
    stage: Stage, drain: Drain
) -> None:
    await placed(stage, drain)
    offer_id, visit = await offered(stage)
    company = stage.companies.index(visit.provider_id)
    (other,) = [worker for worker in stage.workers[company] if worker != visit.worker_id]
    phone = stage.person_of(company, stage.workers[company].index(visit.worker_id))
    with pytest.raises(rosters.WorkerNotFound):
        async with stage.works(phone) as work:
            await colleagues.accept(work, offer_id=offer_id, worker_id=other)
    async with stage.works(stage.person_of(company)) as work:
        accepted = await colleagues.accept(work, offer_id=offer_id, worker_id=other)
    assert (accepted.worker_id, accepted.state) == (other, VisitState.ACCEPTED)


async def test_once_a_worker_is_on_the_way_nobody_else_is_weighed(stage: Stage, drain: Drain) -> None:
    await placed(stage, drain)
    offer_id, visit = await offered(stage)
    company = stage.companies.index(visit.provider_id)
    async with stage.works(stage.person_of(company)) as work:
        await colleagues.accept(work, offer_id=offer_id, worker_id=visit.worker_id)
    async with stage.begin() as work:
        row = await work.session.get_one(Visit, visit.id)
        row.state = VisitState.DEPARTED
    with pytest.raises(VisitNotAllowed):
        await rows_of(stage, visit)
