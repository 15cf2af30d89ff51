"""Temporary relief 临时救助: because of expenses, of an emergency, and at once out of a town's reserve fund 备用金."""

from enum import StrEnum
from typing import Any, Final

from pydantic import Field
from sqlalchemy import select

from civil.blocks.cases.model import CivilCase
from civil.blocks.declared import (
    BUREAU,
    EITHER,
    PAYER,
    TOWN,
    CaseKind,
    Facts,
    FundKind,
    Module,
    Move,
    Title,
)
from civil.blocks.fund import operations as funds
from civil.blocks.fund import queries as fund_queries
from civil.relief import amounts, figures
from civil.relief.rules import (
    ReliefCeiling,
    ReliefCheckDays,
    ReliefDecideDays,
    ReliefLowPercent,
    ReliefPaperDays,
    ReliefPayDays,
    ReliefPublicityDays,
    ReliefRepeatDays,
    ReliefReserveFloor,
    ReliefTownCeiling,
    ReliefUrgentDays,
)
from events.work import Work
from kit import clock, money
from kit.access.scope import Section
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from registry.model import FactKind, Level
from registry.people import facts as person_facts


class ReliefState(StrEnum):
    """Where a matter of relief stands."""

    APPLIED = "applied"
    CHECKED = "checked"
    PUBLICISED = "publicised"
    GRANTED = "granted"
    PAID = "paid"
    REFUSED = "refused"
    REPORTED = "reported"  # by the town, after an urgent grant
    ACCEPTED = "accepted"  # by the bureau: the urgent grant was right
    CHALLENGED = "challenged"
    RECOVERED = "recovered"


class ReliefCause(StrEnum):
    """Why somebody is in need."""

    FIRE = "fire"  # 火灾
    ACCIDENT = "accident"  # 交通事故、意外伤害
    SUDDEN_ILLNESS = "sudden_illness"  # 突发重大疾病
    TREATMENT = "treatment"  # 医疗支出
    SCHOOLING = "schooling"  # 教育支出
    LIVING = "living"  # 基本生活支出突然增加
    OTHER = "other"


class ReliefNeed(Facts):
    """Who needs how much, and why."""

    cause: ReliefCause = Field(title="致困事由")
    persons: int = Field(ge=1, le=20, title="救助人数")
    amount_fen: int = Field(ge=1, le=100_000_000, title="救助金额（分）")
    outsider: bool = Field(default=False, title="外地人员（户籍不在本区）")
    again: bool = Field(default=False, title="同一事由再次救助（理由已核实）")


class ReliefOverCeiling(Refusal):
    """The amount is above what the rules allow."""

    code = "relief.over_ceiling"
    kind = Kind.CONFLICT


class ReliefRepeated(Refusal):
    """The person was helped for the same cause not long ago."""

    code = "relief.repeated"
    kind = Kind.CONFLICT


class ReliefHukouContradicts(Refusal):
    """The registry knows another hukou than the application says."""

    code = "relief.hukou_contradicts"
    kind = Kind.CONFLICT


_S = ReliefState
_KINDS: Final = ("relief.expenses", "relief.emergency", "relief.urgent")
_GIVEN: Final = (_S.GRANTED, _S.PAID, _S.REPORTED, _S.ACCEPTED, _S.CHALLENGED)

RESERVE: Final = FundKind(
    name=figures.RESERVE,
    title=Title("乡镇（街道）临时救助备用金", "a town's reserve fund for relief"),
    level=Level.TOWNSHIP,
    floor=ReliefReserveFloor,
    low_percent=ReliefLowPercent,
)
BUREAU_FUND: Final = FundKind(
    name=figures.BUREAU_FUND, title=Title("区临时救助资金", "the bureau's fund for relief"), level=Level.DISTRICT
)


