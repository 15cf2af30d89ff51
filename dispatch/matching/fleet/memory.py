"""All days in memory, kept equal to the database, also after a crash and with several processes.

Each refresh reads the bookings that changed since the oldest transaction that was running at the last refresh. Ids and
transaction numbers do not become visible in order, so that some rows are read twice, which changes nothing. Rows of
the caller's own transaction are left out, because it may roll back; what a batch of decisions promises is shown to the
decisions after it and taken back at the next refresh, which reads it again if it was committed. This memory is only a
cache: a process that starts with an empty one decides the same, and the exclusion constraint on bookings prevents
double booking.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable
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
from kit.ids import new_id
from kit.rules import queries as rules
from providers.roster import queries as roster

_CHANGED = (
    text(
        "select s.oldest, s.whole, b.id, b.worker_id, b.worker_number, b.provider_id, b.leading, b.latitude,"
        " b.longitude, lower(b.during) as starts_at, upper(b.during) as ends_at, b.begun, b.active"
        " from (select pg_snapshot_xmin(pg_current_snapshot()) as oldest, pg_current_snapshot()::text as whole) s"
        " left join booking b on b.changed_xid >= cast(:horizon as xid8)"
        " and b.changed_xid is distinct from pg_current_xact_id_if_assigned()"
        " and lower(b.during) >= :since and (b.active or :rereading)"
    )
    .bindparams(
        bindparam("horizon", type_=Xid8),
        bindparam("since", type_=DateTime(timezone=True)),
        bindparam("rereading", type_=Boolean),
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
    """The days of one database; hold `lock` from `refresh` to the choice, and await nothing else in between."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    snapshot: str = ""
    _horizon: int = 0
    _month: str = ""
    _hours: dict[UUID, Hours] = field(default_factory=dict)
    _awarded: Counter[tuple[UUID, str]] = field(default_factory=Counter)
    _days: dict[date, Day] = field(default_factory=dict)
    _lines: tuple[object, roster.ContractLines] | None = None
    _shown: list[UUID] = field(default_factory=list)

    async def refresh(self, work: Work, day: date) -> Day:
        """Return a day that equals the database now."""
        return (await self.refresh_all(work, [day]))[day]

    async def refresh_all(self, work: Work, days: Collection[date]) -> dict[date, Day]:
        """Return days that equal the database now."""
        while self._shown:
            self._drop(self._shown.pop())
        month = clock.month_of(work.now)
        if month != self._month:
            # Visits of earlier months no longer count: read this month's bookings from the start.
            self._month, self._horizon = month, 0
            self._hours, self._awarded, self._days = {}, Counter(), {}
        mark = await roster.roster_mark(work)
        weights = await rules.read(work.session, Weights, at=work.now)
        travel = await rules.read(work.session, Travel, at=work.now)
        await self._read_changes(work)
        for old in [basis for basis in self._days if basis < clock.day_of(work.now)]:
            del self._days[old]
        basis = (mark, weights.content, travel.content)
        for day in days:
            held = self._days.get(day)
            if held is None or held.basis != basis or held.used > MOST_NUMBERS:
                self._days[day] = await self._lay_out(work, day, basis, weights, travel)
        return {day: self._days[day] for day in days}

    def show(self, promised: Iterable[Hours]) -> None:
        """Add hours that the caller's transaction is about to book, until the next refresh."""
        for hours in promised:
            self._shown.append(new_id())
            self._take(self._shown[-1], hours)

    async def _read_changes(self, work: Work) -> None:
        facts = {
            "horizon": self._horizon,
            "since": clock.month_bounds(self._month)[0],
            "rereading": self._horizon > 0,
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
            self._awarded[hours.provider_id, clock.month_of(hours.starts_at)] -= 1
        for day in self._days.values():
            if day.covers(hours):
                day.release(booking_id, hours)

    def _take(self, booking_id: UUID, hours: Hours) -> None:
        self._hours[booking_id] = hours
        if hours.leading:
            self._awarded[hours.provider_id, clock.month_of(hours.starts_at)] += 1
        for day in self._days.values():
            if day.covers(hours):
                day.book(booking_id, hours)

    async def _lay_out(self, work: Work, day: date, basis: tuple[object, ...], weights: Weights, travel: Travel) -> Day:
        from_at = clock.at_local(day, 0)
        laid_out = Day(
            day,
            roster=await roster.roster(work, from_at=from_at, until_at=from_at + Day.SPAN),
            contracts=await roster.contracts(work, on=day, lines=await self._contract_lines(work, basis[0])),
            weights=weights,
            travel=travel,
            basis=basis,
        )
        for booking_id, hours in self._hours.items():
            if laid_out.covers(hours):
                laid_out.book(booking_id, hours)
        return laid_out

    async def _contract_lines(self, work: Work, mark: object) -> roster.ContractLines:
        """Return the contract lines from the cache; they are most of what a new day reads from the database."""
        if self._lines is None or self._lines[0] != mark:
            self._lines = mark, await roster.contract_lines(work)
        return self._lines[1]

    def copy(self, day: Day) -> Day:
        """Return a copy of a day as of the last refresh, which the caller may change."""
        copied = day.blank()
        for booking_id, hours in self._hours.items():
            if copied.covers(hours):
                copied.book(booking_id, hours)
        return copied

    def awarded(self, day: Day, at: datetime) -> dict[int, int]:
        """Return how many visits each company of a day's fleet has in the month of an instant, by company number."""
        month = clock.month_of(at)
        return {number: self._awarded[provider_id, month] for number, provider_id in day.providers.items()}


_fleets: WeakKeyDictionary[Engine, Fleet] = WeakKeyDictionary()


def fleet_of(work: Work) -> Fleet:
    """Return the fleet of the database that a unit of work is connected to; it is created on first use."""
    engine = work.session.get_bind()
    assert isinstance(engine, Engine)  # noqa: S101 - sessions of this product are bound to engines
    return _fleets.setdefault(engine, Fleet())
