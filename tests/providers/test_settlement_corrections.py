"""A charge is corrected by reversal alone, and it comes out the same whatever arrives first, twice or at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from itertools import permutations
from uuid import UUID

import asyncpg
import pytest

from events.contracts.feedback import ComplaintDecided
from events.contracts.people import PersonDeathCorrected, PersonDeceased
from events.contracts.rules import RuleRecorded
from events.contracts.visits import VisitHeld, VisitVerified, VisitVoided
from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.clock import FixedClock
from kit.ids import new_id
from kit.rules import operations as rules
from providers.catalogue import operations as catalogue
from providers.settlement import charges, operations, queries
from providers.settlement.model import Charge, ChargeKind, Statement
from providers.settlement.rules import LatePercent
from tests.providers.handled import START, Told, handle, nothing, verified

Drain = Callable[[], Awaitable[int]]


@pytest.fixture
async def company(works: Works, drain: Drain) -> UUID:
    async with works(SYSTEM("test")) as work:
        await catalogue.ship_catalogue(work)
    await drain()
    return new_id()


async def lines_of(works: Works, visit_id: UUID) -> Sequence[Charge]:
    async with works(SYSTEM("test")) as work:
        return await queries.charges_of(work, visit_id=visit_id)


async def net(works: Works, visit_id: UUID) -> tuple[int, int, int]:
    rows = await lines_of(works, visit_id)
    return (
        sum(row.payable_fen for row in rows),
        sum(row.subsidised_fen for row in rows),
        sum(row.own_fen for row in rows),
    )


async def drawn(works: Works, month: str) -> list[Statement]:
    async with works(Actor(Role.FINANCE, "drawer")) as work:
        return await operations.draw_up(work, month=month)


def held(visit: VisitVerified) -> VisitHeld:
    return VisitHeld(
        visit_id=visit.visit_id, request_id=visit.request_id, provider_id=visit.provider_id, reasons=["overlap"]
    )


def voided(visit: VisitVerified) -> VisitVoided:
    return VisitVoided(
        visit_id=visit.visit_id, request_id=visit.request_id, provider_id=visit.provider_id, reason="in_hospital"
    )


def complained(visit: VisitVerified, percent: int, complaint_id: UUID | None = None) -> ComplaintDecided:
    return ComplaintDecided(
        visit_id=visit.visit_id,
        provider_id=visit.provider_id,
        complaint_id=complaint_id or new_id(),
        upheld=percent > 0,
        deduction_percent=percent,
    )


async def test_a_visit_verified_again_by_other_times_is_reversed_and_charged_anew(works: Works, company: UUID) -> None:
    visit = verified(company)
    shorter = visit.model_copy(update={"done_minutes": 30})
    for event in (visit, visit, shorter, shorter):
        await handle(works, event)
    rows = await lines_of(works, visit.visit_id)
    assert [(row.revision, row.kind, row.payable_fen) for row in rows] == [
        (1, ChargeKind.CHARGE, 3000),
        (1, ChargeKind.REVERSAL, -3000),
        (2, ChargeKind.CHARGE, 1500),
    ]


async def test_the_money_of_a_charged_visit_waits_while_a_person_looks_again(works: Works, company: UUID) -> None:
    visit = verified(company)
    await handle(works, held(visit))
    await handle(works, visit)
    assert await net(works, visit.visit_id) == (3000, 2700, 300)
    await handle(works, held(visit))
    assert await net(works, visit.visit_id) == (0, 0, 0)
    await handle(works, visit)
    assert await net(works, visit.visit_id) == (3000, 2700, 300)


async def test_an_appeal_that_is_won_gives_the_deduction_back(works: Works, company: UUID) -> None:
    visit, complaint = verified(company), new_id()
    for event in (visit, complained(visit, 80, complaint), complained(visit, 0, complaint)):
        await handle(works, event)
    assert await net(works, visit.visit_id) == (3000, 2700, 300)
    assert len(await lines_of(works, visit.visit_id)) == 5


async def test_visits_after_a_death_are_void_and_a_wrong_date_is_put_right(works: Works, company: UUID) -> None:
    elder = new_id()
    before, after = (verified(company, person_id=elder, planned_start=START + timedelta(days=days)) for days in (0, 1))
    await handle(works, before)
    await handle(works, PersonDeceased(person_id=elder, died_on=date(2026, 3, 2)))
    await handle(works, after)
    assert await net(works, before.visit_id) == (3000, 2700, 300)
    assert await net(works, after.visit_id) == (0, 0, 0)
    assert (await lines_of(works, after.visit_id))[0].deductions == {"void": 3000}
    await handle(works, PersonDeceased(person_id=elder, died_on=date(2026, 3, 1)))
    assert await net(works, before.visit_id) == (0, 0, 0)
    await handle(works, PersonDeceased(person_id=elder, died_on=date(2026, 3, 3)))
    assert await net(works, before.visit_id) == await net(works, after.visit_id) == (3000, 2700, 300)


async def test_who_is_alive_after_all_has_every_visit_paid_by_new_revisions(works: Works, company: UUID) -> None:
    visit = verified(company)
    died_on = START.date() - timedelta(days=1)
    await handle(works, visit)
    await handle(works, PersonDeceased(person_id=visit.person_id, died_on=died_on))
    assert await net(works, visit.visit_id) == (0, 0, 0)
    stated = [(row.id, row.payable_fen) for row in await lines_of(works, visit.visit_id)]
    later = died_on + timedelta(days=1)
    await handle(works, PersonDeathCorrected(person_id=visit.person_id, earlier=died_on, died_on=later))
    assert await net(works, visit.visit_id) == (3000, 2700, 300)
    await handle(works, PersonDeathCorrected(person_id=visit.person_id, earlier=later, died_on=died_on))
    await handle(works, PersonDeathCorrected(person_id=visit.person_id, earlier=died_on, died_on=None))
    assert await net(works, visit.visit_id) == (3000, 2700, 300)
    lines = await lines_of(works, visit.visit_id)
    assert [(row.id, row.payable_fen) for row in lines][: len(stated)] == stated, "nothing stated is rewritten"


async def test_facts_in_any_order_and_twice_come_to_the_same_money(works: Works, company: UUID) -> None:
    orders = list(permutations(range(4)))
    seen = set()
    for order in orders:
        elder = new_id()
        visit = verified(company, person_id=elder, late_minutes=45, quota_held_fen=1000)
        events: list[Told] = [
            visit,
            complained(visit, 50),
            complained(visit, 20),
            PersonDeceased(person_id=elder, died_on=date(2026, 3, 2)),
        ]
        for place in order:
            await handle(works, events[place])
            await handle(works, events[place])
        seen.add(await net(works, visit.visit_id))
    assert seen == {(600, 540, 60)}


async def test_what_arrives_at_once_misses_nothing(works: Works, company: UUID) -> None:
    visits = [verified(company) for _ in range(24)]
    several: list[Told] = []
    for visit in visits:
        several += [
            visit,
            complained(visit, 50),
            visit,
            PersonDeceased(person_id=visit.person_id, died_on=START.date()),
        ]
        several += [complained(visit, 10)]
    for start in range(0, len(several), 15):
        await asyncio.gather(*(handle(works, event) for event in several[start : start + 15]))
    assert {await net(works, visit.visit_id) for visit in visits} == {(1200, 1080, 120)}
    async with works(SYSTEM("test")) as work:
        assert sum((await queries.balances(work)).values()) == 0


async def test_eight_handlers_of_one_visit_at_once_charge_it_once(works: Works, company: UUID) -> None:
    visit = verified(company)
    await asyncio.gather(*(handle(works, visit) for _ in range(8)))
    assert len(await lines_of(works, visit.visit_id)) == 1


async def test_a_late_paper_never_rewrites_a_month_and_is_made_good_in_the_next(
    works: Works, drain: Drain, company: UUID, clock: FixedClock
) -> None:
    async with works(SYSTEM("test")) as work:
        for visit in [verified(company) for _ in range(3)] + [verified(company, item_code="B02")]:
            work.emit(visit)
    await drain()
    clock.set(START + timedelta(days=31))
    (march,) = await drawn(works, "2026-03")
    async with works(SYSTEM("test")) as work:
        frozen = (await queries.recompute(work, march)).content
    clock.advance(timedelta(days=10))
    async with works(SYSTEM("bureau")) as work:
        await catalogue.set_price(work, item_code="B01", fen=3500, valid_from=date(2026, 3, 1))
        assert len(await charges.adjust(work, month="2026-03", cover=nothing)) == 3
        assert await charges.adjust(work, month="2026-03", cover=nothing) == []
    async with works(SYSTEM("bureau")) as work:
        row = await rules.backdate(
            work.session,
            LatePercent.of(20),
            valid_from=START - timedelta(days=30),
            now=work.now,
            by="bureau",
            source="a late paper",
        )
        work.emit(RuleRecorded(name=row.name, value=row.value, valid_from=row.valid_from))
        changed = await charges.adjust(work, month="2026-03", cover=nothing, item_code="B02")
        # The values are others although this visit was not late: the line says by which rules it now stands.
        assert [row.payable_fen for row in changed] == [3000]
    clock.set(START + timedelta(days=61))
    (april,) = await drawn(works, "2026-04")
    assert (april.lines, april.payable_fen, len(april.rule_versions)) == (8, 1500, 2)
    async with works(SYSTEM("test")) as work:
        again = await queries.recompute(work, march)
        assert again.equal
        assert again.content == frozen
        assert (await queries.recompute(work, april)).equal


@pytest.mark.parametrize(
    "change",
    [
        "facts = jsonb_set(facts, '{quantity}', '2')",
        "facts = jsonb_set(facts, '{done_minutes}', '60')",
        "price_fen = price_fen + 1",
        "deductions = '{}'",
        "subsidised_fen = subsidised_fen - 1, own_fen = own_fen + 1",
        "item_code = 'B02'",
    ],
)
async def test_a_charge_changed_behind_the_scenes_is_noticed(
    works: Works, drain: Drain, company: UUID, clock: FixedClock, change: str
) -> None:
    async with works(SYSTEM("test")) as work:
        work.emit(verified(company, done_minutes=30))
    await drain()
    clock.set(START + timedelta(days=31))
    (statement,) = await drawn(works, "2026-03")
    async with works(SYSTEM("test")) as work:
        honest = await queries.recompute(work, statement)
        assert honest.equal
    owner = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    await owner.execute(f"update charge set {change}")
    await owner.close()
    async with works(SYSTEM("test")) as work:
        assert not (await queries.recompute(work, statement)).equal


async def test_a_whole_year_comes_out_the_same_from_shuffled_duplicated_events(
    works: Works, company: UUID, clock: FixedClock
) -> None:
    other = new_id()
    year: list[Told] = []
    for number in range(36):
        start = START + timedelta(days=number * 10)
        for provider in (company, other):
            visit = verified(
                provider,
                planned_start=start,
                arrived_at=start,
                left_at=start + timedelta(minutes=60),
                done_minutes=20 + number,
                late_minutes=number * 2,
                quota_held_fen=number * 80,
            )
            year += [visit, visit] + ([complained(visit, 50)] if number % 5 == 0 else [])
    for place in range(len(year)):  # a fixed shuffle: every event, each in a place of its own
        await handle(works, year[place * 37 % len(year)])
    clock.set(START + timedelta(days=400))
    months = [f"2026-{month:02d}" for month in range(3, 13)] + ["2027-01", "2027-02"]
    papers = [paper for month in months for paper in await drawn(works, month)]
    assert len(papers) == 24
    totals: dict[UUID, int] = {company: 0, other: 0}
    async with works(SYSTEM("test")) as work:
        for paper in papers:
            assert (await queries.recompute(work, paper)).equal
            totals[paper.provider_id] += paper.payable_fen
    assert totals[company] == totals[other] > 0
