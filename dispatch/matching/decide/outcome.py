"""Carry out a decision: make the offer or report that nobody can come, and store the decision record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, exists, insert, select

from dispatch.matching.decide import relaxation
from dispatch.matching.fleet.candidates import Content
from dispatch.matching.fleet.day import Day
from dispatch.matching.fleet.demand import Demand
from dispatch.matching.fleet.score import Option
from dispatch.matching.model import DecisionOutcome, DecisionRecord
from dispatch.matching.rules import NobodyWaits
from dispatch.requests import operations as requests
from dispatch.requests.model import CareRequest, RequestState
from dispatch.visits import operations as visits
from dispatch.visits.operations import Choice, VisitOrder
from events.contracts.event import Envelope
from events.contracts.offers import NobodyFound
from events.work import Work
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
    batch: tuple[UUID, int] | None = None,
) -> dict[str, Any]:
    """Return the columns of a decision record; `best` is None if nobody can come.

    `batch` names the decisions made together with this one, and its place among them.
    """
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
        "batch_id": batch[0] if batch else None,
        "batch_place": batch[1] if batch else None,
        "decided_by": None,
        "reason": None,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """A request and who is to be asked; `event` is what the decision follows from, where several are made at once."""

    request: CareRequest
    day: Day
    option: Option
    record: Mapping[str, Any]
    event: Envelope | None = None


async def offer(work: Work, awards: Sequence[Award], *, answer_within: timedelta | None = None) -> dict[UUID, UUID]:
    """Offer the visits, store the records and set the requests' states; return each request's visit.

    Refuses `visit.worker_busy`; nothing is stored then.
    """
    if not awards:
        return {}
    wanted = [
        (_order(award.request, award.event), _choice(award.day, award.option, attempt=award.record["attempt"]))
        for award in awards
    ]
    offers = await visits.offer_all(work, wanted, answer_within=answer_within)
    await work.session.execute(_RECORD, [award.record for award in awards])
    for award in awards:
        provider_id = award.day.provider_of(award.option.worker)
        requests.mark(work, award.request, RequestState.OFFERED, provider_id=provider_id)
    return {award.request.id: offered.visit_id for award, offered in zip(awards, offers, strict=True)}


async def nobody(work: Work, request: CareRequest, record: dict[str, Any], *, repeated: bool = False) -> None:
    """Store that nobody can come, emit `NobodyFound`, and close the request if `matching.nobody_waits` says so.

    Nothing happens if this attempt has a record already, unless a person had it `repeated`.
    """
    attempt = record["attempt"]
    seen = await work.session.scalar(
        select(exists().where(DecisionRecord.request_id == request.id, DecisionRecord.attempt == attempt))
    )
    if seen and not repeated:
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


def _order(request: CareRequest, event: Envelope | None) -> VisitOrder:
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
        event=event,
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
