"""A whole month in figures: from its rows, from the log alone, and wherever the two disagree."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from events import log
from events.contracts.settlement import MonthClosed
from events.work import Work
from providers.settlement import journal, queries
from providers.settlement.closing import queries as closing
from providers.settlement.closing.budget import month_id, year_id, year_of
from providers.settlement.closing.model import ClosedMonth
from providers.settlement.model import Account, Payment, PaymentReturn
from providers.settlement.papers import Difference, Paper, differences, return_id
from providers.settlement.progress import PaidOnce

Paid = tuple[Payment, PaymentReturn | None]
"""A payment, and its return where the bank sent it back."""


@dataclass(frozen=True, slots=True)
class Month:
    """The figures of a month; `sha256` is over the canonical bytes of its statements, by company."""

    month: str
    statements: int
    visits: int
    charges_fen: int
    entries_sum_fen: int
    sha256: str
    disagreements: list[dict[str, Any]]


def figures(month: str, papers: Sequence[Paper], *, entries_sum_fen: int, disagreements: list[dict[str, Any]]) -> Month:
    """Sum up a month's statements."""
    digest = hashlib.sha256()
    for paper in sorted(papers, key=lambda paper: paper.provider_id):
        digest.update(paper.content() + b"\n")
    return Month(
        month,
        len(papers),
        len({line.visit_id for paper in papers for line in paper.lines}),
        sum(line.payable_fen for paper in papers for line in paper.lines),
        entries_sum_fen,
        digest.hexdigest(),
        disagreements,
    )


async def stored(work: Work, month: str) -> Month:
    """Sum up a month by its rows; a statement whose lines are not the ones that were frozen disagrees."""
    papers = await queries.stored(work, month)
    sums = sum((await queries.legs(work, month)).values())
    changed = [
        {"statement": str(paper.id), "field": "content_hash", "stored": paper.content_hash, "computed": digest}
        for paper in papers
        if (digest := hashlib.sha256(paper.content()).hexdigest()) != paper.content_hash
    ]
    return figures(month, papers, entries_sum_fen=sums, disagreements=changed)


async def replayed(work: Work, month: str) -> Month:
    """Sum up a month by the log alone; name each row, event and link of the chain that says something else."""
    verdict = await log.verify(work)
    books = await journal.books(work)
    papers = [paper for paper in books.papers.values() if paper.month == month]
    rows = {paper.id: paper for paper in await queries.stored(work, month)}
    subjects = {paper.id for paper in (*papers, *rows.values())}
    subjects |= {line.id for paper in (*papers, *rows.values()) for line in paper.lines}
    subjects |= {month_id(month), year_id(year_of(month))}
    disagreements: list[dict[str, Any]] = [
        {"event": fault.number, "subject": str(fault.subject), "field": fault.field}
        | {"stored": str(fault.recorded), "computed": str(fault.computed)}
        for fault in books.faults
        if fault.subject in subjects
    ]
    if verdict.first_bad is not None:
        disagreements.insert(0, {"event": verdict.first_bad, "field": "chain", "why": verdict.why})
    for statement_id in sorted({*rows, *(paper.id for paper in papers)}):
        computed, row = books.papers.get(statement_id), rows.get(statement_id)
        pairs = differences(row.lines if row else [], computed.lines if computed else [])
        disagreements += [_shown(statement_id, difference) for difference in pairs]
        digest = hashlib.sha256(computed.content()).hexdigest() if computed else None
        if row is None or row.content_hash != digest:
            frozen = row.content_hash if row else None
            disagreements.append(_shown(statement_id, Difference(None, None, "content_hash", frozen, digest)))
    paid = await queries.payments(work, month)
    ids = {id_ for paper in papers for id_, _ in _payments(paper, paid.get(paper.id, ()))}
    entries = await queries.legs(work, month, postings={*ids, *map(return_id, ids)})
    disagreements += _beside_the_ledger(papers, paid, entries)
    disagreements += _beside_the_closing(await closing.closed_month(work, month), books.closing.closed.get(month))
    return figures(month, papers, entries_sum_fen=sum(entries.values()), disagreements=disagreements)


