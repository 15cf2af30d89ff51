"""Money follows from the log alone: in any order of its events, against an owner's hand, and by a second opinion."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from fractions import Fraction
from random import Random
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from events import log
from events.contracts.event import REGISTRY
from events.contracts.settlement import StatementPaid
from events.work import Works
from kit import money, postgres
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.clock import FixedClock
from kit.ids import new_id
from providers.catalogue import operations as catalogue
from providers.settlement import month, operations, queries
from providers.settlement.arithmetic import DeductionReason
from providers.settlement.explanation import Step
from providers.settlement.papers import charge_id, line_id
from providers.settlement.replay import NumberedEvent, replay
from tests import oracle
from tests.providers.handled import START, verified

Drain = Callable[[], Awaitable[int]]
DRAWER = Actor(Role.FINANCE, "drawer")


async def numbered(works: Works) -> list[NumberedEvent]:
    """Seal every event and return them all."""
    async with works(SYSTEM("test")) as work:
        await log.seal_all(work)
        rows = await work.session.execute(
            text(
                "select s.number, l.id, l.type, l.data from event_seal s join event_log l on l.position = s.position"
                " order by s.number"
            )
        )
        return [NumberedEvent(row[0], row[1], REGISTRY[row[2]].model_validate(row[3])) for row in rows]


async def owner(works: Works, *statements: str) -> None:
    """Do what only the owner of the database can."""
    connection = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


async def test_rows_and_log_give_the_same_bytes_and_the_oracle_agrees_on_every_line(
    works: Works, company: UUID
) -> None:
    async with works(SYSTEM("test")) as work:
        for each in ("2026-03", "2026-04"):
            rows, again = await month.stored(work, each), await month.replayed(work, each)
            assert rows == again
            assert rows.disagreements == []
            assert rows.statements == 1
            assert rows.visits > 1
    connection = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    computed, wrong = await oracle.disagreements(connection)
    await connection.close()
    assert wrong == []
    assert computed > 25


async def test_the_oracle_would_notice_a_single_fen(works: Works, company: UUID) -> None:
    await owner(
        works,
        "update charge set payable_fen = payable_fen + 1, own_fen = own_fen + 1, deducted_fen = deducted_fen - 1"
        " where id = (select id from charge where kind = 'charge' and deducted_fen > 0 order by id limit 1)",
    )
    connection = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    _, wrong = await oracle.disagreements(connection)
    await connection.close()
    assert len(wrong) >= 3


async def test_events_in_any_order_and_any_number_of_times_give_the_same_statements(
    works: Works, company: UUID
) -> None:
    async with works(SYSTEM("test")) as work:
        wanted = [(await month.stored(work, each)).sha256 for each in ("2026-03", "2026-04")]
    entries = await numbered(works)

    @settings(max_examples=500)
    @given(st.randoms(use_true_random=False))
    def shuffled(chance: Random) -> None:
        order = [*entries, *chance.sample(entries, len(entries) // 3)]
        chance.shuffle(order)
        books = replay(order)
        assert books.faults == []
        digests = [
            month.figures(each, papers, entries_sum_fen=0, disagreements=[]).sha256
            for each in ("2026-03", "2026-04")
            if (papers := [paper for paper in books.papers.values() if paper.month == each])
        ]
        assert digests == wanted

    shuffled()


async def test_a_shorter_log_gives_the_statements_of_that_time_and_the_difference_is_told_to_the_fen(
    works: Works, company: UUID
) -> None:
    entries = await numbered(works)
    drafted = [entry.number for entry in entries if type(entry.event).__name__ == "StatementDrafted"]
    async with works(SYSTEM("test")) as work:
        assert await month.compare(work, ("2026-03", None), ("2026-03", drafted[0])) == []
        assert await month.compare(work, ("2026-03", None), ("2026-03", drafted[0] - 1)) == []
        early = await month.compare(work, ("2026-03", drafted[0] // 2), ("2026-03", None))
        fen = sum(row["computed"] for row in early if row["stored"] == "None")
        before = replay(entries[: drafted[0] // 2]).as_drawn("2026-03")
        (after,) = await queries.stored(work, "2026-03")
        assert fen > 0
        assert fen + sum(paper.totals()["payable_fen"] for paper in before) == after.totals()["payable_fen"]


MORE = "payable_fen = payable_fen + 100, claimed_fen = claimed_fen + 100, subsidised_fen = subsidised_fen + 100"
LEGS = "fen = fen + 100 * sign(fen) where account in ('subsidy', 'due')"


async def test_an_owner_who_changes_price_amounts_sums_and_hash_together_is_found_at_the_line(
    works: Works, company: UUID
) -> None:
    async with works(SYSTEM("test")) as work:
        (march,) = await queries.statements(work, month="2026-03")
        _, row = next(pair for pair in await queries.lines(work, march.id) if pair[1].payable_fen == 3000)
        changed, march_id = row.id, march.id
    await owner(
        works,
        f"update charge set price_fen = price_fen + 100, {MORE} where id = '{changed}'",
        f"update ledger_entry set {LEGS} and posting_id = '{changed}'",
        f"update statement set {MORE} where id = '{march_id}'",
    )
    async with works(SYSTEM("test")) as work:
        forged = (await queries.stored(work, "2026-03"))[0]
        digest = hashlib.sha256(forged.content()).hexdigest()
    await owner(works, f"update statement set content_hash = '{digest}' where id = '{march_id}'")
    async with works(SYSTEM("test")) as work:
        assert (await month.stored(work, "2026-03")).disagreements == []  # the rows alone agree with themselves
        again = await queries.recompute(work, await queries.statement(work, march_id))
        assert not again.equal
        assert {difference.field for difference in again.differences if difference.charge_id == changed} == {
            "price_fen",
            "claimed_fen",
            "payable_fen",
            "subsidised_fen",
        }
        whole = await month.replayed(work, "2026-03")
        assert whole.sha256 != (await month.stored(work, "2026-03")).sha256
        assert {row["charge"] for row in whole.disagreements} >= {str(changed)}
        assert any(row["field"].startswith("ledger") for row in whole.disagreements)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("jsonb_set(data, '{payable_fen}', '1')", "payable_fen"),
        ("jsonb_set(data, '{price_fen}', '1')", "price_fen"),
        ("jsonb_set(data, '{rule_version}', '\"nothing\"')", "rule_version"),
        ("jsonb_set(data, '{complaint_percent}', '7')", "complaint_percent"),
        ("jsonb_set(data, '{void}', '\"gone\"')", "void"),
        ("jsonb_set(data, '{forgiven}', '[\"late\"]')", "forgiven"),
        ("jsonb_set(data, '{item_code}', '\"B02\"')", "item_code"),
        ("jsonb_set(data, '{verified_by}', '\"018f0000-0000-7000-8000-000000000000\"')", "verified_by"),
    ],
)
async def test_an_event_of_a_charge_that_does_not_follow_from_the_others_is_found(
    works: Works, company: UUID, change: str, field: str
) -> None:
    await owner(
        works,
        f"update event_log set data = {change} where position ="
        " (select min(position) from event_log where type like 'settlement.charge_made%')",
    )
    async with works(SYSTEM("test")) as work:
        whole = await month.replayed(work, "2026-03")
    assert field in {row["field"] for row in whole.disagreements}
    assert "chain" in {row["field"] for row in whole.disagreements}


def test_a_payment_of_a_statement_that_was_never_drawn_up_is_a_fault() -> None:
    paid = StatementPaid(statement_id=new_id(), provider_id=new_id(), month="2026-03", total_fen=100)
    (fault,) = replay([NumberedEvent(1, new_id(), paid)]).faults
    assert (fault.number, fault.subject, fault.field) == (1, paid.statement_id, "statement_id")


async def test_a_charge_has_the_id_that_its_visit_gives_it(works: Works, company: UUID) -> None:
    async with works(SYSTEM("test")) as work:
        for paper in await queries.stored(work, "2026-03"):
            for line in paper.lines:
                assert line.id == charge_id(line.visit_id, line.revision, line.kind)
                assert paper.line_ids[line.id] == line_id(paper.id, line.id)


async def test_what_is_not_sealed_when_a_month_is_drawn_waits_for_the_next(
    works: Works, drain: Drain, clock: FixedClock
) -> None:
    company = new_id()
    async with works(SYSTEM("test")) as work:
        await catalogue.ship_catalogue(work)
        work.emit(verified(company))
    await drain()
    clock.set(START + timedelta(days=31))
    running = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    transaction = running.transaction()
    await transaction.start()
    await running.fetchval("select pg_current_xact_id()")  # whatever is written from here on cannot be sealed
    async with works(SYSTEM("test")) as work:
        work.emit(verified(company, item_code="B02"))
    await drain()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "_SEALING_TRIES", 2)
        with pytest.raises(operations.LogBehind):
            async with works(DRAWER) as work:
                await operations.draw_up(work, month="2026-03")
    await transaction.rollback()
    await running.close()
    async with works(DRAWER) as work:
        (paper,) = await operations.draw_up(work, month="2026-03")
        assert paper.lines == 2


def worth(step: Step) -> int:
    """Work a written formula out, rounded half up once; a deduction's is what it takes."""
    negated = step.formula.startswith("−(")
    formula = step.formula[2:-1] if negated else step.formula
    exact = re.sub(r"[0-9]+", r"Fraction(\g<0>)", formula).replace("×", "*").replace("−", "-")
    value = money.half_up(*eval(exact, {"Fraction": Fraction, "min": min}).as_integer_ratio())
    return -value if negated else value


