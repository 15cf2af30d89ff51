"""The rules of institutions: filing and inspections."""

from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, DatedRule, DaysRule

_DECREE = "民政部令第66号《养老机构管理办法》，条文待核对（试行建议值）"
Days = Annotated[int, Field(ge=1, le=90)]


class InstitutionFilingDays(DaysRule):
    """The working days in which a registered institution is filed (备案) with the bureau."""

    about: ClassVar[About] = About(
        name="institutions.filing_days",
        proposed=10,
        unit="working days",
        zh="养老机构登记并收住老人后办理备案的工作日数",
        en="Working days in which a registered institution is filed",
        source=_DECREE,
    )
    root: Days


class InstitutionFirstCheckDays(DaysRule):
    """The working days after the filing in which the bureau looks at the institution."""

    about: ClassVar[About] = About(
        name="institutions.first_check_days",
        proposed=20,
        unit="working days",
        zh="备案后首次现场检查的工作日数",
        en="Working days after the filing in which an institution is looked at",
        source=_DECREE,
    )
    root: Days


class InstitutionCheckDays(DaysRule):
    """The days from one inspection to the next."""

    about: ClassVar[About] = About(
        name="institutions.check_days",
        proposed=365,
        unit="days",
        zh="养老机构两次现场检查的最长间隔天数",
        en="Days from one inspection of an institution to the next",
        source=f"每年不少于一次；{_DECREE}",
    )
    root: Annotated[int, Field(ge=7, le=730)]


RULES: tuple[type[DatedRule], ...] = (
    InstitutionFilingDays,
    InstitutionFirstCheckDays,
    InstitutionCheckDays,
)