async def compare(work: Work, left: tuple[str, int | None], right: tuple[str, int | None]) -> list[dict[str, Any]]:
    """Compare two months line by line; each is named by its month, and by a number of the log or its rows (None)."""
    sides = [await _papers(work, *side) for side in (left, right)]
    lines = [[line for paper in papers for line in paper.lines] for papers in sides]
    return [_shown(None, difference) for difference in differences(*lines)]


async def _papers(work: Work, month: str, last: int | None) -> list[Paper]:
    return await queries.stored(work, month) if last is None else (await journal.books(work, last=last)).as_drawn(month)


def _payments(paper: Paper, rows: Sequence[Paid]) -> list[tuple[UUID, PaidOnce]]:
    """Return the payments that the log knows by their ids; where an event of 0.1 names none, by that of the row."""
    ids = [payment.id for payment, _ in rows]
    made = [
        (each.payment_id or (ids[place] if place < len(ids) else None), each)
        for place, each in enumerate(paper.progress.payments)
    ]
    return [(id_, each) for id_, each in made if id_ is not None]


def _beside_the_ledger(
    papers: Sequence[Paper], paid: Mapping[UUID, Sequence[Paid]], entries: Mapping[tuple[UUID, Account], int]
) -> list[dict[str, Any]]:
    wanted: dict[tuple[UUID, Account], int] = {}
    shown: list[dict[str, Any]] = []
    for paper in papers:
        for line in paper.lines:
            wanted[line.id, Account.SUBSIDY], wanted[line.id, Account.DUE] = line.subsidised_fen, -line.subsidised_fen
            wanted[line.id, Account.OWN], wanted[line.id, Account.COLLECTABLE] = line.own_fen, -line.own_fen
        rows = paid.get(paper.id, ())
        for payment_id, each in _payments(paper, rows):
            wanted[payment_id, Account.DUE], wanted[payment_id, Account.TREASURY] = each.fen, -each.fen
            if each.returned:
                back_id = return_id(payment_id)
                wanted[back_id, Account.DUE], wanted[back_id, Account.TREASURY] = -each.fen, each.fen
        if paper.reaches is None:  # a paper of 0.1, whose payment the log tells before its lines
            due = paper.totals()["subsidised_fen"]
            unlike = [each.fen for each in paper.progress.payments if each.fen != due]
            shown += [_shown(paper.id, Difference(None, None, "paid_fen", fen, due)) for fen in unlike]
        pairs = [(payment.fen, back is not None) for payment, back in rows]
        computed = [(each.fen, each.returned) for each in paper.progress.payments]
        if pairs != computed:
            shown.append(_shown(paper.id, Difference(None, None, "payments", pairs, computed)))
    for posting, account in sorted({*wanted, *entries}):
        pair = entries.get((posting, account), 0), wanted.get((posting, account), 0)
        if pair[0] != pair[1]:
            shown.append(_shown(None, Difference(posting, None, f"ledger {account}", *pair)))
    return shown


def _beside_the_closing(row: ClosedMonth | None, event: MonthClosed | None) -> list[dict[str, Any]]:
    names = ("statements", "payable_fen", "subsidised_fen")
    pairs = [[getattr(side, name) if side else None for side in (row, event)] for name in names]
    return [
        _shown(None, Difference(None, None, f"closed {name}", left, right))
        for name, (left, right) in zip(names, pairs, strict=True)
        if left != right
    ]


def _shown(statement_id: UUID | None, row: Difference) -> dict[str, Any]:
    return {
        "statement": statement_id and str(statement_id),
        "charge": row.charge_id and str(row.charge_id),
        "visit": row.visit_id and str(row.visit_id),
        "field": row.field,
        "stored": row.left if isinstance(row.left, int) else str(row.left),
        "computed": row.right if isinstance(row.right, int) else str(row.right),
    }
