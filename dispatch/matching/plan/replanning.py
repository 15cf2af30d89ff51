"""Replanning: improve the routes of one company's day, with the same visits.

Fixed are visits that have begun, that start within the promise (`matching.replan`), that are not accepted yet, and that
need two workers. The others may change worker and start within the window agreed with the elder. Visits do not move
between companies here, because only the offered company may see an elder's address.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, select

from dispatch.matching.fleet import crew
from dispatch.matching.fleet.day import Day
from dispatch.matching.fleet.memory import fleet_of
from dispatch.matching.rules import Replan
from dispatch.requests.model import CareRequest
from dispatch.visits import bookings
from dispatch.visits import operations as visits
from dispatch.visits.model import Barred, Visit, applies
from dispatch.visits.transitions import BEGUN, OPEN, VisitState
from events.work import Begin, Work
from kit import clock, metrics
from kit.china import identifiers
from kit.geo import Point
from kit.rules import queries as rules
from providers.catalogue.model import Skill
from providers.roster.queries import RosterWorker
from routing.improvement import improve
from routing.model import plan, problem
from routing.stop import Budget

SEED = 1


class ReplanCause(StrEnum):
    """What triggers the replanning of a company's day."""

    ROUND = "round"  # the ticker's regular run
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # a worker is ill or has left, or a visit overran
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Replanned:
    """The result of replanning: how many visits moved, and how many seconds of travel that saves."""

    moved: int
    saved_seconds: int


@dataclass(frozen=True, slots=True)
class Task:
    """One open visit as an input of replanning; a fixed one keeps its worker and start."""

    visit_id: UUID
    worker_id: UUID
    starts_at: datetime
    minutes: int
    place: tuple[float, float]
    earliest: datetime
    latest: datetime
    skill: Skill
    sex: identifiers.Sex | None
    barred: frozenset[UUID]
    fixed: bool
    begun: bool


@dataclass(frozen=True, slots=True)
class Move:
    """A change of one visit: another worker, another start, or both."""

    visit_id: UUID
    worker: RosterWorker
    starts_at: datetime


class Roster:
    """One company's workers and open visits of a day, as a routing problem with its present plan (`given`)."""

    def __init__(self, day: Day, crew_: Sequence[RosterWorker], tasks: Sequence[Task], now: datetime) -> None:
        self.day, self.crew = day, list(crew_)
        place_of = {worker.worker_id: number for number, worker in enumerate(self.crew)}
        workers = tuple(
            crew.worker(member, base=number, company=0, origin=day.origin, now=now)
            for number, member in enumerate(self.crew)
        )
        self.tasks: list[Task] = []
        wanted: list[problem.Visit] = []
        starts: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for task in sorted(tasks, key=lambda task: (task.starts_at, place_of.get(task.worker_id, -1))):
            worker = place_of.get(task.worker_id)
            shift = None if worker is None else self._shift(workers[worker], task)
            if worker is None or shift is None:
                continue  # the worker is off duty by now; the report of that withdraws the visit
            number = len(wanted)
            wanted.append(self._visit(task, len(self.crew) + number, worker, shift, place_of))
            self.tasks.append(task)
            starts.setdefault((worker, shift), []).append((crew.seconds(task.starts_at, day.origin), number))
        self.problem = problem.Problem(
            workers=workers,
            visits=tuple(wanted),
            modes=crew.modes(day.travel),
            places=tuple(Point(member.latitude, member.longitude) for member in self.crew)
            + tuple(Point(*task.place) for task in self.tasks),
            weights=problem.Weights(
                travel_points_per_second=day.weights.travel_points_per_second,
                wait_points_per_second=day.weights.wait_points_per_second,
                continuity_points=day.weights.continuity_points,
            ),
            now_seconds=max(0, crew.seconds(now, day.origin)),
        )
        self.given = plan.build(
            self.problem, [[number for _, number in sorted(starts.get(row, []))] for row in self.problem.rows]
        )

    def _shift(self, worker: problem.Worker, task: Task) -> int | None:
        start = crew.seconds(task.starts_at, self.day.origin)
        for shift, duty in enumerate(worker.shifts):
            if duty.start_seconds <= start and start + task.minutes * 60 <= duty.end_seconds:
                return shift
        return None

    def _visit(self, task: Task, place: int, worker: int, shift: int, place_of: Mapping[UUID, int]) -> problem.Visit:
        origin = self.day.origin
        start = crew.seconds(task.starts_at, origin)
        earliest, latest = crew.seconds(task.earliest, origin), crew.seconds(task.latest, origin)
        barred = frozenset(place_of[worker_id] for worker_id in task.barred if worker_id in place_of)
        frozen = problem.Frozen(worker=worker, shift=shift, start_seconds=start, under_way=task.begun)
        return problem.Visit(
            place=place,
            duration_seconds=task.minutes * 60,
            windows=(
                problem.Window(earliest_seconds=start, latest_seconds=start)
                if task.fixed
                else problem.Window(earliest_seconds=max(0, earliest), latest_seconds=max(0, earliest, latest)),
            ),
            skills=crew.skill_bits({task.skill}),
            sex=crew.SEXES[task.sex],
            excluded=barred,
            preferred=frozenset({worker}) - barred,
            frozen=frozen if task.fixed else None,
        )

    def improved(self, *, rounds: int) -> plan.Plan:
        """Return the best plan after a fixed number of rounds, or the given one; the same on every machine."""
        return improve.improve(self.problem, self.given, budget=Budget(rounds=rounds), seed=SEED)

    def saved_seconds(self, better: plan.Plan) -> int:
        """Return how many seconds of travel a plan saves compared with the given one."""
        before, after = plan.cost(self.problem, self.given), plan.cost(self.problem, better)
        return before.travel_seconds - after.travel_seconds

    def moves(self, better: plan.Plan) -> list[Move]:
        """Return the moves of a better plan; a shift with the same visits in the same order keeps its starts."""
        routes = [
            after
            for before, after in zip(self.given.routes, better.routes, strict=True)
            if [stop.visit for stop in before.stops] != [stop.visit for stop in after.stops]
        ]
        return self.differing(routes)

    def differing(self, routes: Sequence[plan.Route]) -> list[Move]:
        """Return a move for each visit of the routes whose worker or start differs from its task."""
        moves = []
        for route in routes:
            worker = self.crew[route.worker]
            for stop in route.stops:
                if stop.visit < 0 or self.tasks[stop.visit].fixed:
                    continue
                task = self.tasks[stop.visit]
                starts_at = self.day.origin + timedelta(seconds=stop.start_seconds)
                if (worker.worker_id, starts_at) != (task.worker_id, task.starts_at):
                    moves.append(Move(task.visit_id, worker, starts_at))
        return moves


