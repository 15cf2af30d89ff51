"""What must not be in home care while its figures are printed."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from civil.blocks.figures.figure import Contradiction, Cutoff, FigureSubject, pair
from civil.blocks.register.model import CivilRecord
from civil.homecare import stays
from dispatch.enrolment.model import Enrolment, EnrolmentState, SuspendReason
from dispatch.enrolment.queries import SERVED
from kit.clock import DISTRICT_ZONE
from providers.roster.model import Company
from providers.settlement.model import Account, Charge, ChargeKind, LedgerEntry, Payment, Statement
from registry.model import Person


def _day(instant: Any) -> ColumnElement[Any]:
    return func.date(func.timezone(str(DISTRICT_ZONE), instant))


def _owed(at: Cutoff) -> list[ColumnElement[bool]]:
    """Return the conditions of a charge that is owed: of a visit up to the day, not taken back, more than nothing."""
    reversal = aliased(Charge)
    taken_back = exists().where(
        reversal.visit_id == Charge.visit_id,
        reversal.revision == Charge.revision,
        reversal.kind == ChargeKind.REVERSAL,
    )
    return [Charge.kind == ChargeKind.CHARGE, Charge.payable_fen > 0, Charge.visited_on <= at.as_of, ~taken_back]


def _never_begun(at: Cutoff) -> Select[*tuple[Any, ...]]:
    return select(*pair(Enrolment.id, Enrolment.person_id)).where(
        Enrolment.state.in_(SERVED), Enrolment.first_active_at.is_(None), Enrolment.applied_at < at.ended
    )


def _twice(at: Cutoff) -> Select[*tuple[Any, ...]]:
    other = aliased(Enrolment)
    return (
        select(*pair(Enrolment.id, other.id))
        .join(other, other.person_id == Enrolment.person_id)
        .where(
            Enrolment.id < other.id,
            func.greatest(Enrolment.first_active_at, other.first_active_at) < at.ended,
            Enrolment.first_active_at.is_not(None),
            other.first_active_at.is_not(None),
            func.greatest(_day(Enrolment.first_active_at), _day(other.first_active_at))
            < func.least(Enrolment.ended_on, other.ended_on, at.as_of),
        )
    )


def _not_admitted(at: Cutoff) -> Select[*tuple[Any, ...]]:
    return (
        select(*pair(Charge.id, Company.id))
        .join(Company, Company.id == Charge.provider_id)
        .where(
            *_owed(at),
            or_(Charge.visited_on < _day(Company.admitted_at), Charge.visited_on > _day(Company.exited_at)),
        )
    )


def _not_in_ledger(at: Cutoff) -> Select[*tuple[Any, ...]]:
    posted = (
        select(func.coalesce(func.sum(LedgerEntry.fen), 0))
        .where(LedgerEntry.posting_id == Payment.id, LedgerEntry.account == Account.TREASURY)
        .scalar_subquery()
    )
    return (
        select(*pair(Payment.id, func.concat(Payment.id, " ", cast(posted, String))))
        .join(Statement, Statement.id == Payment.statement_id)
        .where(Payment.paid_at < at.ended, or_(Payment.fen != -posted, Payment.fen != Statement.subsidised_fen))
    )


def _after_death(at: Cutoff) -> Select[*tuple[Any, ...]]:
    return (
        select(*pair(Charge.id, Person.id))
        .join(Person, Person.id == Charge.person_id)
        .where(*_owed(at), Charge.visited_on > Person.died_on)
    )


def _while_away(at: Cutoff) -> Select[*tuple[Any, ...]]:
    return (
        select(*pair(Charge.id, Enrolment.id))
        .join(Enrolment, Enrolment.person_id == Charge.person_id)
        .where(
            *_owed(at),
            Enrolment.state == EnrolmentState.SUSPENDED,
            Enrolment.suspend_reason.in_((SuspendReason.HOSPITAL, SuspendReason.INSTITUTION)),
            Charge.visited_on > _day(Enrolment.suspended_at),
        )
    )


def _in_institution(at: Cutoff) -> Select[*tuple[Any, ...]]:
    return (
        select(*pair(Charge.id, CivilRecord.id))
        .join(CivilRecord, CivilRecord.person_id == Charge.person_id)
        .where(
            *_owed(at),
            CivilRecord.kind == stays.REGISTER,
            Charge.visited_on > CivilRecord.opened_on,
            func.coalesce(Charge.visited_on < CivilRecord.closed_on, True),
        )
    )


CONTRADICTIONS: Final = (
    Contradiction(
        name="enrolled_never_begun",
        zh="在网老人从未开始服务，现在网人数将多于先后入网人数",
        en="somebody is enrolled and never began: more would be enrolled now than ever",
        figures=("JJ.ACTIVE", "JJ.EVER"),
        left=FigureSubject.ENROLMENT,
        right=FigureSubject.PERSON,
        pairs=_never_begun,
    ),
    Contradiction(
        name="enrolled_twice",
        zh="同一老人同时两次在网",
        en="somebody is enrolled twice at one time",
        figures=("JJ.ACTIVE", "JJ.EVER"),
        left=FigureSubject.ENROLMENT,
        right=FigureSubject.ENROLMENT,
        pairs=_twice,
    ),
    Contradiction(
        name="charged_by_no_company_of_the_day",
        zh="计费的服务日期不在企业入网期间，常驻企业将多于先后入网企业",
        en="a visit is charged for a day on which its company was not admitted",
        figures=("JJ.PROV.RES", "JJ.PROV.EVER"),
        left=FigureSubject.CHARGE,
        right=FigureSubject.COMPANY,
        pairs=_not_admitted,
    ),
    Contradiction(
        name="paid_against_the_ledger",
        zh="付款与结算单或记账不一致",
        en="a payment is not what its statement or the ledger says",
        figures=("JJ.FISC.Y", "JJ.FISC.CUM"),
        left=FigureSubject.STATEMENT_PAYMENT,
        right=FigureSubject.POSTING,
        pairs=_not_in_ledger,
    ),
    Contradiction(
        name="visited_after_death",
        zh="应付的上门服务发生在老人去世之后",
        en="a visit is owed for a day after the elder's death",
        figures=("JJ.ORDERS", "JJ.FISC.Y"),
        left=FigureSubject.CHARGE,
        right=FigureSubject.PERSON,
        pairs=_after_death,
    ),
    Contradiction(
        name="visited_while_away",
        zh="应付的上门服务发生在老人住院或入住机构期间",
        en="a visit is owed for a day on which the elder was in hospital or in an institution",
        figures=("JJ.ORDERS", "JJ.FISC.Y"),
        left=FigureSubject.CHARGE,
        right=FigureSubject.ENROLMENT,
        pairs=_while_away,
    ),
    Contradiction(
        name="visited_in_institution",
        zh="应付的上门服务发生在老人入住养老机构登记期间",
        en="a visit is owed for a day on which the register has the elder in an institution",
        figures=("JJ.ORDERS", "JJ.FISC.Y"),
        left=FigureSubject.CHARGE,
        right=FigureSubject.RECORD,
        pairs=_in_institution,
    ),
)
