"""A batch decided at once: lawful, and as cheap as an integer programme that shares no code finds it to be."""

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from routing.bench import batch as bench
from routing.model import validation
from routing.model.problem import Company, Weights
from routing.reference import assign as assigning
from routing.reference.assign import Batch, BatchShape, BatchSteps, assign, share_prices

seeds = st.integers(min_value=0, max_value=2**32)


def random_case(seed: int, *, visits: int = 12, workers: int = 8, companies: int = 3) -> bench.BatchCase:
    choices = random.Random(seed)
    rng = np.random.default_rng(seed)
    firms = tuple(
        Company(
            quota_visits=choices.choice((None, 0, 2, 5)),
            share=choices.randrange(4),
            awarded_visits=choices.randrange(6),
        )
        for _ in range(companies)
    )
    weights = Weights(share_points=choices.choice((0, 600, 20_000)), share_cap_points=30_000)
    batch = Batch(
        points=rng.integers(-20_000, 100_000, (visits, workers)),
        allowed=(rng.random((visits, workers)) < choices.choice((0.2, 0.6, 1.0))).astype(np.uint8),
        unassigned_points=rng.integers(0, 300_000, visits),
        most=rng.integers(0, 4, workers),
        company_of=rng.integers(0, companies, workers),
        steps=share_prices(firms, weights, visits),
    )
    return bench.BatchCase(batch, firms, weights)


def least(case: bench.BatchCase) -> int:
    """Give the least cost, by CP-SAT on the definition: each company's count priced by a table."""
    batch = case.batch
    model = cp_model.CpModel()
    n, m = batch.allowed.shape
    pair = {(i, j): model.new_bool_var("") for i in range(n) for j in range(m) if batch.allowed[i, j]}
    cost: Any = 0
    for i in range(n):
        out = model.new_bool_var("")
        model.add_exactly_one([out, *(pair[i, j] for j in range(m) if (i, j) in pair)])
        cost += out * int(batch.unassigned_points[i])
    for j in range(m):
        model.add(sum(pair[i, j] for i in range(n) if (i, j) in pair) <= int(batch.most[j]))
    shares = sum(each.share for each in case.companies)
    total = sum(each.awarded_visits for each in case.companies) + n
    for number, company in enumerate(case.companies):
        most = n if company.quota_visits is None else min(n, company.quota_visits)
        count = model.new_int_var(0, most, "")
        model.add(count == sum(x for (_, j), x in pair.items() if batch.company_of[j] == number))
        prices = [0]
        for k in range(most):
            ahead = (company.awarded_visits + k) * shares - total * company.share
            cap = case.weights.share_cap_points
            prices.append(prices[-1] + max(-cap, min(cap, case.weights.share_points * ahead // max(shares, 1))))
        price = model.new_int_var(min(prices), max(prices), "")
        model.add_element(count, prices, price)
        cost += price
    cost += sum(x * int(batch.points[i, j]) for (i, j), x in pair.items())
    model.minimize(cost)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    return round(solver.objective_value)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_a_batch_is_lawful_and_costs_what_it_says(seed: int) -> None:
    case = random_case(seed, visits=40, workers=30, companies=4)
    batch, assignment = case.batch, assign(case.batch)
    assert bench.price(case, assignment) == (assignment.points, True)
    assert assignment.awarded(batch) == [
        sum(batch.company_of[worker] == number for worker in assignment.workers if worker >= 0) for number in range(4)
    ]


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_no_batch_could_cost_less(seed: int) -> None:
    case = random_case(seed)
    assert assign(case.batch).points == least(case)
    assert bench.linear_programme(case) == least(case)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_pairs_that_are_added_later_make_it_as_cheap_as_all_at_once(seed: int) -> None:
    """With one pair for each visit at first, the others must be priced in."""
    batch = random_case(seed, visits=30, workers=40, companies=4).batch
    whole = assign(batch).points
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assigning, "FIRST_PAIRS", 1)
        assert assign(batch).points == whole
        patch.setattr(assigning, "FIRST_PAIRS", 100)
        assert assign(batch).points == whole


def twins(
    shares: tuple[int, int], awarded: tuple[int, int] = (0, 0), *, quota: int | None = None, visits: int = 10
) -> Batch:
    """Two companies alike in everything but their share."""
    return Batch(
        points=np.full((visits, 2), 1_000),
        allowed=np.ones((visits, 2), np.uint8),
        unassigned_points=np.full(visits, 10**8),
        most=np.full(2, visits),
        company_of=np.arange(2),
        steps=share_prices(
            [
                Company(share=share, awarded_visits=before, quota_visits=quota)
                for share, before in zip(shares, awarded, strict=True)
            ],
            Weights(share_points=600),
            visits,
        ),
    )


@pytest.mark.parametrize(
    ("shares", "awarded", "expected"),
    [((1, 1), (0, 0), [5, 5]), ((3, 7), (0, 0), [3, 7]), ((1, 1), (6, 0), [2, 8]), ((1, 1), (40, 0), [0, 10])],
)
def test_equals_get_what_their_shares_say(
    shares: tuple[int, int], awarded: tuple[int, int], expected: list[int]
) -> None:
    batch = twins(shares, awarded)
    assert assign(batch).awarded(batch) == expected


def test_a_full_company_gets_nothing_and_the_rest_is_left_out() -> None:
    batch = twins((1, 1), quota=4)
    assignment = assign(batch)
    assert assignment.awarded(batch) == [4, 4]
    assert (assignment.workers < 0).sum() == 2


def test_a_share_is_not_bought_at_any_price() -> None:
    """The dearer company gets visits until what it is behind is worth less than the way."""
    batch = twins((1, 1))
    points = batch.points.copy()
    points[:, 1] += 1_500
    batch = replace(batch, points=points)
    assert assign(batch).awarded(batch) == [6, 4]


def test_nothing_to_decide_is_no_trouble() -> None:
    batch = twins((1, 1), visits=0)
    assignment = assign(batch)
    assert (assignment.workers.size, assignment.points, assignment.step_points) == (0, 0, 0)


def test_a_batch_of_two_sizes_is_refused() -> None:
    with pytest.raises(BatchShape):
        replace(twins((1, 1)), most=np.ones(3, np.int64))
    with pytest.raises(validation.UnknownNumber):
        replace(twins((1, 1)), company_of=np.array([0, 2]))
    with pytest.raises(validation.NumberTooLarge):
        replace(twins((1, 1)), unassigned_points=np.full(10, 10**13))
    with pytest.raises(BatchSteps):
        replace(twins((1, 1)), steps=(np.array([3, 4, 4]), np.array([3, 2])))
