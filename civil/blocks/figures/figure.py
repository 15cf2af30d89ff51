"""What a figure is: a question about one day, the rows behind it, and how they fold into one number or one name.

A figure is nothing but the fold of its rows, so that whoever looks at the rows has looked at the number. An assertion
of a report ("all", "none") is a figure as well: it counts what speaks against it, and holds where it is 0.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar, cast

from sqlalchemy import BigInteger, ColumnElement, Select, String, Uuid, null
from sqlalchemy import cast as as_type
from sqlalchemy.types import TypeEngine

from kit import clock
from kit.rules.typed import DatedRule

R = TypeVar("R", bound=DatedRule)


class FigureUnit(StrEnum):
    """What the number of a figure counts."""

    PEOPLE = "people"  # 人
    HOUSEHOLDS = "households"  # 户
    SERVICES = "services"  # 人次
    PERSON_TIMES = "person_times"  # 人次: each grant counts once for each person it helps
    COMPANIES = "companies"  # 家
    CATEGORIES = "categories"  # 大类
    ITEMS = "items"  # 项
    INSTITUTIONS = "institutions"  # 家
    BEDS = "beds"  # 张
    YEARS = "years"  # 岁、年
    FEN = "fen"  # 分
    BASIS_POINTS = "basis_points"  # 万分之一
    EXCEPTIONS = "exceptions"  # what speaks against an assertion
    NAME = "name"  # no number: a name


class FigureSpan(StrEnum):
    """Which time a figure speaks of."""

    ON_DAY = "on_day"  # 现有: as it is at the end of the day
    IN_YEAR = "in_year"  # 全年: from the first of January to the end of the day
    EVER = "ever"  # 先后、累计: from the beginning of the programme to the end of the day
    EVERY_MONTH = "every_month"  # 始终: the worst month of the year up to the day


class FigureSubject(StrEnum):
    """What one row behind a figure is; the row's key is its id, code, month or name."""

    PERSON = "person"
    GRANT = "grant"
    PAY_LINE = "pay_line"
    PAYMENT = "payment"
    FUND = "fund"
    FUND_ENTRY = "fund_entry"
    CASE = "case"
    RECORD = "record"
    ENROLMENT = "enrolment"
    REQUEST = "request"
    COMPANY = "company"
    CHARGE = "charge"
    STATEMENT_PAYMENT = "statement_payment"
    POSTING = "posting"
    CATEGORY = "category"
    ITEM = "item"
    TIER = "tier"
    STAR = "star"
    MONTH = "month"
    DIVISION = "division"
    RULE = "rule"


class Fold(StrEnum):
    """How rows become one value."""

    COUNT = "count"
    SUM = "sum"  # of `value`
    LEAST = "least"  # the least share of `value` in `whole`; nothing can be said where a row has no whole
    NAME = "name"  # the `label` of the only row; nothing can be said where there is none, or another


@dataclass(frozen=True, slots=True)
class Cutoff:
    """The day that is asked about, and the rules in force at its end, by their class."""

    as_of: date
    rules: Mapping[type[DatedRule], DatedRule] = field(default_factory=dict)

    @property
    def year(self) -> int:
        """Return the calendar year."""
        return self.as_of.year

    @property
    def month(self) -> str:
        """Return the month of the day, 2026-12."""
        return f"{self.as_of:%Y-%m}"

    @property
    def first_month(self) -> str:
        """Return the first month of the year."""
        return f"{self.year}-01"

    @property
    def month_before(self) -> str:
        """Return the last month of the year before."""
        return f"{self.year - 1}-12"

    @property
    def began(self) -> datetime:
        """Return the instant at which the year began."""
        return clock.at_local(date(self.year, 1, 1), 0)

    @property
    def ended(self) -> datetime:
        """Return the instant at which the day ends; nothing from then on counts."""
        return clock.at_local(self.as_of, 1440)

    def rule(self, kind: type[R]) -> R:
        """Return the value of a rule that the figure names in `rules`."""
        return cast("R", self.rules[kind])


RowsQuery = Callable[[Cutoff], Select[*tuple[Any, ...]]]
"""The query of the rows behind a figure, with the columns of `row`."""


def row(
    key: Any,
    *,
    value: Any = 1,
    whole: Any = None,
    label: Any = None,
    person_id: Any = None,
    division_code: Any = None,
) -> list[ColumnElement[Any]]:
    """Return the columns of a row: its key, unique in the figure, and what is known of it."""
    wanted: dict[str, tuple[Any, TypeEngine[Any]]] = {
        "key": (key, String()),
        "value": (value, BigInteger()),
        "whole": (whole, BigInteger()),
        "label": (label, String()),
        "person_id": (person_id, Uuid()),
        "division_code": (division_code, String()),
    }
    return [as_type(null() if given is None else given, kind).label(name) for name, (given, kind) in wanted.items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: either the fold of `rows`, or what `said` reads from rules and the day alone.

    `code` is its name in reports; `zh` and `en` say what is counted, `room` which package's tables hold it. `opening`
    is what was counted before the platform began, added to the rows of a figure that speaks of all time.
    """

    code: str
    zh: str
    en: str
    unit: FigureUnit
    span: FigureSpan
    subject: FigureSubject
    room: str
    rows: RowsQuery | None = None
    fold: Fold = Fold.COUNT
    said: Callable[[Cutoff], int | str | None] | None = None
    opening: Callable[[Cutoff], int] | None = None
    rules: tuple[type[DatedRule], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Two rows that cannot both be right; `pairs` returns their keys as `left` and `right`.

    `figures` are the codes of those that nobody can believe while it lasts.
    """

    name: str
    zh: str
    en: str
    figures: tuple[str, ...]
    left: FigureSubject
    right: FigureSubject
    pairs: RowsQuery


def pair(left: Any, right: Any) -> list[ColumnElement[Any]]:
    """Return the columns of two rows that contradict one another."""
    return [as_type(left, String()).label("left"), as_type(right, String()).label("right")]
