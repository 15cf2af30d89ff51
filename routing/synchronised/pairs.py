"""Improve a plan of the platform's own problem in which some visits need two people.

The kernel has no breaks, loads or limits of a day's work. A row that has one of these keeps its round and its
timetable as they are; the others are re-planned around it. Where companies have quotas, a visit stays with its company.
The result replaces the given plan only if `routing.check` finds it cheaper and no worse.
"""

import numpy as np

from routing.check import check
from routing.model import plan
from routing.model.arrays import FAR
from routing.model.plan import Plan
from routing.model.problem import Problem
from routing.stop import Budget, Progress
from routing.synchronised.annealing import anneal
from routing.synchronised.arrays import ALONE, GAP, TOGETHER, PairDraft, PairTask, empty_draft, nearest_jobs
from routing.synchronised.ordering import load_rounds


def improve(problem: Problem, given: Plan, *, budget: Budget, seed: int, progress: Progress | None = None) -> Plan:
    """Return a cheaper plan, or the given one; no frozen visit moves and no rule is broken that was kept before."""
    case = PairCase(problem, given)
    if not case.jobs:
        return given
    result = anneal(case.task, case.draft, budget=budget, seed=seed, progress=progress)
    better = plan.build(problem, case.sequences(result.draft))
    before, after = check(problem, given), check(problem, better)
    worse = len(after.violations) > len(before.violations) or after.total_points >= before.total_points
    return given if worse else better


