"""A batch planned on a day of the roster, without a database: lawful, complete, within every month, repeatable."""

from collections import Counter
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.matching.fleet.candidates import RuledOutReason
from dispatch.matching.fleet.day import Day, Hours
from dispatch.matching.fleet.demand import Demand
from dispatch.matching.fleet.score import share_points, share_steps
from dispatch.matching.plan import batch
from dispatch.matching.plan.batch import Planned
from dispatch.matching.rules import Travel, Weights
from kit import clock
from kit.china.identifiers import Sex
from providers.catalogue.model import Skill
from providers.roster.model import Transport
from providers.roster.queries import ContractTerms, RosterWorker
from routing.check import check

DAY = date(2026, 3, 3)
MIDNIGHT = clock.at_local(DAY, 0)
NOW = MIDNIGHT - timedelta(hours=6)
WEIGHTS = Weights.proposed()
TRAVEL = Travel.proposed()
SKILLS = (Skill.GENERAL, Skill.CARE, Skill.NURSE)

seeds = st.integers(min_value=0, max_value=2**32)


def spot(dice: Random) -> tuple[float, float]:
    return 38.3 + dice.uniform(-0.05, 0.05), 116.8 + dice.uniform(-0.06, 0.06)


def at(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def worker(dice: Random, number: int, companies: int) -> RosterWorker:
    noon = 12 + dice.choice((0, 0.5))
    windows = [(at(8), at(noon)), (at(noon + dice.choice((0.5, 1, 4))), at(19))]
    company = dice.randrange(companies) + 1
    return RosterWorker(
        worker_id=UUID(int=number),
        number=number,
        provider_id=UUID(int=1_000 + company),
        provider_number=company,
        latitude=(home := spot(dice))[0],
        longitude=home[1],
        transport=dice.choice(list(Transport)[:2]),
        sex=dice.choice(list(Sex)),
        skills=frozenset(s for s in SKILLS if s is Skill.GENERAL or dice.random() < 0.6),
        windows=windows[: dice.choice((1, 2, 2))],
        max_minutes=dice.choice((240, 480)),
    )


def dice_demand(dice: Random, workers: int) -> Demand:
    begin = at(8 + dice.randrange(40) / 4)
    door = spot(dice)
    people = [UUID(int=number) for number in range(1, workers + 1)]
    return Demand(
        latitude=door[0],
        longitude=door[1],
        minutes=dice.choice((20, 45, 60)),
        earliest=begin,
        latest=begin + timedelta(minutes=dice.choice((0, 30, 120))),
        skill=dice.choice(SKILLS),
        sex=dice.choice((None, None, None, *Sex)),
        persons=dice.choice((1, 1, 1, 1, 2)),
        familiar=frozenset(dice.sample(people, 1)),
        barred=frozenset(dice.sample(people, dice.choice((0, 1)))),
        asked=frozenset(),
        item_code=dice.choice(("B01", "B01", "B02")),
        division_code="130999000000",
    )


def scene(seed: int, *, workers: int = 7, companies: int = 3, demands: int = 22) -> tuple[Day, list[Demand]]:
    """Make a day with some bookings, one of them of a worker who is off duty then, and what is asked for."""
    dice = Random(seed)
    roster = [worker(dice, number, companies) for number in range(1, workers + 1)]
    numbers = sorted({member.provider_number for member in roster})
    items: list[dict[str, tuple[str, ...]]] = [{"B01": ("130999",)}, {"B01": ("130999",), "B02": ("",)}]
    contracts = [
        ContractTerms(
            UUID(int=5_000 + number),
            UUID(int=1_000 + number),
            number,
            dice.choice((2, 9, 100)),
            dice.choice((0.0, 0.2, 0.5)),
            "A",
            dice.choice(items),
        )
        for number in numbers
    ]
    day = Day(DAY, roster=roster, contracts=contracts, weights=WEIGHTS, travel=TRAVEL, basis=())
    for number, hour in ((1, 9.0), (2, 15.0), (3, 20.0)):
        place = day.place_of[UUID(int=number)]
        home = roster[place]
        hours = Hours(
            UUID(int=number),
            number,
            home.provider_id,
            True,
            home.latitude,
            home.longitude,
            at(hour),
            at(hour + 1),
            False,
        )
        day.book(UUID(int=9_000 + number), hours)
    return day, [dice_demand(dice, workers) for _ in range(demands)]


def plan(seed: int, awarded: Counter[int] | None = None) -> tuple[Day, list[Demand], list[Planned]]:
    day, demands = scene(seed)
    return day, demands, batch.plan(day, demands, awarded=awarded or Counter(), now=NOW, rounds=200)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_a_plan_is_lawful_and_every_visit_is_made_as_its_record_says(seed: int) -> None:
    day, demands, planned = plan(seed)
    part = day.board.part(range(len(day.numbers)))
    empty, _ = scene(seed)
    before = empty.board.part(range(len(day.numbers)))
    faults = check(part.problem, part.plan).violations
    assert len(faults) <= len(check(before.problem, before.plan).violations)
    hours = {
        (route.worker, stop.start_seconds) for route in part.plan.routes for stop in route.stops if stop.visit >= 0
    }
    for demand, case in zip(demands, planned, strict=True):
        if case.option is None:
            assert case.content.candidates == []
            continue
        people = {case.option.worker, case.option.second_worker} - {0}
        assert len(people) == demand.persons
        assert demand.earliest <= MIDNIGHT + timedelta(seconds=case.option.start_seconds) <= demand.latest
        assert len({day.provider_of(number) for number in people}) == 1
        for number in people:
            member = day.roster[day.place_of[day.worker_id(number)]]
            assert demand.skill in member.skills
            assert demand.sex in {None, member.sex}
            assert member.worker_id not in demand.barred
            assert (day.place_of[member.worker_id], case.option.start_seconds) in hours
        assert case.content.candidates[0] == case.option.row()


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_every_worker_is_named_once_in_every_record_and_who_is_busy_off_duty_is_left_out(seed: int) -> None:
    day, _, planned = plan(seed)
    for case in planned:
        listed = {number for row in case.content.candidates for number in row[:2] if number}
        named = Counter([*listed, *case.content.beaten])
        for numbers in case.content.ruled_out.values():
            named.update(numbers)
        assert named == Counter(day.numbers)
        assert set(case.content.ruled_out.get(RuledOutReason.TAKEN, ())) == day.booked_off_shift
    assert 3 in day.booked_off_shift


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_no_company_wins_more_than_is_left_of_its_month_and_nobody_left_over_could_be_served(seed: int) -> None:
    awarded = Counter({1: 1, 2: 0, 3: 2})
    day, demands, planned = plan(seed, awarded)
    after = Counter(awarded)
    after.update(day.company_of[day.place_of[day.worker_id(case.option.worker)]] for case in planned if case.option)
    for number, terms in day.contracts.items():
        assert after[number] <= max(awarded[number], sum(contract.monthly_capacity for contract in terms))
    for demand, case in zip(demands, planned, strict=True):
        if case.option is None:
            companies = day.companies(demand, after)
            options = day.find(demand, now=NOW, companies=companies, shares={}).options
            assert all(day.booked_off_shift & {option.worker, option.second_worker} for option in options)


@settings(max_examples=8, deadline=None)
@given(seeds)
def test_the_same_day_gives_the_same_plan(seed: int) -> None:
    _, demands, once = plan(seed)
    _, _, twice = plan(seed)
    assert once == twice
    assert batch.digest(demands, 200) == batch.digest(demands, 200) != batch.digest(demands[1:], 200)


@given(st.dictionaries(st.integers(1, 4), st.integers(0, 60), min_size=1), st.integers(1, 40))
def test_the_steps_of_a_share_rise_and_begin_where_one_visit_alone_would_be_priced(
    awarded: dict[int, int], visits: int
) -> None:
    targets = {1: 0.5, 2: 0.3, 3: 0.0}
    steps = share_steps(awarded, targets, dict.fromkeys(targets, 100), WEIGHTS, visits=visits)
    assert all(each == sorted(each) and len(each) == visits for each in steps.values())
    assert set(steps[3]) == {0}
    alone = share_steps(awarded, targets, dict.fromkeys(targets, 1), WEIGHTS, visits=0)
    assert set(alone) == set(share_points(awarded, targets, WEIGHTS))
