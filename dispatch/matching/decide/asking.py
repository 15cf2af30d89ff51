"""What is looked for on behalf of a request: its own words, and what has happened between elder and workers."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, Row, bindparam, func, literal, null, select, union_all

from dispatch.matching.fleet.day import Ask
from dispatch.matching.model import Barred
from dispatch.matching.rules import FamiliarVisits
from dispatch.requests.model import CareRequest
from dispatch.visits.model import Visit
from dispatch.visits.rules import OfferDeadline
from dispatch.visits.transitions import VisitState
from events.work import Work
from kit.rules import queries as rules
from providers.catalogue.model import Skill
from registry import queries as registry
from registry.model import Person

DEATH_REPORTED = "death_reported"
"""The reason of an offer withdrawn because of a report; the same worker may be asked again where it was wrong."""
_HAD_THEIR_CHANCE = (VisitState.REFUSED, VisitState.LAPSED, VisitState.MISSED)
_OVER = (VisitState.FINISHED, VisitState.VERIFIED)


class Past:
    """What has to do with a decision already: earlier visits of the request, familiar workers, barred workers."""

    def __init__(self, rows: Sequence[Row[Any]]) -> None:
        self.tries = [row for row in rows if row.kind == "try"]
        familiar = [row for row in rows if row.kind == "familiar"]
        self.familiar = {one for row in familiar for one in (row.worker_id, row.second_worker_id) if one is not None}
        self.reported_dead = any(row.kind == "reported" for row in rows)
        self.barred = {row.worker_id for row in rows if row.kind == "barred" and row.worker_id is not None}


_LAST = (
    select(Visit.worker_id, Visit.second_worker_id)
    .where(
        Visit.person_id == bindparam("person_id"), Visit.state.in_(_OVER), Visit.request_id != bindparam("request_id")
    )
    .order_by(Visit.planned_start.desc(), Visit.worker_number)
    .limit(bindparam("most", type_=Integer))
    .subquery()
)
_PAST: Final = union_all(
    select(
        literal("try").label("kind"),
        Visit.provider_id,
        Visit.worker_id,
        Visit.second_worker_id,
        Visit.attempt,
        Visit.state,
        Visit.reason,
    ).where(Visit.request_id == bindparam("request_id"), Visit.rework_of.is_(None)),
    select(literal("familiar"), null(), _LAST.c.worker_id, _LAST.c.second_worker_id, null(), null(), null()),
    select(literal("barred"), null(), Barred.worker_id, null(), null(), null(), null()).where(
        Barred.person_id == bindparam("person_id"), Barred.lifted_at.is_(None)
    ),
    select(literal("reported"), null(), null(), null(), null(), null(), null()).where(
        registry.reported_dead().where(Person.id == bindparam("person_id")).exists()
    ),
)
"""Built once: to build it takes as long as to run it."""


async def past(work: Work, request: CareRequest) -> Past:
    """Return the past of one request, in one statement: somebody waits for it."""
    most = (await rules.read(work.session, FamiliarVisits, at=work.now)).value
    asked = {"person_id": request.person_id, "request_id": request.id, "most": most}
    return Past((await work.session.execute(_PAST, asked)).all())


async def ask(work: Work, request: CareRequest, known: Past) -> Ask:
    """Return what is looked for on behalf of a request with this past."""
    gone = {
        row.worker_id
        for row in known.tries
        if row.state is VisitState.ABORTED or (row.state is VisitState.WITHDRAWN and row.reason != DEATH_REPORTED)
    }
    return _ask(
        request,
        answer_within=(await rules.read(work.session, OfferDeadline, at=work.now)).span,
        work=work,
        familiar=known.familiar,
        barred=known.barred | gone,
        asked={row.provider_id for row in known.tries if row.state in _HAD_THEIR_CHANCE},
    )


async def fresh_asks(work: Work, requests: Sequence[CareRequest]) -> list[Ask]:
    """Return what is looked for on behalf of requests that nobody has been asked about yet, in their order."""
    people = {request.person_id for request in requests}
    most = (await rules.read(work.session, FamiliarVisits, at=work.now)).value
    answer_within = (await rules.read(work.session, OfferDeadline, at=work.now)).span
    order = (Visit.planned_start.desc(), Visit.worker_number)
    visits = (
        select(
            Visit.person_id,
            Visit.worker_id,
            Visit.second_worker_id,
            func.row_number().over(partition_by=Visit.person_id, order_by=order).label("place"),
        )
        .where(Visit.person_id.in_(people), Visit.state.in_(_OVER))
        .subquery()
    )
    familiar: dict[UUID, set[UUID]] = {}
    for row in (await work.session.execute(select(visits).where(visits.c.place <= most))).all():
        familiar.setdefault(row.person_id, set()).update({row.worker_id, row.second_worker_id} - {None})
    barred: dict[UUID, set[UUID]] = {}
    query = select(Barred.person_id, Barred.worker_id).where(Barred.person_id.in_(people), Barred.lifted_at.is_(None))
    for person_id, worker_id in (await work.session.execute(query)).all():
        barred.setdefault(person_id, set()).add(worker_id)
    return [
        _ask(
            request,
            answer_within=answer_within,
            work=work,
            familiar=familiar.get(request.person_id, set()),
            barred=barred.get(request.person_id, set()),
            asked=set(),
        )
        for request in requests
    ]


def _ask(
    request: CareRequest,
    *,
    answer_within: timedelta,
    work: Work,
    familiar: set[UUID],
    barred: set[UUID],
    asked: set[UUID],
) -> Ask:
    earliest = max(request.earliest, work.now)
    if not request.urgent:
        # Whoever may think about it for half an hour cannot be expected at the door before that.
        earliest = max(earliest, min(work.now + answer_within, request.latest))
    return Ask(
        latitude=request.latitude,
        longitude=request.longitude,
        minutes=request.minutes,
        earliest=earliest,
        latest=request.latest,
        skill=Skill(request.skill),
        sex=request.sex_wanted,
        persons=request.persons,
        familiar=frozenset(familiar),
        barred=frozenset(barred),
        asked=frozenset(asked),
        item_code=request.item_code,
        division_code=request.division_code,
    )
