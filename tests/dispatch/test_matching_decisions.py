"""From a request to an offer, to the next best, to nobody: on the real database, by the real events."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

import dispatch.matching.handlers
import dispatch.visits.handlers  # noqa: F401 - importing subscribes its handlers
from dispatch.matching import operations as matching
from dispatch.matching import queries
from dispatch.matching.fleet.candidates import RuledOutReason
from dispatch.matching.model import DecisionOutcome, DecisionRecord
from dispatch.requests.model import CareRequest, RequestState
from dispatch.visits import bars
from dispatch.visits import operations as visits
from dispatch.visits import queries as seen
from dispatch.visits.model import Visit
from dispatch.visits.transitions import OPEN, OfferState
from events.contracts.care_requests import CareRequested
from events.model import LoggedEvent
from events.work import Works
from kit.china import identifiers
from kit.clock import FixedClock
from providers.catalogue.model import Skill
from providers.roster import hiring
from providers.roster import operations as roster
from providers.roster import queries as rosters
from providers.roster.model import NUMBERS_PER_COMPANY
from registry import operations as registry
from registry.model import Disclosure
from tests.dispatch.stage import AREA, HOME, MANAGER, NINE, SYSTEM_ACTOR, Stage, set_stage

FAR = (HOME[0] + 0.05, HOME[1])
FIRST = NUMBERS_PER_COMPANY + 1
"""The number of the first company's first worker."""
"""Half an hour by e-bike."""
Drain = Callable[[], Awaitable[int]]


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    return await set_stage(works, clock, companies=3, elders=3)


@pytest.fixture
async def bare(works: Works, clock: FixedClock) -> Stage:
    return await set_stage(works, clock, companies=0, elders=3)


async def ask(stage: Stage, drain: Drain, request: CareRequest) -> None:
    async with stage.works(SYSTEM_ACTOR) as work:
        work.emit(requested(request))
    await drain()


def requested(request: CareRequest) -> CareRequested:
    """Give the event that placing a request emits."""
    return CareRequested(
        request_id=request.id,
        district=AREA,
        person_id=request.person_id,
        division_code=request.division_code,
        item_code=request.item_code,
        earliest=request.earliest,
        latest=request.latest,
        urgent=request.urgent,
    )


async def open_offers(stage: Stage) -> list[tuple[UUID, int, int]]:
    """Give the open offers: id, place of the company, attempt."""
    async with stage.works(SYSTEM_ACTOR) as work:
        pairs = await seen.offers_of(work)
    return [(offer.id, stage.companies.index(offer.provider_id), offer.attempt) for offer, _ in pairs]


async def request_now(stage: Stage, request: CareRequest) -> CareRequest:
    async with stage.works(SYSTEM_ACTOR) as work:
        return await work.session.get_one(CareRequest, request.id)


async def records(stage: Stage, request: CareRequest) -> list[DecisionRecord]:
    async with stage.works(SYSTEM_ACTOR) as work:
        return list(await queries.decisions_of(work, request.id))


async def emitted(stage: Stage, kind: str) -> list[dict[str, Any]]:
    async with stage.works(SYSTEM_ACTOR) as work:
        query = select(LoggedEvent.data).where(LoggedEvent.type == kind).order_by(LoggedEvent.position)
        return list((await work.session.execute(query)).scalars())


async def test_a_request_is_offered_and_its_record_names_every_worker_once(stage: Stage, drain: Drain) -> None:
    async with stage.works(SYSTEM_ACTOR) as work:
        await roster.report_absence(
            work, worker_id=stage.workers[2][1], from_at=NINE, until_at=NINE + timedelta(days=1), reason="病"
        )
        await bars.bar_worker(work, person_id=stage.elders[0], worker_id=stage.workers[1][0], reason="不合")
    request = await stage.add_request()
    await ask(stage, drain, request)
    ((_, company, attempt),) = await open_offers(stage)
    assert (company, attempt) == (0, 1)
    assert (await request_now(stage, request)).state is RequestState.OFFERED
    (record,) = await records(stage, request)
    assert record.worker_number == stage.numbers[stage.workers[0][0]]
    assert record.ruled_out == {
        RuledOutReason.BARRED: [stage.numbers[stage.workers[1][0]]],
        RuledOutReason.OFF_SHIFT: [stage.numbers[stage.workers[2][1]]],
    }
    named = [row[0] for row in record.candidates] + record.beaten
    named += [number for numbers in record.ruled_out.values() for number in numbers]
    assert sorted(named) == sorted(stage.numbers.values())
    assert [row[3] for row in record.candidates] == sorted(row[3] for row in record.candidates)


