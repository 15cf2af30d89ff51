"""Bring workers in and let them go: their papers, their certificates, their weekly hours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, insert, or_, select
from sqlalchemy.orm import aliased

from events.contracts.roster import CertificateExpiring, ShiftEnded, WorkerUnavailable
from events.work import Work
from kit import clock, geo
from kit.china import identifiers, phone
from kit.china.identifiers import Sex
from kit.china.rules import AreaCode
from kit.geo import Datum, Point
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from providers.catalogue.model import Skill
from providers.roster import calendar, queries
from providers.roster.calendar import Hours
from providers.roster.model import (
    NUMBERS_PER_COMPANY,
    Certificate,
    Company,
    CompanyState,
    Shift,
    Transport,
    Worker,
    WorkerState,
)
from providers.roster.operations import WHOLE_ROWS, changed
from providers.roster.rules import CertificateNoticeDays

_FAR = timedelta(days=3650)


class WorkerTaken(Refusal):
    """The resident ID belongs to somebody who is at work for this company or, which only the desk is told, another."""

    code = "worker.taken"
    kind = Kind.CONFLICT


class WorkerSexContradicts(Refusal):
    """The sex given is not the one that the resident ID says."""

    code = "worker.sex_contradicts"


class WorkerGone(Refusal):
    """The worker has left the company."""

    code = "worker.gone"
    kind = Kind.CONFLICT


class CertificateTaken(Refusal):
    """A certificate of this number is registered for somebody."""

    code = "certificate.taken"
    kind = Kind.CONFLICT


class CertificateExpired(Refusal):
    """A certificate that has run out, or ends before it begins."""

    code = "certificate.expired"


class ShiftInvalid(Refusal):
    """Minutes, weekdays or break of a shift contradict themselves."""

    code = "shift.invalid"


class ShiftNotFound(Refusal):
    """No such shift, or none that this actor may know of."""

    code = "shift.not_found"
    kind = Kind.NOT_FOUND


class ShiftOverlaps(Refusal):
    """Two shifts of one worker claim the same minutes."""

    code = "shift.overlaps"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One certificate as printed: the skill, its number, first and last day."""

    skill: Skill
    number: str
    valid_from: date
    expires_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWorker:
    """One worker's papers and hours; `latitude` and `longitude` are in `datum` and are kept in WGS-84."""

    provider_id: UUID
    name: str
    sex: Sex
    latitude: float
    longitude: float
    datum: Datum = Datum.WGS84
    transport: Transport = Transport.EBIKE
    max_minutes: int = 480
    id_no: str | None = None
    phone: str | None = None
    papers: tuple[Paper, ...] = ()
    shifts: tuple[Hours, ...] = field(default=())


async def hire_workers(work: Work, workers: Sequence[NewWorker]) -> list[UUID]:
    """Bring many workers in with their certificates and shifts, in four statements; ids in the order given.

    Refuses `company.not_found`, `worker.taken`, `worker.sex_contradicts`, `certificate.expired`, `certificate.taken`,
    `shift.invalid`, `shift.overlaps`, and what the readers of place, telephone and resident ID refuse. A company's own
    people are not told whether a person or a paper is known elsewhere.
    """
    area_code = (await rules.read(work.session, AreaCode, at=work.now)).value
    rows = [_worker_row(work, entry, area_code) for entry in workers]
    blinds = [row["id_blind"] for row in rows if row["id_blind"] is not None]
    if len(set(blinds)) < len(blinds) or await _anybody(work, blinds):
        raise WorkerTaken
    papers: list[dict[str, Any]] = []
    shifts: list[dict[str, Any]] = []
    numbers = await _numbers(work, [entry.provider_id for entry in workers])
    for row, entry in zip(rows, workers, strict=True):
        row["number"] = next(numbers[entry.provider_id])
        papers += [_paper_row(work, row["id"], entry.provider_id, paper) for paper in entry.papers]
        for place, hours in enumerate(entry.shifts):
            check_shift(hours, entry.shifts[:place])
            shifts.append(_shift_row(row["id"], entry.provider_id, hours))
    await _check_papers(work, papers)
    for table, values in ((Worker, rows), (Certificate, papers), (Shift, shifts)):
        if values:
            await work.session.execute(insert(table), values, execution_options=WHOLE_ROWS)
    return [row["id"] for row in rows]


