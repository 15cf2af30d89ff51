"""Questions about satisfaction: live rates counted from the rows, calls to make, complaints to handle."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, SQLColumnExpression, cast, func, select

from events.work import Work
from kit.china.identifiers import division_prefix
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from providers.satisfaction import control
from providers.satisfaction.control import ControlChart
from providers.satisfaction.model import (
    CallBack,
    CallBackDraw,
    CallState,
    Channel,
    Complaint,
    ComplaintState,
    ComplaintStep,
    Rateable,
)
from providers.satisfaction.rates import SATISFIED_FROM, Always, Count, Rate
from providers.satisfaction.rates import always as worst_of
from providers.satisfaction.rules import CallBackHoursApart, LeastRatings

CALLS = SortOrder("call-backs", CallBack.due_at, CallBack.id)
COMPLAINTS = SortOrder("complaints", Complaint.due_at, Complaint.id)
COMPLAINTS_OF_A_STATE = SortOrder("complaints of a state", Complaint.number, falling=1)


class ComplaintUnknown(Refusal):
    """No such complaint."""

    code = "complaint.unknown"
    kind = Kind.NOT_FOUND


class Group(StrEnum):
    """What a table of rates has a row for; the value is the field of `Rate`."""

    COMPANY = "provider_id"
    ITEM = "item_code"
    DIVISION = "division"
    MONTH = "month"


class Level(IntEnum):
    """How many digits of a division's code name the level."""

    CITY = 4
    COUNTY = 6
    TOWNSHIP = 9
    VILLAGE = 12


@dataclass(frozen=True, slots=True)
class PublishedDraw:
    """A day's draw for everybody; from `seed` and `visits` on, `kit.sample.draw` gives the same call-backs again."""

    day: date
    seed_hash: str
    list_hash: str | None
    seed: str | None
    percent: int | None
    visits: tuple[UUID, ...]


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
    conditions: list[ColumnElement[bool]] = []
    if month is not None:
        conditions.append(Rateable.month == month)
    if provider_id is not None:
        conditions.append(Rateable.provider_id == provider_id)
    if item_code is not None:
        conditions.append(Rateable.item_code == item_code)
    if division is not None:
        # A range, for an index answers it in any collation; LIKE would need one of its own.
        prefix = division_prefix(division)
        conditions.append(Rateable.division_code.between(prefix.ljust(12, "0"), prefix.ljust(12, "9")))
    return conditions


async def standing(work: Work, visit_id: UUID) -> tuple[bool, bool]:
    """Tell of a visit whether it can be rated now, and whether somebody has."""
    row = await work.session.get(Rateable, visit_id)
    given = row is not None and row.channel not in {None, Channel.AUTO}
    return row is not None and not given, given


async def rate(
    work: Work,
    *,
    provider_id: UUID | None = None,
    item_code: str | None = None,
    division: str | None = None,
    month: str | None = None,
) -> Rate:
    """Return the rate of a group as it stands this moment; what is None is not narrowed."""
    row = (
        await work.session.execute(select(*_counted()).where(*_where(provider_id, item_code, division, month)))
    ).one()
    least = (await rules.read(work.session, LeastRatings, at=work.now)).value
    return Rate(
        Count(*map(int, row)),
        minimum_n=least,
        provider_id=provider_id,
        item_code=item_code,
        division=division,
        month=month,
    )


async def rates(
    work: Work,
    *,
    by: Group,
    months: Sequence[str],
    provider_id: UUID | None = None,
    item_code: str | None = None,
    division: str | None = None,
    level: Level = Level.TOWNSHIP,
) -> list[Rate]:
    """Return one rate for each company, item, division or month that had finished visits in the months, in order.

    `level` says how many digits make a division. A group without visits has no row.
    """
    columns: dict[Group, SQLColumnExpression[Any]] = {
        Group.COMPANY: Rateable.provider_id,
        Group.ITEM: Rateable.item_code,
        Group.DIVISION: func.left(Rateable.division_code, level),
        Group.MONTH: Rateable.month,
    }
    column = columns[by]
    query = (
        select(column, *_counted())
        .where(Rateable.month.in_(months), *_where(provider_id, item_code, division, None))
        .group_by(column)
        .order_by(column)
    )
    least = (await rules.read(work.session, LeastRatings, at=work.now)).value
    of: dict[str, Any] = {
        "provider_id": provider_id,
        "item_code": item_code,
        "division": division,
        "month": months[0] if len(months) == 1 else None,
    }
    return [
        Rate(Count(*map(int, row[1:])), minimum_n=least, **{**of, by.value: row[0]})
        for row in (await work.session.execute(query)).all()
    ]