async def test_an_event_handled_twice_asks_nobody_twice(stage: Stage, drain: Drain) -> None:
    request = await stage.add_request()
    await ask(stage, drain, request)
    await ask(stage, drain, request)
    assert len(await open_offers(stage)) == 1
    assert len(await records(stage, request)) == 1


async def test_a_refusal_goes_to_the_next_best_company_until_nobody_is_left(stage: Stage, drain: Drain) -> None:
    request = await stage.add_request()
    await ask(stage, drain, request)
    asked = []
    for attempt in (1, 2, 3):
        ((offer_id, company, number),) = await open_offers(stage)
        assert number == attempt
        asked.append(company)
        async with stage.works(stage.person_of(company)) as work:
            await visits.refuse(work, offer_id=offer_id, reason="没人")
        await drain()
    assert asked == [0, 1, 2]
    assert await open_offers(stage) == []
    (nobody,) = await emitted(stage, "offers.nobody_found.v1")
    assert nobody["relaxation"] == "ask_again"
    after = await request_now(stage, request)
    assert (after.state, after.reason) == (RequestState.UNSERVED, "nobody_found")
    last = (await records(stage, request))[-1]
    assert (last.outcome, last.candidates) == (DecisionOutcome.NOBODY, [])
    assert last.ruled_out == {RuledOutReason.ASKED_BEFORE: sorted(stage.numbers.values())}


async def test_silence_goes_to_the_next_best(stage: Stage, drain: Drain) -> None:
    await ask(stage, drain, await stage.add_request())
    stage.clock.advance(timedelta(minutes=30))
    async with stage.works(SYSTEM_ACTOR) as work:
        await visits.lapse_due(work)
    await drain()
    assert [company for _, company, _ in await open_offers(stage)] == [1]


async def test_acceptance_opens_the_door_s_address_and_marks_the_request(stage: Stage, drain: Drain) -> None:
    request = await stage.add_request()
    await ask(stage, drain, request)
    ((offer_id, company, _),) = await open_offers(stage)
    async with stage.works(stage.person_of(company)) as work:
        await visits.accept(work, offer_id=offer_id)
    await drain()
    after = await request_now(stage, request)
    assert (after.state, after.provider_id) == (RequestState.ACCEPTED, stage.companies[company])
    async with stage.works(SYSTEM_ACTOR) as work:
        shown = (await work.session.execute(select(Disclosure))).scalar_one()
    assert (shown.person_id, shown.provider_id) == (stage.elders[0], stage.companies[company])


async def test_a_worker_who_falls_ill_is_replaced(stage: Stage, drain: Drain) -> None:
    request = await stage.add_request()
    await ask(stage, drain, request)
    ((offer_id, _, _),) = await open_offers(stage)
    async with stage.works(stage.person_of(0)) as work:
        await visits.accept(work, offer_id=offer_id)
    async with stage.works(stage.person_of(0)) as work:
        await roster.report_absence(
            work, worker_id=stage.workers[0][0], from_at=NINE, until_at=NINE + timedelta(days=1), reason="病"
        )
    await drain()
    ((_, _, attempt),) = await open_offers(stage)
    assert attempt == 2
    last = (await records(stage, request))[-1]
    assert last.worker_number != stage.numbers[stage.workers[0][0]]


async def test_a_promise_in_the_hours_of_an_ended_shift_goes_to_somebody_else(stage: Stage, drain: Drain) -> None:
    request = await stage.add_request()
    await ask(stage, drain, request)
    ((offer_id, _, _),) = await open_offers(stage)
    async with stage.works(stage.person_of(0)) as work:
        await visits.accept(work, offer_id=offer_id)
    for day, attempts in ((date(2026, 3, 3), []), (date(2026, 3, 2), [2])):
        async with stage.works(stage.person_of(0)) as work:
            (shift,) = await rosters.shifts_of(work, stage.workers[0][0])
            await hiring.end_shift(work, shift_id=shift.id, on=day)
        await drain()
        assert [attempt for _, _, attempt in await open_offers(stage)] == attempts, day
    last = (await records(stage, request))[-1]
    assert last.worker_number != stage.numbers[stage.workers[0][0]]