async def _numbers(work: Work, provider_ids: Sequence[UUID]) -> dict[UUID, Iterator[int]]:
    """Count on from each company's last worker; another hiring for the same company waits until this work ends.

    Numbers out of one sequence would tell every company how many workers the others have hired.
    """
    await changed(work, provider_ids)
    query = (
        select(Company.id, func.coalesce(func.max(Worker.number), Company.number * NUMBERS_PER_COMPANY))
        .outerjoin(Worker, Worker.provider_id == Company.id)
        .where(Company.id.in_(set(provider_ids)))
        .group_by(Company.id, Company.number)
    )
    counters: dict[UUID, Iterator[int]] = {
        provider_id: count(last + 1) for provider_id, last in (await work.session.execute(query)).all()
    }
    if len(counters) < len(set(provider_ids)):
        raise queries.CompanyNotFound
    return counters


def _worker_row(work: Work, entry: NewWorker, area_code: str) -> dict[str, Any]:
    worker_id, key = new_id(), work.vault.new_key()
    at = geo.to_wgs84(Point(entry.latitude, entry.longitude), entry.datum)
    resident = identifiers.read_resident_id(entry.id_no) if entry.id_no else None
    if resident is not None and resident.sex is not entry.sex:
        raise WorkerSexContradicts
    number = phone.normalise(entry.phone, area_code=area_code) if entry.phone else None
    vault = work.vault
    return {
        "id": worker_id,
        "provider_id": entry.provider_id,
        "name": entry.name,
        "sex": entry.sex,
        "latitude": at.latitude,
        "longitude": at.longitude,
        "datum": entry.datum,
        "transport": entry.transport,
        "max_minutes": entry.max_minutes,
        "state": WorkerState.ACTIVE,
        "data_key": key,
        "id_sealed": vault.seal(key, f"worker|id_sealed|{worker_id}", resident.number) if resident else None,
        "id_blind": vault.blind("resident_id", resident.number) if resident else None,
        "phone_sealed": vault.seal(key, f"worker|phone_sealed|{worker_id}", number) if number else None,
        "phone_blind": vault.blind("phone", number) if number else None,
        "hired_at": work.now,
    }


async def _anybody(work: Work, blinds: Sequence[object]) -> bool:
    query = select(Worker.id).where(Worker.id_blind.in_(blinds), Worker.state == WorkerState.ACTIVE).limit(1)
    return bool(blinds) and (await work.session.execute(query)).scalar() is not None


def _paper_row(work: Work, worker_id: UUID, provider_id: UUID, paper: Paper) -> dict[str, Any]:
    if paper.expires_on < paper.valid_from or paper.expires_on < clock.day_of(work.now):
        raise CertificateExpired(skill=paper.skill.value)
    return {
        "id": new_id(),
        "worker_id": worker_id,
        "provider_id": provider_id,
        "skill": paper.skill,
        "number": paper.number,
        "valid_from": paper.valid_from,
        "expires_on": paper.expires_on,
    }


async def _check_papers(work: Work, papers: Sequence[dict[str, Any]]) -> None:
    numbers = [(paper["skill"], paper["number"]) for paper in papers]
    if await papers_taken(work, [str(number) for _, number in numbers], numbers) or len(set(numbers)) < len(numbers):
        raise CertificateTaken


async def papers_taken(
    work: Work, numbers: Sequence[str], wanted: Sequence[tuple[object, object]]
) -> set[tuple[object, object]]:
    """Return which of the (skill, number) pairs are registered for somebody."""
    query = select(Certificate.skill, Certificate.number).where(Certificate.number.in_(numbers))
    registered: set[tuple[object, object]] = {(row.skill, row.number) for row in await work.session.execute(query)}
    return registered.intersection(wanted)


def _shift_row(worker_id: UUID, provider_id: UUID, hours: Hours) -> dict[str, Any]:
    return {
        "id": new_id(),
        "worker_id": worker_id,
        "provider_id": provider_id,
        "weekdays": hours.weekdays,
        "from_minute": hours.from_minute,
        "to_minute": hours.to_minute,
        "break_from": hours.break_from,
        "break_to": hours.break_to,
        "valid_from": hours.valid_from,
        "valid_to": hours.valid_to,
    }


def check_shift(hours: Hours, others: Sequence[Hours]) -> None:
    """Refuse `shift.invalid` for a pattern that contradicts itself, `shift.overlaps` for one beside others."""
    break_from, break_to = hours.break_from, hours.break_to
    if (
        not 1 <= hours.weekdays <= 127
        or not 0 <= hours.from_minute < 1440
        or not hours.from_minute < hours.to_minute <= hours.from_minute + 1440
        or (break_from is None) != (break_to is None)
        or (hours.valid_to is not None and hours.valid_to <= hours.valid_from)
    ):
        raise ShiftInvalid
    if break_from is not None and break_to is not None:  # noqa: SIM102 - the second question has an answer only now
        if not hours.from_minute <= break_from < break_to <= hours.to_minute:
            raise ShiftInvalid
    if any(calendar.overlap(hours, other) for other in others):
        raise ShiftOverlaps


