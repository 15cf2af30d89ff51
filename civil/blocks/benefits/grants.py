"""Begin, change and end a benefit; what happens to it as people die, come back to life in the records, or move."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update

from civil.blocks.benefits import arithmetic
from civil.blocks.benefits.model import Covered, Grant, GrantEndReason, GrantTerm
from civil.blocks.benefits.rules import ExclusionMode, Exclusions
from civil.blocks.declared import Facts, Programme
from events.contracts.civil import GrantBegan, GrantChanged, GrantEnded
from events.work import Work
from kit.access.scope import Section
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from kit.rules.typed import ValueRule


class GrantTaken(Refusal):
    """Somebody whom it would cover has the benefit already."""

    code = "grant.taken"
    kind = Kind.CONFLICT


class GrantExcluded(Refusal):
    """Somebody whom it would cover has a benefit beside which it is not granted."""

    code = "grant.excluded"
    kind = Kind.CONFLICT


class GrantNotFound(Refusal):
    """The person has no open grant of the benefit."""

    code = "grant.not_found"
    kind = Kind.NOT_FOUND


async def begin(
    work: Work,
    programme: Programme[Any],
    *,
    case_id: UUID,
    person_id: UUID,
    covers: Sequence[UUID],
    division_code: str,
    section: Section,
    from_month: str,
    facts: Facts,
) -> Grant:
    """Grant a benefit from a month on, paid to one of those it covers.

    Refuses `grant.taken` and `grant.excluded`; ends what it replaces with the month before.
    """
    for number in sorted(int.from_bytes(other.bytes[8:], signed=True) for other in covers):
        await work.session.execute(select(func.pg_advisory_xact_lock(number)))
    await _make_room(work, programme.name, covers, from_month)
    grant = Grant(
        id=new_id(),
        programme=programme.name,
        person_id=person_id,
        case_id=case_id,
        division_code=division_code,
        section=section,
        from_month=from_month,
        began_at=work.now,
        touched_at=work.now,
    )
    work.session.add(grant)
    await work.session.flush()
    work.session.add(_term(work, grant, from_month, facts))
    for other in covers:
        work.session.add(
            Covered(
                grant_id=grant.id,
                programme=programme.name,
                person_id=other,
                division_code=division_code,
                from_month=from_month,
            )
        )
    await work.session.flush()
    work.emit(
        GrantBegan(
            grant_id=grant.id,
            programme=programme.name,
            person_id=person_id,
            from_month=from_month,
            person_ids=list(covers),
        )
    )
    return grant


async def change(work: Work, programme: Programme[Any], *, person_id: UUID, from_month: str, facts: Facts) -> Grant:
    """Let a grant be computed from other facts from a month on; an earlier month makes arrears or a clawback.

    Refuses `grant.not_found`.
    """
    grant = await open_grant(work, programme.name, person_id)
    if grant is None:
        raise GrantNotFound
    work.session.add(_term(work, grant, max(from_month, grant.from_month), facts))
    grant.touched_at = work.now
    await work.session.flush()
    work.emit(
        GrantChanged(grant_id=grant.id, programme=grant.programme, person_id=grant.person_id, from_month=from_month)
    )
    return grant


async def open_grant(work: Work, programme: str, person_id: UUID) -> Grant | None:
    """Return the open grant of a benefit that covers a person, locked."""
    query = (
        select(Grant)
        .join(Covered, Covered.grant_id == Grant.id)
        .where(Covered.person_id == person_id, Covered.programme == programme, Covered.last_month.is_(None))
        .with_for_update(of=Grant)
    )
    return (await work.session.execute(query)).scalar_one_or_none()


async def end(work: Work, grant: Grant, *, last_month: str, reason: GrantEndReason) -> None:
    """End a grant with a month, which is still paid; months entered beyond it are clawed back by the next run."""
    people = await _covered(work, grant)
    for row in people:
        row.last_month = last_month
    grant.last_month, grant.ended_at, grant.end_reason, grant.touched_at = last_month, work.now, reason, work.now
    await work.session.flush()
    work.emit(
        GrantEnded(
            grant_id=grant.id,
            programme=grant.programme,
            person_id=grant.person_id,
            last_month=last_month,
            reason=reason,
            person_ids=[row.person_id for row in people],
        )
    )


async def active(work: Work, programme: str, person_id: UUID, month: str) -> bool:
    """Tell whether a benefit covers a person in a month."""
    query = select(Covered.id).where(
        Covered.programme == programme,
        Covered.person_id == person_id,
        Covered.from_month <= month,
        or_(Covered.last_month.is_(None), Covered.last_month >= month),
    )
    return (await work.session.execute(query)).first() is not None


async def end_for_dead(
    work: Work, *, person_id: UUID, died_on: date, death_month_paid: dict[str, type[ValueRule[bool]]]
) -> None:
    """End what covers the dead with the month that each benefit's rule says; a family's goes on for the others."""
    for grant in await _open_grants(work, person_id):
        paid = (await rules.read(work.session, death_month_paid[grant.programme], at=work.now)).root
        last = arithmetic.last_paid_month(died_on, death_month_paid=paid)
        others = [row for row in await _covered(work, grant) if row.person_id != person_id]
        if not others:
            await end(work, grant, last_month=last, reason=GrantEndReason.DEATH)
            continue
        for row in await _covered(work, grant):
            if row.person_id == person_id:
                row.last_month = last
        if grant.person_id == person_id:
            grant.person_id = others[0].person_id
        grant.touched_at = work.now
        work.emit(
            GrantChanged(
                grant_id=grant.id,
                programme=grant.programme,
                person_id=grant.person_id,
                from_month=arithmetic.following(last),
            )
        )


async def correct_death(
    work: Work, *, person_id: UUID, died_on: date | None, death_month_paid: dict[str, type[ValueRule[bool]]]
) -> None:
    """Pay up to another last month, or go on as if nobody had died; the next run pays or claws back the difference."""
    query = (
        select(Grant)
        .where(Grant.person_id == person_id, Grant.end_reason == GrantEndReason.DEATH)
        .order_by(Grant.number)
        .with_for_update()
    )
    for grant in (await work.session.execute(query)).scalars().all():
        ended = select(Covered).where(Covered.grant_id == grant.id, Covered.person_id == person_id)
        covered = (await work.session.execute(ended)).scalar_one()
        if died_on is None:
            grant.last_month = grant.ended_at = grant.end_reason = covered.last_month = None
        else:
            paid = (await rules.read(work.session, death_month_paid[grant.programme], at=work.now)).root
            grant.last_month = arithmetic.last_paid_month(died_on, death_month_paid=paid)
            covered.last_month = grant.last_month
        grant.touched_at = work.now
        work.emit(
            GrantChanged(grant_id=grant.id, programme=grant.programme, person_id=person_id, from_month=grant.from_month)
        )


async def end_for_moved(work: Work, *, person_id: UUID, division_code: str, month: str) -> None:
    """Let a person's grants follow to another division, or end them with this month where it is another district."""
    for grant in await _open_grants(work, person_id):
        if grant.person_id != person_id:
            continue
        if grant.division_code[:6] != division_code[:6]:
            await end(work, grant, last_month=month, reason=GrantEndReason.MOVED)
            continue
        grant.division_code = division_code
        for row in await _covered(work, grant):
            row.division_code = division_code


