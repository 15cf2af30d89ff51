"""Ruin and recreate under simulated annealing, in compiled chunks between two looks at the clock on the wall."""

import math

from routing.compiled import kernel, step
from routing.synchronised.board import ALONE, Board, Desk, Draft
from routing.synchronised.clock import loosen, wind
from routing.synchronised.insertion import pair, settle, single
from routing.synchronised.rng import Dice, pick, roll
from routing.synchronised.ruin import cross, mend, strings


@kernel
def copy(source: Draft, target: Draft) -> None:
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
def gather(draft: Draft, desk: Desk) -> int:
    """List the jobs that nobody does; give how many."""
    waiting = 0
    for job in range(draft.rank.shape[0]):
        if draft.rank[job] < 0:
            desk.absent[waiting] = job
            waiting += 1
    return waiting


@kernel
def arrange(board: Board, desk: Desk, waiting: int, dice: Dice) -> None:
    """Sort the absent jobs by one of several measures of how hard they are to place."""
    way = roll(dice)
    for z in range(waiting):
        job = desk.absent[z]
        leg = board.legs[job, 0]
        if way < 0.3:
            key = roll(dice)
        elif way < 0.5:
            key = board.opens[leg, 0]
        elif way < 0.7:
            key = -board.time[0, board.place[board.job.shape[0]], board.place[leg]]
        elif way < 0.8:
            key = board.time[0, board.place[board.job.shape[0]], board.place[leg]]
        else:
            key = float(board.able_count[leg]) + roll(dice)
        if way >= 0.5 and board.link[job] != ALONE:
            key -= 1e6
        z2 = z
        while z2 > 0 and desk.keys[z2 - 1] > key:
            desk.keys[z2], desk.absent[z2] = desk.keys[z2 - 1], desk.absent[z2 - 1]
            z2 -= 1
        desk.keys[z2], desk.absent[z2] = key, job


@kernel
def recreate(board: Board, draft: Draft, desk: Desk, waiting: int, dice: Dice, blink: float) -> int:
    """Put the absent jobs back, each at its cheapest place; return how many stay absent."""
    left = 0
    for z in range(waiting):
        job = desk.absent[z]
        if board.link[job] == ALONE:
            price, node = single(board, draft, desk, board.legs[job, 0], dice, blink)
            second = -1
        else:
            price, node, second = pair(board, draft, desk, job, dice, blink)
        if node < 0 or price >= board.skip[job]:
            desk.absent[left] = job
            left += 1
            continue
        first = settle(board, draft, desk, job, node, second)
        wind(board, draft, first)
        if z + 1 < waiting:
            loosen(board, draft)
    return left


@kernel
def advance(
    board: Board,
    now: Draft,
    trial: Draft,
    best: Draft,
    desk: Desk,
    dice: Dice,
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
    jobs = board.link.shape[0]
    for _ in range(rounds):
        heat *= fall
        waiting = gather(trial, desk)
        crossed = False
        if roll(dice) < crossing and trial.planned[0] > 1:
            z = pick(dice, trial.planned[0])
            job = trial.order[z]
            leg = board.legs[job, 0]
            if board.legs[job, 1] >= 0 and roll(dice) < 0.5:
                leg = board.legs[job, 1]
            other = board.near[job, 1 + pick(dice, min(jobs - 1, 20))]
            leg_two = board.legs[other, 0]
            if board.legs[other, 1] >= 0 and roll(dice) < 0.5:
                leg_two = board.legs[other, 1]
            if trial.rank[other] >= 0 and trial.worker[leg] != trial.worker[leg_two]:
                crossed = cross(board, trial, z, trial.worker[leg], trial.worker[leg_two])
        waiting = strings(board, trial, desk, waiting, dice, longest, average)
        first = mend(trial)
        if crossed:
            first = 0
        if not wind(board, trial, first):
            copy(now, trial)
            continue
        loosen(board, trial)
        arrange(board, desk, waiting, dice)
        recreate(board, trial, desk, waiting, dice, blink)
        if trial.total[0] < now.total[0] - heat * math.log(roll(dice) + 1e-300):
            copy(trial, now)
            if now.total[0] < best.total[0] - 1e-7:
                copy(now, best)
        else:
            copy(now, trial)
