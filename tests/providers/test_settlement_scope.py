"""A company reads and moves its own papers and nothing else; nobody rewrites money, not even the desk."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import providers.settlement.handlers
from events.contracts.rules import RuleRecorded
from events.contracts.visits import VisitVerified
from events.work import Works
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from kit.china import identifiers
from kit.clock import FixedClock
from kit.database import PROVIDER_ROLE
from kit.ids import new_id
from kit.rules import operations as rules
from providers.catalogue import operations as catalogue
from providers.roster import operations as roster
from providers.settlement import operations, queries
from providers.settlement.arithmetic import DeductionReason
from providers.settlement.model import Statement
from providers.settlement.rules import DeciderMayApprove
from tests.providers.handled import look_at_all

assert providers.settlement.handlers.GROUP == "settlement"
Drain = Callable[[], Awaitable[int]]
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
USCC = identifiers.compose_uscc(area="130999", sequence=1)
SEEN = ("charge", "statement", "statement_line", "dispute", "payment", "review_draw", "line_review")


def of(provider_id: UUID) -> Actor:
    return Actor(Role.PROVIDER, f"people of {provider_id}", scope=Company(provider_id))


def desk(name: str, role: Role = Role.FINANCE) -> Actor:
    return Actor(role, name)


def late(provider_id: UUID) -> VisitVerified:
    return VisitVerified(
        visit_id=new_id(),
        request_id=new_id(),
        provider_id=provider_id,
        person_id=new_id(),
        worker_id=new_id(),
        item_code="B01",
        division_code="130903001001",
        planned_start=START,
        planned_minutes=60,
        quantity=1,
        arrived_at=START,
        left_at=START + timedelta(minutes=60),
        late_minutes=45,
        done_minutes=60,
        evidence_grade="A",
        outcome="completed",
        urgent=False,
        category="B",
        copay_percent=10,
        quota_held_fen=2700,
    )


@pytest.fixture
async def papers(works: Works, drain: Drain, clock: FixedClock) -> list[Statement]:
    """Give the March statements of two companies, each with one disputed line."""
    async with works(SYSTEM("test")) as work:
        await catalogue.ship_catalogue(work)
        for number in (2, 3):
            uscc = identifiers.compose_uscc(area="130999", sequence=number)
            facts = roster.NewCompany(uscc=uscc, name=f"企业{number}", bank_account=f"6222 0000 {number:04d}")
            work.emit(late((await roster.admit_company(work, facts=facts)).id))
    await drain()
    clock.set(START + timedelta(days=31))
    async with works(desk("drawer")) as work:
        statements = await operations.draw_up(work, month="2026-03")
    for paper in statements:
        async with works(of(paper.provider_id)) as work:
            ((line, _),) = await queries.lines(work, paper.id)
            await operations.dispute(work, line_id=line.id, reason="道路封闭")
    return statements


async def _approved(works: Works, paper: Statement, *, upheld: bool) -> None:
    async with works(desk("decider", Role.MANAGER)) as work:
        (dispute,) = await queries.disputes(work, paper.id)
        forgiven = [DeductionReason.LATE] if upheld else []
        await operations.decide_dispute(work, dispute_id=dispute.id, upheld=upheld, forgiven=forgiven)
    async with works(of(paper.provider_id)) as work:
        await operations.confirm(work, statement_id=paper.id)
    await look_at_all(works, paper.id, by=desk("second", Role.MANAGER))
    async with works(desk("second", Role.MANAGER)) as work:
        await operations.approve(work, statement_id=paper.id)


async def test_a_company_reads_its_own_rows_only_and_an_unset_one_none(works: Works, papers: list[Statement]) -> None:
    for paper in papers:
        await _approved(works, paper, upheld=False)
        async with works(desk("cashier")) as work:
            await operations.pay(work, statement_id=paper.id, reference="1")
    for paper in papers:
        async with works(of(paper.provider_id)) as work:
            for table in SEEN:
                rows = await work.session.execute(text(f"select provider_id from {table}"))
                assert set(rows.scalars()) == {paper.provider_id}, table
            other = next(statement for statement in papers if statement.id != paper.id)
            with pytest.raises(queries.StatementNotFound):
                await queries.statement(work, other.id)
            assert await queries.lines(work, other.id) == []
            assert await queries.disputes(work, other.id) == []
            assert (await queries.running(work, month="2026-03", provider_id=other.provider_id))["lines"] == 0
    async with works.database.engines[PROVIDER_ROLE].connect() as connection:
        for table in SEEN:
            assert (await connection.execute(text(f"select count(*) from {table}"))).scalar_one() == 0


@pytest.mark.parametrize(
    "statement",
    [
        "update statement set payable_fen = payable_fen + 1, own_fen = own_fen + 1",
        "update statement set approved_by = 'me', approved_at = now()",
        "update charge set payable_fen = 0",
        "delete from charge",
        "delete from dispute",
        "update dispute set state = 'upheld'",
        "insert into payment select gen_random_uuid(), id, provider_id, month, 1, '', null, '', now() from statement",
        "update line_review set stands = true, decided_at = now()",
        "select * from ledger_entry",
        "select * from finding",
        "select * from settlement_deceased",
    ],
)
async def test_a_company_moves_the_state_of_its_paper_and_nothing_else(
    works: Works, papers: list[Statement], statement: str
) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with works(of(papers[0].provider_id)) as work:
            await work.session.execute(text(statement))


@pytest.mark.parametrize(
    "table", ["charge", "ledger_entry", "statement_line", "payment", "payment_return", "charge_standards"]
)
@pytest.mark.parametrize("verb", ["delete from {0}", "update {0} set {1} = {1}"])
async def test_the_desk_itself_cannot_rewrite_money(works: Works, table: str, verb: str) -> None:
    column = {"charge_standards": "version", "ledger_entry": "fen"}.get(table, "id")
    with pytest.raises(DBAPIError, match="permission denied"):
        async with works(desk("clerk")) as work:
            await work.session.execute(text(verb.format(table, column)))


async def test_anothers_line_and_paper_answer_like_missing_ones(works: Works, papers: list[Statement]) -> None:
    own, other = papers
    async with works(SYSTEM("test")) as work:
        ((line, _),) = await queries.lines(work, other.id)
    with pytest.raises(queries.LineNotFound):
        async with works(of(own.provider_id)) as work:
            await operations.dispute(work, line_id=line.id, reason="别人的")
    with pytest.raises(operations.LineDisputedAlready):
        async with works(of(other.provider_id)) as work:
            await operations.dispute(work, line_id=line.id, reason="又一次")
    with pytest.raises(queries.StatementNotFound):
        async with works(of(own.provider_id)) as work:
            await operations.confirm(work, statement_id=other.id)


async def test_who_decided_a_dispute_may_approve_only_where_the_rule_says_so(
    works: Works, papers: list[Statement], clock: FixedClock
) -> None:
    paper = papers[0]
    async with works(desk("decider", Role.MANAGER)) as work:
        (dispute,) = await queries.disputes(work, paper.id)
        with pytest.raises(operations.CannotForgive):
            await operations.decide_dispute(
                work, dispute_id=dispute.id, upheld=True, forgiven=[DeductionReason.UNPROVEN]
            )
        await operations.decide_dispute(work, dispute_id=dispute.id, upheld=False)
        with pytest.raises(operations.DisputeDecidedAlready):
            await operations.decide_dispute(work, dispute_id=dispute.id, upheld=True, forgiven=[DeductionReason.LATE])
    async with works(of(paper.provider_id)) as work:
        await operations.confirm(work, statement_id=paper.id)
    with pytest.raises(operations.SecondPersonWanted):
        async with works(desk("decider", Role.MANAGER)) as work:
            await operations.approve(work, statement_id=paper.id)
    async with works(SYSTEM("bureau")) as work:
        row = await rules.decide(
            work.session,
            DeciderMayApprove.of(True),
            valid_from=work.now + timedelta(minutes=2),
            now=work.now,
            by="bureau",
        )
        work.emit(RuleRecorded(name=row.name, value=row.value, valid_from=row.valid_from))
    clock.advance(timedelta(minutes=3))
    await look_at_all(works, paper.id, by=desk("second", Role.MANAGER))
    async with works(desk("decider", Role.MANAGER)) as work:
        await operations.approve(work, statement_id=paper.id)


@pytest.mark.parametrize("person", ["drawer", "second"])
async def test_the_payer_is_a_third_person(works: Works, papers: list[Statement], person: str) -> None:
    await _approved(works, papers[0], upheld=False)
    with pytest.raises(operations.SecondPersonWanted):
        async with works(desk(person)) as work:
            await operations.pay(work, statement_id=papers[0].id, reference="1")


async def test_the_payment_file_names_company_account_and_amount_in_words(
    works: Works, drain: Drain, clock: FixedClock
) -> None:
    async with works(SYSTEM("test")) as work:
        await catalogue.ship_catalogue(work)
        company = await roster.admit_company(
            work, facts=roster.NewCompany(uscc=USCC, name="安康居家服务", bank_account="6222 0000 1111")
        )
        work.emit(late(company.id))
    await drain()
    clock.set(START + timedelta(days=31))
    async with works(desk("drawer")) as work:
        (paper,) = await operations.draw_up(work, month="2026-03")
        assert await queries.payment_file(work, month="2026-03") == []
    async with works(of(company.id)) as work:
        await operations.confirm(work, statement_id=paper.id)
    await look_at_all(works, paper.id, by=desk("second"))
    async with works(desk("second")) as work:
        await operations.approve(work, statement_id=paper.id)
    async with works(desk("cashier")) as work:
        (row,) = await queries.payment_file(work, month="2026-03")
        assert (row.name, row.account, row.fen, row.yuan) == ("安康居家服务", "622200001111", 2430, "24.30")
        assert row.words == "贰拾肆元叁角整"


async def test_an_upheld_dispute_after_payment_is_a_line_of_the_next_month(
    works: Works, papers: list[Statement], clock: FixedClock
) -> None:
    paper = papers[0]
    await _approved(works, paper, upheld=True)
    async with works(desk("cashier")) as work:
        await operations.pay(work, statement_id=paper.id, reference="1")
        sums = await queries.running(work, month="2026-03", provider_id=paper.provider_id)
        assert (sums["lines"], sums["payable_fen"], sums["subsidised_fen"]) == (2, 300, 270)
    clock.set(START + timedelta(days=61))
    async with works(desk("drawer")) as work:
        assert await operations.draw_up(work, month="2026-03") == []
        (april,) = await operations.draw_up(work, month="2026-04")
        assert (april.lines, april.payable_fen, april.subsidised_fen) == (2, 300, 270)
        assert (await queries.running(work, month="2026-04", provider_id=paper.provider_id))["lines"] == 0
