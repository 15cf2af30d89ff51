"""The standards of a charge: the settlement rules as of an instant, and the values kept under their version."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert as upsert

from events.work import Work
from kit.rules import queries as rules
from providers.settlement.arithmetic import Standards
from providers.settlement.model import ChargeStandards
from providers.settlement.rules import (
    CancelledLatePercent,
    FullFromPercent,
    LateAfterMinutes,
    LatePercent,
    NobodyHomePercent,
    ProvenGrades,
)


async def at(work: Work, instant: datetime) -> Standards:
    """Return the settlement rules as of an instant."""
    return Standards(
        full_from_percent=(await rules.read(work.session, FullFromPercent, at=instant)).value,
        late_after_minutes=(await rules.read(work.session, LateAfterMinutes, at=instant)).value,
        late_percent=(await rules.read(work.session, LatePercent, at=instant)).value,
        nobody_home_percent=(await rules.read(work.session, NobodyHomePercent, at=instant)).value,
        cancelled_late_percent=(await rules.read(work.session, CancelledLatePercent, at=instant)).value,
        proven_grades=(await rules.read(work.session, ProvenGrades, at=instant)).value,
    )


async def of(work: Work, version: str) -> Standards:
    """Return the rule values that a charge names."""
    row = await work.session.get_one(ChargeStandards, version)
    return Standards(**row.content)


async def keep(work: Work, standards: Standards) -> None:
    """Keep the values under their version; doing it again changes nothing."""
    row = {"version": standards.version, "content": asdict(standards)}
    await work.session.execute(upsert(ChargeStandards).values(row).on_conflict_do_nothing())