@dataclass(frozen=True, slots=True)
class Draft:
    """A company's day as it was read, with its routing problem; the search runs outside a transaction."""

    provider_id: UUID
    roster: Roster
    read: tuple[Task, ...]
    now: datetime
    rounds: int
    least_saving_seconds: int
    promise_minutes: int


async def replan(work: Work, *, provider_id: UUID, day: date, cause: ReplanCause = ReplanCause.ROUND) -> Replanned:
    """Improve one company's routes of a day; change nothing if another process booked the same hours meanwhile."""
    started = perf_counter()
    draft = await _read(work, provider_id, day, locked=True)
    better = None if draft is None else await _solve(draft)
    return await _write(work, draft, better, cause, started)


async def replan_for(work: Work, *, visit_id: UUID, cause: ReplanCause) -> Replanned:
    """Replan a company's day after a change of one of its visits; do nothing if the visit is not today."""
    visit = await work.session.get_one(Visit, visit_id)
    day = clock.day_of(visit.planned_start)
    if day != clock.day_of(work.now):
        return Replanned(0, 0)
    return await replan(work, provider_id=visit.provider_id, day=day, cause=cause)


async def replan_today(begin: Begin) -> Replanned:
    """Improve every company's routes of today; skip a company whose hours another process booked meanwhile.

    The ticker calls it every few minutes. Each company is read in one unit of work and written in another: no
    transaction is open while the search runs.
    """
    async with begin() as work:
        fleet = fleet_of(work)
        async with fleet.lock:
            day = await fleet.refresh(work, clock.day_of(work.now))
        providers, date_ = sorted(day.providers.items()), day.day
    moved = saved = 0
    for _, provider_id in providers:
        started = perf_counter()
        async with begin() as work:
            draft = await _read(work, provider_id, date_)
        better = None if draft is None else await _solve(draft)
        async with begin() as work:
            if draft is not None and better is not None:
                draft = await _unchanged(work, draft)
            replanned = await _write(work, draft, better, ReplanCause.ROUND, started)
        moved, saved = moved + replanned.moved, saved + replanned.saved_seconds
    return Replanned(moved, saved)


async def _read(work: Work, provider_id: UUID, day: date, *, locked: bool = False) -> Draft | None:
    """Read a company's day; return None if every visit is fixed."""
    rule = await rules.read(work.session, Replan, at=work.now)
    fleet = fleet_of(work)
    async with fleet.lock:
        present = await fleet.refresh(work, day)
        # Other offers keep changing the fleet's own copy of the day.
        present = present if locked else fleet.copy(present)
    read = await _tasks(work, present, provider_id, work.now, rule.promise_minutes, locked=locked)
    if all(task.fixed for task in read):
        return None
    mine = [worker for worker in present.roster if worker.provider_id == provider_id]
    roster = Roster(present, mine, read, work.now)
    return Draft(
        provider_id=provider_id,
        roster=roster,
        read=tuple(read),
        now=work.now,
        rounds=rule.rounds,
        least_saving_seconds=rule.least_saving_seconds,
        promise_minutes=rule.promise_minutes,
    )


