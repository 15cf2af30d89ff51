"""Disclosures: which company may see which person's name, telephone and address, and since when."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql

from events.work import Work
from kit.ids import new_id
from registry.model import Disclosure
from registry.people.directory import vital


async def disclose(work: Work, *, person_id: UUID, provider_id: UUID, purpose: str) -> None:
    """Let a company's people see a person's name, telephone and door until `close_disclosure`; twice changes nothing.

    For the desk and for handlers: a company's own people have no right to write these rows.
    """
    statement = postgresql.insert(Disclosure).values(
        id=new_id(),
        person_id=person_id,
        provider_id=provider_id,
        purpose=purpose,
        from_at=work.now,
        opened_by=work.actor.label,
    )
    await work.session.execute(
        statement.on_conflict_do_nothing(
            index_elements=[Disclosure.person_id, Disclosure.provider_id], index_where=Disclosure.closed_at.is_(None)
        )
    )


async def close_disclosure(work: Work, *, person_id: UUID, provider_id: UUID) -> None:
    """End what `disclose` opened; nothing happens where nothing is open."""
    await work.session.execute(
        update(Disclosure)
        .where(Disclosure.person_id == person_id, Disclosure.provider_id == provider_id, Disclosure.closed_at.is_(None))
        .values(closed_at=work.now)
    )


async def disclosures_of(work: Work, person_id: UUID) -> Sequence[Disclosure]:
    """Return to which companies a person was ever disclosed, latest first; refuse `person.not_found`."""
    await vital(work, person_id)
    query = select(Disclosure).where(Disclosure.person_id == person_id).order_by(Disclosure.id.desc())
    return (await work.session.execute(query)).scalars().all()
