"""The entities of a routing problem: modes, workers, shifts, visits, links, companies, weights.

Each refuses invalid values of its own when it is made; a contradiction between two of them is refused by the problem.
"""

from dataclasses import dataclass
from enum import IntEnum

from routing.model import validation

LONGEST_SECONDS = 400 * 86_400
"""No time and no duration may pass this: a plan of more than a year is a mistake in a unit."""

MOST_POINTS = 10**12
"""No single cost may pass this, so that a million of them still add up in 64 bits."""


def _quantity(name: str, value: int, most: int, *, least: int = 0) -> None:
    if value < least:
        raise validation.Negative(name=name, value=value)
    if value > most:
        raise validation.NumberTooLarge(name=name, value=value, most=most)


def _skills(name: str, bits: int) -> None:
    if not 0 <= bits < 1 << 63:
        raise validation.TooManySkills(name=name, bits=str(bits))


class Sex(IntEnum):
    """As the elder or the worker states it; 0 is not stated."""

    UNSTATED = 0
    MALE = 1
    FEMALE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """A way of travelling: straight metres × detour ÷ speed, plus `start_seconds` for lock, lift and door.

    A leg takes `start_seconds + floor(metres × detour / speed + ½)`; between two visits at one place it takes nothing.
    Typical: car 6 m/s and 1.35, e-bike 4.2 and 1.3, on foot 1.2 and 1.25; calibrate the detour per city
    (`routing.calibrate`), since it differs by more than all ways of measuring the straight line.
    """

    name: str
    speed_metres_per_second: float
    detour: float
    start_seconds: int = 0

    def __post_init__(self) -> None:
        if not 0.0 < self.speed_metres_per_second < 1e3:
            raise validation.SpeedNotPositive(mode=self.name, speed=str(self.speed_metres_per_second))
        if not 1.0 <= self.detour < 1e3:
            raise validation.DetourBelowOne(mode=self.name, detour=str(self.detour))
        _quantity("mode.start_seconds", self.start_seconds, LONGEST_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A rest that is always taken, wherever the worker then is; the bounds are those of its start, both included.

    A break that has been taken is no longer part of the problem.
    """

    earliest_seconds: int
    latest_seconds: int
    duration_seconds: int

    def __post_init__(self) -> None:
        _quantity("break.earliest_seconds", self.earliest_seconds, LONGEST_SECONDS)
        _quantity("break.duration_seconds", self.duration_seconds, LONGEST_SECONDS)
        if self.latest_seconds < self.earliest_seconds:
            raise validation.BreakReversed(earliest_seconds=self.earliest_seconds, latest_seconds=self.latest_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A stretch of duty: leave the start place not before `start_seconds`, reach the end place by `end_seconds`.

    Places are those of the worker's base unless given. Breaks are in order of time.
    """

    start_seconds: int
    end_seconds: int
    start_place: int | None = None
    end_place: int | None = None
    breaks: tuple[Break, ...] = ()

    def __post_init__(self) -> None:
        _quantity("shift.start_seconds", self.start_seconds, LONGEST_SECONDS)
        _quantity("shift.end_seconds", self.end_seconds, LONGEST_SECONDS)
        if self.end_seconds < self.start_seconds:
            raise validation.ShiftReversed(start_seconds=self.start_seconds, end_seconds=self.end_seconds)
        free_from = self.start_seconds
        for rest in self.breaks:
            earliest = max(rest.earliest_seconds, free_from)
            if earliest > rest.latest_seconds:
                raise validation.BreaksOverlap(start_seconds=self.start_seconds, latest_seconds=rest.latest_seconds)
            free_from = earliest + rest.duration_seconds
            if free_from > self.end_seconds:
                raise validation.BreakOutsideShift(latest_seconds=rest.latest_seconds, end_seconds=self.end_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker: company, base, shifts, skills, reach and limits of work.

    `skills` and `lapsed_skills` are bit sets (bit k = skill k, 0..62); the caller puts a skill whose certificate does
    not cover the day among the lapsed, and the refusal then says so. `reach_metres` is measured as the crow flies from
    the base. `max_work_seconds` bounds service and travel of all shifts together; waiting and breaks do not count.
    `capacity` bounds the sum of the visits' demands in each shift (meals in the box). `use_points` are paid for each
    shift with a visit.
    """

    base: int
    shifts: tuple[Shift, ...]
    company: int = 0
    skills: int = 0
    lapsed_skills: int = 0
    sex: Sex = Sex.UNSTATED
    mode: int = 0
    capacity: int | None = None
    max_work_seconds: int | None = None
    reach_metres: int | None = None
    site_closed: bool = False
    use_points: int = 0

    def __post_init__(self) -> None:
        if not self.shifts:
            raise validation.NoShift(base=self.base)
        for before, after in zip(self.shifts, self.shifts[1:], strict=False):
            if after.start_seconds < before.end_seconds:
                raise validation.ShiftsOverlap(end_seconds=before.end_seconds, start_seconds=after.start_seconds)
        _skills("worker.skills", self.skills)
        _skills("worker.lapsed_skills", self.lapsed_skills)
        _quantity("worker.capacity", self.capacity or 0, MOST_POINTS)
        _quantity("worker.max_work_seconds", self.max_work_seconds or 0, LONGEST_SECONDS)
        _quantity("worker.reach_metres", self.reach_metres or 0, 40_000_000)
        _quantity("worker.use_points", self.use_points, MOST_POINTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When the service may begin: not before `earliest_seconds`, not after `latest_seconds`, both included."""

    earliest_seconds: int
    latest_seconds: int

    def __post_init__(self) -> None:
        _quantity("window.earliest_seconds", self.earliest_seconds, LONGEST_SECONDS)
        _quantity("window.latest_seconds", self.latest_seconds, LONGEST_SECONDS)
        if self.latest_seconds < self.earliest_seconds:
            raise validation.WindowReversed(earliest_seconds=self.earliest_seconds, latest_seconds=self.latest_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A visit that does not move: this worker, this shift, this start, whatever else changes.

    `under_way`: the worker has left for it or is there; then nothing may be put before it either, and how the worker
    got there is taken as a fact. Otherwise it is a promise, and something may be put before it if it fits.
    """

    worker: int
    shift: int
    start_seconds: int
    under_way: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One service at one place by one worker.

    The windows are hard. Soft lateness costs `late_points_per_second` for each second that the service begins after
    `due_seconds`. `sex` is that of the worker, `UNSTATED` if either will do. `companies` may serve it (None: all);
    `excluded` workers never; `preferred` workers earn the continuity points. A visit with `skip_points` may be left
    out at that price; one without must be served, and being left out costs `unserved_points × (1 + priority)`.
    """

    place: int
    duration_seconds: int
    windows: tuple[Window, ...]
    due_seconds: int | None = None
    late_points_per_second: int = 0
    skills: int = 0
    sex: Sex = Sex.UNSTATED
    companies: frozenset[int] | None = None
    excluded: frozenset[int] = frozenset()
    preferred: frozenset[int] = frozenset()
    priority: int = 0
    skip_points: int | None = None
    demand: int = 0
    frozen: Frozen | None = None

    def __post_init__(self) -> None:
        _quantity("visit.duration_seconds", self.duration_seconds, LONGEST_SECONDS)
        if not self.windows:
            raise validation.NoWindow(place=self.place)
        for before, after in zip(self.windows, self.windows[1:], strict=False):
            if after.earliest_seconds <= before.latest_seconds:
                raise validation.WindowsOverlap(
                    latest_seconds=before.latest_seconds, earliest_seconds=after.earliest_seconds
                )
        if both := self.preferred & self.excluded:
            raise validation.PreferredAndExcluded(workers=sorted(both))
        _skills("visit.skills", self.skills)
        _quantity("visit.due_seconds", self.due_seconds or 0, LONGEST_SECONDS)
        _quantity("visit.late_points_per_second", self.late_points_per_second, 10**6)
        _quantity("visit.priority", self.priority, 1_000)
        _quantity("visit.skip_points", self.skip_points or 0, MOST_POINTS)
        _quantity("visit.demand", self.demand, MOST_POINTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two visits made by two different workers: together (0, 0), or one after the other with a gap.

    The start of `second` minus the start of `first` lies within the bounds, both included; a bound may be negative.
    """

    first: int
    second: int
    gap_min_seconds: int = 0
    gap_max_seconds: int = 0

    def __post_init__(self) -> None:
        if self.first == self.second:
            raise validation.LinkToItself(visit=self.first)
        _quantity("link.gap_min_seconds", self.gap_min_seconds, LONGEST_SECONDS, least=-LONGEST_SECONDS)
        _quantity("link.gap_max_seconds", self.gap_max_seconds, LONGEST_SECONDS, least=-LONGEST_SECONDS)
        if self.gap_max_seconds < self.gap_min_seconds:
            raise validation.LinkReversed(first=self.first, second=self.second)


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A provider: its quota of visits in this problem, its contract share, and the visits awarded to it before.

    `share` is a weight relative to the other companies' (workers under contract, beds, anything whole);
    `awarded_visits` counts towards the share, not towards the quota.
    """

    quota_visits: int | None = None
    share: int = 1
    awarded_visits: int = 0

    def __post_init__(self) -> None:
        _quantity("company.quota_visits", self.quota_visits or 0, 10**9)
        _quantity("company.share", self.share, 10**6)
        _quantity("company.awarded_visits", self.awarded_visits, 10**9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What things cost, in points: dated rules of the platform, handed in by the caller.

    The cost of a plan is travel + lateness + the worst lateness + visits left out + shifts used − continuity. Waiting
    and the companies' shares steer insertion and batches only: they depend on the order in which visits arrive.
    `share_points` are charged per visit that a company is ahead of its share (and given back per visit behind),
    never more than `share_cap_points` either way.
    """

    travel_points_per_second: int = 100
    wait_points_per_second: int = 10
    continuity_points: int = 60_000
    share_points: int = 60
    share_cap_points: int = 30_000
    unserved_points: int = 100_000_000
    worst_late_points_per_second: int = 0

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            _quantity(f"weights.{name}", getattr(self, name), MOST_POINTS)
