"""Take a few related jobs out of a draft (slack induction by string removals, Christiaens & Vanden Berghe 2020)."""

from routing.compiled import part, step
from routing.synchronised.arrays import PairDraft, PairTask, Scratch
from routing.synchronised.rng import Rng, below, uniform


@step
def remove_job(task: PairTask, draft: PairDraft, scratch: Scratch, job: int, waiting: int) -> int:
    """Take one job out of its rounds, note it as absent, and return how many are absent; the order is mended later."""
    for turn in range(2):
        leg = task.legs[job, turn]
        if leg >= 0:
            source, follower = draft.before[leg], draft.after[leg]
            draft.after[source], draft.before[follower] = follower, source
            draft.worker[leg] = -1
    scratch.absent[waiting] = job
    draft.rank[job] = -1
    return waiting + 1


@step
def close_gaps(draft: PairDraft) -> int:
    """Close the gaps that lifted jobs left in the order; return the first place that changed."""
    kept, first = 0, draft.planned[0]
    for z in range(draft.planned[0]):
        job = draft.order[z]
        if draft.rank[job] < 0:
            first = min(first, z)
            continue
        draft.order[kept] = job
        draft.rank[job] = kept
        kept += 1
    draft.planned[0] = kept
    return int(min(first, kept))


@step
def remove_strings(
    task: PairTask, draft: PairDraft, scratch: Scratch, waiting: int, rng: Rng, longest: int, average: float
) -> int:
    """Lift strings of neighbouring jobs out of several rounds near a random one; return how many jobs are absent."""
    legs, workers = task.job.shape[0], task.mode.shape[0]
    jobs = task.link.shape[0]
    if draft.planned[0] == 0:
        return waiting
    longest = max(1, longest)
    rounds = 1 + int(uniform(rng) * (4.0 * average / (1.0 + longest) - 1.0))
    for worker in range(workers):
        scratch.touched[worker] = False
    seed = draft.order[below(rng, draft.planned[0])]
    for near in range(jobs):
        if rounds <= 0:
            break
        job = task.near[seed, near]
        if draft.rank[job] < 0 or task.fixed[job]:
            continue
        for turn in range(2):
            leg = task.legs[job, turn]
            if leg < 0 or draft.worker[leg] < 0:
                continue
            worker = draft.worker[leg]
            if scratch.touched[worker]:
                continue
            scratch.touched[worker] = True
            rounds -= 1
            size, at = 0, 0
            node = draft.after[legs + worker]
            while node < legs:
                if node == leg:
                    at = size
                size += 1
                node = draft.after[node]
            length = 1 + below(rng, min(size, longest))
            first = max(0, at - length + 1)
            first += below(rng, min(at, size - length) - first + 1)
            spared, spare = 0, 0
            if length > 1 and length < size and uniform(rng) < 0.5:
                while length + spare < size and uniform(rng) > 0.01 and spare < 1 + length:
                    spare += 1
                    if uniform(rng) < 0.5:
                        break
                first = max(0, min(first, size - length - spare))
                spared = 1 + below(rng, length)
            node = draft.after[legs + worker]
            for _ in range(first):
                node = draft.after[node]
            taken, passed = 0, 0
            while node < legs and taken < length:
                onward = draft.after[node]
                other = task.job[node]
                if spared > 0 and taken == spared and passed < spare:
                    passed += 1
                elif not task.fixed[other]:
                    both = task.legs[other, 1] >= 0
                    if both and onward < legs and task.job[onward] == other:
                        onward = draft.after[onward]
                    waiting = remove_job(task, draft, scratch, other, waiting)
                    taken += 1
                else:
                    taken += 1
                node = onward
            if rounds <= 0:
                break
    return waiting


@part
def able_to(task: PairTask, leg: int, worker: int) -> bool:
    """Return whether a worker may do a leg."""
    for at in range(task.able_count[leg]):  # noqa: SIM110 - a kernel has no generators
        if task.able[leg, at] == worker:
            return True
    return False


@step
def exchange_tails(task: PairTask, draft: PairDraft, z: int, worker: int, worker_two: int) -> bool:
    """Exchange the rounds of two workers from a place of the order onward, if both may; return whether they were.

    The order stays sound: nothing comes before anything that it did not come before in `order`.
    """
    legs, workers = task.job.shape[0], task.mode.shape[0]
    for turn in range(2):
        node = draft.before[legs + workers + (worker if turn == 0 else worker_two)]
        other = worker_two if turn == 0 else worker
        while node < legs and draft.rank[task.job[node]] > z:
            if task.fixed[task.job[node]] or not able_to(task, node, other):
                return False
            node = draft.before[node]
    end, end_two = legs + workers + worker, legs + workers + worker_two
    last, last_two = draft.before[end], draft.before[end_two]
    u, x = last, last_two
    while u < legs and draft.rank[task.job[u]] > z:
        draft.worker[u] = worker_two
        u = draft.before[u]
    while x < legs and draft.rank[task.job[x]] > z:
        draft.worker[x] = worker
        x = draft.before[x]
    v, y = draft.after[u], draft.after[x]
    if v == end and y == end_two:
        return False
    # the two tails change heads; an empty tail is the other worker's own end
    if y == end_two:
        draft.after[u], draft.before[end] = end, u
    else:
        draft.after[u], draft.before[y] = y, u
        draft.after[last_two], draft.before[end] = end, last_two
    if v == end:
        draft.after[x], draft.before[end_two] = end_two, x
    else:
        draft.after[x], draft.before[v] = v, x
        draft.after[last], draft.before[end_two] = end_two, last
    return True