class PairCase:
    """A problem and a plan in the kernel's terms; rows of the problem are the kernel's workers."""

    def __init__(self, problem: Problem, given: Plan) -> None:
        self.problem, self.given = problem, given
        self.begins = {stop.visit: stop for route in given.routes for stop in route.stops if stop.visit >= 0}
        self.row_of = {visit: row for row, route in enumerate(given.routes) for visit in route.visits}
        rows, workers = problem.arrays.rows, problem.arrays.workers
        self.kept = {
            row
            for row in range(len(problem.rows))
            if rows.break_from[row] < rows.break_from[row + 1]
            or rows.capacity[row] < FAR
            or workers.max_work[rows.worker[row]] < FAR
        }
        self.passed = [self._passed(row) for row in range(len(problem.rows))]
        gone = {visit for row, count in enumerate(self.passed) for visit in given.routes[row].visits[:count]}
        self.jobs = self._jobs(gone)
        self.visits = [visit for job in self.jobs for visit in job]
        self.leg_of = {visit: leg for leg, visit in enumerate(self.visits)}
        self.task = self._task()
        self.draft = self._draft()

    def _passed(self, row: int) -> int:
        """Count the visits of a row that are under way or come before one that is: the round begins behind them."""
        visits = self.given.routes[row].visits
        under_way = [at for at, visit in enumerate(visits) if self.problem.arrays.visits.under_way[visit]]
        return under_way[-1] + 1 if under_way and row not in self.kept else 0

    def _jobs(self, gone: set[int]) -> list[tuple[int, ...]]:
        """List what is planned as one; half of a pair that is frozen or past leaves the other half where it is."""
        arrays = self.problem.arrays.visits
        jobs: list[tuple[int, ...]] = []
        halves: set[int] = set()
        for link in self.problem.links:
            cheapest_pair = (link.first, link.second)
            if any(arrays.pinned_row[visit] >= 0 or self.row_of.get(visit) in self.kept for visit in cheapest_pair):
                halves |= set(cheapest_pair)
            else:
                jobs.append(cheapest_pair)
        self.halves = halves
        tied = {visit for job in jobs for visit in job}
        for visit in range(len(self.problem.visits)):
            stuck = visit in halves and visit not in self.row_of
            if visit not in tied and visit not in gone and not stuck:
                jobs.append((visit,))
        return jobs

    def _held(self, visit: int) -> bool:
        """Return whether a visit keeps its place and its start."""
        pinned = self.problem.arrays.visits.pinned_row[visit] >= 0 or visit in self.halves
        return bool(pinned) or self.row_of.get(visit) in self.kept

    def _able(self, visit: int) -> list[int]:
        problem, rows = self.problem, self.problem.arrays.rows
        if self._held(visit):
            return [self.row_of[visit]] if visit in self.row_of else []
        quotas = [company.quota_visits for company in problem.companies]
        out = []
        for row in range(len(problem.rows)):
            worker = rows.worker[row]
            company = problem.workers[worker].company
            if row in self.kept or problem.rules[visit, worker]:
                continue
            if any(quota is not None for quota in quotas):
                now = self.row_of.get(visit)
                mine = None if now is None else problem.workers[rows.worker[now]].company
                if (quotas[company] is not None or now is not None) and mine != company:
                    continue
            out.append(row)
        return out

    def _task(self) -> PairTask:
        problem, arrays = self.problem, self.problem.arrays
        of, rows, weights = arrays.visits, arrays.rows, problem.weights
        visits, count, crew = np.array(self.visits, np.int64), len(self.visits), len(problem.rows)
        pairs = np.full((len(self.jobs), 2), -1, np.int32)
        link = np.zeros(len(self.jobs), np.int8)
        for number, job in enumerate(self.jobs):
            pairs[number, : len(job)] = [self.leg_of[visit] for visit in job]
            if len(job) == 2:
                together = of.gap_min[job[0]] == 0 == of.gap_max[job[0]]
                link[number] = TOGETHER if together else GAP
        heads = np.array([job[0] for job in self.jobs], np.int64)
        held = np.array([self._held(visit) for visit in self.visits], np.bool_)
        begins = np.array([self.begins[v].start_seconds if v in self.begins else 0 for v in self.visits], np.float64)
        opens = np.where(held[:, None], begins[:, None], of.earliest[visits].astype(np.float64))
        latest = np.where(held[:, None], begins[:, None], of.latest[visits].astype(np.float64))
        due = np.where(of.due[visits] >= FAR, np.inf, of.due[visits].astype(np.float64))
        able, able_count = np.full((count, crew), -1, np.int32), np.zeros(count, np.int32)
        for leg, visit in enumerate(self.visits):
            may = self._able(visit)
            able[leg, : len(may)], able_count[leg] = may, len(may)
        starts, ends = rows.ready.astype(np.float64), rows.end.astype(np.float64)
        start_place = rows.start_place.copy()
        for row, passed in enumerate(self.passed):
            if passed:
                last = self.given.routes[row].visits[passed - 1]
                leave = max(self.begins[last].leave_seconds, problem.now_seconds)
                starts[row], start_place[row] = leave, of.place[last]
                ends[row] = max(ends[row], leave + problem.seconds[rows.mode[row], of.place[last], rows.end_place[row]])
            if row in self.kept:
                ends[row] = np.inf  # its timetable stands, so its end does too
        seconds = problem.seconds.astype(np.float64)
        return PairTask(
            legs=pairs,
            link=np.where(pairs[:, 1] < 0, np.int8(ALONE), link).astype(np.int8),
            gap_min=of.gap_min[heads].astype(np.float64),
            gap_max=of.gap_max[heads].astype(np.float64),
            skip=np.array([float(sum(of.skip_points[visit] for visit in job)) for job in self.jobs]),
            fixed=np.array([self._held(job[0]) for job in self.jobs], np.bool_),
            near=nearest_jobs(seconds.mean(axis=0), of.place[heads]),
            job=np.array([number for number, job in enumerate(self.jobs) for _ in job], np.int32),
            duration=of.duration[visits].astype(np.float64),
            weight=of.late_points[visits].astype(np.float64),
            windows=np.where(held, 1, of.windows[visits]).astype(np.int8),
            opens=np.ascontiguousarray(opens),
            closes=np.repeat(due[:, None], opens.shape[1], axis=1),
            latest=np.ascontiguousarray(latest),
            able=able,
            able_count=able_count,
            fee=np.ascontiguousarray(-float(weights.continuity_points) * problem.preferred[visits][:, rows.worker]),
            place=np.concatenate([of.place[visits], start_place, rows.end_place]).astype(np.int32),
            mode=rows.mode.astype(np.int32),
            shift_start=starts,
            shift_end=ends,
            shift_latest=ends,
            overtime=np.zeros(crew),
            use=np.array([0.0 if passed else float(rows.use_points[row]) for row, passed in enumerate(self.passed)]),
            time=seconds,
            cost=seconds * weights.travel_points_per_second,
            worst=float(weights.worst_late_points_per_second),
        )

    def _draft(self) -> PairDraft:
        """Lay the given plan out; a pair that the kernel's order cannot hold is left for it to place anew."""
        draft = empty_draft(self.task)
        rounds = [
            [self.leg_of[visit] for visit in route.visits[passed:] if visit in self.leg_of]
            for route, passed in zip(self.given.routes, self.passed, strict=True)
        ]
        moments = np.array([self.begins[v].start_seconds if v in self.begins else 0 for v in self.visits], np.float64)
        load_rounds(self.task, draft, rounds, moments)
        return draft

    def sequences(self, draft: PairDraft) -> list[list[int]]:
        """Read a draft back as the order of every row."""
        out = []
        for row, route in enumerate(self.given.routes):
            if row in self.kept:
                out.append([stop.visit for stop in route.stops])
                continue
            order, leg = list(route.visits[: self.passed[row]]), int(draft.after[len(self.visits) + row])
            while leg < len(self.visits):
                order.append(self.visits[leg])
                leg = int(draft.after[leg])
            out.append(order)
        return out
