"""The verbs of an enrolment: apply, assess, publicise, activate, suspend, resume, change, end."""

import json
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import insert, select

from dispatch.enrolment import assessment, queries, quota, wallet
from dispatch.enrolment.model import (
    TRANSITIONS,
    Assessment,
    AssessmentOccasion,
    Category,
    EndReason,
    Enrolment,
    EnrolmentState,
    SuspendReason,
    Term,
)
from dispatch.enrolment.rules import LeastAge, PublicityDays, ReassessMonths
from events.contracts.enrolments import (
    EnrolmentActivated,
    EnrolmentEnded,
    EnrolmentResumed,
    EnrolmentSuspended,
    QuotaTermRecorded,
)
from events.work import Work
from kit import clock
from kit.china import identifiers
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from registry import queries as registry


class EnrolmentNotFound(Refusal):
    """The elder has no enrolment that is not over."""

    code = "enrolment.not_found"
    kind = Kind.NOT_FOUND


class AlreadyEnrolled(Refusal):
    """The elder has applied or is enrolled already."""

    code = "enrolment.already_open"
    kind = Kind.CONFLICT


class TooYoung(Refusal):
    """The programme begins at an age."""

    code = "enrolment.too_young"


class ApplicantDeceased(Refusal):
    """The registry knows the applicant as deceased."""

    code = "enrolment.deceased"
    kind = Kind.CONFLICT


class NotNow(Refusal):
    """The enrolment is not in a state that allows the step."""

    code = "enrolment.not_now"
    kind = Kind.CONFLICT


class NotPublicised(Refusal):
    """A self-payer's name is not published."""

    code = "enrolment.not_publicised"


class PublicityRunning(Refusal):
    """The names must hang for all of their days first."""

    code = "enrolment.publicity_running"
    kind = Kind.CONFLICT


class SamePerson(Refusal):
    """The person who entered the application may not approve it."""

    code = "enrolment.same_person"
    kind = Kind.FORBIDDEN


class AssessorsInvalid(Refusal):
    """An assessment needs two assessors; a disputed one needs two others."""

    code = "assessment.assessors"


class AssessmentNotFound(Refusal):
    """No assessment of that number is waiting to be recorded."""

    code = "assessment.not_found"
    kind = Kind.NOT_FOUND


class AssessmentBooked(Refusal):
    """An assessment is booked already."""

    code = "assessment.booked"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Member:
    """One elder of an earlier system's list, already approved: who, on whose account, and how able."""

    person_id: UUID
    district: str
    category: Category
    level: int


async def apply(work: Work, *, person_id: UUID, category: Category) -> Enrolment:
    """Enter an application; refuse `enrolment.too_young`, `enrolment.deceased`, `enrolment.already_open`."""
    vital = await registry.vital(work, person_id)
    if vital.died_on is not None:
        raise ApplicantDeceased
    least = (await rules.read(work.session, LeastAge, at=work.now)).value
    age = identifiers.age_on(vital.born_on, clock.day_of(work.now))
    if age < least:
        raise TooYoung(age=age, least=least)
    if await queries.open_enrolment(work, person_id) is not None:
        raise AlreadyEnrolled
    place = await registry.place_of(work, person_id)
    enrolment = Enrolment(
        person_id=person_id,
        district=place.district,
        category=category,
        state=EnrolmentState.APPLIED,
        applied_at=work.now,
        applied_by=work.actor.account_id,
    )
    work.session.add(enrolment)
    await work.session.flush()
    return enrolment


async def book_assessment(
    work: Work, *, person_id: UUID, occasion: AssessmentOccasion, booked_for: datetime, assessors: tuple[UUID, UUID]
) -> Assessment:
    """Book two assessors; refuse `assessment.assessors` (one and the same, or, in a dispute, one of the last two).

    Before the first activation it moves the application on; later it leaves the enrolment as it is.
    """
    enrolment = await _open(work, person_id)
    made = await queries.assessments(work, person_id)
    if any(entry.assessed_at is None and entry.enrolment_id == enrolment.id for entry in made):
        raise AssessmentBooked
    last = {made[-1].first_assessor_id, made[-1].second_assessor_id} if made else set()
    if len(set(assessors)) != 2 or (occasion is AssessmentOccasion.DISPUTE and last & set(assessors)):
        raise AssessorsInvalid
    if enrolment.state not in queries.SERVED:
        move(enrolment, EnrolmentState.ASSESS_BOOKED)
    booked = Assessment(
        enrolment_id=enrolment.id,
        person_id=person_id,
        occasion=occasion,
        booked_for=booked_for,
        first_assessor_id=assessors[0],
        second_assessor_id=assessors[1],
    )
    work.session.add(booked)
    await work.session.flush()
    return booked


