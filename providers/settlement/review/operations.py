"""Draw what is reviewed: the seeds are committed a month ahead, each list is frozen together with its statement."""

import secrets
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from events.contracts.settlement import DrawCommitted, DrawFrozen
from events.work import Work
from kit import clock, sample
from kit.rules import queries as rules
from providers.roster.model import Company, CompanyState
from providers.settlement.model import Statement
from providers.settlement.papers import Line
from providers.settlement.review import drawing
from providers.settlement.review.model import ReviewDraw
from providers.settlement.review.rules import ReviewSamplePercent

_GONE: Final = (CompanyState.EXITED, CompanyState.BLACKLISTED)


async def commit_seeds(work: Work) -> int:
    """Commit the seeds of this month and the next for each company that may come to a statement; return how many.

    A committed seed is never exchanged: doing it again commits nothing.
    """
    month = clock.month_of(work.now)
    months = [month, clock.month_of(clock.month_bounds(month)[1])]
    rows = await work.session.execute(
        select(ReviewDraw.provider_id, ReviewDraw.month).where(ReviewDraw.month.in_(months))
    )
    there = {(provider_id, of_month) for provider_id, of_month in rows}
    companies = select(Company.id).where(Company.state.not_in(_GONE)).order_by(Company.number)
    wanted = [(id_, each) for id_ in (await work.session.execute(companies)).scalars() for each in months]
    made = [await _commit(work, *key) for key in wanted if key not in there]
    return sum(made)


async def freeze(work: Work, *, statement: Statement, lines: Iterable[Line]) -> None:
    """Freeze the list of a statement's visits and draw from it by the seed that was committed for its month.

    Where none was committed, one is now: the statement is drawn from all the same, and the log says that this draw
    proves nothing.
    """
    key = statement.provider_id, statement.month
    draw = await work.session.get(ReviewDraw, key, with_for_update=True)
    if draw is None:
        await _commit(work, *key)
        draw = await work.session.get_one(ReviewDraw, key, with_for_update=True)
    seed = bytes.fromhex(work.vault.open(draw.data_key, _context(*key), draw.seed_sealed))
    visits = [line.visit_id for line in drawing.listed(lines)]
    over = clock.month_bounds(statement.month)[1]
    percent = (await rules.read(work.session, ReviewSamplePercent, at=over)).value
    drawn = sample.draw(seed, visits, percent=percent)
    draw.statement_id, draw.seed, draw.percent = statement.id, seed.hex(), percent
    draw.visits, draw.drawn = len(visits), len(drawn)
    draw.list_hash, draw.frozen_at = sample.list_hash(visits), work.now
    work.emit(
        DrawFrozen(
            statement_id=statement.id,
            provider_id=statement.provider_id,
            month=statement.month,
            seed=draw.seed,
            list_hash=draw.list_hash,
            visits=draw.visits,
            percent=draw.percent,
            drawn=draw.drawn,
        )
    )


async def _commit(work: Work, provider_id: UUID, month: str) -> bool:
    seed, data_key = secrets.token_bytes(32), work.vault.new_key()
    row = {
        "provider_id": provider_id,
        "month": month,
        "seed_hash": sample.commitment(seed),
        "data_key": data_key,
        "seed_sealed": work.vault.seal(data_key, _context(provider_id, month), seed.hex()),
        "committed_at": work.now,
        "committed_by": work.actor.label,
    }
    made = await work.session.execute(
        upsert(ReviewDraw).values(row).on_conflict_do_nothing().returning(ReviewDraw.seed_hash)
    )
    seed_hash = made.scalar()
    if seed_hash is None:
        return False
    work.emit(DrawCommitted(provider_id=provider_id, month=month, seed_hash=seed_hash))
    return True


def _context(provider_id: UUID, month: str) -> str:
    return f"review_draw|seed_sealed|{provider_id}|{month}"
