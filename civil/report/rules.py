"""The rules of reports: the names that stand in them and that no table holds."""

from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, DatedRule, TableRule

PlaceName = Annotated[str, Field(pattern=r"^[\u4e00-\u9fff]{0,12}$")]


class ReportPlace(TableRule):
    """The city and the province above the district, as a report names them, without 市 and 省; empty: not said yet."""

    about: ClassVar[About] = About(
        name="report.place",
        proposed={"city": "", "province": ""},
        unit="names",
        zh="报告中的市、省名称（不带“市”“省”字）",
        en="City and province as reports name them",
        source="由民政局录入",
    )
    city: PlaceName
    province: PlaceName


RULES: tuple[type[DatedRule], ...] = (ReportPlace,)
