"""Questions to the roster: who can come when, with which skills, under which contracts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from events.work import Work
from kit import clock
from kit.china.identifiers import Sex, division_prefix
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal
from providers.catalogue.model import Item, Skill
from providers.roster import coverage
from providers.roster.calendar import Calendar, Hours, Window
from providers.roster.model import (
    Absence,
    Certificate,
    Company,
    CompanyState,
    Contract,
    ContractItem,
    DivisionStep,
    RosterRevision,
    Shift,
    Transport,
    Worker,
    WorkerState,
)

IMPLIED_SKILLS: dict[Skill, frozenset[Skill]] = {Skill.CARE_SENIOR: frozenset({Skill.CARE})}
"""A care worker of grade 4 may do what grade 5 may; no other skill stands for another."""


WORKERS = SortOrder("workers", Worker.number)


class CompanyNotFound(Refusal):
    """No such company, or none that this actor may know of."""

    code = "company.not_found"
    kind = Kind.NOT_FOUND


class WorkerNotFound(Refusal):
    """No such worker, or none that this actor may know of."""

    code = "worker.not_found"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True)
class RosterWorker:
    """One worker as the router sees him: home (WGS-84), skills valid in the whole span, windows of work (UTC).

    `windows` rise, are disjoint, have breaks and absences cut out, and are clipped to the span; `max_minutes` bounds a
    day's work.
    """

    worker_id: UUID
    number: int
    provider_id: UUID
    provider_number: int
    latitude: float
    longitude: float
    transport: Transport
    sex: Sex
    skills: frozenset[Skill]
    windows: list[Window]
    max_minutes: int


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """What a company may be given on a day; `items` maps an item code to the prefixes of the divisions covered."""

    contract_id: UUID
    provider_id: UUID
    provider_number: int
    monthly_capacity: int
    share_target: float
    grade: str | None
    items: dict[str, tuple[str, ...]]

    def covers(self, item_code: str, division_code: str) -> bool:
        """Tell whether the contract covers an item in a division or one above it."""
        return division_code.startswith(self.items.get(item_code, ()))


async def roster(work: Work, *, from_at: datetime, until_at: datetime) -> list[RosterWorker]:
    """Return the active companies' active workers, by number, for a half-open span of at most a few weeks.

    Workers without any window in the span are left out. A certificate counts if it is valid on every day of the span.
    """
    workers = (
        await work.session.execute(
            select(
                Worker.id,
                Worker.number,
                Worker.provider_id,
                Company.number.label("provider_number"),
                Worker.latitude,
                Worker.longitude,
                Worker.transport,
                Worker.sex,
                Worker.max_minutes,
            )
            .join(Company, Company.id == Worker.provider_id)
            .where(Worker.state == WorkerState.ACTIVE, Company.state == CompanyState.ACTIVE)
            .order_by(Worker.number)
        )
    ).all()
    patterns = await _patterns(work, from_at, until_at)
    absences = await _absences(work, from_at, until_at)
    skills = await _skills(work, from_at, until_at)
    calendar = Calendar(from_at, until_at)
    available: list[RosterWorker] = []
    for row in workers:
        windows = calendar.windows(patterns.get(row.id, ()), absences.get(row.id, ()))
        if windows:
            available.append(
                RosterWorker(
                    row.id,
                    row.number,
                    row.provider_id,
                    row.provider_number,
                    row.latitude,
                    row.longitude,
                    row.transport,
                    row.sex,
                    frozenset(skills.get(row.id, ())),
                    windows,
                    row.max_minutes,
                )
            )
    return available


async def _patterns(work: Work, from_at: datetime, until_at: datetime) -> dict[UUID, list[Hours]]:
    last, first = clock.day_of(until_at), clock.day_of(from_at)
    return await patterns(work, Shift.valid_from <= last, or_(Shift.valid_to.is_(None), Shift.valid_to >= first))


async def patterns(work: Work, *conditions: ColumnElement[bool]) -> dict[UUID, list[Hours]]:
    """Return the weekly patterns that meet conditions on `Shift`: worker → patterns."""
    query = select(
        Shift.worker_id,
        Shift.weekdays,
        Shift.from_minute,
        Shift.to_minute,
        Shift.break_from,
        Shift.break_to,
        Shift.valid_from,
        Shift.valid_to,
    ).where(*conditions)
    # Most workers share a handful of patterns; one object each lets the calendar compute it once.
    same: dict[Hours, Hours] = {}
    patterns_by_worker: dict[UUID, list[Hours]] = defaultdict(list)
    for row in await work.session.execute(query):
        hours = Hours(row[1], row[2], row[3], row[4], row[5], row[6], row[7])
        patterns_by_worker[row[0]].append(same.setdefault(hours, hours))
    return patterns_by_worker


async def _absences(work: Work, from_at: datetime, until_at: datetime) -> dict[UUID, list[Window]]:
    rows = await work.session.execute(
        select(Absence.worker_id, Absence.from_at, Absence.until_at).where(
            Absence.from_at < until_at, Absence.until_at > from_at
        )
    )
    absences_by_worker: dict[UUID, list[Window]] = defaultdict(list)
    for worker_id, gone_from, gone_until in rows:
        absences_by_worker[worker_id].append((gone_from, gone_until))
    return absences_by_worker


async def _skills(work: Work, from_at: datetime, until_at: datetime) -> dict[UUID, set[Skill]]:
    last = clock.day_of(max(from_at, until_at - timedelta(microseconds=1)))
    rows = await work.session.execute(
        select(Certificate.worker_id, Certificate.skill).where(
            Certificate.valid_from <= clock.day_of(from_at), Certificate.expires_on >= last
        )
    )
    skills_by_worker: dict[UUID, set[Skill]] = defaultdict(set)
    for worker_id, skill in rows:
        skills_by_worker[worker_id].add(skill)
        skills_by_worker[worker_id] |= IMPLIED_SKILLS.get(skill, frozenset())
    return skills_by_worker


ContractLines = dict[UUID, dict[str, tuple[bool, tuple[str, ...]]]]
"""Contract → item code → whether the item is medical, and the prefixes of the divisions covered."""


async def contract_lines(work: Work) -> ContractLines:
    """Return what every contract covers, on whatever day; the same for as long as `roster_mark` is."""
    query = (
        select(
            ContractItem.contract_id, ContractItem.item_code, Item.medical, func.array_agg(ContractItem.division_code)
        )
        .join(Item, Item.code == ContractItem.item_code)
        .group_by(ContractItem.contract_id, ContractItem.item_code, Item.medical)
    )
    acts = await _division_acts(work)
    covered: dict[tuple[str, ...], tuple[str, ...]] = {}
    lines: ContractLines = defaultdict(dict)
    for contract_id, item_code, medical, divisions in await work.session.execute(query):
        signed = tuple(sorted(map(division_prefix, divisions)))
        if signed not in covered:
            covered[signed] = coverage.follow(signed, acts)
        lines[contract_id][item_code] = (medical, covered[signed])
    return lines


async def _division_acts(work: Work) -> list[list[coverage.Step]]:
    """Return the acts that changed divisions, in the order of entry: their ids grow with time."""
    query = select(DivisionStep).order_by(DivisionStep.change_id, DivisionStep.old_code, DivisionStep.new_code)
    acts: dict[UUID, list[coverage.Step]] = defaultdict(list)
    for row in (await work.session.execute(query)).scalars():
        acts[row.change_id].append(coverage.Step(row.old_code, row.new_code, row.whole, row.split))
    return list(acts.values())


async def contracts(work: Work, *, on: date, lines: ContractLines | None = None) -> list[ContractTerms]:
    """Return what every active company may be given on a day of the district, by company number.

    Medical items are left out where the company's medical licence is not valid on that day. `lines` are those of
    `contract_lines`, where they are at hand.
    """
    rows = (
        await work.session.execute(
            select(
                Contract.id,
                Contract.provider_id,
                Company.number,
                Contract.monthly_capacity,
                Contract.share_target,
                Company.grade,
                Company.medical_licence,
                Company.medical_licence_until,
            )
            .join(Company, Company.id == Contract.provider_id)
            .where(Company.state == CompanyState.ACTIVE, Contract.valid_from <= on, Contract.valid_to > on)
            .where(or_(Contract.ended_on.is_(None), Contract.ended_on > on))
            .order_by(Company.number, Contract.valid_from, Contract.id)
        )
    ).all()
    covers = await contract_lines(work) if lines is None else lines
    licensed = {row.id for row in rows if row.medical_licence and (row.medical_licence_until or date.max) >= on}
    return [
        ContractTerms(
            row.id,
            row.provider_id,
            row.number,
            row.monthly_capacity,
            row.share_target,
            row.grade,
            {
                item_code: prefixes
                for item_code, (medical, prefixes) in covers.get(row.id, {}).items()
                if not medical or row.id in licensed
            },
        )
        for row in rows
    ]


_MARK: Final = select(func.count(), func.coalesce(func.sum(RosterRevision.revision), 0)).select_from(RosterRevision)


async def roster_mark(work: Work) -> tuple[int, int]:
    """Return two numbers that change whenever any contract, worker, certificate, shift or absence has changed.

    Every change counts its company's revision up within its own transaction, so no commit is ever missed, in whatever
    order transactions end; what changes by the mere passing of days is not in it.
    """
    count, total = (await work.session.execute(_MARK)).one()
    return count, int(total)


async def company(work: Work, provider_id: UUID) -> Company:
    """Return a company; refuses `company.not_found`."""
    row = await work.session.get(Company, provider_id)
    if row is None:
        raise CompanyNotFound
    return row


async def companies(work: Work, *, state: CompanyState | None = None) -> Sequence[Company]:
    """Return all companies ever admitted, or those in one state, by number."""
    query = select(Company).order_by(Company.number)
    if state is not None:
        query = query.where(Company.state == state)
    return (await work.session.execute(query)).scalars().all()


async def worker(work: Work, worker_id: UUID) -> Worker:
    """Return a worker; refuses `worker.not_found`."""
    row = await work.session.get(Worker, worker_id)
    if row is None:
        raise WorkerNotFound
    return row


async def workers(
    work: Work,
    *,
    provider_id: UUID,
    state: WorkerState | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> Sequence[Worker]:
    """Return a company's workers, by number, all of them or a page."""
    query = select(Worker).where(Worker.provider_id == provider_id)
    if state is not None:
        query = query.where(Worker.state == state)
    return (await work.session.execute(WORKERS.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def transports(work: Work) -> dict[UUID, Transport]:
    """Return how every worker travels who was ever hired."""
    rows = await work.session.execute(select(Worker.id, Worker.transport))
    return {worker_id: transport for worker_id, transport in rows}  # noqa: C416 - rows are typed Row, dict() loses it


async def expiring(work: Work, *, provider_id: UUID, until: date) -> Sequence[Certificate]:
    """Return a company's active workers' certificates that run out up to and including a day, soonest first."""
    query = (
        select(Certificate)
        .join(Worker, Worker.id == Certificate.worker_id)
        .where(
            Worker.state == WorkerState.ACTIVE,
            Certificate.provider_id == provider_id,
            Certificate.expires_on <= until,
        )
        .order_by(Certificate.expires_on, Certificate.id)
    )
    return (await work.session.execute(query)).scalars().all()


async def certificates_of(work: Work, worker_id: UUID) -> Sequence[Certificate]:
    """Return all certificates that a worker ever had, the longest valid first."""
    query = select(Certificate).where(Certificate.worker_id == worker_id)
    return (await work.session.execute(query.order_by(Certificate.expires_on.desc(), Certificate.id))).scalars().all()


async def contracts_of(work: Work, provider_id: UUID) -> Sequence[Contract]:
    """Return a company's contracts, newest first."""
    query = select(Contract).where(Contract.provider_id == provider_id).order_by(Contract.valid_from.desc())
    return (await work.session.execute(query)).scalars().all()


async def shifts_of(work: Work, worker_id: UUID) -> Sequence[Shift]:
    """Return a worker's weekly patterns, earliest first."""
    query = select(Shift).where(Shift.worker_id == worker_id).order_by(Shift.valid_from, Shift.from_minute)
    return (await work.session.execute(query)).scalars().all()


async def lost_hours(work: Work, *, shift_id: UUID, from_at: datetime, until_at: datetime) -> list[Window]:
    """Return the windows that a worker had by a shift which has ended, and has by no other one, within a span."""
    shift = await work.session.get_one(Shift, shift_id)
    if shift.valid_to is None:
        return []
    ended = Hours(
        shift.weekdays,
        shift.from_minute,
        shift.to_minute,
        shift.break_from,
        shift.break_to,
        valid_from=shift.valid_to,
        valid_to=None,
    )
    calendar = Calendar(from_at, until_at)
    others = (await patterns(work, Shift.worker_id == shift.worker_id)).get(shift.worker_id, [])
    return calendar.windows([ended], calendar.windows(others))


async def absences_of(work: Work, worker_id: UUID, *, from_at: datetime) -> Sequence[Absence]:
    """Return a worker's absences that end after an instant."""
    query = (
        select(Absence)
        .where(Absence.worker_id == worker_id, Absence.until_at > from_at)
        .order_by(Absence.from_at, Absence.id)
    )
    return (await work.session.execute(query)).scalars().all()
