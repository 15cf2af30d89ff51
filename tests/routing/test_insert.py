"""The insertion kernels against the slow truth: put the visit everywhere, time the plan, and ask the inspector."""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.check import check
from routing.insertion import board
from routing.model import plan as plans
from routing.model.plan import Plan
from routing.model.problem import Link, Problem
from routing.model.rules import PlanRule
from tests.routing.worlds import Day, random_day

STATES = int(os.environ.get("NOWALLS_STATES", "120"))
"""How many random states each property is tried on; 10,000 takes the better part of an hour."""

seeds = st.integers(min_value=0, max_value=2**32)


def everywhere(problem: Problem, plan: Plan, visit: int, *, but: int = -1) -> Iterator[tuple[int, int, Plan]]:
    """Put a visit into every gap of every row of every worker but one: (row, position, plan)."""
    for row, order in enumerate(plan.sequences):
        if problem.rows[row][0] == but:
            continue
        for position in range(len(order) + 1):
            orders = [list(line) for line in plan.sequences]
            orders[row] = [*order[:position], visit, *order[position:]]
            yield row, position, plans.build(problem, orders)


def share_points(problem: Problem, plan: Plan, company: int) -> int:
    """Price how far ahead of its share a company is."""
    awarded = [each.awarded_visits for each in problem.companies]
    for route in plan.routes:
        awarded[problem.workers[route.worker].company] += len(route.visits)
    shares = sum(each.share for each in problem.companies)
    ahead = awarded[company] * shares - sum(awarded) * problem.companies[company].share
    cap = problem.weights.share_cap_points
    return max(-cap, min(cap, problem.weights.share_points * ahead // shares))


def truth(problem: Problem, plan: Plan, visit: int) -> dict[int, tuple[int, int, int, int]]:
    """Give for each worker the cheapest lawful (points, row, position, start), by trying everything."""
    before = plans.cost(problem, plan).total_points
    skipped = int(problem.arrays.visits.skip_points[visit])
    best: dict[int, tuple[int, int, int, int]] = {}
    for row, position, trial in everywhere(problem, plan, visit):
        if not check(problem, trial).lawful:
            continue
        worker = problem.rows[row][0]
        stop = next(stop for stop in trial.routes[row].stops if stop.visit == visit)
        wait = (stop.start_seconds - stop.arrive_seconds) * problem.weights.wait_points_per_second
        share = share_points(problem, plan, problem.workers[worker].company)
        points = plans.cost(problem, trial).total_points - before + skipped + wait + share
        candidates = (points, row, position, stop.start_seconds)
        best[worker] = min(best.get(worker, candidates), candidates)
    return best


def snapshot_of(day: Day) -> tuple[Problem, Plan, dict[int, int]]:
    """Give a day as a problem, its plan, and from board number to the problem's."""
    snap = day.board.snapshot(day.waiting)
    return snap.problem, snap.plan, {number: index for index, number in enumerate(snap.numbers)}


@settings(max_examples=STATES, deadline=None)
@given(seeds)
def test_the_candidates_are_the_cheapest_lawful_gaps_of_all_workers(seed: int) -> None:
    day = random_day(seed)
    problem, plan, index = snapshot_of(day)
    assert check(problem, plan).lawful
    for number in day.waiting[:2]:
        best = truth(problem, plan, index[number])
        for exhaustive in (False, True):
            verdict = day.board.evaluate(number, best=len(problem.workers), exhaustive=exhaustive)
            got = [
                (c.points, problem.first_row[c.worker] + c.shift, c.position, c.start_seconds)
                for c in verdict.candidates
            ]
            assert got == sorted(best.values(), key=lambda gap: gap[:3])
            assert {worker for worker, rule in enumerate(verdict.rules) if rule == PlanRule.NONE} == set(best)


@settings(max_examples=STATES, deadline=None)
@given(seeds, st.integers(min_value=1, max_value=3))
def test_passing_rows_by_changes_no_choice(seed: int, best: int) -> None:
    day = random_day(seed, workers=12, visits=60)
    for number in day.waiting:
        quick = day.board.evaluate(number, best=best)
        assert quick.candidates == day.board.evaluate(number, best=best, exhaustive=True).candidates


@settings(max_examples=STATES, deadline=None)
@given(seeds)
def test_a_fixed_rule_is_the_one_that_the_inspector_names(seed: int) -> None:
    day = random_day(seed)
    problem, plan, index = snapshot_of(day)
    for number in day.waiting[:2]:
        rules = day.board.evaluate(number, exhaustive=True).rules
        for row, _, trial in everywhere(problem, plan, index[number]):
            rule = PlanRule(int(rules[problem.rows[row][0]]))
            faults = {fault.fault.name for fault in check(problem, trial).violations}
            if rule in {
                PlanRule.SITE_CLOSED,
                PlanRule.NOT_CONTRACTED,
                PlanRule.SKILL,
                PlanRule.CERTIFICATE,
                PlanRule.SEX,
                PlanRule.EXCLUDED,
            }:
                assert rule.name in faults
            if rule in {PlanRule.COMPANY_QUOTA, PlanRule.CAPACITY, PlanRule.MAX_WORK}:
                assert faults


@settings(max_examples=STATES, deadline=None)
@given(seeds)
def test_a_day_filled_by_insertion_is_lawful_and_what_is_frozen_stays(seed: int) -> None:
    day = random_day(seed, pairs=True)
    problem, _, index = snapshot_of(day)
    frozen = {number: problem.visits[k].frozen for number, k in index.items() if problem.visits[k].frozen}
    for number in day.waiting:
        candidates = day.board.evaluate(number).candidates
        if candidates:
            day.board.commit(number, candidates[0])
    snap = day.board.snapshot()
    assert check(snap.problem, snap.plan).violations == ()
    after = {number: snap.problem.visits[k].frozen for k, number in enumerate(snap.numbers)}
    assert all(after[number] == held for number, held in frozen.items())


@settings(max_examples=STATES, deadline=None)
@given(seeds)
def test_removing_what_was_committed_restores_the_board(seed: int) -> None:
    day = random_day(seed)
    before = day.board.snapshot()
    number = day.waiting[-1]
    verdict = day.board.evaluate(number, exhaustive=True)
    for candidate in verdict.candidates:
        day.board.commit(number, candidate)
        day.board.remove(number)
    assert day.board.snapshot().plan == before.plan
    again = day.board.evaluate(number, exhaustive=True)
    assert again.candidates == verdict.candidates
    assert again.rules.tolist() == verdict.rules.tolist()


@settings(max_examples=max(10, STATES // 4), deadline=None)
@given(seeds, st.sampled_from([(0, 0), (0, 1_800), (600, 1_800), (-900, 900)]))
def test_two_workers_are_the_cheapest_lawful_two(seed: int, gap: tuple[int, int]) -> None:
    day = random_day(seed, workers=3, visits=10)
    if len(day.waiting) < 2:
        return
    problem, plan, index = snapshot_of(day)
    first, second = day.waiting[0], day.waiting[1]
    verdict = day.board.evaluate_pair(first, second, gap_min_seconds=gap[0], gap_max_seconds=gap[1], best=50)
    link = Link(first=index[first], second=index[second], gap_min_seconds=gap[0], gap_max_seconds=gap[1])
    linked = replace(problem, links=(*problem.links, link))
    before = plans.cost(linked, plan).total_points - int(
        linked.arrays.visits.skip_points[[index[first], index[second]]].sum()
    )
    lawful: dict[tuple[int, int], int] = {}
    for first_row, _, half in everywhere(problem, plan, index[first]):
        for second_row, _, trial in everywhere(linked, half, index[second], but=problem.rows[first_row][0]):
            workers = problem.rows[first_row][0], problem.rows[second_row][0]
            if not check(linked, trial).lawful:
                continue
            points = plans.cost(linked, trial).total_points - before
            for row, visit in ((first_row, link.first), (second_row, link.second)):
                stop = next(stop for stop in trial.routes[row].stops if stop.visit == visit)
                points += (stop.start_seconds - stop.arrive_seconds) * problem.weights.wait_points_per_second
                points += share_points(problem, plan, problem.workers[problem.rows[row][0]].company)
            lawful[workers] = min(lawful.get(workers, points), points)
    assert {(p.first.worker, p.second.worker): p.points for p in verdict.pairs} == lawful
    assert [p.points for p in verdict.pairs] == sorted(p.points for p in verdict.pairs)
    if verdict.pairs:
        day.board.commit_pair(first, second, verdict.pairs[0])
        snap = day.board.snapshot()
        assert check(snap.problem, snap.plan).violations == ()


def test_a_candidate_that_has_gone_stale_is_refused() -> None:
    day = random_day(5, workers=8)
    first, second = [n for n in day.waiting if day.board.evaluate(n).candidates][:2]
    taken = day.board.evaluate(first).candidates[0]
    day.board.commit(first, taken)
    stale = day.board.evaluate(second).candidates[0]._replace(start_seconds=1)
    with pytest.raises(board.CandidateStale):
        day.board.commit(second, stale)
    with pytest.raises(board.VisitPlaced):
        day.board.evaluate(first)