async def test_an_urgent_call_without_anybody_waits_for_a_person_and_is_looked_at_again(
    stage: Stage, drain: Drain
) -> None:
    async with stage.works(SYSTEM_ACTOR) as work:
        for team in stage.workers:
            for worker in team:
                await roster.report_absence(
                    work, worker_id=worker, from_at=NINE, until_at=NINE + timedelta(minutes=40), reason="会"
                )
    request = await stage.add_request(item="U01", earliest=NINE, minutes_wide=30, minutes=30, urgent=True)
    await ask(stage, drain, request)
    (nobody,) = await emitted(stage, "offers.nobody_found.v1")
    assert (nobody["urgent"], nobody["relaxation"]) == (True, "later")
    assert nobody["parameters"] == {"minutes": 10, "worker": stage.numbers[stage.workers[0][0]]}
    assert (await request_now(stage, request)).state is RequestState.WAITING
    helper = await stage.add_company(1)
    async with stage.works(SYSTEM_ACTOR) as work:
        assert await matching.look_again(work) == 1
    await drain()
    ((_, company, _),) = await open_offers(stage)
    assert stage.companies[company] == helper
    assert len(await emitted(stage, "offers.nobody_found.v1")) == 1


async def test_a_request_that_nothing_has_decided_on_is_overlooked_for_a_minute_only(stage: Stage) -> None:
    request = await stage.add_request()
    dead = await stage.add_request(elder=1)
    async with stage.works(MANAGER) as work:
        await registry.report_death(work, person_id=stage.elders[1], died_on=date(2026, 3, 1), source="station")
    async with stage.works(SYSTEM_ACTOR) as work:
        assert await matching.look_again(work) == 0
    stage.clock.advance(timedelta(seconds=61))
    async with stage.works(SYSTEM_ACTOR) as work:
        assert await matching.look_again(work) == 1
    assert (await request_now(stage, request)).state is RequestState.OFFERED
    assert (await request_now(stage, dead)).state is RequestState.WAITING


async def test_an_urgent_call_whose_hour_has_passed_is_unserved(stage: Stage, drain: Drain) -> None:
    request = await stage.add_request(item="B08", earliest=NINE, minutes_wide=30, urgent=True)
    await ask(stage, drain, request)
    assert (await request_now(stage, request)).state is RequestState.WAITING
    stage.clock.advance(timedelta(minutes=30))
    async with stage.works(SYSTEM_ACTOR) as work:
        assert await matching.look_again(work) == 0
    after = await request_now(stage, request)
    assert (after.state, after.reason) == (RequestState.UNSERVED, "window_passed")


@pytest.mark.parametrize(
    ("more", "change", "parameters"),
    [
        ({"earliest": NINE + timedelta(hours=10, minutes=1), "minutes_wide": 60}, "earlier", {"minutes": 61}),
        ({"earliest": NINE - timedelta(hours=2), "minutes_wide": 121, "place": FAR}, "later", {"minutes": 30}),
        ({"sex": identifiers.Sex.MALE}, "any_sex", {}),
        ({"item": "E01"}, "extend_contract", {"company": 1}),
        ({"skill": "S7"}, "other_skill", {"skills": "S7"}),
    ],
)
async def test_the_smallest_change_that_would_help_is_told_and_helps(
    bare: Stage, drain: Drain, more: dict[str, Any], change: str, parameters: dict[str, int]
) -> None:
    stage = bare
    await stage.add_company([Stage.worker(0, skills=[Skill.GENERAL])])
    request = await stage.add_request(**more)
    await ask(stage, drain, request)
    (nobody,) = await emitted(stage, "offers.nobody_found.v1")
    assert nobody["relaxation"] == change
    named = nobody["parameters"]
    assert named.pop("worker") == FIRST
    assert named == parameters
    if change == "later":
        async with stage.works(SYSTEM_ACTOR) as work:
            await work.session.execute(
                update(CareRequest).values(
                    latest=request.latest + timedelta(minutes=named["minutes"]), state=RequestState.WAITING
                )
            )
        await ask(stage, drain, request)
        assert len(await open_offers(stage)) == 1


async def relaxed(stage: Stage, drain: Drain, **more: Any) -> tuple[str, dict[str, Any]]:
    """Ask for what nobody can do; give the change that is told and its numbers."""
    await ask(stage, drain, await stage.add_request(**more))
    (nobody,) = await emitted(stage, "offers.nobody_found.v1")
    return nobody["relaxation"], nobody["parameters"]


