"""From verified visits to paid statements: once, to the fen, and never changed afterwards."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

import providers.settlement.handlers
from events import log
from events.contracts.feedback import ComplaintDecided
from events.contracts.visits import VisitVerified
from events.heads import Head, SignedHead
from events.work import Works
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from kit.china import identifiers
from kit.clock import FixedClock
from kit.ids import new_id
from providers.catalogue import operations as catalogue
from providers.roster import operations as roster
from providers.settlement import operations, queries
from providers.settlement.arithmetic import DeductionReason
from providers.settlement.model import Statement, StatementState
from tests.providers.handled import look_at_all

assert providers.settlement.handlers.GROUP == "settlement"
Drain = Callable[[], Awaitable[int]]
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
USCC = identifiers.compose_uscc(area="130999", sequence=1)


def desk(name: str, role: Role = Role.FINANCE) -> Actor:
    return Actor(role=role, label=name)


def verified(provider_id: UUID, *, minutes: int = 60, late: int = 0, outcome: str = "completed") -> VisitVerified:
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
        left_at=START + timedelta(minutes=minutes),
        late_minutes=late,
        done_minutes=minutes,
        evidence_grade="A",
        outcome=outcome,
        urgent=False,
        category="B",
        copay_percent=10,
        quota_held_fen=2700,
    )


async def _tell(works: Works, drain: Drain, *events: VisitVerified | ComplaintDecided) -> None:
    async with works(SYSTEM("test")) as work:
        for event in events:
            work.emit(event)
    await drain()


@pytest.fixture
async def company(works: Works, drain: Drain) -> UUID:
    async with works(SYSTEM("test")) as work:
        await catalogue.ship_catalogue(work)
        facts = roster.NewCompany(uscc=USCC, name="安康居家服务", bank_account="6222 0000 1111")
        admitted = await roster.admit_company(work, facts=facts)
    await drain()
    return admitted.id


async def _drawn(works: Works, month: str = "2026-03") -> list[Statement]:
    async with works(desk("drawer")) as work:
        return await operations.draw_up(work, month=month)


async def test_a_visit_told_twice_is_charged_once_and_the_ledger_sums_to_zero(
    works: Works, drain: Drain, company: UUID
) -> None:
    visit = verified(company)
    await _tell(works, drain, visit, visit)
    async with works(SYSTEM("test")) as work:
        (row,) = await queries.charges_of(work, visit_id=visit.visit_id)
        assert (row.payable_fen, row.subsidised_fen, row.own_fen) == (3000, 2700, 300)
        assert sum((await queries.balances(work)).values()) == 0


async def test_an_unbalanced_posting_is_refused_by_the_database(works: Works) -> None:
    entry = text(
        "insert into ledger_entry (posting_id, account, provider_id, fen, posted_at) "
        "values (gen_random_uuid(), 'due', gen_random_uuid(), 5, now())"
    )
    async with works.database.desk.connect() as connection:
        with pytest.raises(Exception, match="does not sum to zero"):
            await connection.execute(entry)


async def test_eight_clerks_drawing_up_at_once_make_one_statement(
    works: Works, drain: Drain, company: UUID, clock: FixedClock
) -> None:
    await _tell(works, drain, *(verified(company, minutes=minutes) for minutes in (60, 30, 47)))
    with pytest.raises(operations.MonthNotOver):
        await _drawn(works)
    clock.advance(timedelta(days=31))
    drawn = [statement for batch in await asyncio.gather(*(_drawn(works) for _ in range(8))) for statement in batch]
    assert [(statement.lines, statement.payable_fen) for statement in drawn] == [(3, 3000 + 1500 + 2350)]
    async with works(SYSTEM("test")) as work:
        again = await queries.recompute(work, drawn[0])
        assert again.equal
        assert again.content_hash == drawn[0].content_hash
        # Paper bears the signed end of the log: by it a history that is changed later is found.
        at, head, signature = str(drawn[0].log_head).split()
        signed = SignedHead(at, Head.read(head), bytes.fromhex(signature))
        assert work.vault.signed(signed.signature, SignedHead.signed_text(signed.at, signed.head))
        verdict = await log.verify(work, anchor=signed.head)
        assert (verdict.first_bad, signed.head.number > 0) == (None, True)


async def test_a_statement_needs_the_company_a_second_person_and_a_third_to_pay(
    works: Works, drain: Drain, company: UUID, clock: FixedClock
) -> None:
    await _tell(works, drain, verified(company))
    clock.advance(timedelta(days=31))
    (statement,) = await _drawn(works)
    own = Actor(role=Role.PROVIDER, label="own", scope=Company(company))
    other = Actor(role=Role.PROVIDER, label="other", scope=Company(new_id()))
    with pytest.raises(queries.StatementNotFound):
        async with works(other) as work:
            await operations.confirm(work, statement_id=statement.id)
    with pytest.raises(operations.StatementCannotMove):
        async with works(desk("second")) as work:
            await operations.approve(work, statement_id=statement.id)
    async with works(own) as work:
        await operations.confirm(work, statement_id=statement.id)
    with pytest.raises(operations.SecondPersonWanted):
        async with works(desk("drawer")) as work:
            await operations.approve(work, statement_id=statement.id)
    with pytest.raises(operations.ReviewOpen):
        async with works(desk("second")) as work:
            await operations.approve(work, statement_id=statement.id)
    assert await look_at_all(works, statement.id, by=desk("second")) == 1
    async with works(desk("second")) as work:
        await operations.approve(work, statement_id=statement.id)
    with pytest.raises(operations.SecondPersonWanted):
        async with works(desk("second")) as work:
            await operations.pay(work, statement_id=statement.id, reference="2026-04-001")
    async with works(desk("cashier")) as work:
        payment = await operations.pay(work, statement_id=statement.id, reference="2026-04-001")
        assert payment.fen == 2700
    with pytest.raises(operations.StatementCannotMove):
        async with works(desk("cashier")) as work:
            await operations.pay(work, statement_id=statement.id, reference="2026-04-002")
    async with works(SYSTEM("test")) as work:
        balances = await queries.balances(work)
        assert (balances["due"], balances["treasury"], sum(balances.values())) == (0, -2700, 0)


async def test_a_dispute_that_is_upheld_is_made_good_in_the_next_month(
    works: Works, drain: Drain, company: UUID, clock: FixedClock
) -> None:
    await _tell(works, drain, verified(company, late=45))
    clock.advance(timedelta(days=31))
    (statement,) = await _drawn(works)
    assert statement.payable_fen == 2700
    async with works(Actor(role=Role.PROVIDER, label="own", scope=Company(company))) as work:
        ((line, _),) = await queries.lines(work, statement.id)
        dispute = await operations.dispute(work, line_id=line.id, reason="道路封闭")
    with pytest.raises(operations.DisputesOpen):
        async with works(Actor(role=Role.PROVIDER, label="own", scope=Company(company))) as work:
            await operations.confirm(work, statement_id=statement.id)
    async with works(desk("manager", Role.MANAGER)) as work:
        await operations.decide_dispute(work, dispute_id=dispute.id, upheld=True, forgiven=[DeductionReason.LATE])
    clock.advance(timedelta(days=30))
    (adjustment,) = await _drawn(works, "2026-04")
    assert (adjustment.lines, adjustment.payable_fen) == (2, 300)
    async with works(SYSTEM("test")) as work:
        frozen = await queries.statement(work, statement.id)
        assert frozen is not None
        assert frozen.state is StatementState.DRAFT
        assert (await queries.recompute(work, frozen)).equal
        assert (await queries.recompute(work, adjustment)).equal


async def test_an_upheld_complaint_counts_the_same_before_and_after_the_charge(
    works: Works, drain: Drain, company: UUID
) -> None:
    early, late = verified(company), verified(company)
    decisions = [
        ComplaintDecided(
            visit_id=visit.visit_id, provider_id=company, complaint_id=new_id(), upheld=True, deduction_percent=50
        )
        for visit in (early, late)
    ]
    await _tell(works, drain, decisions[0], early, late, decisions[1])
    async with works(SYSTEM("test")) as work:
        for visit in (early, late):
            rows = await queries.charges_of(work, visit_id=visit.visit_id)
            assert sum(row.payable_fen for row in rows) == 1500
