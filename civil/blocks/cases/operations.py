"""Open a case, move it, remind of what is overdue."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import func, select, update

from civil.blocks.cases import queries, workdays
from civil.blocks.cases.model import CaseStep, CivilCase
from civil.blocks.cases.rules import CalendarDays
from civil.blocks.declared import CaseKind, Facts
from events.contracts.civil import CaseMoved, CaseOpened, CaseOverdue
from events.work import Work
from kit import clock
from kit.access.roles import Role
from kit.access.scope import Division, Section
from kit.ids import new_id
from kit.refusal import FieldError, Kind, Refusal
from kit.rules import faults
from kit.rules import queries as rules
from registry import queries as registry
from registry.operations import PersonDead


class CivilFactsInvalid(Refusal):
    """The facts do not fit what the kind declares; `errors` names each field that is at fault."""

    code = "civil_case.facts_invalid"

    def __init__(self, *, fields: str, errors: tuple[FieldError, ...]) -> None:
        super().__init__(fields=fields)
        self.errors = errors


class CivilCaseTaken(Refusal):
    """The person has an open case of the kind."""

    code = "civil_case.taken"
    kind = Kind.CONFLICT


class CannotMove(Refusal):
    """The case is in no state from which it could move there."""

    code = "civil_case.cannot_move"
    kind = Kind.CONFLICT


class NotYourMove(Refusal):
    """The step belongs to another desk."""

    code = "civil_case.not_your_move"
    kind = Kind.FORBIDDEN


class CaseNeedsSecondPerson(Refusal):
    """The step belongs to somebody who has not worked on the case before."""

    code = "civil_case.second_person"
    kind = Kind.CONFLICT


class StillPublicised(Refusal):
    """The case is publicised until a day and does not move on before."""

    code = "civil_case.still_publicised"
    kind = Kind.CONFLICT


class CivilFactsFixed(Refusal):
    """What was decided is what is done: no other facts come with this step."""

    code = "civil_case.facts_fixed"
    kind = Kind.CONFLICT


class NotYourSection(Refusal):
    """The kind belongs to a section that the actor does not work for."""

    code = "civil_case.not_your_section"
    kind = Kind.FORBIDDEN


def read_facts(kind: CaseKind, content: Mapping[str, Any]) -> Facts:
    """Read facts as the kind declares them; refuse `civil_case.facts_invalid`."""
    try:
        return kind.facts.model_validate(content)
    except ValidationError as error:
        refusal = faults.invalid(kind.name, error)
        raise CivilFactsInvalid(fields=str(refusal.parameters["fields"]), errors=refusal.errors) from error


async def open_case(
    work: Work,
    kind: CaseKind,
    *,
    section: Section,
    person_id: UUID,
    facts: Facts,
    household_id: UUID | None = None,
) -> CivilCase:
    """Open a case about a person alive at the division where they live.

    Refuses `person.not_found`, `person.dead`, `civil_case.taken`, `civil_case.not_your_section`.
    """
    scope = work.actor.scope
    if isinstance(scope, Division) and section not in scope.sections:
        raise NotYourSection(section=section)
    vital = await registry.vital(work, person_id)
    if vital.died_on is not None:
        raise PersonDead
    place = await registry.place_of(work, person_id)
    await work.session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(person_id.bytes[8:], signed=True))))
    twice = select(CivilCase.id).where(
        CivilCase.kind == kind.name, CivilCase.person_id == person_id, CivilCase.closed_at.is_(None)
    )
    if (await work.session.execute(twice)).first() is not None:
        raise CivilCaseTaken(kind=kind.name)
    case = CivilCase(
        id=new_id(),
        kind=kind.name,
        person_id=person_id,
        household_id=household_id,
        division_code=place.division_code,
        section=section,
        state=kind.first,
        since=work.now,
        facts=facts.model_dump(mode="json"),
        opened_at=work.now,
        opened_by=work.actor.label,
    )
    await _set_times(work, kind, case)
    if kind.opening is not None:
        await kind.opening(work, case)
    work.session.add(case)
    await work.session.flush()
    await _step(work, case, came_from=None, note=None)
    work.emit(CaseOpened(case_id=case.id, kind=kind.name, person_id=person_id, division_code=case.division_code))
    return case


async def move(
    work: Work, kind: CaseKind, *, case_id: UUID, to: str, facts: Facts | None = None, note: str | None = None
) -> CivilCase:
    """Bring a case into another state, with what was learnt and why.

    Refuses `civil_case.not_found`, `.cannot_move`, `.not_your_move`, `.second_person`, `.still_publicised`,
    `.facts_fixed`.
    """
    case = await queries.case(work, case_id, for_update=True)
    allowed = kind.moves.get(case.state, {}).get(to)
    if allowed is None:
        raise CannotMove(state=case.state, wanted=to)
    if work.actor.role not in {*allowed.by, Role.SYSTEM}:
        raise NotYourMove(wanted=to)
    if allowed.second_person and await _has_worked_on(work, case):
        raise CaseNeedsSecondPerson(wanted=to)
    if case.open_until is not None and work.now < case.open_until and to not in kind.objected:
        raise StillPublicised(until=f"{clock.day_of(case.open_until):%Y-%m-%d}")
    if facts is not None and to in kind.fixed:
        raise CivilFactsFixed(wanted=to)
    came_from, case.state, case.since, case.overdue_at = case.state, to, work.now, None
    if facts is not None:
        case.facts = facts.model_dump(mode="json")
    case.closed_at = None if kind.moves.get(to) else work.now
    await _set_times(work, kind, case)
    await work.session.flush()
    await _step(work, case, came_from=came_from, note=note)
    work.emit(
        CaseMoved(
            case_id=case.id,
            kind=kind.name,
            person_id=case.person_id,
            division_code=case.division_code,
            came_from=came_from,
            state=to,
        )
    )
    if to in kind.entering:
        await kind.entering[to](work, case)
    return case


async def follow_divisions(work: Work, *, renamed: Mapping[str, str]) -> None:
    """Let open cases continue under their divisions' new codes; `renamed` maps an old code to its only successor."""
    for old, new in renamed.items():
        cases = update(CivilCase).where(CivilCase.division_code == old, CivilCase.closed_at.is_(None))
        await work.session.execute(cases.values(division_code=new))


