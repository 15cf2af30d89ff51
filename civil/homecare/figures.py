"""The figures of home care in the bureau's reports: catalogue, elders, orders, money, satisfaction, companies."""

from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Select, String, case, cast, column, exists, func, select, values
from sqlalchemy.orm import aliased

from civil.blocks.figures.figure import Cutoff, Figure, FigureSpan, FigureSubject, FigureUnit, Fold, row
from civil.homecare.rules import HomecareOpening, HomecareResidentDays
from dispatch.enrolment.model import Enrolment
from dispatch.visits.model import Visit
from providers.catalogue.model import Item, ItemCategory
from providers.roster.model import Company, CompanyState
from providers.satisfaction.model import Rateable
from providers.satisfaction.rates import SATISFIED_FROM
from providers.satisfaction.rules import LeastRatings
from providers.settlement.model import Charge, ChargeKind, Payment, PaymentReturn

NAMED: Final = (
    ItemCategory.MEALS,
    ItemCategory.DAILY_LIVING,
    ItemCategory.REHABILITATION,
    ItemCategory.NURSING,
    ItemCategory.MEDICAL_ERRANDS,
)
"""The categories that the report names: 营养餐配送、生活照料、康复保健、护理、助医."""


def _offered(at: Cutoff) -> Any:
    """Tell whether an item of the catalogue can be asked for on the day; urgent help is no service of the list."""
    return Item.counted & (Item.active_from <= at.as_of) & func.coalesce(Item.active_to > at.as_of, True)


def _items(at: Cutoff) -> Select[*tuple[Any, ...]]:
    return select(*row(Item.code, label=Item.name)).where(_offered(at))


def _categories(at: Cutoff) -> Select[*tuple[Any, ...]]:
    return select(*row(Item.category, value=func.count())).where(_offered(at)).group_by(Item.category)


def _not_offered(at: Cutoff) -> Select[*tuple[Any, ...]]:
    named = values(column("category", String), name="named").data([(category.value,) for category in NAMED])
    return select(*row(named.c.category)).where(
        ~exists().where(cast(Item.category, String) == named.c.category, _offered(at))
    )


def _ever(at: Cutoff) -> Select[*tuple[Any, ...]]:
    return (
        select(*row(Enrolment.person_id, person_id=Enrolment.person_id))
        .where(Enrolment.first_active_at < at.ended)
        .group_by(Enrolment.person_id)
    )


def _active(at: Cutoff) -> Select[*tuple[Any, ...]]:
    return _ever(at).where(func.coalesce(Enrolment.ended_on > at.as_of, True))


def _orders(at: Cutoff) -> Select[*tuple[Any, ...]]:
    person_id = func.min(cast(Visit.person_id, String))
    return (
        select(*row(Visit.request_id, person_id=person_id, division_code=func.min(Visit.division_code)))
        .where(Visit.accepted_at < at.ended)
        .group_by(Visit.request_id)
    )


def _paid(at: Cutoff) -> Select[*tuple[Any, ...]]:
    returned = exists().where(PaymentReturn.payment_id == Payment.id, PaymentReturn.recorded_at < at.ended)
    return (
        select(*row(Payment.id, value=Payment.fen, label=Company.name))
        .join(Company, Company.id == Payment.provider_id)
        .where(Payment.paid_at < at.ended, ~returned)
    )


def _paid_in_year(at: Cutoff) -> Select[*tuple[Any, ...]]:
    return _paid(at).where(Payment.paid_at >= at.began)


def _satisfied(at: Cutoff) -> Select[*tuple[Any, ...]]:
    """Select each month of the year from the first finished visit on; too few ratings make no whole."""
    months = [f"{at.year}-{number:02}" for number in range(1, at.as_of.month + 1)]
    month = values(column("month", String), name="months").data([(name,) for name in months]).c.month
    valid = func.count().filter(Rateable.valid)
    satisfied = func.count().filter(Rateable.valid & (Rateable.score >= SATISFIED_FROM))
    enough = max(1, at.rule(LeastRatings).value)
    first = select(func.min(Rateable.month)).scalar_subquery()
    return (
        select(*row(month, value=satisfied, whole=case((valid >= enough, valid))))
        .outerjoin(Rateable, (Rateable.month == month) & (Rateable.finished_at < at.ended))
        .where(month >= first)
        .group_by(month)
    )


def _companies(at: Cutoff) -> Select[*tuple[Any, ...]]:
    return select(*row(Company.id, label=Company.name)).where(Company.admitted_at < at.ended)


def _resident(at: Cutoff) -> Select[*tuple[Any, ...]]:
    since: date = at.as_of - timedelta(days=at.rule(HomecareResidentDays).root)
    reversal = aliased(Charge)
    owed = exists().where(
        Charge.provider_id == Company.id,
        Charge.kind == ChargeKind.CHARGE,
        Charge.payable_fen > 0,
        Charge.visited_on > since,
        Charge.visited_on <= at.as_of,
        ~exists().where(
            reversal.visit_id == Charge.visit_id,
            reversal.revision == Charge.revision,
            reversal.kind == ChargeKind.REVERSAL,
        ),
    )
    return _companies(at).where(Company.state == CompanyState.ACTIVE, owed)