async def follow_divisions(work: Work, *, renamed: Mapping[str, str]) -> None:
    """Let open grants continue under their divisions' new codes; `renamed` maps an old code to its only successor."""
    for old, new in renamed.items():
        for window in (Grant, Covered):
            open_rows = update(window).where(window.division_code == old, window.last_month.is_(None))
            await work.session.execute(open_rows.values(division_code=new))


async def _make_room(work: Work, name: str, covers: Sequence[UUID], from_month: str) -> None:
    pairs = (await rules.read(work.session, Exclusions, at=work.now)).root
    query = (
        select(Covered.grant_id, Covered.programme)
        .where(
            Covered.person_id.in_(covers),
            or_(Covered.last_month.is_(None), Covered.last_month >= from_month),
        )
        .order_by(Covered.id)
    )
    for grant_id, programme in (await work.session.execute(query)).all():
        if programme == name:
            raise GrantTaken(programme=name)
        for pair in pairs:
            if {pair.first, pair.second} != {name, programme}:
                continue
            replaced = None
            if pair.mode is ExclusionMode.REPLACES and pair.first == name:
                replaced = await work.session.get(Grant, grant_id, with_for_update=True)
            if replaced is None:  # exclusive, or of a section whose grants the actor does not end
                raise GrantExcluded(programme=name, other=programme)
            if replaced.ended_at is None:
                before = arithmetic.preceding(from_month)
                await end(work, replaced, last_month=before, reason=GrantEndReason.REPLACED)


def _term(work: Work, grant: Grant, from_month: str, facts: Facts) -> GrantTerm:
    return GrantTerm(
        id=new_id(),
        grant_id=grant.id,
        from_month=from_month,
        facts=facts.model_dump(mode="json"),
        recorded_at=work.now,
        recorded_by=work.actor.label,
    )


async def _open_grants(work: Work, person_id: UUID) -> Sequence[Grant]:
    query = (
        select(Grant)
        .join(Covered, Covered.grant_id == Grant.id)
        .where(Covered.person_id == person_id, Covered.last_month.is_(None))
        .order_by(Grant.number)
        .with_for_update(of=Grant)
    )
    return (await work.session.execute(query)).scalars().all()


async def _covered(work: Work, grant: Grant) -> Sequence[Covered]:
    query = select(Covered).where(Covered.grant_id == grant.id, Covered.last_month.is_(None)).order_by(Covered.id)
    return (await work.session.execute(query)).scalars().all()
