"""A payment comes back once and is paid again in its place: by the fold of the log, and by the database itself."""

from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from events.contracts.settlement import PaymentReturned, StatementPaid
from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from kit.clock import FixedClock
from kit.ids import new_id
from providers.settlement import month, operations, queries
from providers.settlement.model import Payment, PaymentReturn, PaymentReturnReason, Statement
from providers.settlement.progress import PaidOnce, Progress
from tests import oracle
from tests.providers.handled import handle, look_at_all, verified
from tests.providers.test_review_draws import admitted, drawn_up

ABOUT: dict[str, object] = {"statement_id": new_id(), "provider_id": new_id(), "month": "2026-03"}
SECOND, CASHIER = Actor(Role.MANAGER, "second"), Actor(Role.FINANCE, "cashier")
IDS = [UUID(int=number) for number in range(1, 4)]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(IDS), st.sampled_from([100, 200])), max_size=12))
def test_the_fold_takes_one_payment_after_another_and_a_return_of_what_stands(
    steps: list[tuple[bool, UUID, int]],
) -> None:
    progress, standing = Progress(), None
    for pays, id_, fen in steps:
        about = ABOUT | {"payment_id": id_, "total_fen": fen}
        if pays:
            pairs = progress.take(StatementPaid.model_validate(about))
            good, standing = standing is None, (id_, fen)
        else:
            back = about | {"reason": "bank", "returned_on": date(2026, 4, 3)}
            pairs = progress.take(PaymentReturned.model_validate(back))
            good = standing == (id_, fen)
            standing = None if good else standing
        ((recorded, computed),) = pairs.values()
        assert (recorded == computed) is good
    last = progress.payments[-1] if progress.payments else None
    assert (last is not None and not last.returned) is (standing is not None)


def test_a_payment_of_an_earlier_release_may_come_back() -> None:
    progress, id_ = Progress(), new_id()
    progress.take(StatementPaid.model_validate(ABOUT | {"total_fen": 100}))
    back = ABOUT | {"payment_id": id_, "total_fen": 100, "reason": "bank", "returned_on": date(2026, 4, 3)}
    assert progress.take(PaymentReturned.model_validate(back)) == {"returned": (id_, id_)}
    assert progress.payments == [PaidOnce(id_, 100, returned=True)]


@pytest.fixture
async def paid(works: Works, clock: FixedClock) -> Statement:
    """Give a statement of one visit that was paid on the second of April."""
    (company,) = await admitted(works)
    await handle(works, verified(company))
    await drawn_up(works, clock)
    async with works(SYSTEM("test")) as work:
        (paper,) = await queries.statements(work, month="2026-03")
    async with works(Actor(Role.PROVIDER, "own", scope=Company(company))) as work:
        await operations.confirm(work, statement_id=paper.id)
    await look_at_all(works, paper.id, by=SECOND)
    await pay(works, paper.id)
    return paper


async def pay(works: Works, statement_id: UUID) -> None:
    async with works(SECOND) as work:
        await operations.approve(work, statement_id=statement_id)
    async with works(CASHIER) as work:
        await operations.pay(work, statement_id=statement_id, reference="bank")


async def send_back(works: Works, statement_id: UUID) -> PaymentReturn:
    async with works(Actor(Role.FINANCE, "recorder")) as work:
        return await operations.record_return(
            work,
            statement_id=statement_id,
            reason=PaymentReturnReason.NAME_DIFFERS,
            reference="RT-1",
            returned_on=date(2026, 4, 2),
        )


async def owner(works: Works, statement: str) -> None:
    connection = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    await connection.execute(statement)
    await connection.close()


async def wrong(works: Works) -> set[str]:
    async with works(SYSTEM("test")) as work:
        return {entry["field"] for entry in (await month.replayed(work, "2026-03")).disagreements}


async def test_what_comes_back_twice_is_paid_three_times_and_every_sum_is_right(
    works: Works, clock: FixedClock, paid: Statement
) -> None:
    for _ in range(2):
        await send_back(works, paid.id)
        clock.advance(timedelta(hours=1))
        await pay(works, paid.id)
    async with works(SYSTEM("test")) as work:
        rows = await queries.payments_of(work, paid.id)
        assert [back is None for _, back in rows] == [False, False, True]
        assert [payment.replaces for payment, _ in rows] == [None, rows[0][0].id, rows[1][0].id]
        balances = await queries.balances(work)
        assert (balances["treasury"], balances["due"], sum(balances.values())) == (-2700, 0, 0)
    assert await wrong(works) == set()
    connection = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    assert await oracle.disagreements(connection) == (1, [])
    await connection.close()


async def test_a_payment_or_a_return_that_somebody_adds_or_takes_away_is_found(works: Works, paid: Statement) -> None:
    await send_back(works, paid.id)
    assert await wrong(works) == set()
    await owner(works, "update payment set fen = fen + 1")
    assert await wrong(works) == {"payments"}
    await owner(works, "update payment set fen = fen - 1")
    await owner(works, "update ledger_entry set fen = fen + sign(fen) where posting_id in (select id from payment)")
    assert await wrong(works) == {"ledger due", "ledger treasury"}
    await owner(works, "update ledger_entry set fen = fen - sign(fen) where posting_id in (select id from payment)")
    await owner(works, "delete from ledger_entry where posting_id in (select id from payment_return)")
    await owner(works, "delete from payment_return")
    assert await wrong(works) == {"payments", "ledger due", "ledger treasury"}


async def test_a_second_return_or_payment_of_the_same_is_refused_by_the_database(works: Works, paid: Statement) -> None:
    back = await send_back(works, paid.id)
    columns = {column.key: getattr(back, column.key) for column in PaymentReturn.__table__.columns}
    with pytest.raises(IntegrityError, match="payment_return"):
        async with works(CASHIER) as work:
            work.session.add(PaymentReturn(**columns | {"id": new_id()}))
    async with works(SYSTEM("test")) as work:
        ((payment, _),) = await queries.payments_of(work, paid.id)
    columns = {column.key: getattr(payment, column.key) for column in Payment.__table__.columns}
    with pytest.raises(IntegrityError, match="uq_payment_statement_id"):
        async with works(CASHIER) as work:
            work.session.add(Payment(**columns | {"id": new_id()}))
