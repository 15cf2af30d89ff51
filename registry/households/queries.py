"""Questions to households: who belongs to one on a day, where it lies, and which there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from events.work import Work
from kit.china.identifiers import division_prefix
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal
from registry.model import Area, Division, Household, HouseholdDivision, HouseholdKind, HouseholdMember, Person
from registry.people.readings import mask_name

HOUSEHOLDS = SortOrder("households", Household.number)


class HouseholdNotFound(Refusal):
    """No such household, or none that this actor may know of."""

    code = "household.not_found"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One member on a day: the name masked but for its first character, the relation to the head."""

    person_id: UUID
    number: int
    name: str
    relation: str
    head: bool
    valid_from: date


@dataclass(frozen=True, slots=True)
class HouseholdCard:
    """One household as it was on a day, the head first."""

    household_id: UUID
    number: int
    kind: HouseholdKind
    division_code: str
    area_class: Area | None
    opened_on: date
    closed_on: date | None
    members: tuple[MemberLine, ...]


async def members_on(work: Work, household_id: UUID, day: date) -> Sequence[HouseholdMember]:
    """Return who belonged to a household on a day, the head first."""
    query = (
        select(HouseholdMember)
        .where(HouseholdMember.household_id == household_id, HouseholdMember.valid_from <= day)
        .where(or_(HouseholdMember.valid_to.is_(None), HouseholdMember.valid_to > day))
        .order_by(HouseholdMember.head.desc(), HouseholdMember.id)
    )
    return (await work.session.execute(query)).scalars().all()


async def household_on(work: Work, household_id: UUID, day: date) -> HouseholdCard:
    """Return a household as it was on a day; refuses `household.not_found`."""
    household = await work.session.get(Household, household_id)
    if household is None:
        raise HouseholdNotFound
    members = await members_on(work, household_id, day)
    code = await _division_on(work, household, day)
    query = select(Person.id, Person.number, Person.name).where(Person.id.in_([row.person_id for row in members]))
    people = {row.id: row for row in (await work.session.execute(query)).all()}
    return HouseholdCard(
        household_id=household.id,
        number=household.number,
        kind=household.kind,
        division_code=code,
        area_class=await _area_on(work, code, day),
        opened_on=household.opened_on,
        closed_on=household.closed_on,
        members=tuple(
            MemberLine(
                row.person_id,
                people[row.person_id].number,
                mask_name(people[row.person_id].name),
                row.relation,
                row.head,
                row.valid_from,
            )
            for row in members
            if row.person_id in people
        ),
    )


async def _division_on(work: Work, household: Household, day: date) -> str:
    query = (
        select(HouseholdDivision.division_code)
        .where(HouseholdDivision.household_id == household.id, HouseholdDivision.valid_to > day)
        .order_by(HouseholdDivision.valid_to)
        .limit(1)
    )
    return (await work.session.execute(query)).scalar() or household.division_code


async def _area_on(work: Work, code: str, day: date) -> Area | None:
    """Tell whether a division counted as urban or rural on a day (统计用城乡划分); None where the code named none."""
    query = (
        select(Division.area_class)
        .where(Division.code == code, Division.valid_from <= day)
        .order_by(Division.valid_from.desc())
        .limit(1)
    )
    return (await work.session.execute(query)).scalar()


async def households(
    work: Work,
    *,
    division_code: str | None = None,
    person_id: UUID | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> Sequence[Household]:
    """Return the households that are open, by number: in a division and all below it, or those of a person."""
    query = select(Household).where(Household.closed_on.is_(None))
    if division_code is not None:
        query = query.where(Household.division_code.startswith(division_prefix(division_code)))
    if person_id is not None:
        current = HouseholdMember.person_id == person_id, HouseholdMember.valid_to.is_(None)
        query = query.where(Household.id.in_(select(HouseholdMember.household_id).where(*current)))
    return (await work.session.execute(HOUSEHOLDS.page(query, work.vault, after=after, limit=limit))).scalars().all()
