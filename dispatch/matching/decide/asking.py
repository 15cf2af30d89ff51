"""Build the demand of a request from the request itself, earlier attempts, and who is familiar, wanted or barred."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Date, Integer, Row, Uuid, bindparam, column, func, literal, null, or_, select, true, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from dispatch.enrolment import queries as enrolment
from dispatch.enrolment.model import Enrolment
from dispatch.matching.fleet.demand import Demand
from dispatch.matching.rules import FamiliarVisits
from dispatch.requests.model import CareRequest
from dispatch.visits.amending import AMENDED
from dispatch.visits.model import Barred, Visit, WantedWorker, applies
from dispatch.visits.rules import OfferDeadline
from dispatch.visits.transitions import VisitState
from events.work import Work
from kit import clock
from kit.rules import queries as rules
from providers.catalogue.model import Skill
from registry import queries as registry
from registry.model import Person

DEATH_REPORTED, STAY_REPORTED = "death_reported", "stay_reported"
"""The reasons of offers that a report about the elder withdrew; the worker may be asked again once it does not hold."""
_WITHOUT_FAULT = frozenset({DEATH_REPORTED, STAY_REPORTED, AMENDED})
_NOT_ASKED_AGAIN = (VisitState.REFUSED, VisitState.LAPSED, VisitState.MISSED)
_OVER = (VisitState.FINISHED, VisitState.VERIFIED)


class History:
    """The facts before a decision: attempts (earlier visits of the request), who is familiar, wanted, barred."""

    def __init__(self, rows: Sequence[Row[Any]]) -> None:
        self.attempts = [row for row in rows if row.kind == "try"]
        familiar = [row for row in rows if row.kind == "familiar"]
        self.familiar = {
            worker_id
            for row in familiar
            for worker_id in (row.worker_id, row.second_worker_id)
            if worker_id is not None
        }
        self.elder_waits = any(row.kind == "waits" for row in rows)
        barred = [row for row in rows if row.kind == "barred"]
        self.barred = {row.worker_id for row in barred if row.worker_id is not None}
        self.wanted = {row.worker_id for row in rows if row.kind == "wanted"}
        self.barred_companies = {row.provider_id for row in barred if row.worker_id is None}


_REQUEST = (
    func.unnest(bindparam("request_ids", type_=ARRAY(Uuid)), bindparam("person_ids", type_=ARRAY(Uuid)))
    .table_valued(column("id", Uuid), column("person_id", Uuid))
    .render_derived(name="asked")
)
"""The requests in question and their elders: a request that is only quoted stands in no table."""
_TODAY = bindparam("today", type_=Date)
_LAST = (
    select(Visit.worker_id, Visit.second_worker_id)
    .where(Visit.person_id == _REQUEST.c.person_id, Visit.state.in_(_OVER), Visit.request_id != _REQUEST.c.id)
    .order_by(Visit.planned_start.desc(), Visit.worker_number)
    .limit(bindparam("most", type_=Integer))
    .lateral()
)
_ID = _REQUEST.c.id.label("request_id")
_WITH_COMPANIES: Final = (
    select(
        _ID,
        literal("try").label("kind"),
        Visit.provider_id,
        Visit.worker_id,
        Visit.second_worker_id,
        Visit.attempt,
        Visit.state,
        Visit.reason,
    ).join_from(_REQUEST, Visit, (Visit.request_id == _REQUEST.c.id) & Visit.rework_of.is_(None)),
    select(
        _ID, literal("familiar"), null(), _LAST.c.worker_id, _LAST.c.second_worker_id, null(), null(), null()
    ).join_from(_REQUEST, _LAST, true()),
    select(_ID, literal("barred"), Barred.provider_id, Barred.worker_id, null(), null(), null(), null()).join_from(
        _REQUEST, Barred, (Barred.person_id == _REQUEST.c.person_id) & applies(Barred, _TODAY)
    ),
    select(_ID, literal("wanted"), null(), WantedWorker.worker_id, null(), null(), null(), null()).join_from(
        _REQUEST, WantedWorker, (WantedWorker.person_id == _REQUEST.c.person_id) & applies(WantedWorker, _TODAY)
    ),
)
_ELDER_WAITS: Final = select(_ID, literal("waits"), null(), null(), null(), null(), null(), null()).where(
    or_(
        registry.reported_dead().where(Person.id == _REQUEST.c.person_id).exists(),
        enrolment.suspended().where(Enrolment.person_id == _REQUEST.c.person_id).exists(),
    )
)
_HISTORY: Final = union_all(*_WITH_COMPANIES, _ELDER_WAITS)
"""Built once, because building the statement takes as long as running it."""
_OWN_HISTORY: Final = union_all(*_WITH_COMPANIES)
"""What a company may read of it: enrolments are not shown to companies."""


async def histories_of(work: Work, requests: Sequence[CareRequest]) -> dict[UUID, History]:
    """Return the history of each request by its id, in one statement because callers wait for the decision.

    For a company, `elder_waits` is never known: enrolments are not shown to it.
    """
    most = (await rules.read(work.session, FamiliarVisits, at=work.now)).value
    asked = {
        "request_ids": [request.id for request in requests],
        "person_ids": [request.person_id for request in requests],
        "most": most,
        "today": clock.day_of(work.now),
    }
    rows: dict[UUID, list[Row[Any]]] = {request.id: [] for request in requests}
    for row in await work.session.execute(_OWN_HISTORY if work.actor.company else _HISTORY, asked):
        rows[row.request_id].append(row)
    return {request_id: History(own) for request_id, own in rows.items()}


async def demand_of(work: Work, request: CareRequest, history: History) -> Demand:
    """Return the demand of a request with this history.

    Companies that refused, lapsed or missed are not asked again unless a person has decided so; workers who aborted or
    were withdrawn are barred.
    """
    gone = {
        row.worker_id
        for row in history.attempts
        if row.state is VisitState.ABORTED or (row.state is VisitState.WITHDRAWN and row.reason not in _WITHOUT_FAULT)
    }
    return _demand(
        request,
        answer_within=(await rules.read(work.session, OfferDeadline, at=work.now)).span,
        work=work,
        familiar=history.familiar,
        wanted=history.wanted,
        barred=history.barred | gone,
        barred_companies=history.barred_companies,
        asked={
            row.provider_id
            for row in history.attempts
            if row.state in _NOT_ASKED_AGAIN and row.attempt > request.ask_again_after
        },
    )


async def demands_of(work: Work, requests: Sequence[CareRequest]) -> list[Demand]:
    """Return the demands of requests, in the order of the requests."""
    histories = await histories_of(work, requests)
    return [await demand_of(work, request, histories[request.id]) for request in requests]


def _demand(
    request: CareRequest,
    *,
    answer_within: timedelta,
    work: Work,
    familiar: set[UUID],
    wanted: set[UUID],
    barred: set[UUID],
    barred_companies: set[UUID],
    asked: set[UUID],
) -> Demand:
    earliest = max(request.earliest, work.now)
    if not request.urgent:
        # A company has until the offer's deadline to answer, so that its worker cannot arrive before that.
        earliest = max(earliest, min(work.now + answer_within, request.latest))
    return Demand(
        latitude=request.latitude,
        longitude=request.longitude,
        minutes=request.minutes,
        earliest=earliest,
        latest=request.latest,
        skill=Skill(request.skill),
        sex=request.sex_wanted,
        persons=request.persons,
        familiar=frozenset(familiar),
        wanted=frozenset(wanted),
        barred=frozenset(barred),
        barred_companies=frozenset(barred_companies),
        asked=frozenset(asked),
        item_code=request.item_code,
        division_code=request.division_code,
    )
