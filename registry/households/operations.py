"""Put people together as the household register does, or as a family that lives as one; the two are never merged."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from events.contracts.households import HouseholdChanged
from events.work import Work
from kit import clock
from kit.china.identifiers import read_division_code
from kit.refusal import Kind, Refusal
from registry.divisions.queries import check_divisions
from registry.households.queries import HouseholdNotFound, members_on
from registry.model import Household, HouseholdKind, HouseholdMember, Person
from registry.people.addresses import PersonDead
from registry.people.directory import PersonNotFound
from registry.reorganisation.changes import leave_division

HEAD = "户主"
"""The relation of the head, as the household register and GB/T 4761 word it."""


class HouseholdTwice(Refusal):
    """The person belongs to a household of this kind already."""

    code = "household.twice"
    kind = Kind.CONFLICT


class NotInHousehold(Refusal):
    """The person does not belong to the household."""

    code = "household.not_a_member"
    kind = Kind.CONFLICT


class HouseholdClosed(Refusal):
    """Nobody is left in the household."""

    code = "household.closed"
    kind = Kind.CONFLICT


class HeadLeaves(Refusal):
    """The head leaves only as the last one, or after another member has become the head."""

    code = "household.head_leaves"
    kind = Kind.CONFLICT


class RelationMissing(Refusal):
    """With another head, every member's relation is another one, and one was not given; only the head is 户主."""

    code = "household.relation_missing"


class OtherKind(Refusal):
    """A register book and a family are different groupings; nobody moves from one to the other."""

    code = "household.other_kind"
    kind = Kind.CONFLICT


async def open_household(
    work: Work, *, kind: HouseholdKind, division_code: str, head: UUID, members: Sequence[tuple[UUID, str]] = ()
) -> Household:
    """Open a household with its head and other members (person, relation to the head as GB/T 4761 words it).

    Refuses `division.unknown`, `person.not_found`, `person.dead`, `household.twice`, `household.relation_missing`.
    """
    code = read_division_code(division_code)
    await check_divisions(work, {code})
    household = Household(kind=kind, division_code=code, opened_on=clock.day_of(work.now))
    work.session.add(household)
    await work.session.flush()
    for person_id, relation in [(head, HEAD), *members]:
        await _join(work, household, person_id, relation, is_head=relation == HEAD and person_id == head)
    _emit(work, household, "opened", [head, *(person_id for person_id, _ in members)])
    return household


async def join_household(work: Work, *, household_id: UUID, person_id: UUID, relation: str) -> HouseholdMember:
    """Add a person from today on.

    Refuses `household.not_found`, `household.closed`, `household.relation_missing`, `person.not_found`,
    `person.dead`, `household.twice`.
    """
    household = await _locked(work, household_id)
    member = await _join(work, household, person_id, relation, is_head=False)
    _emit(work, household, "joined", [person_id])
    return member


async def leave_household(work: Work, *, household_id: UUID, person_id: UUID) -> None:
    """End a membership today; one that began today is deleted. The last member's leaving closes the household.

    Refuses `household.not_found`, `household.closed`, `household.not_a_member`, `household.head_leaves`.
    """
    household = await _locked(work, household_id)
    await _leave(work, household, person_id)
    _emit(work, household, "closed" if household.closed_on else "left", [person_id])


async def move_member(work: Work, *, household_id: UUID, person_id: UUID, to: UUID, relation: str) -> HouseholdMember:
    """Move a person from one household to another of the same kind, today.

    Refuses what `leave_household` and `join_household` refuse, and `household.other_kind`.
    """
    # Both rows are locked in the order of their ids, so that two moves cannot wait for each other.
    households = {number: await _locked(work, number) for number in sorted({household_id, to})}
    origin, target = households[household_id], households[to]
    if origin.kind is not target.kind:
        raise OtherKind
    await _leave(work, origin, person_id)
    member = await _join(work, target, person_id, relation, is_head=False)
    _emit(work, origin, "closed" if origin.closed_on else "left", [person_id])
    _emit(work, target, "joined", [person_id])
    return member


