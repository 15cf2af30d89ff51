"""The one reading of time: aware UTC inside, the district's zone only at the edge."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

DISTRICT_ZONE = ZoneInfo("Asia/Shanghai")
"""The zone in which the district's days and months begin; all China keeps one zone."""


class Clock(Protocol):
    """A source of the present instant, aware and in UTC."""

    def now(self) -> datetime:
        """Return the present instant."""
        ...


class WallClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant of the machine."""
        return datetime.now(UTC)


class RehearsalClock:
    """The machine's clock put forward, for a district to practise in; it never goes back."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        """Return the machine's present instant, put forward."""
        return datetime.now(UTC) + self._ahead

    def put(self, ahead: timedelta) -> None:
        """Set how far the clock is put forward."""
        self._ahead = max(self._ahead, ahead)


class FixedClock:
    """A clock that stands still until it is set: for tests, replays and simulated days."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant last set."""
        return self._at

    def set(self, at: datetime) -> None:
        """Move to an instant; a clock never runs backwards."""
        at = at.astimezone(UTC)
        if at < self._at:
            message = f"the clock stands at {self._at} and cannot go back to {at}"
            raise ValueError(message)
        self._at = at

    def advance(self, by: timedelta) -> None:
        """Move forward by a span."""
        self.set(self._at + by)


def local(at: datetime) -> datetime:
    """Return an instant in the district's zone."""
    return at.astimezone(DISTRICT_ZONE)


def day_of(at: datetime) -> date:
    """Return the district's calendar day of an instant."""
    return local(at).date()


def month_of(at: datetime) -> str:
    """Return the district's calendar month of an instant, as `2026-03`."""
    return f"{local(at):%Y-%m}"


def at_local(day: date, minute: int) -> datetime:
    """Return the UTC instant of a minute (0..2879; over 1439 is the next day) of the district's day."""
    return (datetime.combine(day, time(), DISTRICT_ZONE) + timedelta(minutes=minute)).astimezone(UTC)


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """Return the half-open UTC window of a district month written `2026-03`."""
    first = date.fromisoformat(f"{month}-01")
    following = (first + timedelta(days=32)).replace(day=1)
    return at_local(first, 0), at_local(following, 0)
