"""All days in memory, kept equal to the database: correct after a crash and beside other processes.

Every look first reads what has changed since the oldest transaction that was running at the last look: neither ids nor
transaction numbers become visible in their order, and a row read twice changes nothing. Rows of the reader's own work
are left out, since that work may yet be undone. Nothing here is a record: whoever starts with an empty memory decides
the same, and the bookings' exclusion constraint has the last word.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import BigInteger, Boolean, DateTime, Double, Engine, String, Uuid, bindparam, text

from dispatch.matching.fleet.day import MOST_NUMBERS, Day, Hours
from dispatch.matching.rules import Travel, Weights
from dispatch.visits.model import Xid8
from events.work import Work
from kit import clock
from kit.rules import queries as rules
from providers.roster import queries as roster

_CHANGED = (
    text(
        "select s.oldest, s.whole, b.id, b.worker_id, b.worker_number, b.provider_id, b.leading, b.latitude,"
        " b.longitude, lower(b.during) as starts_at, upper(b.during) as ends_at, b.begun, b.active"
        " from (select pg_snapshot_xmin(pg_current_snapshot()) as oldest, pg_current_snapshot()::text as whole) s"
        " left join booking b on b.changed_xid >= cast(:horizon as xid8)"
        " and b.changed_xid is distinct from pg_current_xact_id_if_assigned()"
        " and lower(b.during) >= :since and (b.active or :again)"
    )
    .bindparams(
        bindparam("horizon", type_=Xid8),
        bindparam("since", type_=DateTime(timezone=True)),
        bindparam("again", type_=Boolean),
    )
    .columns(
        oldest=Xid8,
        whole=String,
        id=Uuid,
        worker_id=Uuid,
        worker_number=BigInteger,
        provider_id=Uuid,
        leading=Boolean,
        latitude=Double,
        longitude=Double,
        starts_at=DateTime(timezone=True),
        ends_at=DateTime(timezone=True),
        begun=Boolean,
        active=Boolean,
    )
)


@dataclass(slots=True)
class Fleet:
    """The days of one database; look at it under `lock`, and do not wait for anything else between look and choice."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    snapshot: str = ""
    _horizon: int = 0
    _month: str = ""
    _hours: dict[UUID, Hours] = field(default_factory=dict)
    _won: Counter[tuple[UUID, str]] = field(default_factory=Counter)
    _days: dict[date, Day] = field(default_factory=dict)
    _lines: tuple[object, roster.ContractLines] | None = None

    async def look(self, work: Work, day: date) -> Day:
        """Return a day as the database has it now."""
        month = clock.month_of(work.now)
        if month != self._month:
            # What was won in months gone by no longer counts: begin again with this month's bookings.
            self._month, self._horizon = month, 0
            self._hours, self._won, self._days = {}, Counter(), {}
        mark = await roster.roster_mark(work)
        weights = await rules.read(work.session, Weights, at=work.now)
        travel = await rules.read(work.session, Travel, at=work.now)
        await self._catch_up(work)
        for past in [known for known in self._days if known < clock.day_of(work.now)]:
            del self._days[past]
        found = self._days.get(day)
        known = (mark, weights.content, travel.content)
        if found is None or found.known != known or found.used > MOST_NUMBERS:
            found = self._days[day] = await self._lay_out(work, day, known, weights, travel)
        return found

    async def _catch_up(self, work: Work) -> None:
        facts = {
            "horizon": self._horizon,
            "since": clock.month_bounds(self._month)[0],
            "again": self._horizon > 0,
        }
        for row in (await work.session.execute(_CHANGED, facts)).all():
            self._horizon, self.snapshot = row.oldest, row.whole
            if row.id is None:
                continue
            self._drop(row.id)
            if row.active:
                self._take(row.id, Hours(*row[3:12]))

    def _drop(self, booking_id: UUID) -> None:
        hours = self._hours.pop(booking_id, None)
        if hours is None:
            return
        if hours.leading:
            self._won[hours.provider_id, clock.month_of(hours.starts_at)] -= 1
        for day in self._days.values():
            if day.covers(hours):
                day.release(booking_id, hours)

    def _take(self, booking_id: UUID, hours: Hours) -> None:
        self._hours[booking_id] = hours
        if hours.leading:
            self._won[hours.provider_id, clock.month_of(hours.starts_at)] += 1
        for day in self._days.values():
            if day.covers(hours):
                day.book(booking_id, hours)

    async def _lay_out(self, work: Work, day: date, known: tuple[object, ...], weights: Weights, travel: Travel) -> Day:
        from_at = clock.at_local(day, 0)
        found = Day(
            day,
            roster=await roster.roster(work, from_at=from_at, until_at=from_at + Day.SPAN),
            contracts=await roster.contracts(work, on=day, lines=await self._contract_lines(work, known[0])),
            weights=weights,
            travel=travel,
            known=known,
        )
        for booking_id, hours in self._hours.items():
            if found.covers(hours):
                found.book(booking_id, hours)
        return found

    async def _contract_lines(self, work: Work, mark: object) -> roster.ContractLines:
        """Keep what the contracts cover from day to day: it is most of what a new day would have to read."""
        if self._lines is None or self._lines[0] != mark:
            self._lines = mark, await roster.contract_lines(work)
        return self._lines[1]

    def copy(self, day: Day) -> Day:
        """Return a day once more, as it was looked at last, to be planned on elsewhere while this one goes on."""
        found = day.blank()
        for booking_id, hours in self._hours.items():
            if found.covers(hours):
                found.book(booking_id, hours)
        return found

    def won(self, day: Day, at: datetime) -> dict[int, int]:
        """Return how many visits each company of a day's fleet has in the month of an instant, by company number."""
        month = clock.month_of(at)
        return {number: self._won[provider_id, month] for number, provider_id in day.providers.items()}


_fleets: WeakKeyDictionary[Engine, Fleet] = WeakKeyDictionary()


def fleet_of(work: Work) -> Fleet:
    """Return the memory of the database that a work runs on."""
    engine = work.session.get_bind()
    assert isinstance(engine, Engine)  # noqa: S101 - sessions of this product are bound to engines
    return _fleets.setdefault(engine, Fleet())
