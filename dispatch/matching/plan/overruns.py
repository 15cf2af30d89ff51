"""A visit that goes on past its hour: the worker stays as long as needed, and whoever comes next is looked after.

Nobody can say when it will be over. It is taken to last some minutes more, again and again until it ends. Those whom
the worker can then still reach within the window agreed with them keep their worker and get a later hour; the others
are given to somebody else while there is time, before they are late and not after.
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
"""After so long past its planned end it is the phone that has gone, not the visit that goes on."""


@dataclass(frozen=True, slots=True)
class Overran:
    """How many visits go on, how many others begin later, and how many go to somebody else."""

    extended: int
    later: int
    withdrawn: int


async def follow(work: Work, *, limit: int = 200) -> Overran:
    """Look after what comes behind the visits that have not ended in time.

    For the ticker, every minute. Where somebody books in between, that visit waits for the next turn.
    """
    step = (await rules.read(work.session, OverrunMinutes, at=work.now)).span
    fleet = fleet_of(work)
    async with fleet.lock:
        day = await fleet.look(work, clock.day_of(work.now))
    crew_ = {worker.worker_id: worker for worker in day.roster}
    found = Overran(0, 0, 0)
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
        found = Overran(found.extended + 1, found.later + len(later), found.withdrawn + len(lost))
    for outcome, count in (("extended", found.extended), ("later", found.later), ("withdrawn", found.withdrawn)):
        metrics.OVERRUNS.labels(outcome).inc(count)
    return found


async def _running(work: Work, limit: int) -> Sequence[Visit]:
    """Return the visits under way whose hours are over; one whose phone has fallen silent is `miss_due`'s."""
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
    """Give back the hours that the workers cannot keep; return which visits begin later, and which are given away."""
    later: list[tuple[Visit, datetime]] = []
    lost: list[UUID] = []
    for worker in workers:
        mine = or_(Visit.worker_id == worker.worker_id, Visit.second_worker_id == worker.worker_id)
        rows = await open_of(work, day, mine)
        tasks = [
            _seen(task, row[0], running=task.visit_id == running, until=until, worker=worker, day=day)
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


def _seen(task: Task, visit: Visit, *, running: bool, until: datetime, worker: RosterWorker, day: Day) -> Task:
    """See a visit as it is now: the running one lasts on, a promised one may begin later and never earlier."""
    if not running:
        loose = visit.state is VisitState.ACCEPTED and visit.second_worker_id is None
        return replace(task, fixed=False, earliest=task.starts_at) if loose else task
    start = crew.seconds(task.starts_at, day.origin)
    duty = next(
        (one for one in crew.shifts(worker.windows, day.origin) if one.start_seconds <= start < one.end_seconds), None
    )
    end = until if duty is None else min(until, day.origin + timedelta(seconds=duty.end_seconds))
    return replace(task, begun=True, fixed=True, minutes=max(1, (end - task.starts_at) // timedelta(minutes=1)))


def _followers(
    day: Day, worker: RosterWorker, tasks: Sequence[Task], now: datetime, until: datetime
) -> tuple[list[UUID], list[Move]]:
    """Return which visits the worker cannot make any more, and the later hours of those that remain."""
    lost = [task.visit_id for task in tasks if task.fixed and not task.begun and task.starts_at < until]
    while True:
        roster = Roster(day, [worker], [task for task in tasks if task.visit_id not in lost], now)
        faults = {fault.visit for fault in check(roster.problem, roster.given).violations if fault.visit >= 0}
        order = [visit for route in roster.given.routes for visit in route.visits]
        late = next((visit for visit in order if visit in faults and not roster.tasks[visit].begun), None)
        if late is None:
            return lost, roster.differing(roster.given.routes)
        lost.append(roster.tasks[late].visit_id)