async def record_assessment(work: Work, *, assessment_id: UUID, findings: assessment.Findings) -> Assessment:
    """Seal the findings and set the level they give (GB/T 42195-2022); refuse `assessment.not_found`.

    An elder who is already served keeps the old level until the end of the month. The next assessment is due after
    the rule `enrolment.reassess_months`.
    """
    query = select(Assessment).where(Assessment.id == assessment_id, Assessment.assessed_at.is_(None))
    booked = (await work.session.execute(query.with_for_update())).scalar_one_or_none()
    if booked is None:
        raise AssessmentNotFound
    enrolment = await _open(work, booked.person_id)
    text = json.dumps(asdict(findings), sort_keys=True)
    key = await registry.data_key(work, booked.person_id)
    booked.findings_sealed = work.vault.seal(key, f"assessment|findings_sealed|{booked.id}", text)
    booked.level = int(assessment.level(findings))
    booked.assessed_at = work.now
    months = (await rules.read(work.session, ReassessMonths, at=work.now)).value
    enrolment.reassess_on = _months_later(clock.day_of(work.now), months)
    enrolment.level = booked.level
    if enrolment.state in queries.SERVED:
        await _decide(work, enrolment, from_month=quota.following(clock.month_of(work.now)))
    else:
        move(enrolment, EnrolmentState.ASSESSED)
    await work.session.flush()
    return booked


async def publicise(work: Work, *, person_id: UUID) -> Enrolment:
    """Begin the days of publicity of a subsidised elder; refuse `enrolment.not_publicised` where nobody else pays."""
    enrolment = await _open(work, person_id)
    if enrolment.category is Category.SELF_PAID:
        raise NotPublicised
    move(enrolment, EnrolmentState.PUBLICISED)
    enrolment.publicised_at = work.now
    return enrolment


async def activate(work: Work, *, person_id: UUID) -> Enrolment:
    """Let an elder be served from today, with today's part of the month's quota.

    Refuses `enrolment.publicity_running` before the days of publicity are over and `enrolment.same_person` to the
    person who entered the application.
    """
    enrolment = await _open(work, person_id)
    if work.actor.account_id is not None and work.actor.account_id == enrolment.applied_by:
        raise SamePerson
    if enrolment.category is Category.SELF_PAID:
        _expect(enrolment, EnrolmentState.ASSESSED)
    else:
        _expect(enrolment, EnrolmentState.PUBLICISED)
        await _await_publicity(work, enrolment)
    move(enrolment, EnrolmentState.ACTIVE)
    enrolment.first_active_at = work.now
    month = clock.month_of(work.now)
    await _decide(work, enrolment, from_month=month)
    await wallet.open_month(work, person_id=person_id, month=month, first_day=clock.day_of(work.now))
    emit_active(work, enrolment)
    return enrolment


async def take_over(work: Work, *, members: Sequence[Member]) -> None:
    """Enter elders that an earlier system has approved as active, with the whole month's quota, in few statements."""
    month = clock.month_of(work.now)
    months = (await rules.read(work.session, ReassessMonths, at=work.now)).value
    due = _months_later(clock.day_of(work.now), months)
    rows = [
        {
            "id": new_id(),
            "person_id": member.person_id,
            "district": member.district,
            "category": member.category,
            "level": member.level,
            "state": EnrolmentState.ACTIVE,
            "applied_at": work.now,
            "first_active_at": work.now,
            "reassess_on": due,
        }
        for member in members
    ]
    if not rows:
        return
    await work.session.execute(insert(Enrolment), rows)
    await work.session.execute(
        insert(Term),
        [
            {
                "id": new_id(),
                "enrolment_id": row["id"],
                "person_id": row["person_id"],
                "from_month": month,
                "category": row["category"],
                "level": row["level"],
                "recorded_at": work.now,
                "recorded_by": work.actor.label,
            }
            for row in rows
        ],
    )
    for member in members:
        work.emit(
            QuotaTermRecorded(
                person_id=member.person_id, from_month=month, category=member.category, level=member.level
            )
        )
        work.emit(EnrolmentActivated(person_id=member.person_id, category=member.category, level=member.level))


