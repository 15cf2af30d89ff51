"""How home care follows the register of stays in institutions: whoever lives in one is sent nobody new.

The register is known by its name alone: without the module that keeps it, nobody lives in an institution.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import select

from civil.blocks.register import queries as records
from civil.blocks.register.model import CivilRecord
from dispatch.enrolment import registry_changes
from dispatch.enrolment.model import Enrolment, EnrolmentState
from events.work import Work
from registry import queries as registry

REGISTER: Final = "institutions.stay"


async def follow(work: Work, *, person_id: UUID) -> None:
    """Suspend an elder who lives in an institution, and serve again who has left it alive; safe to do twice."""
    if await records.open_about(work, REGISTER, person_id) is not None:
        await registry_changes.report_stay(work, person_id=person_id)
    elif (await registry.vital(work, person_id)).died_on is None:
        await registry_changes.end_stay(work, person_id=person_id)


async def suspend_residents(work: Work) -> int:
    """Suspend whoever is served and lives in an institution: enrolled there, or resumed while the register says so.

    Safe to do twice; returns how many.
    """
    query = (
        select(Enrolment.person_id)
        .join(CivilRecord, CivilRecord.person_id == Enrolment.person_id)
        .where(CivilRecord.kind == REGISTER, CivilRecord.closed_on.is_(None), Enrolment.state == EnrolmentState.ACTIVE)
        .order_by(Enrolment.person_id)
        .limit(500)
    )
    residents = (await work.session.execute(query)).scalars().all()
    return sum([await registry_changes.report_stay(work, person_id=person_id) is not None for person_id in residents])
