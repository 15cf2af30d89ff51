"""Ruin and recreate under simulated annealing, in compiled chunks between two readings of the wall clock."""

import math

from routing.compiled import kernel, step
from routing.synchronised.arrays import ALONE, PairDraft, PairTask, Scratch
from routing.synchronised.clock import update_slack, update_times
from routing.synchronised.insertion import cheapest_pair, cheapest_single, insert_job
from routing.synchronised.rng import Rng, below, uniform
from routing.synchronised.ruin import close_gaps, exchange_tails, remove_strings


@kernel
def copy_draft(source: PairDraft, target: PairDraft) -> None:
    """Make one draft equal to another."""
    for node in range(source.after.shape[0]):
        target.after[node] = source.after[node]
        target.before[node] = source.before[node]
        target.start[node] = source.start[node]
        target.leave[node] = source.leave[node]
        target.slack[node] = source.slack[node]
    for leg in range(source.worker.shape[0]):
        target.worker[leg] = source.worker[leg]
    for job in range(source.order.shape[0]):
        target.order[job] = source.order[job]
        target.rank[job] = source.rank[job]
        target.spent[job + 1] = source.spent[job + 1]
        target.worst[job + 1] = source.worst[job + 1]
    target.planned[0] = source.planned[0]
    target.total[0] = source.total[0]


@step
def list_absent(draft: PairDraft, scratch: Scratch) -> int:
    """List the jobs that are not planned; give how many."""
    waiting = 0
    for job in range(draft.rank.shape[0]):
        if draft.rank[job] < 0:
            scratch.absent[waiting] = job
            waiting += 1
    return waiting


@kernel
def sort_absent(task: PairTask, scratch: Scratch, waiting: int, rng: Rng) -> None:
    """Sort the absent jobs by one of several measures of how hard they are to place."""
    way = uniform(rng)
    for z in range(waiting):
        job = scratch.absent[z]
        leg = task.legs[job, 0]
        if way < 0.3:
            key = uniform(rng)
        elif way < 0.5:
            key = task.opens[leg, 0]
        elif way < 0.7:
            key = -task.time[0, task.place[task.job.shape[0]], task.place[leg]]
        elif way < 0.8:
            key = task.time[0, task.place[task.job.shape[0]], task.place[leg]]
        else:
            key = float(task.able_count[leg]) + uniform(rng)
        if way >= 0.5 and task.link[job] != ALONE:
            key -= 1e6
        z2 = z
        while z2 > 0 and scratch.keys[z2 - 1] > key:
            scratch.keys[z2], scratch.absent[z2] = scratch.keys[z2 - 1], scratch.absent[z2 - 1]
            z2 -= 1
        scratch.keys[z2], scratch.absent[z2] = key, job


@kernel
def recreate(task: PairTask, draft: PairDraft, scratch: Scratch, waiting: int, rng: Rng, blink: float) -> int:
    """Put the absent jobs back, each at its cheapest place; return how many stay absent."""
    left = 0
    for z in range(waiting):
        job = scratch.absent[z]
        if task.link[job] == ALONE:
            price, node = cheapest_single(task, draft, scratch, task.legs[job, 0], rng, blink)
            second = -1
        else:
            price, node, second = cheapest_pair(task, draft, scratch, job, rng, blink)
        if node < 0 or price >= task.skip[job]:
            scratch.absent[left] = job
            left += 1
            continue
        first = insert_job(task, draft, scratch, job, node, second)
        update_times(task, draft, first)
        if z + 1 < waiting:
            update_slack(task, draft)
    return left


@kernel
def advance(
    task: PairTask,
    now: PairDraft,
    trial: PairDraft,
    best: PairDraft,
    scratch: Scratch,
    rng: Rng,
    rounds: int,
    hot: float,
    cold: float,
    longest: int,
    average: float,
    blink: float,
    crossing: float,
) -> None:
    """Run `rounds` iterations while the temperature falls from `hot` to `cold`; `trial` equals `now` on the way in."""
    heat, fall = hot, (cold / hot) ** (1.0 / rounds)
    jobs = task.link.shape[0]
    for _ in range(rounds):
        heat *= fall
        waiting = list_absent(trial, scratch)
        crossed = False
        if uniform(rng) < crossing and trial.planned[0] > 1:
            z = below(rng, trial.planned[0])
            job = trial.order[z]
            leg = task.legs[job, 0]
            if task.legs[job, 1] >= 0 and uniform(rng) < 0.5:
                leg = task.legs[job, 1]
            other = task.near[job, 1 + below(rng, min(jobs - 1, 20))]
            leg_two = task.legs[other, 0]
            if task.legs[other, 1] >= 0 and uniform(rng) < 0.5:
                leg_two = task.legs[other, 1]
            if trial.rank[other] >= 0 and trial.worker[leg] != trial.worker[leg_two]:
                crossed = exchange_tails(task, trial, z, trial.worker[leg], trial.worker[leg_two])
        waiting = remove_strings(task, trial, scratch, waiting, rng, longest, average)
        first = close_gaps(trial)
        if crossed:
            first = 0
        if not update_times(task, trial, first):
            copy_draft(now, trial)
            continue
        update_slack(task, trial)
        sort_absent(task, scratch, waiting, rng)
        recreate(task, trial, scratch, waiting, rng, blink)
        if trial.total[0] < now.total[0] - heat * math.log(uniform(rng) + 1e-300):
            copy_draft(trial, now)
            if now.total[0] < best.total[0] - 1e-7:
                copy_draft(now, best)
        else:
            copy_draft(now, trial)
