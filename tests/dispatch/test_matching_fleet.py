"""The fleet in memory: equal to the database whatever came before, and the choice a function of that alone."""

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from dispatch.matching.fleet.day import Day, SearchResult
from dispatch.matching.fleet.demand import Demand
from dispatch.matching.fleet.memory import Fleet
from dispatch.matching.fleet.score import share_points
from dispatch.requests.model import CareRequest
from dispatch.visits import operations as visits
from events.work import Works
from kit import clock as clocks
from kit.china import identifiers
from kit.clock import FixedClock
from providers.catalogue.model import Skill
from providers.roster import operations as roster
from routing.model.rules import PlanRule
from tests.dispatch import stage as scene
from tests.dispatch.stage import HOME, NINE, SYSTEM_ACTOR, Stage, set_stage

TODAY = clocks.day_of(NINE)


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    return await set_stage(works, clock, companies=3, elders=3)


def demand(**more: Any) -> Demand:
    facts: dict[str, Any] = {
        "latitude": HOME[0],
        "longitude": HOME[1],
        "minutes": 60,
        "earliest": NINE + timedelta(hours=1),
        "latest": NINE + timedelta(hours=2),
        "skill": Skill.GENERAL,
        "sex": None,
        "persons": 1,
        "familiar": frozenset(),
        "barred": frozenset(),
        "asked": frozenset(),
        "item_code": "B01",
        "division_code": scene.DISTRICT,
    }
    return Demand(**{**facts, **more})


async def look(stage: Stage, fleet: Fleet) -> Day:
    async with stage.works(SYSTEM_ACTOR) as work, fleet.lock:
        return await fleet.refresh(work, TODAY)


async def find(stage: Stage, fleet: Fleet, wanted: Demand) -> SearchResult:
    async with stage.works(SYSTEM_ACTOR) as work, fleet.lock:
        day = await fleet.refresh(work, TODAY)
        awarded = fleet.awarded(day, wanted.earliest)
        shares = share_points(awarded, day.targets(), day.weights)
        return day.find(wanted, now=work.now, companies=day.companies(wanted, awarded), shares=shares)


async def test_the_nearest_comes_and_a_tie_goes_to_the_lower_number(stage: Stage) -> None:
    fleet = Fleet()
    search = await find(stage, fleet, demand())
    assert len(search.options) == 6
    # Every company has one worker who lives at HOME itself.
    assert [option.worker for option in search.options[:3]] == [stage.numbers[team[0]] for team in stage.workers]
    assert search.options == sorted(search.options)


async def test_a_booking_is_seen_at_the_next_look_and_forgotten_when_released(stage: Stage) -> None:
    fleet = Fleet()
    empty = (await look(stage, fleet)).mark
    offered = await stage.offer(await stage.add_request())
    booked = stage.numbers[stage.workers[0][0]]
    starts = {option.worker: option.start_seconds for option in (await find(stage, fleet, demand())).options}
    assert starts.pop(booked) == 11 * 3600
    assert set(starts.values()) == {10 * 3600}
    assert (await look(stage, fleet)).mark != empty
    async with stage.works(stage.person_of(0)) as work:
        await visits.refuse(work, offer_id=offered.offer_id, reason="忙")
    assert (await look(stage, fleet)).mark == empty


async def test_what_commits_late_is_seen_although_its_numbers_are_old(stage: Stage) -> None:
    """A work that takes its transaction number early and commits after others must not be overlooked."""
    fleet = Fleet()
    early, late = await stage.add_request(), await stage.add_request(elder=1)
    async with stage.works(SYSTEM_ACTOR) as slow:
        await scene.offer(slow, stage, early)
        await stage.offer(late, worker=1)
        assert len((await look(stage, fleet))._at) == 1
        await stage.offer(await stage.add_request(elder=2), company=1)
        assert len((await look(stage, fleet))._at) == 2
    assert len((await look(stage, fleet))._at) == 3


async def test_what_is_undone_was_never_seen(stage: Stage) -> None:
    fleet = Fleet()
    request = await stage.add_request()

    async def undone() -> None:
        async with stage.works(SYSTEM_ACTOR) as work, fleet.lock:
            await scene.offer(work, stage, request)
            assert not (await fleet.refresh(work, TODAY))._at
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await undone()
    assert not (await look(stage, fleet))._at


async def test_a_change_of_the_roster_lays_the_day_out_anew(stage: Stage) -> None:
    fleet = Fleet()
    before = await find(stage, fleet, demand())
    async with stage.works(SYSTEM_ACTOR) as work:
        await roster.report_absence(
            work, worker_id=stage.workers[0][0], from_at=NINE, until_at=NINE + timedelta(hours=5), reason="病"
        )
    after = await find(stage, fleet, demand())
    gone = stage.numbers[stage.workers[0][0]]
    assert gone in {option.worker for option in before.options}
    assert gone not in {option.worker for option in after.options}
    assert after.rules[0] == PlanRule.OFF_SHIFT


