"""Questions about satisfaction: live rates counted from the rows, calls to make, complaints to handle."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, cast, func, select

from events.work import Work
from kit import rules
from providers.satisfaction import area
from providers.satisfaction.model import CallBack, CallState, Channel, Complaint, Rateable
from providers.satisfaction.rates import SATISFIED_FROM, Count, Rate


def _counted() -> list[ColumnElement[int]]:
    def how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(cast(condition, Integer)), 0)

    called = Rateable.call_state
    return [
        func.count().label("finished"),
        how_many(Rateable.valid & (Rateable.score >= SATISFIED_FROM)).label("satisfied"),
        how_many(Rateable.valid.is_(True)).label("valid"),
        how_many((Rateable.channel == Channel.CALLBACK) & ~Rateable.valid).label("invalid"),
        how_many(Rateable.channel == Channel.AUTO).label("auto"),
        how_many(Rateable.channel.is_(None)).label("silent"),
        how_many(called.is_not(None)).label("asked"),
        how_many(func.coalesce(called == CallState.ANSWERED, False)).label("reached"),
        how_many(func.coalesce(called == CallState.NOT_REACHED, False)).label("not_reached"),
    ]


def _where(
    provider_id: UUID | None, item_code: str | None, division: str | None, month: str | None
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if month is not None:
        found.append(Rateable.month == month)
    if provider_id is not None:
        found.append(Rateable.provider_id == provider_id)
    if item_code is not None:
        found.append(Rateable.item_code == item_code)
    if division is not None:
        low, high = area.bounds(division)
        found.append(Rateable.division_code.between(low, high))
    return found


async def rate(
    work: Work, *, provider_id: UUID | None = None, item_code: str | None = None, division: str | None = None,
    month: str | None = None,
) -> Rate:  # fmt: skip
    """Return the rate of a group as it stands this moment; what is None is not narrowed."""
    row = (
        await work.session.execute(select(*_counted()).where(*_where(provider_id, item_code, division, month)))
    ).one()
    least = await rules.value(work.session, "feedback.minimum_n", at=work.now)
    return Rate(
        Count(*map(int, row)), minimum_n=least, provider_id=provider_id, item_code=item_code, division=division,
        month=month,
    )  # fmt: skip


async def rates_by_company(work: Work, *, month: str) -> list[Rate]:
    """Return each company's rate of a month, by company."""
    least = await rules.value(work.session, "feedback.minimum_n", at=work.now)
    query = (
        select(Rateable.provider_id, *_counted())
        .where(Rateable.month == month)
        .group_by(Rateable.provider_id)
        .order_by(Rateable.provider_id)
    )
    rows = (await work.session.execute(query)).all()
    return [Rate(Count(*map(int, row[1:])), minimum_n=least, provider_id=row[0], month=month) for row in rows]


async def calls_due(work: Work, *, limit: int = 100) -> Sequence[CallBack]:
    """Return the call-backs to make, the most pressing first; nothing on them names the company."""
    query = (
        select(CallBack).where(CallBack.state == CallState.ASKED).order_by(CallBack.due_at, CallBack.id).limit(limit)
    )
    return (await work.session.execute(query)).scalars().all()


async def complaints(work: Work, *, overdue_at: datetime | None = None, limit: int = 100) -> Sequence[Complaint]:
    """Return complaints that still wait for a step, the most pressing first; or only those overdue at an instant."""
    query = select(Complaint).where(Complaint.due_at.is_not(None)).order_by(Complaint.due_at, Complaint.id).limit(limit)
    if overdue_at is not None:
        query = query.where(Complaint.due_at <= overdue_at)
    return (await work.session.execute(query)).scalars().all()
