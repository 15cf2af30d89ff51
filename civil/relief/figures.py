"""The figures of temporary relief: grants of the bureau and of the towns' reserve funds, in the year."""

from typing import Any, Final

from sqlalchemy import Boolean, Select, cast

from civil.blocks.cases.model import CivilCase
from civil.blocks.figures.figure import Cutoff, Figure, FigureSpan, FigureSubject, FigureUnit, row
from civil.blocks.fund import figures as funds
from civil.blocks.fund.model import FundEntry
from civil.relief.rules import ReliefReserveFloor

RESERVE: Final = "relief.reserve"
BUREAU_FUND: Final = "relief.bureau"
_TIMES: Final = "临时救助人次：当年支付、未冲销的每笔救助按救助人数计"
_MONEY: Final = "临时救助支付的资金，扣除冲销和追回"


def _outsiders(at: Cutoff) -> Select[*tuple[Any, ...]]:
    columns = row(FundEntry.person_id, person_id=FundEntry.person_id)
    outsider = cast(CivilCase.facts["outsider"].astext, Boolean)
    return funds.for_cases(RESERVE, at, *columns).where(outsider).group_by(FundEntry.person_id)


FIGURES: Final = (
    Figure(
        code="LS.RES.MIN",
        zh="乡镇（街道）临时救助备用金每处每年最低额度",
        en="the least of each town's relief reserve fund a year",
        unit=FigureUnit.FEN,
        span=FigureSpan.ON_DAY,
        subject=FigureSubject.RULE,
        room="civil.relief",
        said=lambda at: at.rule(ReliefReserveFloor).root,
        rules=(ReliefReserveFloor,),
    ),
    funds.helped(
        "LS.BUR.CNT",
        f"区民政局实施的{_TIMES}",
        "people helped by the bureau's relief, a grant at a time",
        BUREAU_FUND,
        "persons",
    ),
    funds.money(
        "LS.BUR.AMT", f"区民政局实施的{_MONEY}", "relief that the bureau paid, net of what came back", BUREAU_FUND
    ),
    funds.helped(
        "LS.TOWN.CNT",
        f"乡镇（街道）从备用金实施的{_TIMES}",
        "people helped out of the towns' reserve funds, a grant at a time",
        RESERVE,
        "persons",
    ),
    Figure(
        code="LS.TOWN.NONLOC",
        zh="从备用金救助的外地人员：户籍不在本区的不同的人",
        en="different people helped out of the reserve funds whose hukou is outside the district",
        unit=FigureUnit.PEOPLE,
        span=FigureSpan.IN_YEAR,
        subject=FigureSubject.PERSON,
        room=funds.ROOM_NAME,
        rows=_outsiders,
    ),
    funds.money(
        "LS.TOWN.AMT",
        f"乡镇（街道）从备用金实施的{_MONEY}",
        "relief out of the towns' reserve funds, net of what came back",
        RESERVE,
    ),
)
CONTRADICTIONS: Final = (
    funds.overdrawn(RESERVE, "LS.TOWN.CNT", "LS.TOWN.AMT"),
    funds.overdrawn(BUREAU_FUND, "LS.BUR.CNT", "LS.BUR.AMT"),
    funds.paid_otherwise(RESERVE, "amount_fen", "LS.TOWN.AMT"),
    funds.paid_otherwise(BUREAU_FUND, "amount_fen", "LS.BUR.AMT"),
)
