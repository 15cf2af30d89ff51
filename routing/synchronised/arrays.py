"""The arrays that the search for two-person visits reads and writes, made once for a search.

A **job** is one household's call: one **leg** (one worker) or two legs (two workers), tied by a link. A **node** is a
leg, the start of a worker's round or its end: legs are 0 … L-1, worker w starts at L + w and ends at L + W + w.
Every clock value and every cost is a float: whole seconds of the platform and the thousandths of a minute of published
instances are both exact enough, and one compiled kernel serves both.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]

ALONE, TOGETHER, GAP = 0, 1, 2  # how a job's two legs are tied
WIDTH = 24  # places kept for each leg of a tied job before pairs are formed


class PairTask(NamedTuple):
    """The data that never change during a search; `make_task` and `PairCase` fill them."""

    legs: Ints  # (jobs, 2): the job's legs, -1 where it has only one
    link: Bytes  # (jobs,): ALONE, TOGETHER or GAP
    gap_min: Floats  # (jobs,): the second leg begins at least so long after the first began
    gap_max: Floats  # (jobs,): and at most so long
    skip: Floats  # (jobs,): what it costs not to serve the job at all
    fixed: Bools  # (jobs,): frozen, never taken out of its place
    near: Ints  # (jobs, jobs): the other jobs, nearest first, itself in front
    job: Ints  # (legs,)
    duration: Floats  # (legs,)
    weight: Floats  # (legs,): price of beginning one unit of time after the window has closed
    windows: Bytes  # (legs,): how many windows it has
    opens: Floats  # (legs, widest): ascending
    closes: Floats  # (legs, widest): beginning after this is late …
    latest: Floats  # (legs, widest): … and beginning after this is forbidden
    able: Ints  # (legs, workers): those who may do it, in front
    able_count: Ints  # (legs,)
    fee: Floats  # (legs, workers): what this worker on this leg costs beside the way
    place: Ints  # (nodes,): row of the travel matrices
    mode: Ints  # (workers,): which travel matrix
    shift_start: Floats  # (workers,)
    shift_end: Floats  # (workers,): coming home later is overtime …
    shift_latest: Floats  # (workers,): … and later than this is forbidden
    overtime: Floats  # (workers,): price of one unit of overtime
    use: Floats  # (workers,): price of sending the worker out at all
    time: Floats  # (modes, places, places)
    cost: Floats  # (modes, places, places)
    worst: float  # price of one unit of the worst lateness of the whole plan


class PairDraft(NamedTuple):
    """One plan being worked on: rounds as linked lists, their times, and an order in which to compute them.

    `order` is a topological order of the jobs by "comes before in a round"; everything after a changed job in
    that order is all whose times can change.
    """

    after: Ints  # (nodes,): the next node of the round
    before: Ints  # (nodes,)
    worker: Ints  # (legs,): -1 where the leg is not planned
    start: Floats  # (nodes,): when work begins there (for an end: when the worker is home)
    leave: Floats  # (nodes,): when the worker may travel on
    slack: Floats  # (nodes,): how much later it may begin without anything becoming later than it is allowed to be
    order: Ints  # (jobs,): planned jobs in front
    rank: Ints  # (jobs,): the place in `order`, -1 where the job is not planned
    spent: Floats  # (jobs + 1,): cost of everything up to and including the job at a place of `order`
    worst: Floats  # (jobs + 1,): worst lateness among them
    planned: Ints  # (1,): how many jobs are planned
    total: Floats  # (1,): the whole cost


def empty_draft(task: PairTask) -> PairDraft:
    """Return a draft without any planned job."""
    jobs, legs, workers = len(task.link), len(task.job), len(task.mode)
    nodes = legs + 2 * workers
    after, before = np.full(nodes, -1, np.int32), np.full(nodes, -1, np.int32)
    starts = np.arange(legs, legs + workers, dtype=np.int32)
    after[starts], before[starts + workers] = starts + workers, starts
    clock = np.zeros(nodes)
    clock[legs : legs + workers] = task.shift_start
    clock[legs + workers :] = task.shift_start
    return PairDraft(
        after=after,
        before=before,
        worker=np.full(legs, -1, np.int32),
        start=clock,
        leave=clock.copy(),
        slack=np.zeros(nodes),
        order=np.full(jobs, -1, np.int32),
        rank=np.full(jobs, -1, np.int32),
        spent=np.zeros(jobs + 1),
        worst=np.zeros(jobs + 1),
        planned=np.zeros(1, np.int32),
        total=np.array([task.skip.sum()]),
    )


class Scratch(NamedTuple):
    """The scratch arrays of one search."""

    pushed: Floats  # (nodes,): later moments still to be followed; NEVER below zero where there is none
    marks: Ints  # (jobs,)
    room: Ints  # (jobs,)
    nodes: Ints  # (2, WIDTH): shortlist of either leg
    moments: Floats  # (2, WIDTH)
    detours: Floats  # (2, WIDTH)
    prices: Floats  # (2, WIDTH)
    absent: Ints  # (jobs,): jobs waiting to be planned
    keys: Floats  # (jobs,): what they are sorted by
    touched: Bools  # (workers,): rounds already ruined


def empty_scratch(task: PairTask) -> Scratch:
    """Return scratch of the right shapes."""
    jobs, nodes = len(task.link), len(task.place)
    return Scratch(
        pushed=np.full(nodes, -1e18),
        marks=np.zeros(jobs, np.int32),
        room=np.zeros(jobs, np.int32),
        nodes=np.zeros((2, WIDTH), np.int32),
        moments=np.zeros((2, WIDTH)),
        detours=np.zeros((2, WIDTH)),
        prices=np.zeros((2, WIDTH)),
        absent=np.zeros(jobs, np.int32),
        keys=np.zeros(jobs),
        touched=np.zeros(len(task.mode), np.bool_),
    )


def nearest_jobs(distances: Floats, rows: npt.NDArray[np.integer]) -> Ints:
    """Return, for each job, all jobs from the nearest place to the farthest, itself in front."""
    between = distances[np.ix_(rows, rows)].astype(np.float64)
    np.fill_diagonal(between, -1.0)
    return np.argsort(between, axis=1, kind="stable").astype(np.int32)
