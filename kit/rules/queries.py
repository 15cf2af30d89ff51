"""What the rules say: at an instant, as it was known at an instant, and every value that was ever recorded."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.refusal import Kind, Refusal
from kit.rules.faults import RuleInvalid
from kit.rules.model import RuleRow
from kit.rules.typed import BEGINNING, DatedRule

_STALE_SECONDS = 5.0
_UNREAD = object()

R = TypeVar("R", bound=DatedRule)


class RuleUnknown(Refusal):
    """No rule has that name."""

    code = "rule.unknown"
    kind = Kind.NOT_FOUND


@dataclass(slots=True)
class Recorded:
    """One recorded value, and its model once somebody has asked for it; None where it does not fit the rule."""

    valid_from: datetime
    recorded_at: datetime
    content: Any
    _model: Any = field(default=_UNREAD)

    def model(self, rule: type[R]) -> R | None:
        """Return the value as its rule's model, or None where it does not fit."""
        if self._model is _UNREAD:
            try:
                self._model = rule.of(self.content)
            except RuleInvalid:
                self._model = None
        model: R | None = self._model
        return model


_Rows = dict[str, list[Recorded]]

_cache: WeakKeyDictionary[Engine | Connection, tuple[float, _Rows]] = WeakKeyDictionary()
"""What each engine has read and when, at most five seconds ago; sound because rules are announced a minute ahead."""


async def read(session: AsyncSession, rule: type[R], *, at: datetime, known_at: datetime | None = None) -> R:
    """Return the value of a rule that is valid at an instant; `known_at` asks what had been recorded by then.

    A recorded value that does not fit the rule's model does not count: the last one before it that fits holds, and
    where there is none, the proposed value.
    """
    row = await _in_force(session, rule, at=at, known_at=known_at)
    model = None if row is None else row.model(rule)
    return rule.proposed() if model is None else model


async def recorded(
    session: AsyncSession, rule: type[DatedRule], *, at: datetime, known_at: datetime | None = None
) -> Any:
    """Return the JSON value behind what `read` returns, as it was recorded: 6 where the model's number is 6.0."""
    row = await _in_force(session, rule, at=at, known_at=known_at)
    return rule.about.proposed if row is None else row.content


async def _in_force(
    session: AsyncSession, rule: type[DatedRule], *, at: datetime, known_at: datetime | None
) -> Recorded | None:
    rows = _valid((await _rows(session)).get(rule.about.name, ()), at=at, known_at=known_at)
    return next((row for row in rows if row.model(rule) is not None), None)


async def misfits(session: AsyncSession, rules: Iterable[type[DatedRule]], *, at: datetime) -> list[str]:
    """Name the recorded values that would be in force at an instant or later, but do not fit their rule's model.

    Each is written `name since 2026-11-02`, in the order of `rules`.
    """
    rows = await _rows(session)
    return [
        f"{rule.about.name} since {row.valid_from:%Y-%m-%d}"
        for rule in rules
        for row in _standing(rows.get(rule.about.name, ()), at=at)
        if row.model(rule) is None
    ]


async def history(session: AsyncSession, name: str | None = None) -> Sequence[RuleRow]:
    """Return the recorded values, oldest first, of one rule or of all."""
    query = select(RuleRow).order_by(RuleRow.name, RuleRow.valid_from, RuleRow.recorded_at, RuleRow.id)
    return (await session.execute(query if name is None else query.where(RuleRow.name == name))).scalars().all()


def named(rules: Iterable[type[DatedRule]], name: str) -> type[DatedRule]:
    """Return the rule of a name; refuse `rule.unknown`."""
    for rule in rules:
        if rule.about.name == name:
            return rule
    raise RuleUnknown(name=name)


def forget() -> None:
    """Read the rules anew at the next question: one has just been recorded."""
    _cache.clear()


def _valid(rows: Sequence[Recorded], *, at: datetime, known_at: datetime | None = None) -> Iterator[Recorded]:
    """Yield the values that are valid at an instant, the one in force first."""
    for row in reversed(rows):
        if row.valid_from <= at and (known_at is None or row.recorded_at <= known_at or row.valid_from == BEGINNING):
            yield row


def _standing(rows: Sequence[Recorded], *, at: datetime) -> list[Recorded]:
    """Return the value in force at an instant, and for each later instant on which a value begins the last recorded."""
    now = next(_valid(rows, at=at), None)
    later = {row.valid_from: row for row in rows if row.valid_from > at}
    return [*([] if now is None else [now]), *later.values()]


async def _rows(session: AsyncSession) -> _Rows:
    read_at, rows = _cache.get(session.get_bind(), (0.0, {}))
    if not rows or monotonic() - read_at > _STALE_SECONDS:
        return await _read(session)
    return rows


async def _read(session: AsyncSession) -> _Rows:
    result = await session.execute(
        select(RuleRow.name, RuleRow.valid_from, RuleRow.recorded_at, RuleRow.value).order_by(
            RuleRow.valid_from, RuleRow.recorded_at, RuleRow.id
        )
    )
    rows: _Rows = {}
    for name, valid_from, recorded_at, content in result:
        rows.setdefault(name, []).append(Recorded(valid_from, recorded_at, content))
    _cache[session.get_bind()] = monotonic(), rows
    return rows