async def change_head(work: Work, *, household_id: UUID, head: UUID, relations: Mapping[UUID, str]) -> Household:
    """Make a member the head from today on; `relations` gives every other member's relation to the new head.

    Refuses `household.not_found`, `household.closed`, `household.not_a_member`, `household.relation_missing`.
    """
    household = await _locked(work, household_id)
    members = {row.person_id: row for row in await members_on(work, household_id, clock.day_of(work.now))}
    if head not in members or not relations.keys() <= members.keys() - {head}:
        raise NotInHousehold
    if relations.keys() != members.keys() - {head}:
        raise RelationMissing
    # The old head's row ends before the new one's begins: a household has one head at a time.
    for person_id, row in sorted(members.items(), key=lambda member: member[0] == head):
        await _end(work, row)
        relation = HEAD if person_id == head else relations[person_id]
        await _add(work, household, person_id, relation, is_head=person_id == head)
    _emit(work, household, "head", sorted(members))
    return household


async def split_household(
    work: Work, *, household_id: UUID, head: UUID, members: Mapping[UUID, str], division_code: str | None = None
) -> Household:
    """Let some members found a household of their own today: `head` and `members` with their relation to that head.

    Refuses what `leave_household` and `open_household` refuse; without a division the new one lies where the old does.
    """
    household = await _locked(work, household_id)
    for person_id in (head, *members):
        await _leave(work, household, person_id)
    _emit(work, household, "closed" if household.closed_on else "left", [head, *members])
    code = division_code or household.division_code
    return await open_household(work, kind=household.kind, division_code=code, head=head, members=list(members.items()))


async def move_household(work: Work, *, household_id: UUID, division_code: str) -> Household:
    """Let a household belong to another division from today on; the old one stays as its past.

    Refuses `household.not_found`, `household.closed`, `division.unknown`.
    """
    household = await _locked(work, household_id)
    code = read_division_code(division_code)
    await check_divisions(work, {code})
    if code != household.division_code:
        await leave_division(work, household, code, clock.day_of(work.now))
        _emit(work, household, "division", [])
    return household


async def _locked(work: Work, household_id: UUID) -> Household:
    household = await work.session.get(Household, household_id, with_for_update=True)
    if household is None:
        raise HouseholdNotFound
    if household.closed_on is not None:
        raise HouseholdClosed
    return household


async def _join(work: Work, household: Household, person_id: UUID, relation: str, *, is_head: bool) -> HouseholdMember:
    person = await work.session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise PersonNotFound
    if person.died_on is not None:
        raise PersonDead
    if not is_head and relation == HEAD:
        raise RelationMissing
    taken = (
        select(HouseholdMember.id)
        .join(Household, Household.id == HouseholdMember.household_id)
        .where(HouseholdMember.person_id == person_id, Household.kind == household.kind)
        .where(HouseholdMember.valid_to.is_(None))
    )
    if (await work.session.execute(taken)).first() is not None:
        raise HouseholdTwice
    return await _add(work, household, person_id, relation, is_head=is_head)


async def _add(work: Work, household: Household, person_id: UUID, relation: str, *, is_head: bool) -> HouseholdMember:
    member = HouseholdMember(
        household_id=household.id,
        person_id=person_id,
        relation=relation,
        head=is_head,
        valid_from=clock.day_of(work.now),
        recorded_at=work.now,
        recorded_by=work.actor.label,
    )
    work.session.add(member)
    await work.session.flush()
    return member


async def _leave(work: Work, household: Household, person_id: UUID) -> None:
    members = await members_on(work, household.id, clock.day_of(work.now))
    member = next((row for row in members if row.person_id == person_id), None)
    if member is None:
        raise NotInHousehold
    if member.head and len(members) > 1:
        raise HeadLeaves
    await _end(work, member)
    if len(members) == 1:
        household.closed_on = clock.day_of(work.now)
        await work.session.flush()


async def _end(work: Work, member: HouseholdMember) -> None:
    today: date = clock.day_of(work.now)
    if member.valid_from >= today:
        await work.session.delete(member)
    else:
        member.valid_to = today
    await work.session.flush()


def _emit(work: Work, household: Household, change: str, person_ids: Sequence[UUID]) -> None:
    work.emit(
        HouseholdChanged(
            household_id=household.id,
            change=change,
            division_code=household.division_code,
            person_ids=list(person_ids),
        )
    )
