"""Questions about what is owed: lines, statements, and the same statement computed again from its facts."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import String, cast, func, select

from events.contracts.settlement import ChargeMade
from events.contracts.visits import VisitVerified, VisitVoided
from events.model import LoggedEvent
from events.work import Work
from kit import money
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal
from kit.rules import pending
from kit.rules.model import ChangeKind
from providers.catalogue.model import Price
from providers.roster import bank_accounts
from providers.roster.model import Company
from providers.settlement import charges
from providers.settlement import standards as rule_standards
from providers.settlement.arithmetic import Facts, canonical, charge
from providers.settlement.model import (
    Charge,
    ChargeKind,
    Dispute,
    LedgerEntry,
    Statement,
    StatementLine,
    StatementState,
)

_SUMS = ("claimed_fen", "deducted_fen", "payable_fen", "subsidised_fen", "own_fen")


class StatementNotFound(Refusal):
    """No such statement, or none that this actor may know of."""

    code = "statement.not_found"
    kind = Kind.NOT_FOUND


STATEMENTS = SortOrder("statements", Statement.month, Statement.provider_id, falling=1)
LINES = SortOrder("lines", StatementLine.position, StatementLine.id)


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A statement computed again: its canonical bytes, and whether they are the ones that were frozen."""

    content: bytes
    content_hash: str
    equal: bool


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


def line(row: Charge) -> dict[str, Any]:
    """Return one charge as it stands on paper; no name, no address."""
    return {
        "charge": str(row.id),
        "visit": str(row.visit_id),
        "revision": row.revision,
        "kind": row.kind.value,
        "item": row.item_code,
        "visited_on": row.visited_on.isoformat(),
        "price_fen": row.price_fen,
        "rules": row.rule_version,
        "facts": row.facts,
        "deductions": row.deductions,
        **{name: getattr(row, name) for name in _SUMS},
    }


def content(provider_id: UUID, month: str, lines: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the canonical bytes of a whole statement."""
    sums = {name: sum(amounts[name] for amounts in lines) for name in _SUMS}
    return canonical({"provider": str(provider_id), "month": month, "lines": list(lines), "totals": sums})


def totals(rows: Sequence[Charge]) -> dict[str, int]:
    """Return the sums of the lines."""
    return {name: sum(getattr(row, name) for row in rows) for name in _SUMS}


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
    """Compute a statement again from the logged events, and the prices, findings and rule values of its charges.

    What a charge says of its visit is not believed: it is read from the event that brought it, where that is logged.
    It is equal when what was frozen, what is stored and what is computed are the same bytes.
    """
    rows = [row for _, row in await lines(work, statement.id)]
    standards = {version: await rule_standards.of(work, version) for version in {row.rule_version for row in rows}}
    verified = await _told(work, statement.id)
    again: list[dict[str, Any]] = []
    for row in rows:
        facts = Facts.read(row.facts)
        if row.verified_by in verified:
            facts = replace(
                charges.seen_facts(verified[row.verified_by]),
                complaint_percent=facts.complaint_percent,
                void=facts.void,
                forgiven=facts.forgiven,
                covered_fen=facts.covered_fen,
            )
        amounts = charge(facts, price_fen=row.price_fen, standards=standards[row.rule_version])
        if row.kind is ChargeKind.REVERSAL:
            amounts = amounts.reversed()
        again.append({**line(row), "facts": facts.json(), **charges.columns(amounts)})
    made = content(statement.provider_id, statement.month, again)
    digest = hashlib.sha256(made).hexdigest()
    stored = content(statement.provider_id, statement.month, [line(row) for row in rows])
    return Recomputed(made, digest, equal=digest == statement.content_hash and stored == made)


async def _told(work: Work, statement_id: UUID) -> dict[UUID | None, VisitVerified]:
    query = (
        select(LoggedEvent.id, LoggedEvent.data)
        .join(Charge, Charge.verified_by == LoggedEvent.id)
        .join(StatementLine, StatementLine.charge_id == Charge.id)
        .where(StatementLine.statement_id == statement_id)
    )
    return {id_: VisitVerified.model_validate(data) for id_, data in (await work.session.execute(query)).all()}


async def running(work: Work, *, month: str, provider_id: UUID) -> dict[str, int]:
    """Return what a company's next statement would sum up to if a month were drawn up now: lines and amounts in fen."""
    sums = [func.coalesce(func.sum(getattr(Charge, name)), 0) for name in _SUMS]
    stated = select(StatementLine.id).where(StatementLine.charge_id == Charge.id).exists()
    query = select(func.count(), *sums).where(Charge.provider_id == provider_id, Charge.month <= month, ~stated)
    row = (await work.session.execute(query)).one()
    return dict(zip(("lines", *_SUMS), map(int, row), strict=True))


async def payment_file(work: Work, *, month: str) -> list[PaymentRow]:
    """Return what to hand to the bank for a month's approved and unpaid statements, by company number.

    The account is the one that was approved, opened, so that this is for the finance desk alone; a company whose
    account is missing or has changed since is left out. A negative amount is to be reclaimed.
    """
    query = (
        select(Statement, Company)
        .join(Company, Company.id == Statement.provider_id)
        .where(Statement.month == month, Statement.state == StatementState.APPROVED)
        .order_by(Company.number)
    )
    return [
        PaymentRow(
            statement_id=paper.id,
            provider_id=company.id,
            name=company.name,
            uscc=company.uscc,
            account=approved_account(work, paper, company),
            fen=paper.subsidised_fen,
            yuan=money.show(paper.subsidised_fen),
            words=money.in_words(paper.subsidised_fen),
        )
        for paper, company in (await work.session.execute(query)).all()
        if paper.subsidised_fen <= 0 or (paper.account_sealed and not account_changed(work, paper, company))
    ]


async def people_behind(work: Work, paper: Statement) -> set[str]:
    """Return who set a price of a statement's items, decided one of its visits, or made one of its lines by hand."""
    stated = select(StatementLine.id).where(
        StatementLine.statement_id == paper.id, StatementLine.charge_id == Charge.id
    )
    items = (await work.session.execute(select(Charge.item_code).where(stated.exists()).distinct())).scalars().all()
    acts = select(LoggedEvent.actor).distinct()
    decided = acts.join(Charge, Charge.verified_by == LoggedEvent.id)
    voided = acts.join(Charge, cast(Charge.visit_id, String) == LoggedEvent.subject)
    made = acts.join(Charge, cast(Charge.id, String) == LoggedEvent.subject)
    people = await pending.people_behind(work.session, ChangeKind.PRICE, items)
    for query in (
        select(Price.recorded_by).where(Price.item_code.in_(items)).distinct(),
        decided.where(stated.exists()),
        voided.where(stated.exists(), LoggedEvent.type == VisitVoided.type_name()),
        made.where(stated.exists(), LoggedEvent.type == ChargeMade.type_name()),
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
