"""Draw the call-backs of a day: commit a seed, freeze the list when the day is over, draw, show everything."""

import secrets
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from events.work import Work
from kit import clock, sample
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from providers.satisfaction import operations
from providers.satisfaction.model import CallBackDraw, CallBackReason, Rateable
from providers.satisfaction.rules import CallBackSamplePercent


class SeedTooLate(Refusal):
    """The day whose list the seed shall draw from is over."""

    code = "draw.seed_too_late"
    kind = Kind.CONFLICT


class SeedAlreadyCommitted(Refusal):
    """A committed seed is never exchanged."""

    code = "draw.seed_already_committed"
    kind = Kind.CONFLICT


class DrawNotFound(Refusal):
    """Nobody has committed a seed for the day."""

    code = "draw.not_found"
    kind = Kind.NOT_FOUND


class NoSeed(Refusal):
    """Without a committed seed a draw proves nothing."""

    code = "draw.no_seed"
    kind = Kind.CONFLICT


class DayNotOver(Refusal):
    """The list of a running day is not frozen."""

    code = "draw.day_not_over"
    kind = Kind.CONFLICT


async def commit_seed(work: Work, *, day: date, seed: bytes | None = None) -> str:
    """Commit the seed of a day's draw before the day ends and return the hash to publish.

    Without `seed`, 32 random bytes are made. Refuses `draw.seed_too_late`, `draw.seed_already_committed`.
    """
    if work.now >= clock.at_local(day, 24 * 60):
        raise SeedTooLate(day=day.isoformat())
    seed = seed or secrets.token_bytes(32)
    row = {
        "day": day,
        "seed": seed,
        "seed_hash": sample.commitment(seed),
        "committed_at": work.now,
        "committed_by": work.actor.label,
    }
    made = await work.session.execute(
        upsert(CallBackDraw).values(row).on_conflict_do_nothing().returning(CallBackDraw.seed_hash)
    )
    seed_hash = made.scalar()
    if seed_hash is None:
        raise SeedAlreadyCommitted(day=day.isoformat())
    return seed_hash


async def draw_call_backs(work: Work, *, day: date) -> CallBackDraw:
    """Freeze the list of visits finished by the end of a day and draw its call-backs; a second time returns the first.

    Visits that became known late are on the next list, so that nothing escapes by being reported late. Refuses
    `draw.no_seed`, `draw.day_not_over`.
    """
    draw = await work.session.get(CallBackDraw, day, with_for_update=True)
    if draw is None:
        raise NoSeed(day=day.isoformat())
    if draw.drawn_at is not None:
        return draw
    end = clock.at_local(day, 24 * 60)
    if work.now < end:
        raise DayNotOver(day=day.isoformat())
    percent = (await rules.read(work.session, CallBackSamplePercent, at=end)).value
    listed = await work.session.execute(
        update(Rateable)
        .where(Rateable.drawn_on.is_(None), Rateable.finished_at < end)
        .values(drawn_on=day)
        .returning(Rateable.visit_id)
        .execution_options(synchronize_session=False)
    )
    visits = listed.scalars().all()
    chosen = sample.draw(draw.seed, visits, percent=percent)
    await operations.ask(work, chosen, reason=CallBackReason.SAMPLE, since=clock.at_local(day, 0))
    draw.percent, draw.visits, draw.drawn = percent, len(visits), len(chosen)
    draw.list_hash, draw.drawn_at = sample.list_hash(visits), work.now
    return draw


async def turn_day(work: Work) -> int:
    """Commit today's seed where nobody has, and draw every committed day that is over; returns how many were drawn."""
    today = clock.day_of(work.now)
    if await work.session.get(CallBackDraw, today) is None:
        await commit_seed(work, day=today)
    over = select(CallBackDraw.day).where(CallBackDraw.drawn_at.is_(None), CallBackDraw.day < today)
    days = (await work.session.execute(over.order_by(CallBackDraw.day))).scalars().all()
    for day in days:
        await draw_call_backs(work, day=day)
    return len(days)