FIGURES: Final = (
    Figure(
        code="JJ.CAT",
        zh="当日可预约的服务大类，不含上门急助",
        en="categories of services that can be asked for on the day, without urgent help",
        unit=FigureUnit.CATEGORIES,
        span=FigureSpan.ON_DAY,
        subject=FigureSubject.CATEGORY,
        room="providers.catalogue",
        rows=_categories,
    ),
    Figure(
        code="JJ.NAMED",
        zh="报告列名而当日没有服务项目的大类（0为均有）",
        en="categories that the report names and that have no service on the day; 0: all have",
        unit=FigureUnit.EXCEPTIONS,
        span=FigureSpan.ON_DAY,
        subject=FigureSubject.CATEGORY,
        room="providers.catalogue",
        rows=_not_offered,
    ),
    Figure(
        code="JJ.ITEM",
        zh="当日可预约的服务项目，不含上门急助",
        en="services that can be asked for on the day, without urgent help",
        unit=FigureUnit.ITEMS,
        span=FigureSpan.ON_DAY,
        subject=FigureSubject.ITEM,
        room="providers.catalogue",
        rows=_items,
    ),
    Figure(
        code="JJ.EVER",
        zh="先后入网的老人：自开办以来曾经入网的不同的人",
        en="different people who were ever enrolled",
        unit=FigureUnit.PEOPLE,
        span=FigureSpan.EVER,
        subject=FigureSubject.PERSON,
        room="dispatch.enrolment",
        rows=_ever,
        opening=lambda at: at.rule(HomecareOpening).people,
        rules=(HomecareOpening,),
    ),
    Figure(
        code="JJ.ACTIVE",
        zh="现在网老人：曾经入网而当日尚未退网的人，暂停服务的计入",
        en="people enrolled on the day; those suspended for a while count",
        unit=FigureUnit.PEOPLE,
        span=FigureSpan.ON_DAY,
        subject=FigureSubject.PERSON,
        room="dispatch.enrolment",
        rows=_active,
    ),
    Figure(
        code="JJ.ORDERS",
        zh="总服务派单：服务企业接单的服务需求，一个需求计一人次",
        en="care requests that a company took, one for each request",
        unit=FigureUnit.SERVICES,
        span=FigureSpan.EVER,
        subject=FigureSubject.REQUEST,
        room="dispatch.visits",
        rows=_orders,
        opening=lambda at: at.rule(HomecareOpening).orders,
        rules=(HomecareOpening,),
    ),
    Figure(
        code="JJ.FISC.Y",
        zh="当年支付给服务企业的财政补贴，不含个人负担",
        en="public money paid to companies in the year, without what elders pay themselves",
        unit=FigureUnit.FEN,
        span=FigureSpan.IN_YEAR,
        subject=FigureSubject.STATEMENT_PAYMENT,
        room="providers.settlement",
        rows=_paid_in_year,
        fold=Fold.SUM,
    ),
    Figure(
        code="JJ.FISC.CUM",
        zh="自开办以来支付给服务企业的财政补贴",
        en="public money paid to companies from the beginning on",
        unit=FigureUnit.FEN,
        span=FigureSpan.EVER,
        subject=FigureSubject.STATEMENT_PAYMENT,
        room="providers.settlement",
        rows=_paid,
        fold=Fold.SUM,
        opening=lambda at: at.rule(HomecareOpening).paid_fen,
        rules=(HomecareOpening,),
    ),
    Figure(
        code="JJ.SAT",
        zh="满意率：当年各月满意和非常满意占有效评价的最低月份；任何一月评价过少则无从说起",
        en="satisfied in valid ratings, the worst month of the year; with too few in a month nothing can be said",
        unit=FigureUnit.BASIS_POINTS,
        span=FigureSpan.EVERY_MONTH,
        subject=FigureSubject.MONTH,
        room="providers.satisfaction",
        rows=_satisfied,
        fold=Fold.LEAST,
        rules=(LeastRatings,),
    ),
    Figure(
        code="JJ.PROV.EVER",
        zh="先后入网的服务企业：自开办以来准入的企业",
        en="companies that were ever admitted",
        unit=FigureUnit.COMPANIES,
        span=FigureSpan.EVER,
        subject=FigureSubject.COMPANY,
        room="providers.roster",
        rows=_companies,
        opening=lambda at: at.rule(HomecareOpening).companies,
        rules=(HomecareOpening,),
    ),
    Figure(
        code="JJ.PROV.RES",
        zh="常驻的服务企业：状态为常驻，且最近一段时间内有应付的上门服务",
        en="active companies that were owed for a visit within the days of the rule",
        unit=FigureUnit.COMPANIES,
        span=FigureSpan.ON_DAY,
        subject=FigureSubject.COMPANY,
        room="providers.roster",
        rows=_resident,
        rules=(HomecareResidentDays,),
    ),
)
