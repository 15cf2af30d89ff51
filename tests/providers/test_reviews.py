"""What a person says of a line before money leaves: by whom, with what consequence, and found in the log."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import log
from events.contracts.feedback import ComplaintDecided
from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from kit.clock import FixedClock
from kit.ids import new_id
from providers.settlement import journal, month, operations
from providers.settlement import queries as owed
from providers.settlement.audit import evidence
from providers.settlement.review import drawing, queries
from providers.settlement.review import operations as review
from providers.settlement.review.drawing import Criteria, ReviewReason
from tests import oracle
from tests.providers.handled import START, handle, handle_in, look_at_all, verified
from tests.providers.test_review_draws import DRAWER, admitted, drawn_up, line

CRITERIA = st.builds(
    Criteria,
    percent=st.integers(1, 100),
    grades=st.sampled_from(["", "C", "CP", "ABCDP"]),
    amount_fen=st.integers(100, 10_000_000),
)
PAID = st.lists(st.tuples(st.sampled_from("ABCDP"), st.integers(1, 10_000_000)), max_size=40)


@given(PAID, CRITERIA, st.binary(min_size=32, max_size=32))
def test_what_is_drawn_and_what_a_rule_names_is_reviewed_and_nothing_else(
    paid: list[tuple[str, int]], criteria: Criteria, seed: bytes
) -> None:
    lines = [line(facts=f'{{"evidence_grade": "{grade}"}}', claimed_fen=fen, payable_fen=fen) for grade, fen in paid]
    selection = drawing.select(lines, seed=seed, criteria=criteria)
    assert len(selection.drawn) == -(-len(lines) * criteria.percent // 100)
    reasons = {row.id: why for row, why in selection.reviews}
    for row, (grade, fen) in zip(lines, paid, strict=True):
        expected = [
            ReviewReason.DRAWN if row.visit_id in selection.drawn else None,
            ReviewReason.GRADE if grade in criteria.grades else None,
            ReviewReason.AMOUNT if fen >= criteria.amount_fen else None,
        ]
        assert reasons.get(row.id, []) == [reason for reason in expected if reason]
    again = drawing.select(lines[::-1], seed=seed, criteria=criteria)
    assert again.drawn == selection.drawn


async def test_who_decided_the_visit_does_not_review_its_line(works: Works, clock: FixedClock) -> None:
    (company,) = await admitted(works)
    manager = Actor(Role.MANAGER, "manager")
    visit = verified(company, evidence_grade="P")
    silent = Works(works.database, works.clock, works.vault, routes={})
    async with silent(manager) as work:
        work.emit(visit)
        (logged,) = work.emitted
    async with works(SYSTEM("settlement")) as work:
        work.follow(logged)
        await handle_in(work, visit)
    await drawn_up(works, clock)
    async with works(SYSTEM("test")) as work:
        (paper,) = await owed.statements(work, month="2026-03")
        (row,) = await queries.reviews(work, paper.id)
        assert row.reasons == ["drawn", "grade"]
    for actor in (manager, DRAWER):
        with pytest.raises(operations.SecondPersonWanted):
            async with works(actor) as work:
                await review.decide(work, line_id=row.line_id, stands=True, note="good")
    async with works(Actor(Role.MANAGER, "another")) as work:
        assert (await review.decide(work, line_id=row.line_id, stands=True, note="good")).decided_by == "another"


async def test_a_line_that_does_not_stand_is_taken_back_by_the_next_statement(works: Works, clock: FixedClock) -> None:
    (company,) = await admitted(works)
    await handle(works, verified(company))
    await drawn_up(works, clock)
    async with works(Actor(Role.MANAGER, "manager")) as work:
        (paper,) = await owed.statements(work, month="2026-03")
        (row,) = await queries.reviews(work, paper.id)
        await review.decide(work, line_id=row.line_id, stands=False, note="nobody was there")
    clock.set(START + timedelta(days=62))
    async with works(DRAWER) as work:
        (april,) = await operations.draw_up(work, month="2026-04")
        assert (april.lines, april.payable_fen) == (2, -3000)
        assert await queries.reviews(work, april.id) == []  # what pays nothing needs nobody's look
    async with works(SYSTEM("test")) as work:
        for each in ("2026-03", "2026-04"):
            assert (await month.replayed(work, each)).disagreements == []
        (draw,) = (await queries.replayed(work, "2026-03")).draws
        assert (draw.reviews, draw.waiting, draw.fallen) == (1, 0, 1)
    connection = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    assert await oracle.disagreements(connection) == (3, [])
    await connection.execute("update line_review set stands = true")
    await connection.close()
    async with works(SYSTEM("test")) as work:
        (wrong,) = (await queries.replayed(work, "2026-03")).disagreements
        assert (wrong["field"], wrong["stored"], wrong["computed"]) == ("review", "stands", "does not stand")


@pytest.mark.parametrize("deleted", [True, False])
async def test_an_approval_without_its_review_is_found_in_the_log(
    works: Works, clock: FixedClock, deleted: bool
) -> None:
    (company,) = await admitted(works)
    await handle(works, verified(company))
    await drawn_up(works, clock)
    async with works(SYSTEM("test")) as work:
        (paper,) = await owed.statements(work, month="2026-03")
    async with works(Actor(Role.PROVIDER, "own", scope=Company(company))) as work:
        await operations.confirm(work, statement_id=paper.id)
    await look_at_all(works, paper.id, by=Actor(Role.MANAGER, "manager"))
    async with works(Actor(Role.MANAGER, "manager")) as work:
        await operations.approve(work, statement_id=paper.id)
    if deleted:
        owner = await asyncpg.connect(dsn=postgres.plain(works.database.url))
        await owner.execute("delete from event_log where type = 'settlement.line_reviewed.v1'")
        await owner.close()
    async with works(SYSTEM("test")) as work:
        fields = {entry["field"] for entry in (await queries.replayed(work, "2026-03")).disagreements}
        assert fields == ({"review"} if deleted else set())


async def test_a_package_is_made_of_what_was_sealed_when_its_statement_was_drawn_up(
    works: Works, clock: FixedClock
) -> None:
    (company,) = await admitted(works)
    visit = verified(company)
    await handle(works, visit)
    complaint: dict[str, Any] = {
        "visit_id": visit.visit_id,
        "provider_id": company,
        "complaint_id": new_id(),
        "upheld": True,
    }
    await handle(works, ComplaintDecided(**complaint, deduction_percent=50))
    await drawn_up(works, clock)
    async with works(SYSTEM("test")) as work:
        (paper,) = await owed.statements(work, month="2026-03")
    await look_at_all(works, paper.id, by=Actor(Role.MANAGER, "manager"))
    await handle(works, ComplaintDecided(**complaint, deduction_percent=0))
    async with works(SYSTEM("test")) as work:
        await log.seal_all(work)
        drafted = (await journal.books(work)).papers[paper.id]
        behind = await evidence.of(work, drafted, numbers=[])
        assert drafted.reaches is not None
        assert [number for number in behind.rows if number > drafted.reaches] == [behind.drafted.number]
