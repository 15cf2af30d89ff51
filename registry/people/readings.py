"""The audit of readings: who read which fields of whose record, and how lists mask a name."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import insert, select

from events.work import Work
from kit.ids import new_id
from kit.pages import SortOrder
from registry.model import ReadAudit

READINGS = SortOrder("readings", ReadAudit.id, falling=1)


def mask_name(name: str) -> str:
    """Show a name as lists may show it: `张**`."""
    return name[:1] + "*" * (len(name) - 1)


async def record_reading(work: Work, person_ids: Iterable[UUID], *, purpose: str, fields: Iterable[str]) -> None:
    """Write who read which fields of whom, and what for."""
    named, company = sorted(fields), work.actor.company
    rows = [
        {
            "id": new_id(),
            "person_id": person_id,
            "read_at": work.now,
            "role": work.actor.role.value,
            "reader": work.actor.label,
            "account_id": work.actor.account_id,
            "provider_id": company.id if company else None,
            "purpose": purpose,
            "fields": named,
        }
        for person_id in person_ids
    ]
    if rows:
        await work.session.execute(insert(ReadAudit), rows)


async def audit_of(
    work: Work, person_id: UUID, *, after: str | None = None, limit: int | None = None
) -> Sequence[ReadAudit]:
    """Return who has read a person's record, latest first."""
    query = select(ReadAudit).where(ReadAudit.person_id == person_id)
    return (await work.session.execute(READINGS.page(query, work.vault, after=after, limit=limit))).scalars().all()
