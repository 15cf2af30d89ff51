"""Which visits are looked at before money leaves: drawn by a seed that the log held before, drawn again by anybody."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from events.contracts.settlement import DrawFrozen
from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from kit.china import identifiers
from kit.clock import FixedClock
from kit.ids import new_id
from providers.catalogue import operations as catalogue
from providers.roster import operations as roster
from providers.settlement import operations
from providers.settlement.papers import CHARGE, REVERSAL, Line
from providers.settlement.replay import NumberedEvent, replay
from providers.settlement.review import drawing, queries
from providers.settlement.review import operations as review
from providers.settlement.review.model import ReviewDraw
from tests.providers.handled import START, handle, verified

DRAWER = Actor(Role.FINANCE, "drawer")
VISITS = 41


async def admitted(works: Works, count: int = 1) -> list[UUID]:
    async with works(SYSTEM("test")) as work:
        await catalogue.ship_catalogue(work)
        return [
            (
                await roster.admit_company(
                    work,
                    facts=roster.NewCompany(
                        uscc=identifiers.compose_uscc(area="130999", sequence=number),
                        name=f"示例服务企业{number}",
                        bank_account=f"6222 0000 {number:04d}",
                    ),
                )
            ).id
            for number in range(1, count + 1)
        ]


async def committed(works: Works) -> int:
    async with works(SYSTEM("ticker")) as work:
        return await review.commit_seeds(work)


async def drawn_up(works: Works, clock: FixedClock) -> None:
    clock.set(START + timedelta(days=31))
    async with works(DRAWER) as work:
        await operations.draw_up(work, month="2026-03")


def line(**changes: object) -> Line:
    usual: dict[str, object] = {
        "id": new_id(),
        "visit_id": new_id(),
        "revision": 1,
        "kind": CHARGE,
        "request_id": new_id(),
        "person_id": new_id(),
        "provider_id": new_id(),
        "item_code": "B01",
        "division_code": "130903001001",
        "month": "2026-03",
        "visited_on": date(2026, 3, 2),
        "planned_start": datetime(2026, 3, 2, 1, 0, tzinfo=UTC),
        "facts": '{"evidence_grade": "A"}',
        "price_fen": 3000,
        "rule_version": "x",
        "claimed_fen": 3000,
        "deducted_fen": 0,
        "payable_fen": 3000,
        "subsidised_fen": 2700,
        "own_fen": 300,
        "deductions": {},
        "verified_by": new_id(),
    }
    return Line(**{**usual, **changes})  # type: ignore[arg-type]  # the usual values have their fields' types


CHARGED = st.dictionaries(
    st.tuples(st.integers(1, 4), st.integers(1, 3)),
    st.tuples(st.sampled_from([0, 1, 3000]), st.integers(1, 3)),
    max_size=8,
)
"""Charges of a few visits: visit and revision → what is paid, and the evidence that it is paid for."""


@given(CHARGED, st.randoms(use_true_random=False))
def test_a_visit_is_listed_once_by_its_last_charge_and_only_where_it_is_paid(
    charged: dict[tuple[int, int], tuple[int, int]], chance: Random
) -> None:
    rows = [
        line(visit_id=UUID(int=visit), revision=revision, payable_fen=paid, verified_by=UUID(int=evidence))
        for (visit, revision), (paid, evidence) in charged.items()
    ]
    chance.shuffle(rows)
    listed = drawing.listed(rows)
    last = {row.visit_id: row for row in sorted(rows, key=lambda row: row.revision)}
    assert {row.id for row in listed} == {row.id for row in last.values() if row.payable_fen}
    assert len({row.visit_id for row in listed}) == len(listed)


@pytest.mark.parametrize(
    ("paid_before", "same_evidence", "listed"),
    [(3000, True, False), (3000, False, True), (0, True, True), (0, False, True)],
)
def test_a_correction_is_listed_where_it_pays_for_evidence_that_was_not_paid_for(
    paid_before: int, same_evidence: bool, listed: bool
) -> None:
    visit_id, evidence = new_id(), new_id()
    back = line(visit_id=visit_id, kind=REVERSAL, payable_fen=-paid_before, verified_by=evidence)
    again = line(visit_id=visit_id, revision=2, verified_by=evidence if same_evidence else new_id())
    assert drawing.listed([back, again]) == [again] * listed


async def test_seeds_are_committed_for_this_month_and_the_next_once(works: Works, clock: FixedClock) -> None:
    first, second = await admitted(works, 2)
    assert await committed(works) == 4
    assert await committed(works) == 0
    async with works(Actor(Role.MANAGER, "manager")) as work:
        await roster.exit_company(work, provider_id=second, reason="test", blacklist=True)
    clock.set(START + timedelta(days=31))
    assert await committed(works) == 1  # for May, of the company that is left
    async with works(SYSTEM("test")) as work:
        rows = (await work.session.execute(select(ReviewDraw))).scalars().all()
        assert sorted(row.month for row in rows if row.provider_id == first) == ["2026-03", "2026-04", "2026-05"]
        assert {row.seed for row in rows} == {None}
        events = await work.session.execute(
            text("select data->>'seed_hash' from event_log where type = 'settlement.draw_committed.v1'")
        )
        assert sorted(events.scalars()) == sorted(row.seed_hash for row in rows)


async def test_a_twentieth_is_drawn_by_the_seed_of_before_and_anybody_draws_the_same(
    works: Works, clock: FixedClock
) -> None:
    (company,) = await admitted(works)
    await committed(works)
    visits = [verified(company) for _ in range(VISITS)]
    for visit in (*visits, verified(company, evidence_grade="D")):  # the last is not paid, and not listed
        await handle(works, visit)
    await drawn_up(works, clock)
    async with works(SYSTEM("anybody")) as work:
        report = await queries.replayed(work, "2026-03")
    assert report.disagreements == []
    (draw,) = report.draws
    assert (draw.late, draw.percent, len(draw.drawn)) == (0, 5, 3)
    assert 0 < draw.committed < draw.frozen
    # Ten lines that share nothing with the program.
    seed = bytes.fromhex(draw.seed)
    assert hashlib.sha256(seed).hexdigest() == draw.seed_hash
    assert set(draw.visits) == {str(visit.visit_id) for visit in visits}
    assert hashlib.sha256("\n".join(sorted(draw.visits)).encode()).hexdigest() == draw.list_hash
    tickets = sorted((hashlib.sha256(seed + UUID(visit).bytes).digest(), visit) for visit in draw.visits)
    assert [visit for _, visit in tickets[:3]] == draw.drawn


async def test_without_a_seed_from_before_there_is_a_draw_that_says_how_late_it_was(
    works: Works, clock: FixedClock
) -> None:
    (company,) = await admitted(works)
    await handle(works, verified(company))
    await committed(works)
    await handle(works, verified(company))
    other = new_id()  # no seed at all was committed for this one
    await handle(works, verified(other))
    await drawn_up(works, clock)
    async with works(SYSTEM("anybody")) as work:
        report = await queries.replayed(work, "2026-03")
    assert report.disagreements == []
    late = {draw.provider: (draw.late, len(draw.visits), len(draw.drawn)) for draw in report.draws}
    assert late == {str(company): (1, 2, 1), str(other): (1, 1, 1)}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("jsonb_set(data, '{seed}', to_jsonb(repeat('00', 32)))", "seed"),
        ("jsonb_set(data, '{seed}', '\"no hexadecimal\"')", "seed"),
        ("jsonb_set(data, '{list_hash}', '\"x\"')", "list_hash"),
        ("jsonb_set(data, '{percent}', '1')", "percent"),
        ("jsonb_set(data, '{visits}', '1')", "visits"),
        ("jsonb_set(data, '{drawn}', '0')", "drawn"),
        ("jsonb_set(data, '{grades}', '\"\"')", "grades"),
        ("jsonb_set(data, '{amount_fen}', '100')", "amount_fen"),
        ("jsonb_set(data, '{reviews}', '0')", "reviews"),
    ],
)
async def test_an_event_of_a_draw_that_does_not_follow_from_the_others_is_found(
    works: Works, company: UUID, change: str, field: str
) -> None:
    owner = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    await owner.execute(
        f"update event_log set data = {change} where position ="
        " (select min(position) from event_log where type = 'settlement.draw_frozen.v1')"
    )
    await owner.close()
    async with works(SYSTEM("test")) as work:
        fields = {entry["field"] for entry in (await queries.replayed(work, "2026-03")).disagreements}
    assert {field, "chain"} <= fields


async def test_a_row_of_a_draw_that_was_changed_is_found(works: Works, company: UUID) -> None:
    owner = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    await owner.execute("update review_draw set list_hash = 'x', drawn = 0 where month = '2026-03'")
    await owner.close()
    async with works(SYSTEM("test")) as work:
        wrong = (await queries.replayed(work, "2026-03")).disagreements
        assert [entry["field"] for entry in wrong] == ["list_hash", "drawn"]
        assert (await queries.replayed(work, "2026-04")).disagreements == []


def test_a_draw_of_a_statement_that_was_never_drawn_up_is_a_fault() -> None:
    frozen = DrawFrozen(
        statement_id=new_id(),
        provider_id=new_id(),
        month="2026-03",
        seed="00",
        list_hash="x",
        visits=0,
        percent=5,
        drawn=0,
        grades="CP",
        amount_fen=50_000,
        reviews=0,
    )
    (fault,) = replay([NumberedEvent(1, new_id(), frozen)]).faults
    assert (fault.subject, fault.field) == (frozen.statement_id, "statement_id")


async def test_a_company_sees_its_own_draws_alone_and_nobody_the_seed_beforehand(works: Works) -> None:
    first, _ = await admitted(works, 2)
    await committed(works)
    async with works(Actor(Role.PROVIDER, "own", scope=Company(first))) as work:
        rows = await queries.draws(work, month="2026-03")
        assert [(row.provider_id, row.seed, row.statement_id) for row in rows] == [(first, None, None)]
        with pytest.raises(Exception, match="permission denied"):
            await work.session.execute(text("update review_draw set drawn = 0"))
    async with works(SYSTEM("test")) as work:
        for row in await queries.draws(work, month="2026-03"):
            opened = work.vault.open(
                row.data_key, f"review_draw|seed_sealed|{row.provider_id}|{row.month}", row.seed_sealed
            )
            assert hashlib.sha256(bytes.fromhex(opened)).hexdigest() == row.seed_hash
            assert bytes.fromhex(opened) not in row.seed_sealed