async def _need(work: Work, case: CivilCase, *, town: bool) -> ReliefNeed:
    """Return what the case says; refuses `relief.over_ceiling` and `relief.repeated`."""
    need = ReliefNeed.model_validate(case.facts)
    table = await rules.read(work.session, ReliefCeiling, at=work.now)
    at_once = (await rules.read(work.session, ReliefTownCeiling, at=work.now)).root if town else None
    most = amounts.most(table.month_fen, table.months, need.persons, at_once)
    if need.amount_fen > most:
        raise ReliefOverCeiling(most=money.show(most))
    if town or not need.again:
        since = work.now - (await rules.read(work.session, ReliefRepeatDays, at=work.now)).span
        before = select(CivilCase.id).where(
            CivilCase.kind.in_(_KINDS),
            CivilCase.person_id == case.person_id,
            CivilCase.id != case.id,
            CivilCase.state.in_(_GIVEN),
            CivilCase.facts["cause"].astext == need.cause.value,
            CivilCase.opened_at > since,
        )
        if (await work.session.execute(before)).first() is not None:
            raise ReliefRepeated
    return need


async def _apply(work: Work, case: CivilCase, *, town: bool) -> None:
    """Look at the amount, at earlier grants, and at whether the registry knows another hukou."""
    need = await _need(work, case, town=town)
    on_record = await person_facts.facts_on(work, case.person_id, clock.day_of(work.now), purpose="临时救助申请")
    hukou = on_record.get(FactKind.HUKOU_PLACE)
    if hukou is not None and (hukou.code[:6] != case.division_code[:6]) != need.outsider:
        raise ReliefHukouContradicts


async def apply(work: Work, case: CivilCase) -> None:
    """Take an application that the bureau decides on."""
    await _apply(work, case, town=False)


async def apply_at_once(work: Work, case: CivilCase) -> None:
    """Take a need that a town meets at once."""
    await _apply(work, case, town=True)


async def decide(work: Work, case: CivilCase) -> None:
    """Look at the amount again as the bureau grants it."""
    await _need(work, case, town=False)


async def _pay(work: Work, case: CivilCase, fund: FundKind, need: ReliefNeed) -> None:
    await funds.pay(
        work,
        fund,
        division_code=case.division_code,
        fen=need.amount_fen,
        subject_id=case.id,
        person_id=case.person_id,
    )


async def pay(work: Work, case: CivilCase) -> None:
    """Pay out of the bureau's fund what was granted; refuses `fund.exceeded` and so on."""
    await _pay(work, case, BUREAU_FUND, ReliefNeed.model_validate(case.facts))


async def pay_at_once(work: Work, case: CivilCase) -> None:
    """Pay a small grant out of the town's reserve fund; the papers follow."""
    await _pay(work, case, RESERVE, await _need(work, case, town=True))


async def recover(work: Work, case: CivilCase) -> None:
    """Let an urgent grant that the bureau did not accept come back into the reserve fund."""
    payment = await fund_queries.payment_for(work, case.id)
    if payment is not None:
        await funds.reverse(work, RESERVE, entry=payment, reason="recovered")


_TITLES: Final = {
    _S.APPLIED: Title("已受理", "applied"),
    _S.CHECKED: Title("已核查", "checked"),
    _S.PUBLICISED: Title("公示中", "publicised"),
    _S.GRANTED: Title("已审定", "granted"),
    _S.PAID: Title("已支付", "paid"),
    _S.REFUSED: Title("不予救助", "refused"),
    _S.REPORTED: Title("已补手续上报", "reported"),
    _S.ACCEPTED: Title("复核通过", "accepted"),
    _S.CHALLENGED: Title("复核不符", "challenged"),
    _S.RECOVERED: Title("已追回", "recovered"),
}
_DECIDE: Final = Move(by=BUREAU, second_person=True)
_BY_TOWN: Final = Move(by=TOWN)
_GO: Final = {_S.PAID: Move(by=PAYER, second_person=True)}


