"""Decide a batch of visits at once: who gets what at the least cost, within quotas, and fairly by contract shares.

A min-cost flow (OR-Tools): visit → worker → company → away, with a way past all workers for visits that are left out.
What a company is ahead of its share costs more with every further visit, which a flow can hold exactly, because the
price only rises: one arc for each. Optimal, and the same on every machine.

Of the pairs only the cheapest few are given to the flow at first. The prices that its answer puts on workers and visits
then tell of every other pair whether it could improve on it (its reduced cost is negative); those are added, and the
flow is solved again until there are none: the answer is optimal over all pairs, as if all had been given at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow

from kit.refusal import Kind, Refusal
from routing.compiled import kernel
from routing.model import validation
from routing.model.arrays import FAR, Bytes, Ints
from routing.model.entities import MOST_POINTS, Company, Weights

FIRST_PAIRS = 16
"""So many of the cheapest workers of each visit are given to the flow at first."""

Shorts = NDArray[np.int32]


class BatchSteps(Refusal):
    """A company's next visit costs less than the one before: no flow can hold that."""

    code = "routing.batch_steps"
    kind = Kind.INVALID


class BatchShape(Refusal):
    """Costs, workers, companies and penalties of a batch are not of one size."""

    code = "routing.batch_shape"
    kind = Kind.INVALID


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Visits [n], workers [m], and what each pair costs.

    `points` [n, m] may be negative (continuity earns); `allowed` [n, m] is 0 where a rule forbids. Leaving visit k out
    costs `unassigned_points[k]`. Worker j takes `most[j]` visits at most and works for company `company_of[j]`.
    `steps[c]` is what company c's first, second, … visit costs beside the pair, never less than the one before: as many
    as it may win (`share_prices`). Refuses `routing.` batch_shape, batch_steps, too_large, unknown_number.
    """

    points: Ints
    allowed: Bytes
    unassigned_points: Ints
    most: Ints
    company_of: Ints
    steps: tuple[Ints, ...]

    def __post_init__(self) -> None:
        n, m = self.allowed.shape
        sizes = [self.points.shape, self.unassigned_points.shape, self.most.shape, self.company_of.shape]
        if sizes != [(n, m), (n,), (m,), (m,)]:
            raise BatchShape(shapes=[list(size) for size in sizes])
        costs = [self.points, self.unassigned_points, *self.steps]
        largest = max(int(np.abs(each).max(initial=0)) for each in costs)
        if largest > MOST_POINTS:
            raise validation.NumberTooLarge(name="batch.points", value=largest, most=MOST_POINTS)
        if m and not 0 <= self.company_of.min() <= self.company_of.max() < len(self.steps):
            raise validation.UnknownNumber(
                name="batch.company_of", number=int(self.company_of.max()), count=len(self.steps)
            )
        falling = [number for number, each in enumerate(self.steps) if (np.diff(each) < 0).any()]
        if falling:
            raise BatchSteps(companies=falling)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who gets each visit (−1: nobody), and what all of it costs; `step_points` is the companies' part of it."""

    workers: Shorts
    points: int
    step_points: int

    def awarded(self, batch: Batch) -> list[int]:
        """Count what each company gets."""
        taken = batch.company_of[self.workers[self.workers >= 0]]
        counts: list[int] = np.bincount(taken, minlength=len(batch.steps)).tolist()
        return counts


def share_prices(companies: Sequence[Company], weights: Weights, visits: int) -> tuple[Ints, ...]:
    """Give the steps of companies with quotas and shares for a batch of so many visits.

    As in insertion: `share_points` for each visit that the company is ahead of its share of all visits, past ones and
    this batch, less for each that it is behind, never more than the cap either way. As many as its quota allows.
    """
    shares = sum(company.share for company in companies)
    total = sum(company.awarded_visits for company in companies) + visits
    prices = []
    for company in companies:
        most = visits if company.quota_visits is None else min(visits, company.quota_visits)
        awarded = company.awarded_visits + np.arange(most, dtype=np.int64)
        ahead = awarded * shares - total * company.share
        points = weights.share_points * ahead // max(shares, 1)
        prices.append(np.clip(points, -weights.share_cap_points, weights.share_cap_points))
    return tuple(prices)


def assign(batch: Batch) -> Assignment:
    """Return an assignment of the least cost: pairs, shares and what is left out together."""
    chosen = _first_pairs(batch)
    while True:
        network = _Network(batch, chosen)
        network.solve()
        missing = _improving(batch, chosen, *network.prices())
        if not missing.any():
            break
        chosen |= missing
    workers = network.workers()
    awarded = np.bincount(batch.company_of[workers[workers >= 0]], minlength=len(batch.steps))
    step_points = sum(int(prices[:count].sum()) for prices, count in zip(batch.steps, awarded.tolist(), strict=True))
    given = np.flatnonzero(workers >= 0)
    points = int(batch.points[given, workers[given]].sum()) + int(batch.unassigned_points[workers < 0].sum())
    return Assignment(workers, points + step_points, step_points)