async def note_overdue(work: Work) -> int:
    """Emit once for each open case that it has stayed longer than its days; safe to do twice."""
    query = (
        select(CivilCase)
        .where(CivilCase.closed_at.is_(None), CivilCase.overdue_at.is_(None), CivilCase.due_at <= work.now)
        .order_by(CivilCase.due_at, CivilCase.number)
        .limit(500)
        .with_for_update(skip_locked=True)
    )
    late = (await work.session.execute(query)).scalars().all()
    for case in late:
        case.overdue_at = work.now
        work.emit(
            CaseOverdue(case_id=case.id, kind=case.kind, person_id=case.person_id, division_code=case.division_code)
        )
    return len(late)


async def _set_times(work: Work, kind: CaseKind, case: CivilCase) -> None:
    """Set until when the case must leave its state, and until when it may not."""
    case.due_at = case.open_until = None
    if days := kind.days.get(case.state):
        case.due_at = await _after(work, (await rules.read(work.session, days, at=work.now)).root)
    if days := kind.publicised.get(case.state):
        length = (await rules.read(work.session, days, at=work.now)).span
        case.open_until = clock.at_local(clock.day_of(work.now) + length + timedelta(days=1), 0)


async def _after(work: Work, days: int) -> datetime:
    exceptions = (await rules.read(work.session, CalendarDays, at=work.now)).works()
    return workdays.end_after(work.now, days, exceptions)


async def _has_worked_on(work: Work, case: CivilCase) -> bool:
    mine = CaseStep.account_id == work.actor.account_id if work.actor.account_id else CaseStep.by == work.actor.label
    return (
        await work.session.execute(select(CaseStep.id).where(CaseStep.case_id == case.id, mine))
    ).first() is not None


async def _step(work: Work, case: CivilCase, *, came_from: str | None, note: str | None) -> None:
    step = CaseStep(
        id=new_id(),
        case_id=case.id,
        came_from=came_from,
        state=case.state,
        at=work.now,
        by=work.actor.label,
        account_id=work.actor.account_id,
    )
    if note:
        key = await registry.data_key(work, case.person_id)
        step.note_sealed = work.vault.seal(key, queries.note_context(step.id), note)
    work.session.add(step)
    await work.session.flush()
