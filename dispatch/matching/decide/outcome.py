"""Carry out a decision: make the offer or report that nobody can come, and store the decision record."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, exists, insert, select

from dispatch.matching.decide import relaxation
from dispatch.matching.fleet.candidates import Content
from dispatch.matching.fleet.day import Day, Demand
from dispatch.matching.fleet.score import Option
from dispatch.matching.model import DecisionOutcome, DecisionRecord
from dispatch.matching.rules import NobodyWaits
from dispatch.requests import operations as requests
from dispatch.requests.model import CareRequest, RequestState
from dispatch.visits import operations as visits
from dispatch.visits.operations import Choice, VisitOrder
from events.contracts.offers import NobodyFound
from events.work import Work
from kit import metrics
from kit.ids import new_id
from kit.rules import queries as rules

_RECORD = insert(cast("Table", DecisionRecord.__table__))


def record(
    request: CareRequest,
    day: Day,
    demand: Demand,
    weighed: Content,
    best: Option | None,
    *,
    engine: str,
    attempt: int,
    snapshot: str,
    fingerprint: str,
    now: datetime,
) -> dict[str, Any]:
    """Return the columns of a decision record; `best` is None if nobody can come."""
    return {
        "id": new_id(),
        "request_id": request.id,
        "attempt": attempt,
        "district": request.district,
        "decided_at": now,
        "outcome": DecisionOutcome.OFFERED if best else DecisionOutcome.NOBODY,
        "relaxation": None,
        "provider_id": day.provider_of(best.worker) if best else None,
        "worker_number": best.worker if best else None,
        "second_worker_number": (best.second_worker or None) if best else None,
        "starts_at": day.origin + timedelta(seconds=best.start_seconds) if best else None,
        "engine": engine,
        "weights": day.weights.content,
        "ask": demand.as_json(),
        "candidates": weighed.candidates,
        "beaten": weighed.beaten,
        "ruled_out": weighed.ruled_out,
        "snapshot": snapshot,
        "snapshot_hash": fingerprint,
    }


async def offer(
    work: Work,
    request: CareRequest,
    day: Day,
    best: Option,
    record: Mapping[str, Any],
    *,
    answer_within: timedelta | None = None,
) -> UUID:
    """Offer the visit, store the record and set the request's state; return the visit's id.

    Refuses `visit.worker_busy`; nothing is stored then.
    """
    offered = await visits.offer(
        work,
        order=_order(request),
        choice=_choice(day, best, attempt=record["attempt"]),
        answer_within=answer_within,
    )
    await work.session.execute(_RECORD, record)
    provider_id = day.provider_of(best.worker)
    requests.mark(work, request, RequestState.OFFERED, provider_id=provider_id)
    return offered.visit_id


async def nobody(work: Work, request: CareRequest, record: dict[str, Any]) -> None:
    """Store that nobody can come, emit `NobodyFound`, and close the request if `matching.nobody_waits` says so.

    Nothing happens if this attempt has a record already.
    """
    attempt = record["attempt"]
    seen = await work.session.scalar(
        select(exists().where(DecisionRecord.request_id == request.id, DecisionRecord.attempt == attempt))
    )
    metrics.DECISION_CANDIDATES.observe(0)
    if seen:
        return
    await work.session.execute(_RECORD, record)
    relaxed = record["relaxation"] or {"change": "none"}
    parameters = {name: value for name, value in relaxed.items() if name != "change"}
    _emit_nobody_found(work, request, attempt, relaxed["change"], parameters)
    await _wait_or_close(work, request, "nobody_found")


async def exhausted(work: Work, request: CareRequest, attempt: int) -> None:
    """Close a request after the most attempts that `matching.most_attempts` allows, and emit `NobodyFound`."""
    _emit_nobody_found(work, request, attempt, relaxation.RelaxationChange.ASK_AGAIN, {"attempts": attempt - 1})
    await give_up(work, request, "attempts_exhausted")


async def give_up(work: Work, request: CareRequest, reason: str) -> None:
    """Close a request as unserved, with a reason."""
    await requests.mark_unserved(work, request_id=request.id, reason=reason)


def _order(request: CareRequest) -> VisitOrder:
    return VisitOrder(
        request_id=request.id,
        person_id=request.person_id,
        district=request.district,
        division_code=request.division_code,
        latitude=request.latitude,
        longitude=request.longitude,
        item_code=request.item_code,
        quantity=request.quantity,
        minutes=request.minutes,
        latest=request.latest,
        urgent=request.urgent,
    )


def _choice(day: Day, best: Option, *, attempt: int) -> Choice:
    return Choice(
        provider_id=day.provider_of(best.worker),
        worker_id=day.worker_id(best.worker),
        worker_number=best.worker,
        second_worker_id=day.worker_id(best.second_worker) if best.second_worker else None,
        second_worker_number=best.second_worker or None,
        starts_at=day.origin + timedelta(seconds=best.start_seconds),
        attempt=attempt,
    )


def _emit_nobody_found(work: Work, request: CareRequest, attempt: int, change: str, parameters: dict[str, Any]) -> None:
    work.emit(
        NobodyFound(
            district=request.district,
            request_id=request.id,
            attempt=attempt,
            urgent=request.urgent,
            relaxation=change,
            parameters=parameters,
        )
    )


async def _wait_or_close(work: Work, request: CareRequest, reason: str) -> None:
    waits = await rules.read(work.session, NobodyWaits, at=work.now)
    if not (waits.urgent if request.urgent else waits.ordinary):
        await give_up(work, request, reason)
    elif request.state is not RequestState.WAITING:
        requests.mark(work, request, RequestState.WAITING)
