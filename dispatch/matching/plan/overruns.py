"""Overruns: a visit that has not ended at its planned end, and what this means for the worker's next visits.

The end of such a visit is unknown, so it is extended by a few minutes (`matching.overrun_minutes`) until it ends. Next
visits that the worker can still start within the agreed window keep the worker and start later. The others are
withdrawn before they are late, so that matching can offer them to another worker in time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select

from dispatch.matching.fleet import crew
from dispatch.matching.fleet.day import Day
from dispatch.matching.fleet.memory import fleet_of
from dispatch.matching.plan.replanning import Move, Roster, Task, open_of, tasks_of
from dispatch.matching.rules import OverrunMinutes
from dispatch.visits import bookings, lifecycle
from dispatch.visits import operations as visits
from dispatch.visits.model import Booking, Visit
from dispatch.visits.transitions import VisitState
from events.work import Work
from kit import clock, metrics
from kit.rules import queries as rules
from providers.roster.queries import RosterWorker
from routing.check import check

REASON = "overrun"
SILENT = timedelta(hours=4)
"""A visit that is this long past its planned end is no overrun: the phone has stopped reporting."""


@dataclass(frozen=True, slots=True)
class OverrunCounts:
    """The counts of one run: visits extended, later visits delayed, and later visits withdrawn."""

    extended: int
    later: int
    withdrawn: int


async def follow(work: Work, *, limit: int = 200) -> OverrunCounts:
    """Extend the visits that have not ended in time, and delay or withdraw the visits that follow them.

    The ticker calls it every minute. If another process books the same hours meanwhile, the next run tries again.
    """
    step = (await rules.read(work.session, OverrunMinutes, at=work.now)).span
    fleet = fleet_of(work)
    async with fleet.lock:
        day = await fleet.refresh(work, clock.day_of(work.now))
    crew_ = {worker.worker_id: worker for worker in day.roster}
    counts = OverrunCounts(0, 0, 0)
    for visit in await _running(work, limit):
        workers = [crew_[worker_id] for worker_id, _ in lifecycle.workers_of(visit) if worker_id in crew_]
        until = work.now + step
        try:
            async with work.session.begin_nested():
                later, lost = await _make_way(work, day, workers, visit.id, until)
                await bookings.extend(work, visit.id, until)
                for moved, starts_at in later:
                    await visits.take_hours(work, moved, starts_at)
        except bookings.WorkerBusy:
            metrics.OVERRUNS.labels("conflict").inc()
            continue
        for moved, _ in later:
            visits.emit_moved(work, moved, REASON)
        for lost_id in lost:
            await visits.withdraw(work, visit_id=lost_id, reason=REASON)
        counts = OverrunCounts(counts.extended + 1, counts.later + len(later), counts.withdrawn + len(lost))
    for outcome, count in (("extended", counts.extended), ("later", counts.later), ("withdrawn", counts.withdrawn)):
        metrics.OVERRUNS.labels(outcome).inc(count)
    return counts


async def _running(work: Work, limit: int) -> Sequence[Visit]:
    """Return the visits under way whose booking has ended; `miss_due` handles those past `SILENT`."""
    over = func.upper(Booking.during)
    query = (
        select(Visit)
        .join(Booking, (Booking.visit_id == Visit.id) & Booking.leading & Booking.active)
        .where(
            Visit.state == VisitState.ARRIVED,
            Visit.left_at.is_(None),
            Visit.planned_end > work.now - SILENT,
            over <= work.now,
        )
        .order_by(Visit.worker_number, Visit.planned_start)
        .limit(limit)
    )
    return (await work.session.execute(query)).scalars().all()


async def _make_way(
    work: Work, day: Day, workers: Sequence[RosterWorker], running: UUID, until: datetime
) -> tuple[list[tuple[Visit, datetime]], list[UUID]]:
    """Release the bookings that the workers cannot keep; return the delayed visits with their starts, and the lost."""
    later: list[tuple[Visit, datetime]] = []
    lost: list[UUID] = []
    for worker in workers:
        mine = or_(Visit.worker_id == worker.worker_id, Visit.second_worker_id == worker.worker_id)
        rows = await open_of(work, day, mine)
        tasks = [
            _task_now(task, row[0], running=task.visit_id == running, until=until, worker=worker, day=day)
            for row in rows.values()
            for task in tasks_of(row, work.now, 0)
            if task.worker_id == worker.worker_id and task.visit_id not in lost
        ]
        gone, moves = _followers(day, worker, tasks, work.now, until)
        lost += gone
        later += [(rows[move.visit_id][0], move.starts_at) for move in moves]
    for visit_id in (*lost, *(visit.id for visit, _ in later)):
        await bookings.release(work, visit_id)
    return later, lost


def _task_now(task: Task, visit: Visit, *, running: bool, until: datetime, worker: RosterWorker, day: Day) -> Task:
    """Return a task as it is now: the running visit lasts until `until`; an accepted one may only start later."""
    if not running:
        loose = visit.state is VisitState.ACCEPTED and visit.second_worker_id is None
        return replace(task, fixed=False, earliest=task.starts_at) if loose else task
    start = crew.seconds(task.starts_at, day.origin)
    duty = next(
        (
            shift
            for shift in crew.shifts(worker.windows, day.origin)
            if shift.start_seconds <= start < shift.end_seconds
        ),
        None,
    )
    end = until if duty is None else min(until, day.origin + timedelta(seconds=duty.end_seconds))
    return replace(task, begun=True, fixed=True, minutes=max(1, (end - task.starts_at) // timedelta(minutes=1)))


def _followers(
    day: Day, worker: RosterWorker, tasks: Sequence[Task], now: datetime, until: datetime
) -> tuple[list[UUID], list[Move]]:
    """Return the visits that the worker can no longer make, and the moves of those that start later."""
    lost = [task.visit_id for task in tasks if task.fixed and not task.begun and task.starts_at < until]
    while True:
        roster = Roster(day, [worker], [task for task in tasks if task.visit_id not in lost], now)
        faults = {fault.visit for fault in check(roster.problem, roster.given).violations if fault.visit >= 0}
        order = [visit for route in roster.given.routes for visit in route.visits]
        late = next((visit for visit in order if visit in faults and not roster.tasks[visit].begun), None)
        if late is None:
            return lost, roster.differing(roster.given.routes)
        lost.append(roster.tasks[late].visit_id)