def _first_pairs(batch: Batch) -> NDArray[np.bool_]:
    """Choose the cheapest workers of each visit."""
    n, m = batch.allowed.shape
    allowed: NDArray[np.bool_] = batch.allowed != 0
    if m <= FIRST_PAIRS:
        return allowed
    costs = np.where(allowed, batch.points, FAR)
    chosen = np.zeros((n, m), np.bool_)
    chosen[np.arange(n)[:, None], np.argpartition(costs, FIRST_PAIRS - 1, axis=1)[:, :FIRST_PAIRS]] = True
    return chosen & allowed


class _Network:
    """The flow over some pairs: nodes are visits, workers, companies and away."""

    def __init__(self, batch: Batch, chosen: NDArray[np.bool_]) -> None:
        n, m = chosen.shape
        self.visits, self.pairs = n, np.nonzero(chosen)
        firms = len(batch.steps)
        away = n + m + firms
        i, j = (side.astype(np.int32) for side in self.pairs)
        company_nodes = (n + m + batch.company_of).astype(np.int32)
        counts = [len(prices) for prices in batch.steps]
        self.tails = np.concatenate(
            [i, np.arange(n), np.arange(n, n + m), np.repeat(np.arange(n + m, away), counts)]
        ).astype(np.int32)
        self.heads = np.concatenate([n + j, np.full(n, away), company_nodes, np.full(sum(counts), away)]).astype(
            np.int32
        )
        self.room = np.concatenate([np.ones(len(i) + n, np.int64), batch.most, np.ones(sum(counts), np.int64)])
        nothing = np.zeros(m, np.int64)
        self.costs = np.concatenate([batch.points[self.pairs], batch.unassigned_points, nothing, *batch.steps])
        self.nodes = away + 1
        self._flow = min_cost_flow.SimpleMinCostFlow()
        self._arcs = self._flow.add_arcs_with_capacity_and_unit_cost(self.tails, self.heads, self.room, self.costs)
        self._flow.set_nodes_supplies(np.append(np.arange(n), away), np.append(np.ones(n, np.int64), -n))

    def solve(self) -> None:
        """Find the cheapest flow; there always is one, past all workers."""
        status = self._flow.solve()
        if status != self._flow.OPTIMAL:
            raise AssertionError(status)
        self.flows: Ints = self._flow.flows(self._arcs)

    def workers(self) -> Shorts:
        """Give who gets each visit, −1 where nobody does."""
        out = np.full(self.visits, -1, np.int32)
        used = self.flows[: len(self.pairs[0])] > 0
        out[self.pairs[0][used]] = self.pairs[1][used]
        return out

    def prices(self) -> tuple[Ints, Ints]:
        """Give what one more unit at each visit and each worker would cost: the distance away in what is left."""
        distance = np.full(self.nodes, FAR, np.int64)
        distance[-1] = 0
        distances(self.tails, self.heads, self.costs, self.room - self.flows, self.flows, distance)
        companies = self.nodes - 1
        return distance[: self.visits], distance[self.visits : companies]


@kernel
def distances(tails: Shorts, heads: Shorts, costs: Ints, room: Ints, flows: Ints, distance: Ints) -> None:
    """Lower `distance` [nodes] to the shortest way to the nodes at 0, in what the flow leaves (Bellman 1958).

    An arc may be used forwards while there is room in it, and backwards while something flows.
    """
    changed = True
    while changed:
        changed = False
        for arc in range(tails.shape[0]):
            tail, head, cost = tails[arc], heads[arc], costs[arc]
            if room[arc] > 0 and distance[head] < FAR and distance[head] + cost < distance[tail]:
                distance[tail] = distance[head] + cost
                changed = True
            if flows[arc] > 0 and distance[tail] < FAR and distance[tail] - cost < distance[head]:
                distance[head] = distance[tail] - cost
                changed = True


def _improving(batch: Batch, chosen: NDArray[np.bool_], visits: Ints, others: Ints) -> NDArray[np.bool_]:
    """Return which pairs that the flow does not have would make it cheaper."""
    m = batch.allowed.shape[1]
    reduced = batch.points + others[None, :m] - visits[:, None]
    improving: NDArray[np.bool_] = (reduced < 0) & (batch.allowed != 0) & ~chosen
    return improving