async def _solve(draft: Draft) -> plan.Plan | None:
    """Return a plan that saves at least the rule's seconds and serves every visit, or None."""
    better = await asyncio.to_thread(draft.roster.improved, rounds=draft.rounds)
    saved = draft.roster.saved_seconds(better)
    if better.unserved or saved < draft.least_saving_seconds or not draft.roster.moves(better):
        return None
    return better


async def _unchanged(work: Work, draft: Draft) -> Draft | None:
    """Lock the visits of a draft; return None if one of them has changed since it was read."""
    present = draft.roster.day
    tasks = await _tasks(work, present, draft.provider_id, draft.now, draft.promise_minutes, locked=True)
    return draft if tuple(tasks) == draft.read else None


async def _write(
    work: Work, draft: Draft | None, better: plan.Plan | None, cause: ReplanCause, started: float
) -> Replanned:
    """Apply the moves of a better plan, unless another process booked the hours first; record the metrics."""
    moved: list[Visit] = []
    outcome, saved = "kept", 0
    if better is not None:
        outcome = "conflict"
        if draft is not None:
            with suppress(bookings.WorkerBusy):
                async with work.session.begin_nested():
                    moved = await _move(work, draft.roster.moves(better))
                outcome, saved = "improved", draft.roster.saved_seconds(better)
    for visit in moved if outcome == "improved" else ():
        visits.emit_moved(work, visit, "replanned")
    metrics.REPLANS.labels(cause, outcome).inc()
    metrics.REPLAN_SECONDS.labels(cause).observe(perf_counter() - started)
    metrics.REPLAN_SAVED_SECONDS.inc(saved)
    return Replanned(len(moved) if outcome == "improved" else 0, saved)


async def _move(work: Work, moves: Sequence[Move]) -> list[Visit]:
    # Release all bookings before taking new ones, since workers may exchange visits.
    for move in moves:
        await bookings.release(work, move.visit_id)
    moved = []
    for move in moves:
        visit = await work.session.get_one(Visit, move.visit_id)
        visit.worker_id, visit.worker_number = move.worker.worker_id, move.worker.number
        await visits.take_hours(work, visit, move.starts_at)
        moved.append(visit)
    return moved


async def _tasks(
    work: Work, day: Day, provider_id: UUID, now: datetime, promise_minutes: int, *, locked: bool
) -> list[Task]:
    rows = await open_of(work, day, Visit.provider_id == provider_id, locked=locked)
    tasks = [task for row in rows.values() for task in tasks_of(row, now, promise_minutes)]
    return await _with_barred(work, tasks, {row[0].id: row[0].person_id for row in rows.values()})


async def open_of(
    work: Work, day: Day, which: ColumnElement[bool], *, locked: bool = True
) -> dict[UUID, Row[Visit, CareRequest]]:
    """Return a day's open visits that meet a condition, with their requests, in the order of their hours."""
    query = (
        select(Visit, CareRequest)
        .join(CareRequest, CareRequest.id == Visit.request_id)
        .where(
            which,
            Visit.state.in_(OPEN),
            Visit.planned_start >= day.origin,
            Visit.planned_start < day.until,
        )
        .order_by(Visit.planned_start, Visit.worker_number)
        .execution_options(populate_existing=True)
    )
    query = query.with_for_update(of=Visit) if locked else query
    return {row[0].id: row for row in (await work.session.execute(query)).all()}


def tasks_of(row: Row[Visit, CareRequest], now: datetime, promise_minutes: int) -> list[Task]:
    """Return a visit as tasks, one for each of its workers; a start within the promise makes it fixed."""
    visit, request = row[0], row[1]
    promised_from = now + timedelta(minutes=promise_minutes)
    fixed = (
        visit.state is not VisitState.ACCEPTED
        or visit.second_worker_id is not None
        or visit.planned_start < promised_from
        or visit.window_to < promised_from
    )
    facts: dict[str, Any] = {
        "visit_id": visit.id,
        "starts_at": visit.planned_start,
        "minutes": visit.minutes,
        "place": (visit.latitude, visit.longitude),
        "earliest": max(request.earliest, promised_from),
        "latest": visit.window_to,
        "skill": Skill(request.skill),
        "sex": request.sex_wanted,
        "barred": frozenset(),
        "fixed": fixed,
        "begun": visit.state in BEGUN,
    }
    workers = [visit.worker_id] if visit.second_worker_id is None else [visit.worker_id, visit.second_worker_id]
    return [Task(**facts, worker_id=worker_id) for worker_id in workers]


async def _with_barred(work: Work, tasks: Sequence[Task], people: Mapping[UUID, UUID]) -> list[Task]:
    query = select(Barred).where(Barred.person_id.in_(set(people.values())), applies(Barred, clock.day_of(work.now)))
    apart: dict[UUID, set[UUID]] = {}
    for bar in (await work.session.execute(query)).scalars():
        if bar.worker_id is not None:  # a barred company has no visit here
            apart.setdefault(bar.person_id, set()).add(bar.worker_id)
    return [replace(task, barred=frozenset(apart.get(people[task.visit_id], ())) - {task.worker_id}) for task in tasks]
