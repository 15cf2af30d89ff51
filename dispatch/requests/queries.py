"""Questions about care requests."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from dispatch.requests.model import CareRequest, RequestState
from events.work import Work


async def request(work: Work, request_id: UUID) -> CareRequest | None:
    """Return one request, None when there is none that this actor may see."""
    return await work.session.get(CareRequest, request_id)


async def requests(
    work: Work, *, state: RequestState | None = None, person_id: UUID | None = None, limit: int = 100
) -> Sequence[CareRequest]:
    """Return requests, the latest placed first, of one state or one person."""
    query = select(CareRequest).order_by(CareRequest.number.desc()).limit(limit)
    if state is not None:
        query = query.where(CareRequest.state == state)
    if person_id is not None:
        query = query.where(CareRequest.person_id == person_id)
    return (await work.session.execute(query)).scalars().all()