async def suspend(work: Work, *, person_id: UUID, reason: SuspendReason) -> Enrolment:
    """Stop serving an elder who is not at home (hospital, institution, away over 30 days)."""
    enrolment = await _open(work, person_id)
    move(enrolment, EnrolmentState.SUSPENDED)
    enrolment.suspended_at, enrolment.suspend_reason = work.now, reason
    work.emit(EnrolmentSuspended(person_id=person_id, reason=reason))
    return enrolment


async def resume(work: Work, *, person_id: UUID) -> Enrolment:
    """Serve an elder again who is back at home; a stay in hospital makes the next assessment due at once."""
    enrolment = await _open(work, person_id)
    _expect(enrolment, EnrolmentState.SUSPENDED)
    move(enrolment, EnrolmentState.ACTIVE)
    if enrolment.suspend_reason is SuspendReason.HOSPITAL:
        enrolment.reassess_on = clock.day_of(work.now)
    enrolment.suspended_at, enrolment.suspend_reason = None, None
    work.emit(EnrolmentResumed(person_id=person_id))
    return enrolment


async def change_category(work: Work, *, person_id: UUID, category: Category) -> Enrolment:
    """Put an elder into another category: before publicity at once, once served from the next month on.

    Refuses `enrolment.not_now` between publicity and activation, because the board names the category.
    """
    enrolment = await _open(work, person_id)
    if enrolment.state is EnrolmentState.PUBLICISED:
        raise NotNow(state=enrolment.state)
    enrolment.category = category
    if enrolment.state in queries.SERVED:
        await _decide(work, enrolment, from_month=quota.following(clock.month_of(work.now)))
    return enrolment


async def end(work: Work, *, person_id: UUID, reason: EndReason, ended_on: date) -> Enrolment:
    """End an enrolment and its quota: the last month counts to `ended_on`, free money expires, held money stays."""
    enrolment = await _open(work, person_id)
    move(enrolment, EnrolmentState.ENDED)
    enrolment.ended_on, enrolment.end_reason = ended_on, reason
    if enrolment.first_active_at is not None:
        began = clock.day_of(enrolment.first_active_at)
        await wallet.close_all(work, person_id=person_id, first_day=began, last_day=ended_on)
        work.emit(EnrolmentEnded(person_id=person_id, reason=reason, ended_on=ended_on))
    return enrolment


async def _open(work: Work, person_id: UUID) -> Enrolment:
    query = select(Enrolment).where(Enrolment.person_id == person_id, Enrolment.state != EnrolmentState.ENDED)
    enrolment = (await work.session.execute(query.with_for_update(key_share=True))).scalar_one_or_none()
    if enrolment is None:
        raise EnrolmentNotFound
    return enrolment


async def _await_publicity(work: Work, enrolment: Enrolment) -> None:
    lasting = (await rules.read(work.session, PublicityDays, at=work.now)).span
    until = (enrolment.publicised_at or work.now) + lasting
    if work.now < until:
        raise PublicityRunning(until=clock.day_of(until).isoformat())


async def _decide(work: Work, enrolment: Enrolment, *, from_month: str) -> None:
    """Record the terms in force from a month on, and adjust that month's wallet if it is already open."""
    work.session.add(
        Term(
            enrolment_id=enrolment.id,
            person_id=enrolment.person_id,
            from_month=from_month,
            category=enrolment.category,
            level=enrolment.level,
            recorded_at=work.now,
            recorded_by=work.actor.label,
        )
    )
    assert enrolment.level is not None  # noqa: S101 - terms follow an assessment
    work.emit(
        QuotaTermRecorded(
            person_id=enrolment.person_id,
            from_month=from_month,
            category=enrolment.category,
            level=enrolment.level,
        )
    )
    if enrolment.first_active_at is not None and from_month > clock.month_of(work.now):
        await wallet.regrant(work, person_id=enrolment.person_id, month=from_month)


def emit_active(work: Work, enrolment: Enrolment) -> None:
    """Emit that an assessed elder may be served."""
    assert enrolment.level is not None  # noqa: S101 - nobody is activated without an assessment
    work.emit(EnrolmentActivated(person_id=enrolment.person_id, category=enrolment.category, level=enrolment.level))


def _expect(enrolment: Enrolment, state: EnrolmentState) -> None:
    if enrolment.state is not state:
        raise NotNow(state=enrolment.state)


def move(enrolment: Enrolment, state: EnrolmentState) -> None:
    """Put an enrolment into a state; refuses `enrolment.not_now` where `TRANSITIONS` does not list it."""
    if state not in TRANSITIONS[enrolment.state]:
        raise NotNow(state=enrolment.state)
    enrolment.state = state


def _months_later(day: date, months: int) -> date:
    """Return the same day months later, or the last day of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
