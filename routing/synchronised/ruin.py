"""Take a few related jobs out of a draft (slack induction by string removals, Christiaens & Vanden Berghe 2020)."""

from routing.compiled import part, step
from routing.synchronised.board import Board, Desk, Draft
from routing.synchronised.rng import Dice, pick, roll


@step
def lift(board: Board, draft: Draft, desk: Desk, job: int, waiting: int) -> int:
    """Take one job out of its rounds, note it as absent, and return how many are absent; the order is mended later."""
    for turn in range(2):
        leg = board.legs[job, turn]
        if leg >= 0:
            source, follower = draft.before[leg], draft.after[leg]
            draft.after[source], draft.before[follower] = follower, source
            draft.worker[leg] = -1
    desk.absent[waiting] = job
    draft.rank[job] = -1
    return waiting + 1


@step
def mend(draft: Draft) -> int:
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
def strings(board: Board, draft: Draft, desk: Desk, waiting: int, dice: Dice, longest: int, average: float) -> int:
    """Lift strings of neighbouring jobs out of several rounds near a random one; return how many jobs are absent."""
    legs, workers = board.job.shape[0], board.mode.shape[0]
    jobs = board.link.shape[0]
    if draft.planned[0] == 0:
        return waiting
    longest = max(1, longest)
    rounds = 1 + int(roll(dice) * (4.0 * average / (1.0 + longest) - 1.0))
    for worker in range(workers):
        desk.touched[worker] = False
    seed = draft.order[pick(dice, draft.planned[0])]
    for near in range(jobs):
        if rounds <= 0:
            break
        job = board.near[seed, near]
        if draft.rank[job] < 0 or board.fixed[job]:
            continue
        for turn in range(2):
            leg = board.legs[job, turn]
            if leg < 0 or draft.worker[leg] < 0:
                continue
            worker = draft.worker[leg]
            if desk.touched[worker]:
                continue
            desk.touched[worker] = True
            rounds -= 1
            size, at = 0, 0
            node = draft.after[legs + worker]
            while node < legs:
                if node == leg:
                    at = size
                size += 1
                node = draft.after[node]
            length = 1 + pick(dice, min(size, longest))
            first = max(0, at - length + 1)
            first += pick(dice, min(at, size - length) - first + 1)
            spared, spare = 0, 0
            if length > 1 and length < size and roll(dice) < 0.5:
                while length + spare < size and roll(dice) > 0.01 and spare < 1 + length:
                    spare += 1
                    if roll(dice) < 0.5:
                        break
                first = max(0, min(first, size - length - spare))
                spared = 1 + pick(dice, length)
            node = draft.after[legs + worker]
            for _ in range(first):
                node = draft.after[node]
            taken, passed = 0, 0
            while node < legs and taken < length:
                onward = draft.after[node]
                other = board.job[node]
                if spared > 0 and taken == spared and passed < spare:
                    passed += 1
                elif not board.fixed[other]:
                    both = board.legs[other, 1] >= 0
                    if both and onward < legs and board.job[onward] == other:
                        onward = draft.after[onward]
                    waiting = lift(board, draft, desk, other, waiting)
                    taken += 1
                else:
                    taken += 1
                node = onward
            if rounds <= 0:
                break
    return waiting


@part
def able_to(board: Board, leg: int, worker: int) -> bool:
    """Return whether a worker may do a leg."""
    for at in range(board.able_count[leg]):  # noqa: SIM110 - a kernel has no generators
        if board.able[leg, at] == worker:
            return True
    return False


@step
def cross(board: Board, draft: Draft, z: int, one: int, two: int) -> bool:
    """Let two workers change rounds from a place of the order onward, if both may; return whether they did.

    The order stays sound: nothing comes before anything that it did not come before in `order`.
    """
    legs, workers = board.job.shape[0], board.mode.shape[0]
    for turn in range(2):
        node = draft.before[legs + workers + (one if turn == 0 else two)]
        other = two if turn == 0 else one
        while node < legs and draft.rank[board.job[node]] > z:
            if board.fixed[board.job[node]] or not able_to(board, node, other):
                return False
            node = draft.before[node]
    end, end_two = legs + workers + one, legs + workers + two
    last, last_two = draft.before[end], draft.before[end_two]
    u, x = last, last_two
    while u < legs and draft.rank[board.job[u]] > z:
        draft.worker[u] = two
        u = draft.before[u]
    while x < legs and draft.rank[board.job[x]] > z:
        draft.worker[x] = one
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
