"""Read enrolments: eligibility, terms, and the money left in the month's quota."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, case, func, select, true

from dispatch.enrolment import quota
from dispatch.enrolment.model import Assessment, Enrolment, EnrolmentState, Term, Wallet, WalletAccount, WalletEntry
from dispatch.enrolment.rules import CarryPercent, CopayPercent, MonthlyQuota
from events.work import Work
from kit import clock
from kit.pages import SortOrder
from kit.rules import queries as rules

SERVED: Final = (EnrolmentState.ACTIVE, EnrolmentState.SUSPENDED)
"""The states in which a person is in the programme: 在网."""
REASSESSMENTS: Final = SortOrder("reassessments", Enrolment.reassess_on, Enrolment.id)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms in force for an elder in one month."""

    month: str
    category: str
    level: int
    copay_percent: int
    monthly_fen: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an elder may be served, and the money left in the quota of the month in question."""

    enrolment_id: UUID
    state: EnrolmentState
    category: str
    level: int | None
    suspend_reason: str | None
    terms: Terms | None  # None before the first activation
    quota_left_fen: int


@dataclass(frozen=True, slots=True)
class MonthOfQuota:
    """One month's quota, begun or to come, in fen."""

    month: str
    granted_fen: int
    held_fen: int
    spent_fen: int
    free_fen: int


@dataclass(frozen=True, slots=True)
class RequestMoney:
    """The money of one month's wallet that is held for one request, and that its charges have spent."""

    person_id: UUID
    month: str
    held_fen: int
    spent_fen: int


def _standing() -> Select[*tuple[Any, ...]]:
    enrolment, term = Enrolment.__table__.c, Term.__table__.c
    mine, before = Wallet.__table__.alias("mine"), Wallet.__table__.alias("before")
    in_force = (
        select(term.category, term.level)
        .where(term.person_id == enrolment.person_id, term.from_month <= bindparam("month"))
        .order_by(term.from_month.desc(), term.recorded_at.desc(), term.id.desc())
        .limit(1)
        .lateral("in_force")
    )
    return (
        select(
            enrolment.id,
            enrolment.state,
            enrolment.category,
            enrolment.level,
            enrolment.suspend_reason,
            in_force.c.category,
            in_force.c.level,
            mine.c.free_fen,
            before.c.free_fen,
            before.c.granted_fen,
            before.c.carried_out_fen,
        )
        .select_from(Enrolment.__table__)
        .outerjoin(in_force, true())
        .outerjoin(mine, (mine.c.person_id == enrolment.person_id) & (mine.c.month == bindparam("month")))
        .outerjoin(
            before,
            (before.c.person_id == enrolment.person_id)
            & (before.c.month == bindparam("month_before"))
            & before.c.closed_at.is_(None),
        )
        .where(enrolment.person_id == bindparam("person_id"))
        .order_by(case((enrolment.state == EnrolmentState.ENDED, 1), else_=0), enrolment.applied_at.desc())
        .limit(1)
    )


# An operator waits for this one: it is built once, for building it costs more than running it.
_STANDING: Final = _standing()
_STANDING_LOCKED: Final = _STANDING.with_for_update(of=Enrolment.__table__, key_share=True)


async def standing(work: Work, person_id: UUID, at: datetime, *, lock: bool = False) -> Standing | None:
    """Return how an elder stands in the district's month of `at`; None was never an applicant.

    `lock` holds the enrolment until the work ends, so that two requests for one elder are judged one after the other.
    A month that nobody has opened yet is answered with what it will grant, and with what the month before it leaves.
    """
    month = clock.month_of(at)
    asked = {"person_id": person_id, "month": month, "month_before": quota.preceding(month)}
    row = (await work.session.execute(_STANDING_LOCKED if lock else _STANDING, asked)).one_or_none()
    if row is None:
        return None
    identity, state, category, level, reason, term_category, term_level, free, *left = row
    terms = None if term_category is None else await _terms(work, month, term_category, term_level)
    if terms is None or state not in SERVED:
        free = 0
    elif free is None:
        free = terms.monthly_fen
        if left[0] is not None and clock.month_of(work.now) >= month:
            free += (await _left_by(work, quota.preceding(month), *left)).carry_fen
    return Standing(identity, state, category, level, reason, terms, free)


async def terms(work: Work, person_id: UUID, month: str) -> Terms:
    """Return what is in force for an elder in a month; one who was never active has none, which is a bug to ask."""
    in_force = await terms_if_any(work, person_id, month)
    assert in_force is not None  # noqa: S101 - asked for elders who have been active
    return in_force


async def terms_if_any(work: Work, person_id: UUID, month: str) -> Terms | None:
    """Return what is in force for an elder in a month; None for one who was never active until then."""
    query = (
        select(Term.category, Term.level)
        .where(Term.person_id == person_id, Term.from_month <= month)
        .order_by(Term.from_month.desc(), Term.recorded_at.desc(), Term.id.desc())
        .limit(1)
    )
    row = (await work.session.execute(query)).one_or_none()
    return None if row is None else await _terms(work, month, *row)


async def _terms(work: Work, month: str, category: str, level: int) -> Terms:
    begin = clock.month_bounds(month)[0]
    copay = await rules.read(work.session, CopayPercent, at=begin)
    monthly = await rules.read(work.session, MonthlyQuota, at=begin)
    return Terms(month, str(category), level, copay.percent(category), monthly.fen(category, level))