def _kind(name: str, title: Title, states: tuple[ReliefState, ...], **more: Any) -> CaseKind:
    return CaseKind(
        name=name,
        title=title,
        facts=ReliefNeed,
        states={state.value: _TITLES[state] for state in states},
        first=_S.APPLIED,
        **more,
    )


EXPENSES: Final = _kind(
    _KINDS[0],
    Title("支出型临时救助申请", "application for relief because of expenses"),
    (_S.APPLIED, _S.CHECKED, _S.PUBLICISED, _S.GRANTED, _S.PAID, _S.REFUSED),
    moves={
        _S.APPLIED: {_S.CHECKED: _BY_TOWN, _S.REFUSED: Move(by=EITHER)},
        _S.CHECKED: {_S.PUBLICISED: _BY_TOWN, _S.REFUSED: Move(by=EITHER)},
        _S.PUBLICISED: {_S.CHECKED: _BY_TOWN, _S.GRANTED: _DECIDE, _S.REFUSED: _DECIDE},
        _S.GRANTED: _GO,
    },
    days={_S.APPLIED: ReliefCheckDays, _S.PUBLICISED: ReliefDecideDays, _S.GRANTED: ReliefPayDays},
    publicised={_S.PUBLICISED: ReliefPublicityDays},
    objected=frozenset({_S.CHECKED}),
    fixed=frozenset({_S.PAID}),
    opening=apply,
    entering={_S.GRANTED: decide, _S.PAID: pay},
)
EMERGENCY: Final = _kind(
    _KINDS[1],
    Title("急难型临时救助申请", "application for relief in an emergency"),
    (_S.APPLIED, _S.CHECKED, _S.GRANTED, _S.PAID, _S.REFUSED),
    # no publicity: relief first where waiting would make things worse (民发〔2018〕23号)
    moves={
        _S.APPLIED: {_S.CHECKED: _BY_TOWN, _S.REFUSED: Move(by=EITHER)},
        _S.CHECKED: {_S.GRANTED: _DECIDE, _S.REFUSED: _DECIDE},
        _S.GRANTED: _GO,
    },
    days={_S.APPLIED: ReliefUrgentDays, _S.CHECKED: ReliefUrgentDays, _S.GRANTED: ReliefUrgentDays},
    fixed=frozenset({_S.PAID}),
    opening=apply,
    entering={_S.GRANTED: decide, _S.PAID: pay},
)
URGENT: Final = _kind(
    _KINDS[2],
    Title("小额先行救助（备用金）", "small grant at once out of the reserve fund"),
    (_S.APPLIED, _S.PAID, _S.REPORTED, _S.ACCEPTED, _S.CHALLENGED, _S.RECOVERED, _S.REFUSED),
    moves={
        _S.APPLIED: {_S.PAID: _BY_TOWN, _S.REFUSED: Move(by=EITHER)},
        _S.PAID: {_S.REPORTED: _BY_TOWN},
        _S.REPORTED: {_S.ACCEPTED: _DECIDE, _S.CHALLENGED: _DECIDE},
        _S.CHALLENGED: {_S.ACCEPTED: Move(by=BUREAU), _S.RECOVERED: Move(by=PAYER)},
    },
    days={_S.APPLIED: ReliefUrgentDays, _S.PAID: ReliefPaperDays, _S.REPORTED: ReliefDecideDays},
    fixed=frozenset({_S.REPORTED, _S.ACCEPTED, _S.CHALLENGED, _S.RECOVERED}),
    opening=apply_at_once,
    entering={_S.PAID: pay_at_once, _S.RECOVERED: recover},
)

MODULE: Final = Module(
    name="relief",
    title=Title("临时救助与备用金", "temporary relief and reserve funds"),
    section=Section.ASSISTANCE,
    cases=(EXPENSES, EMERGENCY, URGENT),
    funds=(RESERVE, BUREAU_FUND),
    figures=figures.FIGURES,
    contradictions=figures.CONTRADICTIONS,
)
