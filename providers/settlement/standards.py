"""The standards of a charge: the settlement rules as of an instant, and the values kept under their version."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert as upsert

from events.work import Work
from kit.rules import queries as rules
from providers.settlement.arithmetic import Standards
from providers.settlement.model import ChargeStandards
from providers.settlement.rules import STANDARDS


async def at(work: Work, instant: datetime) -> Standards:
    """Return the settlement rules as of an instant."""
    values = {name: (await rules.read(work.session, rule, at=instant)).value for name, rule in STANDARDS.items()}
    return Standards(**values)


async def of(work: Work, version: str) -> Standards:
    """Return the rule values that a charge names."""
    row = await work.session.get_one(ChargeStandards, version)
    return Standards(**row.content)


async def keep(work: Work, standards: Standards) -> None:
    """Keep the values under their version; doing it again changes nothing."""
    row = {"version": standards.version, "content": asdict(standards)}
    await work.session.execute(upsert(ChargeStandards).values(row).on_conflict_do_nothing())