async def test_a_worker_s_longer_day_may_be_what_helps(bare: Stage, drain: Drain) -> None:
    await bare.add_company([Stage.worker(0, max_minutes=45)])
    assert await relaxed(bare, drain) == ("longer_day", {"minutes": 15, "worker": FIRST})


async def test_where_one_change_is_not_enough_all_are_told(bare: Stage, drain: Drain) -> None:
    await bare.add_company([Stage.worker(0, skills=[Skill.GENERAL], max_minutes=45)])
    expected = {"skills": "S2", "worker": FIRST, "with": [{"change": "longer_day", "minutes": 15}]}
    assert await relaxed(bare, drain, skill="S2") == ("other_skill", expected)


async def test_a_second_person_is_missing_where_one_company_has_only_one(bare: Stage, drain: Drain) -> None:
    await bare.add_company(1)
    assert await relaxed(bare, drain, persons=2) == ("extra_worker", {"like": FIRST, "worker": FIRST})


async def test_two_people_come_later_together(bare: Stage, drain: Drain) -> None:
    await bare.add_company([Stage.worker(0), Stage.worker(1, place=FAR)])
    start = NINE - timedelta(hours=2)
    change, facts = await relaxed(bare, drain, persons=2, earliest=start, minutes_wide=121)
    assert (change, facts["minutes"]) == ("later", 30)


async def test_a_company_is_told_about_its_own_workers_only(stage: Stage, drain: Drain) -> None:
    request = await stage.add_request()
    await ask(stage, drain, request)
    async with stage.works(SYSTEM_ACTOR) as work:
        (part,) = await queries.why_not(work, request_id=request.id, provider_id=stage.companies[1])
    assert (part.chosen, part.rank, part.gap_points) == (False, 2, 0)
    own = {stage.numbers[worker] for worker in stage.workers[1]}
    assert set(part.beaten) | {number for numbers in part.ruled_out.values() for number in numbers} <= own


async def test_a_contract_s_share_decides_between_equals(bare: Stage, drain: Drain) -> None:
    stage = bare
    for share in (0.2, 0.8):
        await stage.add_company(1, share=share)
    awarded = [0, 0]
    for step in range(10):
        start = NINE + timedelta(days=1 + step, hours=1)
        await ask(stage, drain, await stage.add_request(elder=step % 3, earliest=start))
        for offer_id, company, _ in await open_offers(stage):
            awarded[company] += 1
            async with stage.works(stage.person_of(company)) as work:
                await visits.accept(work, offer_id=offer_id)
        await drain()
    assert awarded == [2, 8]


async def test_a_missed_visit_is_matched_again_or_unserved(stage: Stage, drain: Drain) -> None:
    request = await stage.add_request()
    await ask(stage, drain, request)
    ((offer_id, _, _),) = await open_offers(stage)
    async with stage.works(stage.person_of(0)) as work:
        await visits.accept(work, offer_id=offer_id)
    await drain()
    stage.clock.set(request.latest + timedelta(hours=2))
    async with stage.works(SYSTEM_ACTOR) as work:
        await visits.miss_due(work)
    await drain()
    after = await request_now(stage, request)
    assert (after.state, after.reason) == (RequestState.UNSERVED, "window_passed")


async def test_an_exited_company_s_promises_go_to_others(stage: Stage, drain: Drain) -> None:
    requests = [await stage.add_request(elder=elder) for elder in range(3)]
    for request in requests:
        await ask(stage, drain, request)
    for offer_id, company, _ in await open_offers(stage):
        async with stage.works(stage.person_of(company)) as work:
            await visits.accept(work, offer_id=offer_id)
    await drain()
    async with stage.works(SYSTEM_ACTOR) as work:
        await roster.exit_company(work, provider_id=stage.companies[0], reason="退出")
    await drain()
    async with stage.works(SYSTEM_ACTOR) as work:
        query = select(Visit.provider_id).where(Visit.state.in_(OPEN))
        assert stage.companies[0] not in set((await work.session.execute(query)).scalars())
        offers = await seen.offers_of(work, state=OfferState.WITHDRAWN)
        assert {offer.provider_id for offer, _ in offers} == {stage.companies[0]}
    for request in requests:
        assert (await request_now(stage, request)).state in {RequestState.OFFERED, RequestState.ACCEPTED}
