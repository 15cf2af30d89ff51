"""Draw what is reviewed by seeds that were committed a month ahead; say of each line that is reviewed if it stands."""

import secrets
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from events.contracts.settlement import DrawCommitted, DrawFrozen, LineReviewed
from events.work import Work
from kit import clock, sample
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from providers.roster.model import Company, CompanyState
from providers.settlement import charges, papers, steps
from providers.settlement import queries as owed
from providers.settlement.model import Statement, StatementLine
from providers.settlement.papers import Line
from providers.settlement.review import drawing
from providers.settlement.review.drawing import Criteria
from providers.settlement.review.model import LineReview, ReviewDraw
from providers.settlement.review.rules import REVIEW

_GONE: Final = (CompanyState.EXITED, CompanyState.BLACKLISTED)


class ReviewNotFound(Refusal):
    """The line is not reviewed, or there is no such line."""

    code = "review.not_found"
    kind = Kind.NOT_FOUND


class ReviewDecidedAlready(Refusal):
    """A line is reviewed once."""

    code = "review.decided_already"
    kind = Kind.CONFLICT


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
    """Freeze the list of a statement's visits, draw from it by the seed of its month, and open what is reviewed.

    Where no seed was committed, one is now: the statement is drawn from all the same, and the log says that this draw
    proves nothing.
    """
    key = statement.provider_id, statement.month
    draw = await work.session.get(ReviewDraw, key, with_for_update=True)
    if draw is None:
        await _commit(work, *key)
        draw = await work.session.get_one(ReviewDraw, key, with_for_update=True)
    seed = bytes.fromhex(work.vault.open(draw.data_key, _context(*key), draw.seed_sealed))
    over = clock.month_bounds(statement.month)[1]
    values = {name: (await rules.read(work.session, rule, at=over)).value for name, rule in REVIEW.items()}
    selection = drawing.select(lines, seed=seed, criteria=Criteria(**values))
    frozen: dict[str, Any] = {
        "seed": seed.hex(),
        "list_hash": sample.list_hash(selection.visits),
        "visits": len(selection.visits),
        "drawn": len(selection.drawn),
        "reviews": len(selection.reviews),
        **values,
    }
    for name, value in frozen.items():
        setattr(draw, name, value)
    draw.statement_id, draw.frozen_at = statement.id, work.now
    reviews = [
        {
            "line_id": papers.line_id(statement.id, line.id),
            "statement_id": statement.id,
            "provider_id": statement.provider_id,
            "visit_id": line.visit_id,
            "reasons": [reason.value for reason in reasons],
        }
        for line, reasons in selection.reviews
    ]
    if reviews:
        await work.session.execute(insert(LineReview), reviews)
    work.emit(DrawFrozen(statement_id=statement.id, provider_id=key[0], month=key[1], **frozen))


async def decide(work: Work, *, line_id: UUID, stands: bool, note: str) -> LineReview:
    """Say of a line that is reviewed whether it stands, and why.

    One that does not is taken back by the next statement, and its visit waits for the manager's decision. Refuses
    `review.not_found`, `review.decided_already`, and `statement.second_person_wanted` for who drew the statement up,
    decided the visit, or made the line by hand.
    """
    review = await work.session.get(LineReview, line_id, with_for_update=True)
    if review is None:
        raise ReviewNotFound
    if review.stands is not None:
        raise ReviewDecidedAlready
    statement = await work.session.get_one(Statement, review.statement_id)
    line = await work.session.get_one(StatementLine, line_id)
    if work.actor.label in {statement.drawn_by, *await owed.people_of_line(work, line.charge_id)}:
        raise steps.SecondPersonWanted
    review.stands, review.note = stands, note
    review.decided_by, review.decided_at = work.actor.label, work.now
    work.emit(
        LineReviewed(
            statement_id=statement.id,
            provider_id=statement.provider_id,
            month=statement.month,
            line_id=line_id,
            visit_id=review.visit_id,
            stands=stands,
        )
    )
    if not stands:
        await charges.hold(work, visit_id=review.visit_id)
    return review


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
