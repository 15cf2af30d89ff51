"""People whose division was split: who they are, and which part each lives in."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from events.contracts.people import PersonPlaced
from events.work import Work
from kit import clock
from kit.china.identifiers import read_division_code
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal
from registry.model import Household, HouseholdMember, UndecidedAddress
from registry.people.addresses import close_undecided, follow_codes
from registry.reorganisation.changes import leave_division

UNDECIDED = SortOrder("undecided", UndecidedAddress.id)


class NothingToPlace(Refusal):
    """No split of a division left this person's address undecided."""

    code = "division.nothing_to_place"
    kind = Kind.CONFLICT


class NotASuccessor(Refusal):
    """The division is none of the parts that the person's division became."""

    code = "division.not_a_successor"


async def undecided(work: Work, *, after: str | None = None, limit: int | None = None) -> Sequence[UndecidedAddress]:
    """Return the people who have still to be placed, in the order of the acts."""
    query = select(UndecidedAddress).where(UndecidedAddress.decided_at.is_(None))
    return (await work.session.execute(UNDECIDED.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def place_person(work: Work, *, person_id: UUID, division_code: str) -> None:
    """Say in which part of a split division a person lives; the address and a household they head follow.

    Refuses `division.nothing_to_place` and `division.not_a_successor`.
    """
    query = select(UndecidedAddress).where(
        UndecidedAddress.person_id == person_id, UndecidedAddress.decided_at.is_(None)
    )
    row = (await work.session.execute(query.with_for_update())).scalar_one_or_none()
    if row is None:
        raise NothingToPlace
    code = read_division_code(division_code)
    if code not in row.successors:
        raise NotASuccessor(division=code, successors="、".join(row.successors))
    await follow_codes(work, {person_id: code})
    await close_undecided(work, [person_id], code=code)
    headed = (
        select(Household)
        .join(HouseholdMember, HouseholdMember.household_id == Household.id)
        .where(HouseholdMember.person_id == person_id, HouseholdMember.head, HouseholdMember.valid_to.is_(None))
        .where(Household.division_code == row.division_code, Household.closed_on.is_(None))
    )
    for household in (await work.session.execute(headed)).scalars().all():
        await leave_division(work, household, code, clock.day_of(work.now))
    work.emit(PersonPlaced(person_id=person_id, old_code=row.division_code, division_code=code))
