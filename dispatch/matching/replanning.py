"""Planning a company's day again: the same visits, the same company, better routes.

What has begun, what is promised within the hour, what has not been answered and what takes two people stays as it is.
The rest may change its worker and its hour within the window agreed with the elder. Companies do not exchange visits
here: an elder's address is open to one company only.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from dispatch.matching import crew
from dispatch.matching.day import Day
from dispatch.matching.fleet import fleet_of
from dispatch.matching.model import Barred
from dispatch.requests.model import CareRequest
from dispatch.visits import bookings, offers
from dispatch.visits.model import Visit
from dispatch.visits.moves import BEGUN, OPEN, State
from events.work import Work
from kit import clock, identifiers, metrics, rules
from kit.geo import Point
from providers.catalogue.model import Skill
from providers.roster.queries import RosterWorker
from routing import improve, plan, problem
from routing.synchronised.annealing import Budget

SEED = 1


@dataclass(frozen=True, slots=True)
class Replanned:
    """How many visits another worker or another hour was found for, and the travel that saves."""

    moved: int
    saved_seconds: int


@dataclass(frozen=True, slots=True)
class Task:
    """One open visit as the plan sees it; a fixed one keeps worker and start."""

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
    """Another worker, another hour, or both, for one visit."""

    visit_id: UUID
    worker: RosterWorker
    starts_at: datetime


class Roster:
    """One company's crew and open visits of a day, as a problem of the routing engine with its present plan."""

    def __init__(self, day: Day, crew_: Sequence[RosterWorker], tasks: Sequence[Task], now: datetime) -> None:
        self.day, self.crew = day, list(crew_)
        place_of = {worker.worker_id: number for number, worker in enumerate(self.crew)}
        workers = tuple(
            crew.worker(found, base=number, company=0, origin=day.origin) for number, found in enumerate(self.crew)
        )
        self.tasks: list[Task] = []
        visits: list[problem.Visit] = []
        starts: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for task in sorted(tasks, key=lambda task: (task.starts_at, place_of.get(task.worker_id, -1))):
            worker = place_of.get(task.worker_id)
            shift = None if worker is None else self._shift(workers[worker], task)
            if worker is None or shift is None:
                continue  # off duty by now: whoever reported that has it taken back
            number = len(visits)
            visits.append(self._visit(task, len(self.crew) + number, worker, shift, place_of))
            self.tasks.append(task)
            starts.setdefault((worker, shift), []).append((crew.seconds(task.starts_at, day.origin), number))
        self.problem = problem.Problem(
            workers=workers,
            visits=tuple(visits),
            modes=crew.modes(day.travel),
            places=tuple(Point(found.latitude, found.longitude) for found in self.crew)
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
        barred = frozenset(place_of[one] for one in task.barred if one in place_of)
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
        """Return the better plan that a fixed number of rounds finds, the same on every machine, or the given one."""
        return improve.improve(self.problem, self.given, budget=Budget(rounds=rounds), seed=SEED)

    def saved_seconds(self, better: plan.Plan) -> int:
        """Return the travel that a plan saves."""
        before, after = plan.cost(self.problem, self.given), plan.cost(self.problem, better)
        return before.travel_seconds - after.travel_seconds

    def moves(self, better: plan.Plan) -> list[Move]:
        """Return what changes, shift by shift: a shift with the same visits in the same order keeps its hours."""
        found = []
        for before, after in zip(self.given.routes, better.routes, strict=True):
            if [stop.visit for stop in before.stops] == [stop.visit for stop in after.stops]:
                continue
            worker = self.crew[after.worker]
            for stop in after.stops:
                if stop.visit < 0 or self.tasks[stop.visit].fixed:
                    continue
                task = self.tasks[stop.visit]
                starts_at = self.day.origin + timedelta(seconds=stop.start_seconds)
                if (worker.worker_id, starts_at) != (task.worker_id, task.starts_at):
                    found.append(Move(task.visit_id, worker, starts_at))
        return found


async def replan(work: Work, *, provider_id: UUID, day: date) -> Replanned:
    """Improve one company's routes of a day; refuse `visit.worker_busy` where somebody booked in between.

    The caller undoes the work on that refusal and comes again at the next round.
    """
    rule = await rules.value(work.session, "matching.replan", at=work.now)
    fleet = fleet_of(work)
    async with fleet.lock:
        present = await fleet.look(work, day)
    visits = await _open(work, present, provider_id)
    tasks = [task for row in visits.values() for task in _tasks(row, work.now, rule["promise_minutes"])]
    tasks = await _with_barred(work, tasks, {row[0].id: row[0].person_id for row in visits.values()})
    if all(task.fixed for task in tasks):
        return Replanned(0, 0)
    mine = [worker for worker in present.roster if worker.provider_id == provider_id]
    roster = Roster(present, mine, tasks, work.now)
    better = await asyncio.to_thread(roster.improved, rounds=rule["rounds"])
    saved = roster.saved_seconds(better)
    moves = roster.moves(better)
    if better.unserved or saved < rule["least_saving_seconds"] or not moves:
        metrics.REPLANS.labels("kept").inc()
        return Replanned(0, 0)
    # All hours are given back before any is taken, since workers exchange visits.
    for move in moves:
        await bookings.release(work, move.visit_id)
    for move in moves:
        visit = visits[move.visit_id][0]
        visit.worker_id, visit.worker_number = move.worker.worker_id, move.worker.number
        visit.planned_start = move.starts_at
        visit.planned_end = move.starts_at + timedelta(minutes=visit.minutes)
        await bookings.book(
            work,
            visit_id=visit.id,
            provider_id=provider_id,
            workers=offers.workers_of(visit),
            place=(visit.latitude, visit.longitude),
            during=(visit.planned_start, visit.planned_end),
        )
    metrics.REPLANS.labels("improved").inc()
    return Replanned(len(moves), saved)


async def _open(work: Work, day: Day, provider_id: UUID) -> dict[UUID, Row[Visit, CareRequest]]:
    query = (
        select(Visit, CareRequest)
        .join(CareRequest, CareRequest.id == Visit.request_id)
        .where(
            Visit.provider_id == provider_id,
            Visit.state.in_(OPEN),
            Visit.planned_start >= day.origin,
            Visit.planned_start < day.until,
        )
        .order_by(Visit.planned_start, Visit.worker_number)
        .with_for_update(of=Visit)
        .execution_options(populate_existing=True)
    )
    return {row[0].id: row for row in (await work.session.execute(query)).all()}


def _tasks(row: Row[Visit, CareRequest], now: datetime, promise_minutes: int) -> list[Task]:
    visit, request = row[0], row[1]
    promised_from = now + timedelta(minutes=promise_minutes)
    fixed = (
        visit.state is not State.ACCEPTED
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
    query = select(Barred.person_id, Barred.worker_id).where(
        Barred.person_id.in_(set(people.values())), Barred.lifted_at.is_(None)
    )
    apart: dict[UUID, set[UUID]] = {}
    for person_id, worker_id in (await work.session.execute(query)).all():
        apart.setdefault(person_id, set()).add(worker_id)
    return [replace(task, barred=frozenset(apart.get(people[task.visit_id], ())) - {task.worker_id}) for task in tasks]


async def replan_today(work: Work) -> Replanned:
    """Improve every company's routes of the present day; what another process booked in between is left for next time.

    For the ticker, every few minutes.
    """
    fleet = fleet_of(work)
    async with fleet.lock:
        day = await fleet.look(work, clock.day_of(work.now))
    moved = saved = 0
    for _, provider_id in sorted(day.providers.items()):
        try:
            async with work.session.begin_nested():
                found = await replan(work, provider_id=provider_id, day=day.day)
        except bookings.WorkerBusy:
            metrics.REPLANS.labels("conflict").inc()
            continue
        moved, saved = moved + found.moved, saved + found.saved_seconds
    return Replanned(moved, saved)
