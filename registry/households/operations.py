"""Put people together as the household register does, or as a family that lives as one; the two are never merged."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select

from events.work import Work
from kit import clock
from kit.china import identifiers
from kit.refusal import Kind, Refusal
from registry.model import Area, Division, Household, HouseholdKind, HouseholdMember, Person
from registry.people.directory import PersonNotFound


class HouseholdNotFound(Refusal):
    """No such household."""

    code = "household.not_found"
    kind = Kind.NOT_FOUND


class HouseholdTwice(Refusal):
    """The person belongs to a household of this kind already."""

    code = "household.twice"
    kind = Kind.CONFLICT


class NotInHousehold(Refusal):
    """The person does not belong to the household."""

    code = "household.not_a_member"
    kind = Kind.CONFLICT


async def open_household(
    work: Work, *, kind: HouseholdKind, division_code: str, head: UUID, members: Sequence[tuple[UUID, str]] = ()
) -> Household:
    """Open a household with its head and other members (person, relation to the head as GB/T 4761 words it).

    Refuses `person.not_found` and `household.twice`.
    """
    today = clock.day_of(work.now)
    code = identifiers.read_division_code(division_code)
    household = Household(kind=kind, division_code=code, opened_on=today)
    work.session.add(household)
    await work.session.flush()
    for person_id, relation in [(head, "户主"), *members]:
        await _join(work, household, person_id, relation, is_head=person_id == head)
    return household


async def join_household(work: Work, *, household_id: UUID, person_id: UUID, relation: str) -> HouseholdMember:
    """Add a person from today on; refuses `household.not_found`, `person.not_found`, `household.twice`."""
    household = await work.session.get(Household, household_id)
    if household is None:
        raise HouseholdNotFound
    return await _join(work, household, person_id, relation, is_head=False)


async def _join(work: Work, household: Household, person_id: UUID, relation: str, *, is_head: bool) -> HouseholdMember:
    if await work.session.get(Person, person_id, with_for_update=True) is None:
        raise PersonNotFound
    taken = (
        select(HouseholdMember.id)
        .join(Household, Household.id == HouseholdMember.household_id)
        .where(HouseholdMember.person_id == person_id, Household.kind == household.kind)
        .where(HouseholdMember.valid_to.is_(None))
    )
    if (await work.session.execute(taken)).first() is not None:
        raise HouseholdTwice
    member = HouseholdMember(
        household_id=household.id,
        person_id=person_id,
        relation=relation,
        head=is_head,
        valid_from=clock.day_of(work.now),
    )
    work.session.add(member)
    await work.session.flush()
    return member


async def leave_household(work: Work, *, household_id: UUID, person_id: UUID) -> None:
    """End a membership today; one that began today never was. Refuses `household.not_a_member`."""
    query = select(HouseholdMember).where(
        HouseholdMember.household_id == household_id,
        HouseholdMember.person_id == person_id,
        HouseholdMember.valid_to.is_(None),
    )
    member = (await work.session.execute(query.with_for_update())).scalar_one_or_none()
    if member is None:
        raise NotInHousehold
    if member.valid_from >= clock.day_of(work.now):
        await work.session.delete(member)
    else:
        member.valid_to = clock.day_of(work.now)
    await work.session.flush()


async def members_of(work: Work, household_id: UUID, at: date | datetime) -> Sequence[HouseholdMember]:
    """Return who belonged to a household on a day, the head first."""
    day = clock.day_of(at) if isinstance(at, datetime) else at
    query = (
        select(HouseholdMember)
        .where(HouseholdMember.household_id == household_id, HouseholdMember.valid_from <= day)
        .where(or_(HouseholdMember.valid_to.is_(None), HouseholdMember.valid_to > day))
        .order_by(HouseholdMember.head.desc(), HouseholdMember.id)
    )
    return (await work.session.execute(query)).scalars().all()


async def area_of(work: Work, household_id: UUID) -> Area:
    """Tell whether a household counts as urban or rural: its division's statistical class, latest known."""
    query = (
        select(Division.area_class)
        .join(Household, Household.division_code == Division.code)
        .where(Household.id == household_id)
        .order_by(Division.valid_from.desc())
        .limit(1)
    )
    area = (await work.session.execute(query)).scalar()
    if area is None:
        raise HouseholdNotFound
    return area
