"""Decide a rule: a new value from an instant on, a late paper for the past, and the proposals of a new database."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.ids import new_id
from kit.refusal import Refusal
from kit.rules import pending, queries
from kit.rules.model import PROPOSER, ChangeKind, PendingChange, RuleRow
from kit.rules.typed import BEGINNING, DatedRule

_NOTICE = timedelta(minutes=1)


class RuleTooSoon(Refusal):
    """Caches of running processes are seconds old, so a rule must be announced before it takes effect."""

    code = "rule.too_soon"


class RuleNotPast(Refusal):
    """A value that becomes valid in the future is decided, not back-dated."""

    code = "rule.not_past"


async def decide(
    session: AsyncSession, value: DatedRule, *, valid_from: datetime, now: datetime, by: str, source: str = ""
) -> RuleRow:
    """Record a value of a rule from an instant on; refuse `rule.too_soon` less than a minute ahead."""
    if valid_from < now + _NOTICE:
        raise RuleTooSoon(name=value.about.name)
    return await _record(session, value, valid_from=valid_from, now=now, by=by, source=source)


async def backdate(
    session: AsyncSession, value: DatedRule, *, valid_from: datetime, now: datetime, by: str, source: str
) -> RuleRow:
    """Record a value of a rule from an instant that is over, for a late paper; refuse `rule.not_past`.

    What was paid is never rewritten by it: settlement makes adjustments.
    """
    if valid_from > now:
        raise RuleNotPast(name=value.about.name)
    return await _record(session, value, valid_from=valid_from, now=now, by=by, source=source)


async def announce(
    session: AsyncSession,
    value: DatedRule,
    *,
    valid_from: datetime,
    now: datetime,
    by: str,
    source: str,
    wait: timedelta,
    backdated: bool = False,
) -> PendingChange:
    """Propose a value of a rule about money or proof; a second person confirms it (`pending.confirm`).

    Refuses `rule.not_past` for a late paper about the future, and `change.too_soon` for a value that would take effect
    before the waiting time is over.
    """
    if backdated and valid_from > now:
        raise RuleNotPast(name=value.about.name)
    if not backdated and valid_from < now + wait + _NOTICE:
        raise pending.ChangeTooSoon(hours=wait // timedelta(hours=1))
    content = {"value": value.content, "valid_from": valid_from.isoformat(), "source": source}
    kind = ChangeKind.RULE_BACKDATED if backdated else ChangeKind.RULE
    return await pending.propose(session, kind=kind, subject=value.about.name, content=content, by=by, now=now)


async def put_in_force(
    session: AsyncSession, change: PendingChange, rules: Iterable[type[DatedRule]], *, now: datetime, by: str
) -> RuleRow:
    """Record the value of a confirmed change; refuses what `decide` and `backdate` refuse, and `rule.invalid`."""
    verb = backdate if change.kind is ChangeKind.RULE_BACKDATED else decide
    value = queries.named(rules, change.subject).of(change.content["value"])
    valid_from, source = datetime.fromisoformat(change.content["valid_from"]), change.content["source"]
    return await verb(session, value, valid_from=valid_from, now=now, by=by, source=source)


async def propose(session: AsyncSession, rules: Iterable[type[DatedRule]]) -> Sequence[RuleRow]:
    """Write the proposals of the rules that this database has never seen; return their rows."""
    names = set((await session.execute(select(RuleRow.name).distinct())).scalars())
    rows = [_proposal(rule) for rule in rules if rule.about.name not in names]
    return [(await session.execute(insert(RuleRow).values(row).returning(RuleRow))).scalar_one() for row in rows]


def _proposal(rule: type[DatedRule]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "name": rule.about.name,
        "value": rule.proposed().content,
        "valid_from": BEGINNING,
        "recorded_at": func.now(),
        "recorded_by": PROPOSER,
        "source": rule.about.source,
    }


async def _record(
    session: AsyncSession, value: DatedRule, *, valid_from: datetime, now: datetime, by: str, source: str
) -> RuleRow:
    row = RuleRow(
        name=value.about.name,
        value=value.content,
        valid_from=valid_from,
        recorded_at=now,
        recorded_by=by,
        source=source,
    )
    session.add(row)
    await session.flush()
    queries.forget()
    return row
