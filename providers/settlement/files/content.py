"""What a statement's files hold, whichever their form: the paper, its company, its lines, the objections to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy import select

from events.contracts.settlement import StatementDrafted
from events.heads import Head
from events.model import LoggedEvent, Seal
from events.work import Work
from kit import clock, text
from providers.catalogue.model import Item
from providers.roster import queries as roster
from providers.roster.model import Company
from providers.settlement import queries
from providers.settlement.model import Charge, ChargeKind, Dispute, Statement, StatementLine, StatementState

SUMS: Final = {
    "claimed_fen": "申报",
    "deducted_fen": "扣减",
    "payable_fen": "审定",
    "subsidised_fen": "补贴",
    "own_fen": "自付",
}
"""The amounts of a statement and of each line, in the words of the finance desk."""
SILENT: Final = "催告后未答复，视为确认"
"""How a paper says that its company has confirmed by silence."""


@dataclass(frozen=True, slots=True)
class StatementContent:
    """One statement with everything that its files say; nobody is named but the company.

    `head` is what a printed statement is held against: the link of the event that drew it up, null until it is sealed.
    """

    statement: Statement
    company: Company
    lines: Sequence[tuple[StatementLine, Charge]]
    disputes: Sequence[Dispute]
    items: Mapping[str, str]
    head: Head | None = None

    @property
    def state(self) -> str:
        """Return the word for where the paper stands."""
        silent = self.statement.by_silence and self.statement.state is StatementState.CONFIRMED
        return SILENT if silent else word("StatementState", self.statement.state)

    @property
    def log_head(self) -> str | None:
        """Return the end of the log when the paper was drawn up, as `verify-log --anchor` reads it."""
        signed = self.statement.log_head
        return signed.split()[1] if signed else None

    def steps(self) -> list[tuple[str, str]]:
        """Return each step of the paper with the day on which it was taken, in the district's time."""
        paper = self.statement
        taken = (
            ("制单", paper.drawn_at),
            ("企业确认", paper.confirmed_at),
            ("复核", paper.approved_at),
            ("付款", paper.paid_at),
        )
        days = {name: f"{clock.local(at):%Y-%m-%d %H:%M}" if at else "" for name, at in taken}
        if paper.by_silence:
            days["企业确认"] += f"（{SILENT}）"
        return list(days.items())

    def item(self, code: str) -> str:
        """Return an item's name, its code where the catalogue has none."""
        return self.items.get(code, code)


async def of(work: Work, statement_id: UUID) -> StatementContent:
    """Return what the files of one statement hold; refuse `statement.not_found`, for another company's as for none."""
    return await _content(work, await queries.statement(work, statement_id))


async def to_print(work: Work, statement_id: UUID) -> StatementContent:
    """Return what a printed statement holds: its files' content with the head; the log is for no company's own role."""
    query = (
        select(Seal.number, Seal.hash)
        .join(LoggedEvent, LoggedEvent.position == Seal.position)
        .where(LoggedEvent.subject == str(statement_id), LoggedEvent.type == StatementDrafted.type_name())
    )
    sealed = (await work.session.execute(query)).first()
    return replace(await of(work, statement_id), head=Head(sealed.number, bytes(sealed.hash)) if sealed else None)


async def of_month(work: Work, month: str, *, lines: bool) -> list[StatementContent]:
    """Return a month's statements by company, without their lines where nobody asks for them.

    A company's people see only their own. Refuses `statement.not_found` where there is none.
    """
    papers = [await _content(work, row, lines=lines) for row in await queries.statements(work, month=month)]
    if not papers:
        raise queries.StatementNotFound
    return sorted(papers, key=lambda paper: paper.company.number)


async def _content(work: Work, statement: Statement, *, lines: bool = True) -> StatementContent:
    stated = await queries.lines(work, statement.id) if lines else []
    codes = {charge.item_code for _, charge in stated}
    names = await work.session.execute(select(Item.code, Item.name).where(Item.code.in_(codes)))
    return StatementContent(
        statement=statement,
        company=await roster.company(work, statement.provider_id),
        lines=stated,
        disputes=await queries.disputes(work, statement.id) if lines else [],
        items={row.code: row.name for row in names},
    )


def word(kind: str, value: str) -> str:
    """Return the Chinese word for a value of an enumeration."""
    return text.words()[kind][value]["zh"]


def reasons(charge: Charge) -> str:
    """Say why a line pays something other than was claimed, with the amount of each reason in yuan."""
    parts = [f"{word('DeductionReason', reason)} {amount(fen)}" for reason, fen in charge.deductions.items() if fen]
    kind = [word("ChargeKind", charge.kind)] if charge.kind is ChargeKind.REVERSAL else []
    return "，".join(kind + parts)


def amount(fen: int) -> str:
    """Write fen as yuan with two places and groups of three."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"
