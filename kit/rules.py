"""Rules that people decide: dated rows with valid time and record time, never constants, never the environment.

Each room ships proposals in its `rules.toml`; they are written once, valid from the beginning, and every later change
is a new row. A value may be asked for as it is now, as it was for a day, and as it was known at an instant.
"""

import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, String, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit.database import FOR_ALL, Base
from kit.ids import new_id
from kit.refusal import Kind, Refusal

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_NOTICE = timedelta(minutes=1)
_STALE_SECONDS = 5.0
LARGEST_VALUE = 10**12


class RuleUnknown(Refusal):
    """No rule of that name was ever proposed."""

    code = "rule.unknown"
    kind = Kind.NOT_FOUND


class RuleTooSoon(Refusal):
    """Caches of running processes are seconds old, so a rule must be announced before it takes effect."""

    code = "rule.too_soon"


class RuleShape(Refusal):
    """The value is of another kind than the rule has always had; whoever reads it would stumble."""

    code = "rule.shape"


class Rule(Base):
    """One value of one rule from one day on, as recorded by one person; the latest record of a time wins."""

    __tablename__ = "rule"
    __table_args__ = ({"info": {**FOR_ALL, "append_only": True}},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80), index=True)
    value: Mapped[Any] = mapped_column(JSONB)
    valid_from: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(String(400), default="")


_Rows = dict[str, list[tuple[datetime, datetime, Any]]]

_cache: WeakKeyDictionary[Engine | Connection, tuple[float, _Rows]] = WeakKeyDictionary()
"""What each engine has read and when, at most five seconds ago; sound because rules are announced a minute ahead."""


async def value(session: AsyncSession, name: str, *, at: datetime, known: datetime | None = None) -> Any:
    """Return the JSON value of a rule that is valid at an instant; `known` asks what had been recorded by then."""
    read_at, rows = _cache.get(session.get_bind(), (0.0, {}))
    if name not in rows or monotonic() - read_at > _STALE_SECONDS:
        rows = await _read(session)
    for valid_from, recorded_at, content in reversed(rows.get(name, [])):
        if valid_from <= at and (known is None or recorded_at <= known or valid_from == BEGINNING):
            return content
    raise RuleUnknown(name=name)


async def change(
    session: AsyncSession, name: str, content: Any, *, valid_from: datetime, now: datetime, by: str, source: str = ""
) -> None:
    """Record a new value of a known rule; refuse `rule.unknown`, `rule.shape`, `rule.too_soon` (under a minute ahead).

    A value that is valid from the past is allowed only through `backdate`, which money rules treat by adjustments.
    """
    if valid_from < now + _NOTICE:
        raise RuleTooSoon(name=name)
    known = (await session.execute(select(Rule.value).where(Rule.name == name).limit(1))).scalars().all()
    if known and not alike(known[0], content):
        raise RuleShape(name=name)
    await backdate(session, name, content, valid_from=valid_from, now=now, by=by, source=source)


def alike(known: Any, value: Any) -> bool:
    """Tell whether a value has the shape of a known one.

    Numbers stay numbers, not below nothing where none was; lists hold the same kind of thing; a table keeps its keys,
    and what it has besides is of the kind of what it had.
    """
    if isinstance(known, dict):
        if not isinstance(value, dict) or not known.keys() <= value.keys():
            return False
        return all(alike(known.get(key, next(iter(known.values()), one)), one) for key, one in value.items())
    if isinstance(known, list):
        return isinstance(value, list) and all(alike(known[0], one) for one in value if known)
    if isinstance(known, bool) or isinstance(value, bool) or not isinstance(known, int | float):
        return type(known) is type(value)
    if not isinstance(value, int | float) or (isinstance(known, int) and not isinstance(value, int)):
        return False
    return abs(value) <= LARGEST_VALUE and (value >= 0 or known < 0)


async def backdate(
    session: AsyncSession, name: str, content: Any, *, valid_from: datetime, now: datetime, by: str, source: str = ""
) -> None:
    """Record a value of a known rule from any day on: for late papers; what was paid is never rewritten by it."""
    if not (await session.execute(select(Rule.id).where(Rule.name == name).limit(1))).scalar():
        raise RuleUnknown(name=name)
    session.add(Rule(name=name, value=content, valid_from=valid_from, recorded_at=now, recorded_by=by, source=source))
    await session.flush()
    _cache.clear()


async def history(session: AsyncSession, name: str | None = None) -> Sequence[Rule]:
    """Return the recorded values, oldest first, of one rule or of all."""
    query = select(Rule).order_by(Rule.name, Rule.valid_from, Rule.recorded_at)
    return (await session.execute(query if name is None else query.where(Rule.name == name))).scalars().all()


def proposals(root: Path) -> dict[str, dict[str, Any]]:
    """Read every room's `rules.toml` below the project's root: name → {value, source, note}."""
    found: dict[str, dict[str, Any]] = {}
    for folder in ("registry", "providers", "dispatch", "api"):
        for path in sorted((root / folder).rglob("rules.toml")):
            for name, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
                if name in found:
                    message = f"the rule {name} is proposed twice"
                    raise ValueError(message)
                found[name] = entry
    return found


async def propose(session: AsyncSession, root: Path) -> int:
    """Write the proposals that this database has never seen; return how many."""
    known = set((await session.execute(select(Rule.name).distinct())).scalars())
    rows = [
        {
            "id": new_id(),
            "name": name,
            "value": entry["value"],
            "valid_from": BEGINNING,
            "recorded_at": func.now(),
            "recorded_by": "proposal",
            "source": entry.get("source", ""),
        }
        for name, entry in proposals(root).items()
        if name not in known
    ]
    for row in rows:
        await session.execute(insert(Rule).values(row))
    return len(rows)


async def _read(session: AsyncSession) -> _Rows:
    rows = await session.execute(
        select(Rule.name, Rule.valid_from, Rule.recorded_at, Rule.value).order_by(Rule.valid_from, Rule.recorded_at)
    )
    found: _Rows = {}
    for name, valid_from, recorded_at, content in rows:
        found.setdefault(name, []).append((valid_from, recorded_at, content))
    _cache[session.get_bind()] = monotonic(), found
    return found
