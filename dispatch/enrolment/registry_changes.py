"""Apply changes of the registry to enrolments: a corrected death, a division moved to another district."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from dispatch.enrolment import operations, wallet
from dispatch.enrolment.model import EndReason, Enrolment, EnrolmentState
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
