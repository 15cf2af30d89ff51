"""A problem as the kernels read it: flat, read-only numpy arrays, one row per shift."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from kit.geo import Point
from routing.model import rules
from routing.model.entities import Link, Visit, Weights, Worker
from routing.model.rules import PlanRule
from routing.model.travel import Plane

FAR = 2**40
"""Stands where there is no bound: later than any time, larger than any load."""

EVERYWHERE = 2**62
"""The square of a reach that ends nowhere, in square decimetres."""

Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]
Bytes = NDArray[np.uint8]
Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VisitArrays:
    """Visits [n]: times in seconds, `earliest` and `latest` [n, most windows] of which `windows` [n] count.

    `due` is FAR without one; `must` is 1 for a visit without `skip_points`, whose price is then the weights'.
    `pinned_row` is −1 unless frozen. `partner` is −1 or the other visit of a link, whose start minus this one's lies in
    [`gap_min`, `gap_max`]. `excluded` and `preferred` [n, most] hold workers, padded with −1. `company_rule`
    [n, companies] is 0, or the rule that keeps a company out.
    """

    place: Shorts
    duration: Ints
    windows: Shorts
    earliest: Ints
    latest: Ints
    due: Ints
    late_points: Ints
    skills: Ints
    sex: Shorts
    demand: Ints
    skip_points: Ints
    must: Bytes
    priority: Shorts
    pinned_row: Shorts
    pinned_start: Ints
    under_way: Bytes
    partner: Shorts
    gap_min: Ints
    gap_max: Ints
    excluded: Shorts
    preferred: Shorts
    company_rule: Bytes


@dataclass(frozen=True, slots=True)
class RowArrays:
    """Rows [r], one per shift of a worker; row r's breaks are `break_from[r]` to `break_from[r + 1]`.

    `ready` is when the row may set out: its start, or the problem's now where that is later.
    """

    worker: Shorts
    shift: Shorts
    start: Ints
    end: Ints
    ready: Ints
    start_place: Shorts
    end_place: Shorts
    mode: Shorts
    capacity: Ints
    use_points: Ints
    break_from: Shorts
    break_earliest: Ints
    break_latest: Ints
    break_duration: Ints


@dataclass(frozen=True, slots=True)
class WorkerArrays:
    """Workers [w]; `people` [8, w] holds what the fixed rules read, a line for each thing (`routing.model.rules`)."""

    company: Shorts
    max_work: Ints
    people: Ints


@dataclass(frozen=True, slots=True)
class Arrays:
    """Everything the kernels read; `x` and `y` [places] are whole decimetres on the problem's plane."""

    visits: VisitArrays
    rows: RowArrays
    workers: WorkerArrays
    x: Reals
    y: Reals


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)


def _shorts(values: Iterable[int]) -> Shorts:
    return np.array(list(values), np.int32)


def _bytes(values: Iterable[int]) -> Bytes:
    return np.array(list(values), np.uint8)


def _padded(lists: Sequence[Sequence[int]], filler: int) -> Ints:
    out = np.full((len(lists), max([1, *map(len, lists)])), filler, np.int64)
    for line, values in zip(out, lists, strict=True):
        line[: len(values)] = values
    return out


