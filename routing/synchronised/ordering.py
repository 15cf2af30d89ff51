"""Load given rounds into a draft: find an order of the jobs that agrees with every round."""

import heapq
import itertools
from collections.abc import Sequence

from routing.synchronised.arrays import Floats, PairDraft, PairTask
from routing.synchronised.clock import update_times
from routing.synchronised.insertion import join


def load_rounds(task: PairTask, draft: PairDraft, rounds: Sequence[Sequence[int]], moments: Floats) -> None:
    """Put the legs of each worker's round into an empty draft; `moments` [legs] break ties by time.

    Two pairs that cross (the first of one after the second of the other in one round, the reverse in another) have no
    such order; one of them is then left out, and so is half a pair.
    """
    legs = len(task.job)
    present = {leg for order in rounds for leg in order}
    out = {int(task.job[leg]) for leg in range(legs) if leg not in present}
    while True:
        order, stuck = _order(task, [[leg for leg in each if task.job[leg] not in out] for each in rounds], moments)
        if not stuck:
            break
        loose = [job for job in stuck if not task.fixed[job] and task.legs[job, 1] >= 0]
        out.add(loose[0] if loose else stuck[0])
    for rank, job in enumerate(order):
        draft.order[rank], draft.rank[job] = job, rank
    draft.planned[0] = len(order)
    for worker, each in enumerate(rounds):
        node = legs + worker
        for leg in each:
            if task.job[leg] not in out:
                join(task, draft, leg, node)
                node = leg
    update_times(task, draft, 0)


def _order(task: PairTask, rounds: Sequence[Sequence[int]], moments: Floats) -> tuple[list[int], list[int]]:
    """Sort jobs by time so far as their rounds allow (Kahn 1962); return them and those caught in a circle."""
    followers: dict[int, list[int]] = {int(task.job[leg]): [] for each in rounds for leg in each}
    waits = dict.fromkeys(followers, 0)
    moment = {job: min(float(moments[leg]) for leg in task.legs[job] if leg >= 0) for job in followers}
    for each in rounds:
        for before, after in itertools.pairwise(each):
            followers[int(task.job[before])].append(int(task.job[after]))
            waits[int(task.job[after])] += 1
    ready = [(moment[job], job) for job, count in waits.items() if count == 0]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        _, job = heapq.heappop(ready)
        order.append(job)
        for follower in followers[job]:
            waits[follower] -= 1
            if waits[follower] == 0:
                heapq.heappush(ready, (moment[follower], follower))
    done = set(order)
    return order, [job for job in followers if job not in done]
