"""Apply what registers learn to enrolments: a corrected death, a stay in an institution, a division that moved."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from dispatch.enrolment import operations, wallet
from dispatch.enrolment.model import EndReason, Enrolment, EnrolmentState, SuspendReason
from events.contracts.enrolments import StayReported
from events.work import Work
from kit import clock
from registry import queries as registry


async def correct_death(work: Work, *, person_id: UUID, died_on: date | None) -> Enrolment | None:
    """Undo the effect of a wrong death: correct the last day, or reactivate from today; None without an enrolment.

    Who is alive (`died_on` is None) gets the part of the month's quota that is left from today. With another day of
    death the quota stays as it was closed: what was spent or paid is not rewritten.
    """
    query = (
        select(Enrolment)
        .where(Enrolment.person_id == person_id)
        .order_by(Enrolment.applied_at.desc(), Enrolment.id.desc())
        .limit(1)
    )
    enrolment = (await work.session.execute(query.with_for_update(key_share=True))).scalar_one_or_none()
    if enrolment is None or enrolment.end_reason is not EndReason.DEATH or enrolment.first_active_at is None:
        return None
    if died_on is not None:
        enrolment.ended_on = died_on
        return enrolment
    operations.move(enrolment, EnrolmentState.ACTIVE)
    enrolment.ended_on = enrolment.end_reason = enrolment.suspended_at = enrolment.suspend_reason = None
    today = clock.day_of(work.now)
    await wallet.open_month(work, person_id=person_id, month=clock.month_of(work.now), first_day=today)
    operations.emit_active(work, enrolment)
    return enrolment


async def report_stay(work: Work, *, person_id: UUID) -> Enrolment | None:
    """Suspend an elder who is served and of whom a register says that they have moved into an institution.

    Emits `StayReported`, not `EnrolmentSuspended`: offers are taken back, and what was promised waits until a person
    has asked. None where the elder is not served now.
    """
    query = select(Enrolment).where(Enrolment.person_id == person_id, Enrolment.state == EnrolmentState.ACTIVE)
    enrolment = (await work.session.execute(query.with_for_update(key_share=True))).scalar_one_or_none()
    if enrolment is None:
        return None
    operations.move(enrolment, EnrolmentState.SUSPENDED)
    enrolment.suspended_at, enrolment.suspend_reason = work.now, SuspendReason.INSTITUTION
    work.emit(StayReported(person_id=person_id))
    return enrolment


async def end_stay(work: Work, *, person_id: UUID) -> Enrolment | None:
    """Serve an elder again who has moved out of an institution; None where nobody is suspended for a stay."""
    query = select(Enrolment.id).where(
        Enrolment.person_id == person_id,
        Enrolment.state == EnrolmentState.SUSPENDED,
        Enrolment.suspend_reason == SuspendReason.INSTITUTION,
    )
    if (await work.session.execute(query)).first() is None:
        return None
    return await operations.resume(work, person_id=person_id)


async def follow_divisions(work: Work, *, successors: Mapping[str, Sequence[str]]) -> None:
    """Move enrolments to another district after an act moved their elders' divisions; no elder has moved home.

    `successors` maps an old 12-digit code to its new ones.
    """
    left = {old[:6] for old, codes in successors.items() if any(code[:6] != old[:6] for code in codes)}
    arrived = {code for codes in successors.values() for code in codes}
    query = select(Enrolment).where(Enrolment.district.in_(left), Enrolment.state != EnrolmentState.ENDED)
    enrolments = (await work.session.execute(query.order_by(Enrolment.id).with_for_update())).scalars().all()
    places = await registry.places_of(work, [enrolment.person_id for enrolment in enrolments])
    for enrolment in enrolments:
        place = places.get(enrolment.person_id)
        if place is not None and place.division_code in arrived:
            enrolment.district = place.district