async def test_a_line_is_explained_by_numbered_events_and_steps_that_sum_to_it(works: Works, company: UUID) -> None:
    async with works(SYSTEM("test")) as work:
        entries = {entry.number: entry.event for entry in await numbered(works)}
        for paper in [*await queries.stored(work, "2026-03"), *await queries.stored(work, "2026-04")]:
            for line in paper.lines:
                why = await queries.explain(work, paper.line_ids[line.id])
                assert why.agrees
                visit, price = entries[why.visit_event], entries[why.price_event]
                assert getattr(visit, "visit_id", None) == line.visit_id
                assert getattr(price, "price_fen", None) == line.price_fen
                steps = {step.what: step.fen for step in why.steps}
                deducted = sum(-fen for reason, fen in steps.items() if reason in set(DeductionReason))
                assert steps["claimed"] - deducted == steps["payable"] == steps["subsidised"] + steps["own"]
                split = set(DeductionReason)
                assert [step for step in why.steps if step.what not in split and worth(step) != step.fen] == []
                # What reasons share is split to the fen, so that one of them may be a fen away from its own part.
                assert [step for step in why.steps if step.what in split and abs(-worth(step) - step.fen) > 1] == []
                numbers = {rule.name: rule.event for rule in why.rules}
                assert numbers["charge.full_from_percent"] == 0  # the proposed value
        with pytest.raises(queries.LineNotFound):
            await queries.explain(work, new_id())
