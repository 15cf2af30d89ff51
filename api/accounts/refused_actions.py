"""What accounts asked for that the policy refuses to their role: counted by the minute, so that nobody floods it."""

import logging
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from api.accounts.model import RefusedAction
from events.work import Work
from kit.access.actor import Actor
from kit.ids import new_id

log = logging.getLogger("nowalls.access")

# Built once, upon the table: an account that asks without end for what it may not do must cost little.
_TABLE = RefusedAction.metadata.tables[RefusedAction.__tablename__]
_NEW = insert(_TABLE)
_COUNT = _NEW.on_conflict_do_update(
    index_elements=["account_id", "action", "minute"],
    set_={
        "count": _TABLE.c.count + 1,
        "last_at": _NEW.excluded.last_at,
        "correlation": _NEW.excluded.correlation,
    },
).returning(_TABLE.c.count)


async def record(work: Work, actor: Actor, action: str) -> None:
    """Count a refused action of an account within its minute, and log the first of the minute."""
    row = {
        "id": new_id(),
        "account_id": actor.account_id,
        "role": actor.role,
        "action": action,
        "minute": work.now.replace(second=0, microsecond=0),
        "count": 1,
        "last_at": work.now,
        "correlation": work.correlation,
    }
    counted = await work.session.execute(_COUNT, row)
    if counted.scalar_one() == 1:
        log.warning(
            "refused by policy: action %s, role %s, account %s, correlation %s",
            action,
            actor.role.value,
            actor.account_id,
            work.correlation,
        )


async def forget_old(work: Work, before: datetime) -> None:
    """Delete what was refused before an instant."""
    await work.session.execute(delete(RefusedAction).where(RefusedAction.last_at < before))
