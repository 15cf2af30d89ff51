"""Questions about draws: as they may be published, and drawn again from the log alone."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from events import log
from events.work import Work
from kit.pages import SortOrder
from providers.settlement import journal
from providers.settlement.model import Statement, StatementLine
from providers.settlement.review.fold import PaperDraw
from providers.settlement.review.model import LineReview, ReviewDraw

_COMPARED: Final = ("seed", "list_hash", "percent", "grades", "amount_fen", "visits", "drawn")
DRAWS = SortOrder("review draws", ReviewDraw.month, ReviewDraw.provider_id)


@dataclass(frozen=True, slots=True)
class StatementDraw:
    """One statement's draw out of the log, for everybody who wants to draw again: by `seed` and `visits`, `drawn`.

    `committed` and `frozen` are numbers of events; `late` counts the visits that the log knew before the seed's hash;
    of the reviewed lines `waiting` were not looked at, and `fallen` did not stand.
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
    reviews: int
    waiting: int
    fallen: int
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


async def reviews(work: Work, statement_id: UUID) -> Sequence[LineReview]:
    """Return the lines of a statement that are reviewed, in their order; a company's people see their own."""
    query = (
        select(LineReview)
        .join(StatementLine, StatementLine.id == LineReview.line_id)
        .where(LineReview.statement_id == statement_id)
        .order_by(StatementLine.position)
    )
    return (await work.session.execute(query)).scalars().all()


async def waiting(work: Work, statement_id: UUID) -> int:
    """Count the lines of a statement that nobody has looked at yet."""
    query = select(func.count()).where(LineReview.statement_id == statement_id, LineReview.stands.is_(None))
    return (await work.session.execute(query)).scalar_one()


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
    stored = await _reviewed(work, month)
    for statement_id in sorted({*papers, *rows}):
        computed, row = books.reviews.draws.get(statement_id), rows.get(statement_id)
        said = {id_: books.reviews.decided.get(id_) for id_ in books.reviews.reviews.get(statement_id, ())}
        wrong += _differences(statement_id, row, computed)
        wrong += _unlike(statement_id, stored.get(statement_id, {}), said)
        if computed is not None:
            made.append(_shown(statement_id, papers[statement_id].provider_id, computed, said))
    return MonthDraws(month, made, wrong)


async def _reviewed(work: Work, month: str) -> dict[UUID, dict[UUID, bool | None]]:
    """Return what the rows say of the reviewed lines of a month: statement → line → whether it stands."""
    query = select(LineReview).join(Statement, Statement.id == LineReview.statement_id).where(Statement.month == month)
    stored: dict[UUID, dict[UUID, bool | None]] = {}
    for row in (await work.session.execute(query)).scalars():
        stored.setdefault(row.statement_id, {})[row.line_id] = row.stands
    return stored


def _unlike(
    statement_id: UUID, stored: Mapping[UUID, bool | None], said: Mapping[UUID, bool | None]
) -> list[dict[str, Any]]:
    words = {None: "waits", True: "stands", False: "does not stand"}
    pairs = {
        id_: tuple(words[side[id_]] if id_ in side else "not reviewed" for side in (stored, said))
        for id_ in sorted({*stored, *said})
    }
    return [
        {"statement": str(statement_id), "line": str(id_), "field": "review", "stored": left, "computed": right}
        for id_, (left, right) in pairs.items()
        if left != right
    ]


def _differences(statement_id: UUID, row: ReviewDraw | None, computed: PaperDraw | None) -> list[dict[str, Any]]:
    stored = {name: getattr(row, name) if row else None for name in _COMPARED}
    again: dict[str, Any] = dict.fromkeys(stored)
    if computed is not None:
        again = asdict(computed.criteria) | {"seed": computed.seed, "list_hash": computed.list_hash}
        again |= {"visits": len(computed.visits), "drawn": len(computed.drawn)}
    return [
        {"statement": str(statement_id), "field": name, "stored": str(stored[name]), "computed": str(again[name])}
        for name in stored
        if stored[name] != again[name]
    ]


def _shown(
    statement_id: UUID, provider_id: UUID, computed: PaperDraw, said: Mapping[UUID, bool | None]
) -> StatementDraw:
    return StatementDraw(
        statement=str(statement_id),
        provider=str(provider_id),
        committed=computed.committed,
        frozen=computed.frozen,
        seed_hash=computed.seed_hash,
        seed=computed.seed,
        list_hash=computed.list_hash,
        percent=computed.criteria.percent,
        late=computed.late,
        reviews=len(said),
        waiting=sum(stands is None for stands in said.values()),
        fallen=sum(stands is False for stands in said.values()),
        visits=sorted(map(str, computed.visits)),
        drawn=list(map(str, computed.drawn)),
    )
