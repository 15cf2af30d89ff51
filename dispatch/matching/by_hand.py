"""What a person does about a request that found nobody: search again, apply the change that helps, or choose whom."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from dispatch.matching import operations
from dispatch.matching.decide import asking, outcome
from dispatch.matching.decide.outcome import Award
from dispatch.matching.decide.relaxation import RelaxationChange
from dispatch.matching.fleet.candidates import RuledOutReason
from dispatch.matching.fleet.demand import Demand
from dispatch.matching.fleet.memory import fleet_of
from dispatch.matching.queries import decisions_of
from dispatch.requests import operations as requests
from dispatch.requests import queries as placed
from dispatch.requests.model import CareRequest
from dispatch.visits.model import Visit
from events.contracts.care_requests import CareRequestAssigned, CareRequestRelaxed, CareRequestReopened
from events.work import Work
from kit.refusal import Kind, Refusal
from providers.roster import queries as roster

APPLICABLE: Final = frozenset(
    {RelaxationChange.LATER, RelaxationChange.EARLIER, RelaxationChange.ANY_SEX, RelaxationChange.ASK_AGAIN}
)
"""The changes of the request itself; every other one is made in a company's roster or contract, or by lifting a bar."""


class DecisionSuperseded(Refusal):
    """The decision is not the latest about the request, or the request has been changed since."""

    code = "decision.superseded"
    kind = Kind.CONFLICT


class NoRelaxation(Refusal):
    """The decision proposes no change that would help."""

    code = "relaxation.none"
    kind = Kind.CONFLICT


class RelaxationElsewhere(Refusal):
    """The change that would help is none of the request: the company or the bureau has to make it."""

    code = "relaxation.elsewhere"
    kind = Kind.CONFLICT


class AssignmentForbidden(Refusal):
    """A rule that no person may set aside keeps the chosen company or worker from coming."""

    code = "assignment.forbidden"
    kind = Kind.CONFLICT


async def dispatch_again(
    work: Work, *, request_id: UUID, ask_again: bool = False, accept_own_cost: bool = False
) -> CareRequest:
    """Have a request that found nobody dispatched again, and emit CareRequestReopened.

    With `ask_again`, companies that refused, were silent or did not come are asked once more. Refuses what
    `requests.reopen` refuses.
    """
    request = await requests.reopen(work, request_id=request_id, accept_own_cost=accept_own_cost)
    if ask_again:
        await _ask_again(work, request)
    work.emit(
        CareRequestReopened(
            request_id=request.id, district=request.district, urgent=request.urgent, ask_again=ask_again
        )
    )
    return request


async def relax(work: Work, *, request_id: UUID, decision_id: UUID, accept_own_cost: bool = False) -> CareRequest:
    """Apply the change that the latest decision proposes and to which the elder has agreed, and dispatch again.

    Emits CareRequestRelaxed. Refuses `request.not_found`, `decision.not_found`, `decision.superseded`,
    `relaxation.none`, `relaxation.elsewhere` for a change that is none of APPLICABLE, and what `requests.reopen`
    refuses of the new window.
    """
    request = await placed.request(work, request_id)
    record = (await decisions_of(work, request_id))[-1]
    demand = Demand.read(record.ask)
    if record.id != decision_id or (demand.latest, demand.sex) != (request.latest, request.sex_wanted):
        raise DecisionSuperseded
    if record.relaxation is None:
        raise NoRelaxation
    changes = list(_flat(record.relaxation))
    kinds = [RelaxationChange(change["change"]) for change in changes]
    elsewhere = [kind for kind in kinds if kind not in APPLICABLE]
    if elsewhere:
        raise RelaxationElsewhere(changes=elsewhere)
    earliest, latest = request.earliest, request.latest
    for kind, change in zip(kinds, changes, strict=True):
        minutes = timedelta(minutes=change.get("minutes", 0))
        if kind is RelaxationChange.LATER:
            latest += minutes
        elif kind is RelaxationChange.EARLIER:
            earliest = min(earliest, demand.earliest - minutes)
    request = await requests.reopen(
        work, request_id=request_id, earliest=earliest, latest=latest, accept_own_cost=accept_own_cost
    )
    if RelaxationChange.ANY_SEX in kinds:
        request.sex_wanted = None
    if RelaxationChange.ASK_AGAIN in kinds:
        await _ask_again(work, request)
    work.emit(
        CareRequestRelaxed(
            request_id=request.id,
            district=request.district,
            urgent=request.urgent,
            decision_id=record.id,
            changes=changes,
            earliest=earliest,
            latest=latest,
        )
    )
    return request


async def assign(
    work: Work,
    *,
    request_id: UUID,
    provider_id: UUID,
    worker_id: UUID | None = None,
    reason: str,
    accept_own_cost: bool = False,
) -> Visit:
    """Ask the company that a person chose for a request that found nobody, and if given the worker; return the visit.

    Every hard rule is checked as for any decision; only that the company was asked before is set aside. The decision
    record names the person and the reason, and CareRequestAssigned the record. Refuses `company.not_found`,
    `worker.not_found` also for another company's, `assignment.forbidden` with the rules,
    `visit.worker_busy`, and what `requests.reopen` refuses.
    """
    await roster.company(work, provider_id)
    if worker_id is not None and (await roster.worker(work, worker_id)).provider_id != provider_id:
        raise roster.WorkerNotFound
    request = await requests.reopen(work, request_id=request_id, accept_own_cost=accept_own_cost)
    history = (await asking.histories_of(work, [request]))[request.id]
    demand = await asking.demand_of(work, request, history)
    demand = replace(demand, asked=demand.asked - {provider_id}, only_company=provider_id, only_worker=worker_id)
    attempt = 1 + max((row.attempt for row in history.attempts), default=0)
    case = operations.Case(request, demand, attempt, None)
    fleet = fleet_of(work)
    async with fleet.lock:
        day = await fleet.refresh(work, case.day)
        best, record = operations.weigh(work, fleet, day, case, taken=set())
    if best is None:
        reasons = [RuledOutReason(reason) for reason in record["ruled_out"]]
        raise AssignmentForbidden(rules=[reason for reason in reasons if reason is not RuledOutReason.NOT_CHOSEN])
    record |= {"decided_by": work.actor.label[:80], "reason": reason[:200]}
    offered = await outcome.offer(work, [Award(request=request, day=day, option=best, record=record)])
    visit = await work.session.get_one(Visit, offered[request.id])
    work.emit(
        CareRequestAssigned(
            request_id=request.id,
            district=request.district,
            decision_id=record["id"],
            visit_id=visit.id,
            provider_id=visit.provider_id,
            worker_id=visit.worker_id,
        )
    )
    return visit


async def _ask_again(work: Work, request: CareRequest) -> None:
    history = (await asking.histories_of(work, [request]))[request.id]
    request.ask_again_after = max((row.attempt for row in history.attempts), default=0)


def _flat(relaxation: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a stored relaxation's change and those that it takes as well, each with its numbers."""
    yield {name: value for name, value in relaxation.items() if name != "with"}
    for other in relaxation.get("with", ()):
        yield from _flat(other)