async def _left_by(work: Work, month: str, free_fen: int, granted_fen: int, carried_out_fen: int) -> quota.Rest:
    carry = await rules.read(work.session, CarryPercent, at=clock.month_bounds(month)[0])
    return quota.rest(free_fen, granted_fen, carried_out_fen, month, carry.value)


async def wallet(work: Work, person_id: UUID, month: str) -> Wallet | None:
    """Return an elder's balance of a month; None when nothing has touched that month yet."""
    return await work.session.get(Wallet, (person_id, month), populate_existing=True)


async def quotas(work: Work, person_id: UUID, *, months: int) -> list[MonthOfQuota]:
    """Return an elder's quota of this month and of those to come, `months` in all; nothing where none is granted.

    A month that no request has touched yet shows what it will grant by the terms that are recorded today; what this
    month leaves to the next is not known before it is over, and not in it.
    """
    rows: list[MonthOfQuota] = []
    month = clock.month_of(work.now)
    for _ in range(months):
        standing_then = await standing(work, person_id, clock.month_bounds(month)[0])
        opened = await wallet(work, person_id, month)
        if opened is not None:
            row = MonthOfQuota(month, opened.granted_fen, opened.held_fen, opened.spent_fen, opened.free_fen)
            rows.append(row)
        elif standing_then is not None and standing_then.terms is not None and standing_then.state in SERVED:
            free = standing_then.quota_left_fen
            rows.append(MonthOfQuota(month, standing_then.terms.monthly_fen, 0, 0, free))
        month = quota.following(month)
    return rows


async def entries(work: Work, person_id: UUID, month: str) -> Sequence[WalletEntry]:
    """Return every movement of an elder's quota of a month, in the order of booking."""
    query = select(WalletEntry).where(WalletEntry.person_id == person_id, WalletEntry.month == month)
    return (await work.session.execute(query.order_by(WalletEntry.id))).scalars().all()


async def money_of(work: Work, request_id: UUID) -> Sequence[RequestMoney]:
    """Return the quota money of a request by month, earliest first; nothing where the quota never paid a part of it."""

    def balance(account: WalletAccount) -> ColumnElement[int]:
        signed = case((WalletEntry.to_account == account, WalletEntry.fen), else_=0) - case(
            (WalletEntry.from_account == account, WalletEntry.fen), else_=0
        )
        return func.sum(signed)

    query = (
        select(WalletEntry.person_id, WalletEntry.month, balance(WalletAccount.HELD), balance(WalletAccount.SPENT))
        .where(WalletEntry.request_id == request_id)
        .group_by(WalletEntry.person_id, WalletEntry.month)
        .order_by(WalletEntry.month)
    )
    rows = (await work.session.execute(query)).all()
    return [RequestMoney(person_id, month, int(held), int(spent)) for person_id, month, held, spent in rows]


async def open_enrolment(work: Work, person_id: UUID) -> Enrolment | None:
    """Return the elder's enrolment that has not ended."""
    query = select(Enrolment).where(Enrolment.person_id == person_id, Enrolment.state != EnrolmentState.ENDED)
    return (await work.session.execute(query)).scalar_one_or_none()


def suspended() -> Select[UUID]:
    """Return the query for the elders who are not at home for a while; no worker is sent to them."""
    return select(Enrolment.person_id).where(Enrolment.state == EnrolmentState.SUSPENDED)


async def enrolled_as(work: Work, person_ids: Iterable[UUID]) -> dict[UUID, tuple[str, int]]:
    """Return category and level of many people's enrolments that have not ended; who has none is left out."""
    wanted = list(person_ids)
    enrolled: dict[UUID, tuple[str, int]] = {}
    for start in range(0, len(wanted), 10_000):
        query = select(Enrolment.person_id, Enrolment.category, Enrolment.level).where(
            Enrolment.person_id.in_(wanted[start : start + 10_000]), Enrolment.state != EnrolmentState.ENDED
        )
        enrolled |= {row.person_id: (row.category, row.level) for row in await work.session.execute(query)}
    return enrolled


async def history(work: Work, person_id: UUID) -> Sequence[Enrolment]:
    """Return every enrolment that an elder ever applied for, oldest first."""
    query = select(Enrolment).where(Enrolment.person_id == person_id).order_by(Enrolment.applied_at, Enrolment.id)
    return (await work.session.execute(query)).scalars().all()


async def assessments(work: Work, person_id: UUID) -> Sequence[Assessment]:
    """Return an elder's assessments, oldest first; the findings stay sealed."""
    query = select(Assessment).where(Assessment.person_id == person_id).order_by(Assessment.booked_for, Assessment.id)
    return (await work.session.execute(query)).scalars().all()


async def reassessments_due(work: Work, on: date, *, after: str | None = None, limit: int = 200) -> Sequence[Enrolment]:
    """Return the enrolments whose next assessment is due by a day, the longest due first.

    The day comes from the rule `enrolment.reassess_months`, or from a discharge from hospital.
    """
    query = select(Enrolment).where(Enrolment.reassess_on <= on, Enrolment.state.in_(SERVED))
    page = REASSESSMENTS.page(query, work.vault, after=after, limit=limit)
    return (await work.session.execute(page)).scalars().all()