async def hire_worker(work: Work, *, facts: NewWorker) -> Worker:
    """Bring one worker in; refuses what `hire_workers` refuses."""
    (worker_id,) = await hire_workers(work, [facts])
    return await queries.worker(work, worker_id)


async def _at_work(work: Work, worker_id: UUID) -> Worker:
    worker = await queries.worker(work, worker_id)
    if worker.state is not WorkerState.ACTIVE:
        raise WorkerGone
    return worker


async def certify(work: Work, *, worker_id: UUID, paper: Paper) -> Certificate:
    """Register a certificate; refuses `worker.not_found`, `worker.gone`, `certificate.expired`, `certificate.taken`."""
    worker = await _at_work(work, worker_id)
    row = _paper_row(work, worker.id, worker.provider_id, paper)
    await _check_papers(work, [row])
    certificate = Certificate(**row)
    work.session.add(certificate)
    await work.session.flush()
    await changed(work, [worker.provider_id])
    return certificate


async def notice_expiring(work: Work, *, limit: int = 200) -> int:
    """Emit each active worker's certificate that runs out within the rule's days, once; return how many.

    A certificate of the same skill and a later last day takes an older one's place. The ticker calls it every hour.
    """
    ahead = (await rules.read(work.session, CertificateNoticeDays, at=work.now)).span
    later = aliased(Certificate)
    renewed = exists().where(
        later.worker_id == Certificate.worker_id,
        later.skill == Certificate.skill,
        later.expires_on > Certificate.expires_on,
    )
    query = (
        select(Certificate)
        .join(Worker, Worker.id == Certificate.worker_id)
        .join(Company, Company.id == Certificate.provider_id)
        .where(
            Worker.state == WorkerState.ACTIVE,
            Company.state.not_in((CompanyState.EXITED, CompanyState.BLACKLISTED)),
            Certificate.expires_on <= clock.day_of(work.now + ahead),
            Certificate.noticed_at.is_(None),
            ~renewed,
        )
        .order_by(Certificate.expires_on, Worker.number, Certificate.skill)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Certificate)
    )
    certificates = (await work.session.execute(query)).scalars().all()
    for certificate in certificates:
        certificate.noticed_at = work.now
        work.emit(
            CertificateExpiring(
                provider_id=certificate.provider_id,
                worker_id=certificate.worker_id,
                certificate_id=certificate.id,
                skill=certificate.skill,
                expires_on=certificate.expires_on,
            )
        )
    return len(certificates)


async def set_shift(work: Work, *, worker_id: UUID, hours: Hours) -> Shift:
    """Add a weekly pattern; refuses `worker.not_found`, `worker.gone`, `shift.invalid`, `shift.overlaps`."""
    worker = await _at_work(work, worker_id)
    check_shift(hours, (await patterns_of(work, [worker_id])).get(worker_id, ()))
    shift = Shift(**_shift_row(worker.id, worker.provider_id, hours))
    work.session.add(shift)
    await work.session.flush()
    await changed(work, [worker.provider_id])
    return shift


async def patterns_of(work: Work, worker_ids: Sequence[UUID]) -> dict[UUID, list[Hours]]:
    """Return the weekly patterns of workers that have not ended: worker → patterns."""
    today = clock.day_of(work.now)
    running = or_(Shift.valid_to.is_(None), Shift.valid_to > today)
    return await queries.patterns(work, Shift.worker_id.in_(worker_ids), running)


async def end_shift(work: Work, *, shift_id: UUID, on: date) -> Shift:
    """Let a weekly pattern end before a day; what was promised in it goes to others by the event.

    Refuses `shift.not_found`, and `shift.invalid` where it would end before it began, in the past, or later than it
    ends already.
    """
    shift = await work.session.get(Shift, shift_id, with_for_update=True)
    if shift is None:
        raise ShiftNotFound
    today = clock.day_of(work.now)
    if on <= shift.valid_from or on < today or (shift.valid_to is not None and on > shift.valid_to):
        raise ShiftInvalid
    shift.valid_to = on
    await changed(work, [shift.provider_id])
    work.emit(ShiftEnded(provider_id=shift.provider_id, worker_id=shift.worker_id, shift_id=shift_id, ends_on=on))
    return shift


async def let_go(work: Work, *, worker_id: UUID, reason: str) -> Worker:
    """Record that a worker has left; every visit still ahead is given away by the event; refuses `worker.gone`."""
    worker = await _at_work(work, worker_id)
    worker.state, worker.left_at = WorkerState.LEFT, work.now
    await changed(work, [worker.provider_id])
    work.emit(
        WorkerUnavailable(
            worker_id=worker_id,
            provider_id=worker.provider_id,
            from_at=work.now,
            until_at=work.now + _FAR,
            reason=reason,
        )
    )
    return worker