async def rates_by_company(work: Work, *, month: str) -> list[Rate]:
    """Return each company's rate of a month, by company."""
    return await rates(work, by=Group.COMPANY, months=[month])


async def always(
    work: Work,
    *,
    months: Sequence[str],
    provider_id: UUID | None = None,
    item_code: str | None = None,
    division: str | None = None,
) -> Always:
    """Return what "always above" may say of a group over months (始终…以上); a month without visits cannot say."""
    monthly = await _by_month(work, months, provider_id=provider_id, item_code=item_code, division=division)
    return worst_of(monthly)


async def series(
    work: Work,
    *,
    months: Sequence[str],
    provider_id: UUID | None = None,
    item_code: str | None = None,
    division: str | None = None,
) -> ControlChart:
    """Return the control chart of a group over months; a month without visits is a point without limits."""
    monthly = await _by_month(work, months, provider_id=provider_id, item_code=item_code, division=division)
    return control.chart(monthly)


async def _by_month(
    work: Work, months: Sequence[str], *, provider_id: UUID | None, item_code: str | None, division: str | None
) -> list[Rate]:
    monthly = await rates(
        work, by=Group.MONTH, months=months, provider_id=provider_id, item_code=item_code, division=division
    )
    by_month = {rate.month: rate for rate in monthly}
    return [by_month.get(month) or Rate(Count(), month=month) for month in months]


async def calls_due(work: Work, *, after: str | None = None, limit: int = 100) -> Sequence[CallBack]:
    """Return the call-backs to make at this hour, the most pressing first; nothing on them names the company.

    An elder who did not answer is left out until another hour.
    """
    apart = (await rules.read(work.session, CallBackHoursApart, at=work.now)).span
    rested = CallBack.last_try_at.is_(None) | (CallBack.last_try_at <= work.now - apart)
    query = select(CallBack).where(CallBack.state == CallState.ASKED, rested)
    return (await work.session.execute(CALLS.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def draw(work: Work, day: date) -> PublishedDraw | None:
    """Return a day's draw as it may be published: the seed and the list only once the list is frozen."""
    row = await work.session.get(CallBackDraw, day)
    if row is None:
        return None
    if row.drawn_at is None or row.percent is None:
        return PublishedDraw(day, row.seed_hash, None, None, None, ())
    listed = select(Rateable.visit_id).where(Rateable.drawn_on == day).order_by(Rateable.visit_id)
    visits = tuple((await work.session.execute(listed)).scalars())
    return PublishedDraw(day, row.seed_hash, row.list_hash, row.seed.hex(), row.percent, visits)


async def complaint(work: Work, complaint_id: UUID) -> Complaint:
    """Return a complaint; refuse `complaint.unknown`."""
    row = await work.session.get(Complaint, complaint_id)
    if row is None:
        raise ComplaintUnknown
    return row


async def complaints(
    work: Work, *, overdue_at: datetime | None = None, after: str | None = None, limit: int = 100
) -> Sequence[Complaint]:
    """Return complaints that still wait for a step, the most pressing first; or only those overdue at an instant."""
    query = select(Complaint).where(Complaint.due_at.is_not(None))
    if overdue_at is not None:
        query = query.where(Complaint.due_at <= overdue_at)
    return (await work.session.execute(COMPLAINTS.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def complaints_of(
    work: Work, *, state: ComplaintState, after: str | None = None, limit: int = 100
) -> Sequence[Complaint]:
    """Return the complaints of a state, also those without a deadline, the newest first."""
    query = select(Complaint).where(Complaint.state == state)
    page = COMPLAINTS_OF_A_STATE.page(query, work.vault, after=after, limit=limit)
    return (await work.session.execute(page)).scalars().all()


async def steps(work: Work, complaint_id: UUID) -> Sequence[ComplaintStep]:
    """Return the steps of a complaint in the order in which they were taken; refuse `complaint.unknown`."""
    await complaint(work, complaint_id)
    query = select(ComplaintStep).where(ComplaintStep.complaint_id == complaint_id).order_by(ComplaintStep.id)
    return (await work.session.execute(query)).scalars().all()