def visit_arrays(
    visits: Sequence[Visit], links: Sequence[Link], companies: int, first_row: Sequence[int], weights: Weights
) -> VisitArrays:
    """Flatten visits; `first_row` [workers] is the row of each worker's first shift."""
    n = len(visits)
    partner, gap_min, gap_max = np.full(n, -1, np.int32), np.zeros(n, np.int64), np.zeros(n, np.int64)
    for link in links:
        partner[link.first], partner[link.second] = link.second, link.first
        gap_min[link.first], gap_max[link.first] = link.gap_min_seconds, link.gap_max_seconds
        gap_min[link.second], gap_max[link.second] = -link.gap_max_seconds, -link.gap_min_seconds
    company_rule = np.zeros((n, companies), np.uint8)
    for line, visit in zip(company_rule, visits, strict=True):
        if visit.companies is not None:
            line[:] = PlanRule.NOT_CONTRACTED
            line[sorted(visit.companies)] = 0
    frozen = [visit.frozen for visit in visits]
    return VisitArrays(
        place=_shorts(visit.place for visit in visits),
        duration=_ints(visit.duration_seconds for visit in visits),
        windows=_shorts(len(visit.windows) for visit in visits),
        earliest=_padded([[w.earliest_seconds for w in visit.windows] for visit in visits], FAR),
        latest=_padded([[w.latest_seconds for w in visit.windows] for visit in visits], -FAR),
        due=_ints(FAR if visit.due_seconds is None else visit.due_seconds for visit in visits),
        late_points=_ints(visit.late_points_per_second for visit in visits),
        skills=_ints(visit.skills for visit in visits),
        sex=_shorts(visit.sex for visit in visits),
        demand=_ints(visit.demand for visit in visits),
        skip_points=_ints(
            weights.unserved_points * (1 + visit.priority) if visit.skip_points is None else visit.skip_points
            for visit in visits
        ),
        must=_bytes(visit.skip_points is None for visit in visits),
        priority=_shorts(visit.priority for visit in visits),
        pinned_row=_shorts(-1 if f is None else first_row[f.worker] + f.shift for f in frozen),
        pinned_start=_ints(0 if f is None else f.start_seconds for f in frozen),
        under_way=_bytes(f is not None and f.under_way for f in frozen),
        partner=partner,
        gap_min=gap_min,
        gap_max=gap_max,
        excluded=_padded([sorted(visit.excluded) for visit in visits], -1).astype(np.int32),
        preferred=_padded([sorted(visit.preferred) for visit in visits], -1).astype(np.int32),
        company_rule=company_rule,
    )


def row_arrays(workers: Sequence[Worker], now_seconds: int) -> RowArrays:
    """Flatten the workers' shifts."""
    rows = [(w, s, worker, shift) for w, worker in enumerate(workers) for s, shift in enumerate(worker.shifts)]
    breaks = [rest for *_, shift in rows for rest in shift.breaks]
    return RowArrays(
        worker=_shorts(w for w, *_ in rows),
        shift=_shorts(s for _, s, *_ in rows),
        start=_ints(shift.start_seconds for *_, shift in rows),
        end=_ints(shift.end_seconds for *_, shift in rows),
        ready=_ints(max(shift.start_seconds, now_seconds) for *_, shift in rows),
        start_place=_shorts(
            worker.base if shift.start_place is None else shift.start_place for *_, worker, shift in rows
        ),
        end_place=_shorts(worker.base if shift.end_place is None else shift.end_place for *_, worker, shift in rows),
        mode=_shorts(worker.mode for *_, worker, _ in rows),
        capacity=_ints(FAR if worker.capacity is None else worker.capacity for *_, worker, _ in rows),
        use_points=_ints(worker.use_points for *_, worker, _ in rows),
        break_from=_shorts(accumulate((len(shift.breaks) for *_, shift in rows), initial=0)),
        break_earliest=_ints(rest.earliest_seconds for rest in breaks),
        break_latest=_ints(rest.latest_seconds for rest in breaks),
        break_duration=_ints(rest.duration_seconds for rest in breaks),
    )


def worker_arrays(workers: Sequence[Worker], x: Reals, y: Reals) -> WorkerArrays:
    """Flatten what a worker is, wherever and whenever."""
    people = np.zeros((rules.PEOPLE_LINES, len(workers)), np.int64)
    bases = [worker.base for worker in workers]
    people[rules.P_COMPANY] = [worker.company for worker in workers]
    people[rules.P_SKILLS] = [worker.skills for worker in workers]
    people[rules.P_LAPSED] = [worker.lapsed_skills for worker in workers]
    people[rules.P_SEX] = [worker.sex for worker in workers]
    people[rules.P_CLOSED] = [worker.site_closed for worker in workers]
    people[rules.P_X], people[rules.P_Y] = x[bases], y[bases]
    people[rules.P_REACH] = [EVERYWHERE if w.reach_metres is None else (w.reach_metres * 10) ** 2 for w in workers]
    return WorkerArrays(
        company=_shorts(worker.company for worker in workers),
        max_work=_ints(FAR if w.max_work_seconds is None else w.max_work_seconds for w in workers),
        people=people,
    )


def coordinates(places: Sequence[Point], plane: Plane) -> tuple[Reals, Reals]:
    """Project places: whole decimetres east and north."""
    spots = np.array([plane.project(place) for place in places], np.float64).reshape(-1, 2)
    return np.ascontiguousarray(spots[:, 0]), np.ascontiguousarray(spots[:, 1])


def seal(group: object) -> None:
    """Make every array of a group read-only."""
    for name in group.__dataclass_fields__:  # type: ignore[attr-defined]  # every group is a dataclass
        value = getattr(group, name)
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
        else:
            seal(value)
