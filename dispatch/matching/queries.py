"""Read decision records: the decisions on a request, and one company's part of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from dispatch.matching.model import DecisionRecord
from dispatch.visits.model import Visit
from events.work import Work
from kit.refusal import Kind, Refusal
from providers.roster import queries as roster


class DecisionNotFound(Refusal):
    """There is no decision on this request yet, or no decision with this id."""

    code = "decision.not_found"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True)
class OwnPart:
    """The part of a decision record that concerns one company's workers; no other company's data.

    `rank` is the company's best place among the listed candidates, from 1; `gap_points` is how many points it costs
    more than the best candidate; `ruled_out` maps a rule to its workers' numbers; `beaten` lists its workers who could
    come at a higher price than the listed candidates; `others_wanted` tells that the elder asked for workers, and none
    of the company's.
    """

    attempt: int
    decided_at: datetime
    chosen: bool
    rank: int | None
    gap_points: int | None
    beaten: list[int]
    ruled_out: dict[str, list[int]]
    others_wanted: bool


async def decisions_of(work: Work, request_id: UUID) -> Sequence[DecisionRecord]:
    """Return the decisions on a request in the order they were made; refuse `decision.not_found`."""
    query = (
        select(DecisionRecord)
        .where(DecisionRecord.request_id == request_id)
        .order_by(DecisionRecord.attempt, DecisionRecord.decided_at, DecisionRecord.id)
    )
    records = (await work.session.execute(query)).scalars().all()
    if not records:
        raise DecisionNotFound
    return records


async def why_not(work: Work, *, request_id: UUID, provider_id: UUID) -> list[OwnPart]:
    """Answer one company's question about a request (为什么没派给我们), from its own workers' lines only.

    For the desk's role: a company's database role reads no decision record, since it names other companies' workers.
    Refuses `decision.not_found`, `company.not_found`.
    """
    await roster.company(work, provider_id)
    return await _own_parts(work, request_id=request_id, provider_id=provider_id)


async def why_not_us(work: Work, *, request_id: UUID, provider_id: UUID) -> list[OwnPart]:
    """Answer a company about a request that it was once offered, as `why_not` does.

    The desk's role reads; the caller passes the asking account's own company. Refuses `decision.not_found` also for a
    request that the company was never asked about, so that nobody can try which requests there are.
    """
    asked = select(Visit.id).where(Visit.request_id == request_id, Visit.provider_id == provider_id).limit(1)
    if (await work.session.execute(asked)).scalar() is None:
        raise DecisionNotFound
    return await _own_parts(work, request_id=request_id, provider_id=provider_id)


async def _own_parts(work: Work, *, request_id: UUID, provider_id: UUID) -> list[OwnPart]:
    workers = await roster.workers(work, provider_id=provider_id)
    own, ids = {worker.number for worker in workers}, {str(worker.id) for worker in workers}
    parts = []
    for record in await decisions_of(work, request_id):
        places = [place for place, row in enumerate(record.candidates) if row[0] in own]
        parts.append(
            OwnPart(
                attempt=record.attempt,
                decided_at=record.decided_at,
                chosen=record.provider_id == provider_id,
                rank=places[0] + 1 if places else None,
                gap_points=record.candidates[places[0]][3] - record.candidates[0][3] if places else None,
                beaten=[number for number in record.beaten if number in own],
                ruled_out={
                    rule: mine
                    for rule, numbers in record.ruled_out.items()
                    if (mine := [number for number in numbers if number in own])
                },
                others_wanted=bool(record.ask.get("wanted")) and not ids & set(record.ask["wanted"]),
            )
        )
    return parts
