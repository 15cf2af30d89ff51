"""Questions about cases."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from civil.blocks.cases.model import CaseStep, CivilCase
from events.work import Work
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal
from registry import queries as registry

CASES: Final = SortOrder("civil_cases", CivilCase.number)
STEPS: Final = SortOrder("civil_case_steps", CaseStep.id)


class CivilCaseNotFound(Refusal):
    """There is no such case, or none that the actor may see."""

    code = "civil_case.not_found"
    kind = Kind.NOT_FOUND


async def cases(
    work: Work,
    *,
    kind: str | None = None,
    kinds: Collection[str] | None = None,
    state: str | None = None,
    closed: bool | None = None,
    person_id: UUID | None = None,
    due_before: datetime | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> Sequence[CivilCase]:
    """Return cases by number: of a kind or of several, in a state, open or closed, about a person.

    With `due_before` those open whose time ends before an instant.
    """
    query = select(CivilCase)
    if kind is not None:
        query = query.where(CivilCase.kind == kind)
    if kinds is not None:
        query = query.where(CivilCase.kind.in_(kinds))
    if state is not None:
        query = query.where(CivilCase.state == state)
    if closed is not None:
        query = query.where(CivilCase.closed_at.is_not(None) if closed else CivilCase.closed_at.is_(None))
    if person_id is not None:
        query = query.where(CivilCase.person_id == person_id)
    if due_before is not None:
        query = query.where(CivilCase.closed_at.is_(None), CivilCase.due_at < due_before)
    return (await work.session.execute(CASES.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def case(work: Work, case_id: UUID, *, for_update: bool = False) -> CivilCase:
    """Return a case; refuses `civil_case.not_found`."""
    query = select(CivilCase).where(CivilCase.id == case_id)
    row = (await work.session.execute(query.with_for_update() if for_update else query)).scalar_one_or_none()
    if row is None:
        raise CivilCaseNotFound
    return row


async def steps(
    work: Work, case_id: UUID, *, after: str | None = None, limit: int | None = None
) -> list[tuple[CaseStep, str | None]]:
    """Return a case's moves, oldest first, each with its words; words of a person who was erased are gone."""
    row = await case(work, case_id)
    query = STEPS.page(select(CaseStep).where(CaseStep.case_id == case_id), work.vault, after=after, limit=limit)
    moves = (await work.session.execute(query)).scalars().all()
    key = None
    with suppress(registry.PersonNotFound):
        key = await registry.data_key(work, row.person_id)
    if any(step.note_sealed for step in moves) and key is not None:
        await registry.record_reading(work, [row.person_id], purpose="civil case", fields=["case_notes"])
    return [(step, _words(work, key, step)) for step in moves]


def _words(work: Work, key: bytes | None, step: CaseStep) -> str | None:
    if key is None or step.note_sealed is None:
        return None
    return work.vault.open(key, note_context(step.id), step.note_sealed)


def note_context(step_id: UUID) -> str:
    """Return what the words of a step are bound to."""
    return f"civil_case_step|note_sealed|{step_id}"
