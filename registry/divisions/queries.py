"""Questions to the divisions: which existed on a day, and what became of a code."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import Select, bindparam, or_, select

from events.work import Work
from kit import clock
from kit.china import identifiers
from kit.refusal import Refusal
from registry.model import Division


class DivisionUnknown(Refusal):
    """No division has this code today."""

    code = "division.unknown"


# Every request of a clerk asks this, so that it is built once.
_NEWEST = (
    select(Division.valid_to, Division.successors)
    .where(Division.code == bindparam("code"), Division.valid_from <= bindparam("day"))
    .order_by(Division.valid_from.desc())
    .limit(1)
)


async def check_divisions(work: Work, codes: Iterable[str]) -> None:
    """Refuse `division.unknown` unless every 12-digit code names a division today."""
    current = {division.code for division in await divisions(work, work.now, codes=codes)}
    for code in sorted(codes):
        if code not in current:
            raise DivisionUnknown(division=code)


def _valid(query: Select[Division], at: date | datetime) -> Select[Division]:
    day = clock.day_of(at) if isinstance(at, datetime) else at
    return query.where(Division.valid_from <= day, or_(Division.valid_to.is_(None), Division.valid_to > day))


async def division(work: Work, code: str, at: date | datetime) -> Division | None:
    """Return the division that a 12-digit code named on a day."""
    query = _valid(select(Division).where(Division.code == code), at)
    return (await work.session.execute(query)).scalar_one_or_none()


async def divisions(
    work: Work, at: date | datetime, *, under: str | None = None, codes: Iterable[str] | None = None
) -> Sequence[Division]:
    """Return the divisions that existed on a day, by code: within a 12-digit code (itself too), or of given codes."""
    query = _valid(select(Division).order_by(Division.code), at)
    if under is not None:
        query = query.where(Division.code.startswith(identifiers.division_prefix(under)))
    if codes is not None:
        query = query.where(Division.code.in_(sorted(codes)))
    return (await work.session.execute(query)).scalars().all()


async def names_at(work: Work, codes: Sequence[tuple[str, date]]) -> list[str | None]:
    """Return the names that codes had on days, in the order given; None where the code named nothing."""
    query = select(Division).where(Division.code.in_({code for code, _ in codes}))
    rows = (await work.session.execute(query)).scalars().all()
    return [
        next(
            (
                row.name
                for row in rows
                if row.code == code and row.valid_from <= day and (row.valid_to is None or day < row.valid_to)
            ),
            None,
        )
        for code, day in codes
    ]


async def current_code(work: Work, code: str, at: date | datetime) -> str | None:
    """Follow a code through its successors to the one in force on a day; None where it became several, or nothing."""
    day = clock.day_of(at) if isinstance(at, datetime) else at
    seen: set[str] = set()
    while code not in seen:
        seen.add(code)
        newest = (await work.session.execute(_NEWEST, {"code": code, "day": day})).one_or_none()
        if newest is None:
            return None
        valid_to, successors = newest
        if valid_to is None or valid_to > day:
            return code
        if len(successors) != 1:
            return None
        (code,) = successors
    return None


async def current_codes(work: Work, at: date | datetime) -> dict[str, list[str]]:
    """Return what every code that has ended became by a day: old code → the codes in force, several after a split."""
    day = clock.day_of(at) if isinstance(at, datetime) else at
    query = select(Division.code, Division.valid_to, Division.successors).where(Division.valid_from <= day)
    newest: dict[str, tuple[date | None, list[str]]] = {}
    for code, valid_to, successors in await work.session.execute(query.order_by(Division.valid_from)):
        newest[code] = valid_to, successors

    def follow(code: str, seen: frozenset[str]) -> set[str]:
        valid_to, successors = newest.get(code, (day, []))
        if valid_to is None or valid_to > day:
            return {code}
        return {last for step in successors if step not in seen for last in follow(step, seen | {step})}

    ended = [code for code, (valid_to, _) in newest.items() if valid_to is not None and valid_to <= day]
    return {code: sorted(follow(code, frozenset({code}))) for code in ended}