async def test_a_month_s_bookings_use_up_a_company_s_capacity(stage: Stage) -> None:
    await stage.add_company(1, capacity=1)
    fleet = Fleet()
    wanted = demand()
    small = stage.numbers[stage.workers[3][0]]
    assert small in {option.worker for option in (await find(stage, fleet, wanted)).options}
    await stage.offer(await stage.add_request(earliest=NINE + timedelta(days=9)), company=3)
    search = await find(stage, fleet, wanted)
    assert small not in {option.worker for option in search.options}
    assert search.companies.full == {4}


@pytest.mark.parametrize(
    ("wanted", "rule"),
    [
        ({"skill": Skill.NURSE}, PlanRule.SKILL),
        ({"sex": identifiers.Sex.MALE}, PlanRule.SEX),
        ({"item_code": "E01"}, PlanRule.NOT_CONTRACTED),
        ({"division_code": "140000000000"}, PlanRule.NOT_CONTRACTED),
        ({"earliest": NINE + timedelta(hours=11), "latest": NINE + timedelta(hours=12)}, PlanRule.OFF_SHIFT),
        ({"minutes": 91}, PlanRule.MAX_WORK),
        ({"earliest": NINE + timedelta(hours=2.6), "latest": NINE + timedelta(hours=2.7)}, PlanRule.BREAK),
    ],
)
async def test_every_hard_rule_keeps_out_and_is_named(
    works: Works, clock: FixedClock, wanted: dict[str, Any], rule: PlanRule
) -> None:
    stage = await set_stage(works, clock, companies=0)
    await stage.add_company([Stage.worker(1, skills=[Skill.GENERAL], max_minutes=90)])
    fleet = Fleet()
    assert (await find(stage, fleet, demand())).rules == [PlanRule.NONE]
    assert (await find(stage, fleet, demand(**wanted))).rules == [rule]


async def test_a_break_that_is_over_is_not_taken_again_after_the_visit_under_way(stage: Stage) -> None:
    """Half past two: the worker is at a door since two, and had the break at noon."""
    request = await stage.add_request(earliest=NINE + timedelta(hours=5))
    visit_id = await stage.promised(request)
    stage.clock.set(NINE + timedelta(hours=5))
    async with stage.works(stage.person_of(0, 0)) as work:
        await visits.depart(work, visit_id=visit_id, act=visits.ActIn(id=UUID(int=1), claimed_at=work.now))
    stage.clock.advance(timedelta(minutes=30))
    fleet = Fleet()
    wanted = demand(earliest=NINE + timedelta(hours=5.5), latest=NINE + timedelta(hours=7))
    starts = {option.worker: option.start_seconds for option in (await find(stage, fleet, wanted)).options}
    assert starts[stage.numbers[stage.workers[0][0]]] == 15 * 3600


async def test_the_known_worker_is_worth_a_longer_way(stage: Stage) -> None:
    fleet = Fleet()
    familiar = stage.workers[2][1]
    search = await find(stage, fleet, demand(familiar=frozenset({familiar})))
    assert search.options[0].worker == stage.numbers[familiar]
    barred = await find(stage, fleet, demand(familiar=frozenset({familiar}), barred=frozenset({familiar})))
    assert stage.numbers[familiar] not in {option.worker for option in barred.options}


async def test_two_people_come_from_one_company_together(stage: Stage) -> None:
    fleet = Fleet()
    search = await find(stage, fleet, demand(persons=2))
    teams = [{stage.numbers[worker] for worker in team} for team in stage.workers]
    assert len(search.options) == 3
    assert all({option.worker, option.second_worker} in teams for option in search.options)
    assert all(option.worker < option.second_worker for option in search.options)


async def test_a_fleet_that_lived_through_it_all_decides_as_one_that_starts_now(stage: Stage) -> None:
    dice = Random(7)
    old = Fleet()
    open_offers = []
    for step in range(25):
        start = NINE + timedelta(minutes=60 + 15 * dice.randrange(30))
        request: CareRequest = await stage.add_request(elder=step % 3, earliest=start, minutes=30)
        company, worker = dice.randrange(3), dice.randrange(2)
        try:
            offered = await stage.offer(request, company=company, worker=worker)
        except visits.WorkerBusy:
            continue
        open_offers.append((company, offered.offer_id))
        if dice.random() < 0.4:
            company, offer_id = open_offers.pop(dice.randrange(len(open_offers)))
            async with stage.works(stage.person_of(company)) as work:
                await visits.refuse(work, offer_id=offer_id, reason="忙")
        wanted = demand(earliest=start, latest=start + timedelta(minutes=dice.randrange(200)), minutes=45)
        lived, fresh = await find(stage, old, wanted), await find(stage, Fleet(), wanted)
        assert (lived.options, lived.rules) == (fresh.options, fresh.rules)


async def test_a_restored_database_whose_transaction_numbers_began_again_is_read_rightly(stage: Stage) -> None:
    async with stage.works(SYSTEM_ACTOR) as work:
        await scene.offer(work, stage, await stage.add_request())
        await work.session.execute(text("update booking set changed_xid = '9000000000'"))
    fleet = Fleet()
    assert len((await look(stage, fleet))._at) == 1
    assert len((await look(stage, fleet))._at) == 1
