"""Questions about draws: as they may be published, and drawn again from the log alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from events import log
from events.work import Work
from kit.pages import SortOrder
from providers.settlement import journal
from providers.settlement.review.fold import PaperDraw
from providers.settlement.review.model import ReviewDraw

DRAWS = SortOrder("review draws", ReviewDraw.month, ReviewDraw.provider_id)


@dataclass(frozen=True, slots=True)
class StatementDraw:
    """One statement's draw out of the log, for everybody who wants to draw again: by `seed` and `visits`, `drawn`.

    `committed` and `frozen` are numbers of events; `late` counts the visits that the log knew before the seed's hash.
    """

    statement: str
    provider: str
    committed: int
    frozen: int
    seed_hash: str | None
    seed: str
    list_hash: str
    percent: int
    late: int
    visits: list[str]
    drawn: list[str]


@dataclass(frozen=True, slots=True)
class MonthDraws:
    """The draws of a month's statements, and wherever chain, events and rows disagree about them."""

    month: str
    draws: list[StatementDraw]
    disagreements: list[dict[str, Any]]


async def draws(work: Work, *, month: str, after: str | None = None, limit: int | None = None) -> Sequence[ReviewDraw]:
    """Return the draws of a month by company; seed and list only of those whose statement is drawn up."""
    query = select(ReviewDraw).where(ReviewDraw.month == month)
    return (await work.session.execute(DRAWS.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def replayed(work: Work, month: str) -> MonthDraws:
    """Draw a month's statements again from the log alone; name each event, row and link that says something else."""
    verdict = await log.verify(work)
    books = await journal.books(work)
    rows = {row.statement_id: row for row in await draws(work, month=month) if row.statement_id is not None}
    papers = {paper.id: paper for paper in books.papers.values() if paper.month == month}
    wrong: list[dict[str, Any]] = []
    if verdict.first_bad is not None:
        wrong.append({"event": verdict.first_bad, "field": "chain", "why": verdict.why})
    wrong += [
        {"event": fault.number, "statement": str(fault.subject), "field": fault.field}
        | {"stored": str(fault.recorded), "computed": str(fault.computed)}
        for fault in books.faults
        if fault.subject in papers or fault.subject in rows
    ]
    made = []
    for statement_id in sorted({*papers, *rows}):
        computed, row = books.reviews.draws.get(statement_id), rows.get(statement_id)
        wrong += _differences(statement_id, row, computed)
        if computed is not None:
            made.append(_shown(statement_id, papers[statement_id].provider_id, computed))
    return MonthDraws(month, made, wrong)


def _differences(statement_id: UUID, row: ReviewDraw | None, computed: PaperDraw | None) -> list[dict[str, Any]]:
    stored = {name: getattr(row, name) if row else None for name in ("seed", "list_hash", "percent", "visits", "drawn")}
    again: dict[str, Any] = dict.fromkeys(stored)
    if computed is not None:
        again = {name: getattr(computed, name) for name in stored}
        again |= {name: len(again[name]) for name in ("visits", "drawn")}
    return [
        {"statement": str(statement_id), "field": name, "stored": str(stored[name]), "computed": str(again[name])}
        for name in stored
        if stored[name] != again[name]
    ]


def _shown(statement_id: UUID, provider_id: UUID, computed: PaperDraw) -> StatementDraw:
    return StatementDraw(
        statement=str(statement_id),
        provider=str(provider_id),
        committed=computed.committed,
        frozen=computed.frozen,
        seed_hash=computed.seed_hash,
        seed=computed.seed,
        list_hash=computed.list_hash,
        percent=computed.percent,
        late=computed.late,
        visits=sorted(map(str, computed.visits)),
        drawn=list(map(str, computed.drawn)),
    )
