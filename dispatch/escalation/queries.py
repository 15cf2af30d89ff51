"""Questions about cases."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from dispatch.escalation.model import Case, CaseState
from events.work import Work
from kit.access.roles import Role
from kit.pages import SortOrder

CASES_OF = SortOrder("cases about", Case.raised_at, Case.id)
CASES = SortOrder("cases", Case.due_at, Case.id)


async def open_cases(
    work: Work, *, owner_role: Role | None = None, after: str | None = None, limit: int = 200
) -> Sequence[Case]:
    """Return what waits for a person, the most pressing first, of one desk or of all."""
    query = select(Case).where(Case.state != CaseState.CLOSED)
    if owner_role is not None:
        query = query.where(Case.owner_role == owner_role)
    return (await work.session.execute(CASES.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def cases_of(
    work: Work, subject_id: UUID, *, after: str | None = None, limit: int | None = None
) -> Sequence[Case]:
    """Return the cases about one request, visit or person, oldest first, all or a page."""
    query = select(Case).where(Case.subject_id == subject_id)
    return (await work.session.execute(CASES_OF.page(query, work.vault, after=after, limit=limit))).scalars().all()
