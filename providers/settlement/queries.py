"""Questions about what is owed: lines, statements, and the same statement computed again from its facts."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, String, bindparam, cast, false, func, or_, select

from events.contracts.settlement import ChargeMade, ChargeRecorded
from events.contracts.visits import VisitVoided
from events.model import LoggedEvent, Seal
from events.work import Work
from kit import money
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal
from kit.rules import pending
from kit.rules.model import ChangeKind
from providers.catalogue.model import Price
from providers.roster import bank_accounts
from providers.roster.model import Company
from providers.settlement import explanation, journal, papers
from providers.settlement.arithmetic import canonical
from providers.settlement.explanation import Explanation
from providers.settlement.model import (
    Account,
    Charge,
    Dispute,
    LedgerEntry,
    Payment,
    PaymentReturn,
    Statement,
    StatementLine,
    StatementState,
)
from providers.settlement.papers import SUMS, Difference, Line, Paper
from providers.settlement.replay import Fault


class StatementNotFound(Refusal):
    """No such statement, or none that this actor may know of."""

    code = "statement.not_found"
    kind = Kind.NOT_FOUND


class LineNotFound(Refusal):
    """No such line."""

    code = "line.not_found"
    kind = Kind.NOT_FOUND


STATEMENTS = SortOrder("statements", Statement.month, Statement.provider_id, falling=1)
LINES = SortOrder("lines", StatementLine.position, StatementLine.id)
_NEVER = 2**62
SEALED = (
    select(func.coalesce(func.bool_and(func.coalesce(Seal.number, _NEVER) <= bindparam("reaches")), false()))
    .select_from(LoggedEvent)
    .outerjoin(Seal, Seal.position == LoggedEvent.position)
    .where(LoggedEvent.subject == cast(Charge.id, String))
    .where(LoggedEvent.type.in_([ChargeMade.type_name(), ChargeRecorded.type_name()]))
    .correlate(Charge)
    .scalar_subquery()
)
"""Whether all events of a charge are sealed up to the number that is bound as `reaches`."""
_PAID = (
    select(Payment, PaymentReturn)
    .outerjoin(PaymentReturn, PaymentReturn.payment_id == Payment.id)
    .order_by(Payment.paid_at, Payment.id)
)


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A statement computed again: its canonical bytes, and what stands otherwise in its rows or its events."""

    content: bytes
    content_hash: str
    differences: Sequence[Difference]
    faults: Sequence[Fault]

    @property
    def equal(self) -> bool:
        """Tell whether rows and events say what was computed."""
        return not self.differences and not self.faults


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One row of the payment file: whom, where to, how much, and the amount in words (大写)."""

    statement_id: UUID
    provider_id: UUID
    name: str
    uscc: str
    account: str | None
    fen: int
    yuan: str
    words: str


def line(row: Charge) -> Line:
    """Return one charge as it stands on paper."""
    return Line(
        kind=row.kind.value,
        facts=canonical(row.facts).decode(),
        **{name: getattr(row, name) for name in Line.__slots__ if name not in {"kind", "facts"}},
    )


def totals(rows: Sequence[Charge]) -> dict[str, int]:
    """Return the sums of the lines."""
    return {name: sum(getattr(row, name) for row in rows) for name in SUMS}


async def statements(
    work: Work,
    *,
    month: str | None = None,
    provider_id: UUID | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> Sequence[Statement]:
    """Return statements, newest month first; a company's people see only their own."""
    query = select(Statement)
    if month is not None:
        query = query.where(Statement.month == month)
    if provider_id is not None:
        query = query.where(Statement.provider_id == provider_id)
    return (await work.session.execute(STATEMENTS.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def statement(work: Work, statement_id: UUID) -> Statement:
    """Return a statement; refuses `statement.not_found`."""
    paper = await work.session.get(Statement, statement_id)
    if paper is None:
        raise StatementNotFound
    return paper


async def lines(
    work: Work, statement_id: UUID, *, after: str | None = None, limit: int | None = None
) -> Sequence[tuple[StatementLine, Charge]]:
    """Return a statement's lines with their charges, in order, all of them or a page."""
    query = (
        select(StatementLine, Charge)
        .join(Charge, Charge.id == StatementLine.charge_id)
        .where(StatementLine.statement_id == statement_id)
    )
    page = LINES.page(query, work.vault, after=after, limit=limit)
    return [(stated, row) for stated, row in (await work.session.execute(page)).all()]


async def disputes(work: Work, statement_id: UUID) -> Sequence[Dispute]:
    """Return the objections to a statement's lines, oldest first."""
    query = select(Dispute).where(Dispute.statement_id == statement_id).order_by(Dispute.raised_at, Dispute.id)
    return (await work.session.execute(query)).scalars().all()


async def charges_of(work: Work, *, visit_id: UUID) -> Sequence[Charge]:
    """Return all lines of one visit, in the order they were made."""
    query = select(Charge).where(Charge.visit_id == visit_id).order_by(Charge.revision, Charge.kind)
    return (await work.session.execute(query)).scalars().all()


async def recompute(work: Work, statement: Statement) -> Recomputed:
    """Compute a statement again from the log alone, and compare it with its events and its rows, field by field."""
    rows = [line(row) for _, row in await lines(work, statement.id)]
    books = await journal.books(work, provider_id=statement.provider_id)
    paper = books.papers.get(statement.id) or Paper(statement.id, statement.provider_id, statement.month, [], 0)
    made = paper.content()
    digest = hashlib.sha256(made).hexdigest()
    subjects = {paper.id, *(row.id for row in rows), *(row.id for row in paper.lines)}
    frozen = {"content_hash": statement.content_hash, "lines": statement.lines}
    frozen |= {name: getattr(statement, name) for name in SUMS}
    computed = {"content_hash": digest, "lines": len(paper.lines), **paper.totals()}
    return Recomputed(
        made,
        digest,
        differences=[
            *papers.differences(rows, paper.lines),
            *(
                Difference(None, None, name, frozen[name], computed[name])
                for name in computed
                if frozen[name] != computed[name]
            ),
        ],
        faults=[fault for fault in books.faults if fault.subject in subjects],
    )


async def explain(work: Work, line_id: UUID) -> Explanation:
    """Explain a statement's line from the log alone; refuses `line.not_found`."""
    stated = await work.session.get(StatementLine, line_id)
    if stated is None:
        raise LineNotFound
    row = await work.session.get_one(Charge, stated.charge_id)
    books = await journal.books(work, provider_id=stated.provider_id)
    paper = books.papers.get(stated.statement_id)
    computed = next((entry for entry in paper.lines if paper.line_id(entry) == line_id), None) if paper else None
    if paper is None or computed is None:
        raise LineNotFound  # a row that no event knows of
    faulty = any(fault.subject == computed.id for fault in books.faults)
    return explanation.explain(books, paper, computed, agrees=line(row) == computed and not faulty)


async def stored(work: Work, month: str) -> list[Paper]:
    """Return a month's statements as their rows say, by company."""
    query = select(Statement).where(Statement.month == month).order_by(Statement.provider_id)
    rows = (
        select(StatementLine.id, Charge)
        .join(Charge, Charge.id == StatementLine.charge_id)
        .order_by(StatementLine.position)
        .execution_options(yield_per=2000)
    )
    papers: list[Paper] = []
    for entry in (await work.session.execute(query)).scalars().all():
        paper = Paper(entry.id, entry.provider_id, entry.month, [], 0, content_hash=entry.content_hash)
        async for id_, row in await work.session.stream(rows.where(StatementLine.statement_id == entry.id)):
            paper.lines.append(line(row))
            paper.line_ids[row.id] = id_
        papers.append(paper)
    return papers


async def legs(work: Work, month: str, *, postings: Collection[UUID] = ()) -> dict[tuple[UUID, Account], int]:
    """Return what the ledger says of a month's charges, payments and returns, and of other postings that are named.

    Posting and account → fen.
    """
    lines_of = select(StatementLine.charge_id).join(Statement).where(Statement.month == month)
    paid = select(Payment.id).where(Payment.month == month)
    returned = select(PaymentReturn.id).where(PaymentReturn.month == month)
    query = (
        select(LedgerEntry.posting_id, LedgerEntry.account, func.sum(LedgerEntry.fen))
        .where(or_(*(LedgerEntry.posting_id.in_(each) for each in (lines_of, paid, returned, postings))))
        .group_by(LedgerEntry.posting_id, LedgerEntry.account)
    )
    return {(posting, account): int(fen) for posting, account, fen in await work.session.execute(query)}


async def payments(work: Work, month: str) -> dict[UUID, list[tuple[Payment, PaymentReturn | None]]]:
    """Return the payments of a month's statements, each with its return, by statement and in the order of making."""
    made: dict[UUID, list[tuple[Payment, PaymentReturn | None]]] = {}
    for payment, back in (await work.session.execute(_PAID.where(Payment.month == month))).all():
        made.setdefault(payment.statement_id, []).append((payment, back))
    return made


async def payments_of(work: Work, statement_id: UUID) -> list[tuple[Payment, PaymentReturn | None]]:
    """Return the payments of one statement in the order of their making, each with its return, null where it stands."""
    rows = await work.session.execute(_PAID.where(Payment.statement_id == statement_id))
    return [(payment, back) for payment, back in rows.all()]


async def running(work: Work, *, month: str, provider_id: UUID) -> dict[str, int]:
    """Return what a company's next statement would sum up to if a month were drawn up now: lines and amounts in fen."""
    sums = [func.coalesce(func.sum(getattr(Charge, name)), 0) for name in SUMS]
    stated = select(StatementLine.id).where(StatementLine.charge_id == Charge.id).exists()
    query = select(func.count(), *sums).where(Charge.provider_id == provider_id, Charge.month <= month, ~stated)
    row = (await work.session.execute(query)).one()
    return dict(zip(("lines", *SUMS), map(int, row), strict=True))


async def payment_file(work: Work, *, month: str) -> list[PaymentRow]:
    """Return what to hand to the bank for a month's approved and unpaid statements, by company number.

    The account is the one that was approved, opened, so that this is for the finance desk alone; a company whose
    account is missing or has changed since is left out. A negative amount is to be reclaimed.
    """
    return [
        _payment_row(work, paper, company)
        for paper, company in await _approved(work, month)
        if _payable(work, paper, company)
    ]


async def left_out(work: Work, *, month: str) -> list[PaymentRow]:
    """Return what the payment file leaves out; the account is null where none was approved, else it has changed."""
    return [
        _payment_row(work, paper, company)
        for paper, company in await _approved(work, month)
        if not _payable(work, paper, company)
    ]


async def _approved(work: Work, month: str) -> Sequence[tuple[Statement, Company]]:
    query = (
        select(Statement, Company)
        .join(Company, Company.id == Statement.provider_id)
        .where(Statement.month == month, Statement.state == StatementState.APPROVED)
        .order_by(Company.number)
    )
    return [(paper, company) for paper, company in (await work.session.execute(query)).all()]


def _payable(work: Work, paper: Statement, company: Company) -> bool:
    approved = paper.account_sealed is not None and not account_changed(work, paper, company)
    return paper.subsidised_fen <= 0 or approved


def _payment_row(work: Work, paper: Statement, company: Company) -> PaymentRow:
    return PaymentRow(
        statement_id=paper.id,
        provider_id=company.id,
        name=company.name,
        uscc=company.uscc,
        account=approved_account(work, paper, company),
        fen=paper.subsidised_fen,
        yuan=money.show(paper.subsidised_fen),
        words=money.in_words(paper.subsidised_fen),
    )


async def people_behind(work: Work, paper: Statement) -> set[str]:
    """Return who set a price of a statement's items, decided one of its visits, or made one of its lines by hand."""
    stated = (
        select(StatementLine.id)
        .where(StatementLine.statement_id == paper.id, StatementLine.charge_id == Charge.id)
        .exists()
    )
    items = (await work.session.execute(select(Charge.item_code).where(stated).distinct())).scalars().all()
    people = await pending.people_behind(work.session, ChangeKind.PRICE, items)
    prices = select(Price.recorded_by).where(Price.item_code.in_(items)).distinct()
    people.update((await work.session.execute(prices)).scalars())
    return people | await _people_of(work, stated)


async def people_of_line(work: Work, charge_id: UUID) -> set[str]:
    """Return who decided the visit of a line, or made the line by hand."""
    return await _people_of(work, Charge.id == charge_id)


async def _people_of(work: Work, which: ColumnElement[bool]) -> set[str]:
    acts = select(LoggedEvent.actor).distinct()
    decided = acts.join(Charge, Charge.verified_by == LoggedEvent.id)
    voided = acts.join(Charge, cast(Charge.visit_id, String) == LoggedEvent.subject)
    made = acts.join(Charge, cast(Charge.id, String) == LoggedEvent.subject)
    people: set[str] = set()
    for query in (
        decided.where(which),
        voided.where(which, LoggedEvent.type == VisitVoided.type_name()),
        made.where(which, LoggedEvent.type == ChargeMade.type_name()),
    ):
        people.update((await work.session.execute(query)).scalars())
    return people


def approved_account(work: Work, paper: Statement, company: Company) -> str | None:
    """Open the account that a statement was approved for; None where there was none."""
    if paper.account_sealed is None:
        return None
    return work.vault.open(company.data_key, _account_context(paper), paper.account_sealed)


def account_changed(work: Work, paper: Statement, company: Company) -> bool:
    """Tell whether a company is paid to another account than a statement of its was approved for."""
    return approved_account(work, paper, company) != bank_accounts.number(work, company)


def seal_account(work: Work, paper: Statement, company: Company) -> bytes | None:
    """Return the account to which a company is paid now, sealed for one statement; None where there is none."""
    number = bank_accounts.number(work, company)
    return None if number is None else work.vault.seal(company.data_key, _account_context(paper), number)


def _account_context(paper: Statement) -> str:
    return f"statement|account_sealed|{paper.id}"


async def balances(work: Work) -> dict[str, int]:
    """Return the sum of each account of the ledger; they sum to zero."""
    query = select(LedgerEntry.account, func.sum(LedgerEntry.fen)).group_by(LedgerEntry.account)
    return {account.value: int(fen) for account, fen in (await work.session.execute(query)).all()}
