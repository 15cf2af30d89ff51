"""Why, why not, and what it would take: every answer is held against the inspector and against doing it."""

import os
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.check import check
from routing.explanation import relax
from routing.explanation.explain import Explanation, explain
from routing.explanation.relax import Limits
from routing.explanation.relaxation import ChangeKind, Relaxation, applied
from routing.insertion.board import Board
from routing.model import plan as plans
from routing.model.plan import Plan
from routing.model.problem import Break, Company, Frozen, Link, Mode, Point, Problem, Sex, Shift, Visit, Window, Worker
from routing.model.rules import FIXED_RULES, PlanRule
from tests.routing.worlds import HOUR, random_day

STATES = int(os.environ.get("NOWALLS_STATES", "120"))
TIMED = {
    ChangeKind.LATER,
    ChangeKind.EARLIER,
    ChangeKind.BREAK_LATER,
    ChangeKind.BREAK_EARLIER,
    ChangeKind.OVERTIME,
    ChangeKind.EARLY_START,
    ChangeKind.LONGER_DAY,
}

seeds = st.integers(min_value=0, max_value=2**32)


def scene(seed: int, *, pairs: bool = False, workers: int = 4) -> tuple[Problem, Plan]:
    day = random_day(seed, pairs=pairs, workers=workers)
    snap = day.board.snapshot(day.waiting)
    return snap.problem, snap.plan


def works(problem: Problem, plan: Plan, relaxation: Relaxation) -> bool:
    """Make the changes; return whether the visits are then made and the inspector finds no fault."""
    after, made = applied(problem, plan, relaxation)
    return check(after, made).lawful and not {place.visit for place in relaxation.places} & set(made.unserved)


def nobody(problem: Problem, plan: Plan, visit: int, relaxation: Relaxation) -> bool:
    """Make the changes without the visit; return whether still nobody at all could make it."""
    changed, _ = applied(problem, plan, replace(relaxation, places=()))
    orders = plan.sequences + [[] for _ in changed.rows[len(problem.rows) :]]
    board = Board(changed, plans.build(changed, orders))
    return not board.evaluate(visit, best=1).candidates


@settings(max_examples=STATES, deadline=None)
@given(seeds)
def test_a_relaxation_always_works(seed: int) -> None:
    problem, plan = scene(seed)
    for visit in plan.unserved[:3]:
        relaxation = explain(problem, plan, visit).relaxation
        assert relaxation is None or works(problem, plan, relaxation)


@settings(max_examples=STATES, deadline=None)
@given(seeds)
def test_with_a_minute_less_nobody_could_come(seed: int) -> None:
    problem, plan = scene(seed)
    for visit in plan.unserved[:3]:
        relaxation = explain(problem, plan, visit).relaxation
        if relaxation is None or len(relaxation.changes) != 1 or relaxation.changes[0].kind not in TIMED:
            continue
        less = relaxation.changes[0]._replace(amount=relaxation.changes[0].amount - 60)
        assert nobody(problem, plan, visit, replace(relaxation, changes=(less,)))


@settings(max_examples=STATES, deadline=None)
@given(seeds)
def test_the_quick_way_and_looking_at_everybody_agree(seed: int) -> None:
    day = random_day(seed)
    for number in day.waiting[:2]:
        verdict = day.board.evaluate(number, best=1, exhaustive=True)
        if not verdict.candidates:
            slow = relax._best_of(day.board, number, range(4), relax.DEFAULT_LIMITS, verdict.rules.tolist())
            assert relax.smallest(day.board, number) == slow


@settings(max_examples=STATES // 2, deadline=None)
@given(seeds)
def test_who_is_out_is_passed_by_whatever_gives_way(seed: int) -> None:
    day = random_day(seed)
    for number in day.waiting[:2]:
        wanted = day.board.visit(number)
        gone = replace(wanted, excluded=wanted.excluded | {0, 1}, preferred=wanted.preferred - {0, 1})
        relaxation = relax.smallest(day.board, day.board.add(gone), Limits(out=frozenset({0, 1})))
        if relaxation is not None:
            assert not {0, 1} & {place.worker for place in relaxation.places}
            assert not {0, 1} & {change.worker for change in relaxation.changes}


@settings(max_examples=STATES // 2, deadline=None)
@given(seeds, st.sampled_from([(0, 0), (0, 1_800), (-900, 900)]))
def test_a_relaxation_for_two_people_always_works(seed: int, gap: tuple[int, int]) -> None:
    problem, plan = scene(seed, workers=3)
    if len(plan.unserved) < 2:
        return
    first, second = plan.unserved[:2]
    link = Link(first=first, second=second, gap_min_seconds=gap[0], gap_max_seconds=gap[1])
    paired = replace(problem, links=(*problem.links, link))
    answer = explain(paired, plan, first)
    able = [explanation.worker for explanation in answer.workers if explanation.candidate is not None]
    if answer.relaxation is None:
        assert not able
    else:
        assert works(paired, plan, answer.relaxation)
        assert bool(able) == (answer.relaxation.changes == ())


@settings(max_examples=STATES, deadline=None)
@given(seeds, st.booleans())
def test_who_could_come_could_and_who_could_not_is_kept_out_by_each_rule_named(seed: int, pairs: bool) -> None:
    problem, plan = scene(seed, pairs=pairs)
    served = [visit for visit in range(len(problem.visits)) if visit not in plan.unserved]
    for visit in [*served[-2:], *plan.unserved[:1]]:
        answer = explain(problem, plan, visit)
        without = [[number for number in order if number != visit] for order in plan.sequences]
        free = replace(problem.visits[visit], frozen=None)
        loose = replace(problem, visits=(*problem.visits[:visit], free, *problem.visits[visit + 1 :]))
        # without the visit the worker may be late elsewhere: a matrix may hold a way round that is quicker
        before = set(check(loose, plans.build(loose, without)).violations)
        for explanation in answer.workers:
            if explanation.candidate is None:
                assert explanation.rules
                assert (
                    set(explanation.rules) <= set(FIXED_RULES) | {PlanRule.COMPANY_QUOTA, PlanRule.PARTNER}
                    or len(explanation.rules) == 1
                )
                shift, position = 0, 0
            else:
                shift, position = explanation.candidate.shift, explanation.candidate.position
            orders = [list(order) for order in without]
            orders[problem.first_row[explanation.worker] + shift].insert(position, visit)
            faults = check(loose, plans.build(loose, orders)).violations
            names = {fault.fault.name for fault in faults if fault not in before}
            if explanation.candidate is not None:
                assert names == set()
            assert {rule.name for rule in explanation.rules if rule in set(FIXED_RULES) - {PlanRule.REACH}} <= names


@settings(max_examples=STATES, deadline=None)
@given(seeds)
def test_the_prices_are_those_of_the_plan_and_the_parts_add_up(seed: int) -> None:
    problem, plan = scene(seed)
    for route in plan.routes:
        for stop in route.stops:
            if stop.visit < 0:
                continue
            answer = explain(problem, plan, stop.visit)
            assert answer.chosen is not None
            assert (answer.chosen.worker, answer.chosen.start_seconds) == (route.worker, stop.start_seconds)
            own = answer.workers[route.worker]
            if own.candidate is not None and problem.visits[stop.visit].frozen is None:
                assert own.candidate.points <= answer.chosen.points
            for explanation in answer.workers:
                if explanation.price_difference is not None and explanation.candidate is not None:
                    assert (
                        explanation.price_difference.points
                        == explanation.candidate.points - answer.chosen.points
                        == sum(explanation.price_difference[1:])
                    )


NINE, TEN, NOON = 9 * HOUR, 10 * HOUR, 12 * HOUR
HERE, THERE = Point(39.0, 116.0), Point(39.0, 116.02)


def town(*workers: dict[str, Any], visits: tuple[Visit, ...], **more: Any) -> Problem:
    usual: dict[str, Any] = {"base": 0, "shifts": (Shift(start_seconds=NINE, end_seconds=NOON),)}
    return Problem(
        workers=tuple(Worker(**{**usual, **facts}) for facts in workers),
        visits=visits,
        modes=(Mode(name="e-bike", speed_metres_per_second=4.0, detour=1.0),),
        places=(HERE, THERE),
        **more,
    )


def visit(earliest: int, latest: int, minutes: int = 60, **more: Any) -> Visit:
    windows = (Window(earliest_seconds=earliest, latest_seconds=latest),)
    return Visit(place=0, duration_seconds=60 * minutes, windows=windows, **more)


def explained(problem: Problem, *order: int, limits: Limits = relax.DEFAULT_LIMITS) -> Explanation:
    """Explain the last visit where the first worker makes the others in this order."""
    orders = [list(order), *([] for _ in problem.rows[1:])]
    return explain(problem, plans.build(problem, orders), len(problem.visits) - 1, limits)


AS_AGREED = Limits(order=tuple(ChangeKind)[2:])
"""The hour agreed with the elder stands."""
TEA = Break(earliest_seconds=TEN, latest_seconds=TEN, duration_seconds=1_800)


@pytest.mark.parametrize(
    ("workers", "visits", "kind", "amount"),
    [
        ([{}], (visit(NINE, NINE, 120), visit(NINE, TEN, 30)), "later", 60 * 60),
        ([{}], (visit(TEN, TEN, 120), visit(TEN, 11 * HOUR, 30)), "earlier", 30 * 60),
        ([{}], (visit(11 * HOUR, 11 * HOUR, 75),), "overtime", 15 * 60),
        ([{}], (visit(8 * HOUR, 8 * HOUR + 1_200, 60),), "early_start", 40 * 60),
        (
            [{"shifts": (Shift(start_seconds=NINE, end_seconds=NOON, breaks=(TEA,)),)}],
            (visit(NINE + 1_200, NINE + 1_200, 60),),
            "break_later",
            20 * 60,
        ),
        ([{"max_work_seconds": 3_000}], (visit(NINE, TEN, 60),), "longer_day", 10 * 60),
        ([{"capacity": 2}], (visit(NINE, TEN, demand=3),), "heavier", 1),
        ([{"sex": Sex.MALE}], (visit(NINE, TEN, sex=Sex.FEMALE),), "any_sex", 0),
        ([{"skills": 1}], (visit(NINE, TEN, skills=7),), "skill", 6),
        ([{"skills": 1, "lapsed_skills": 2}], (visit(NINE, TEN, skills=3),), "certificate", 2),
        ([{}], (visit(NINE, TEN, excluded=frozenset({0})),), "unbar", 0),
        ([{}], (visit(NINE, TEN, companies=frozenset()),), "contract", 0),
        ([{"site_closed": True}], (visit(NINE, TEN),), "open_site", 0),
        ([{"base": 1, "reach_metres": 1_000}], (visit(NINE + 1_800, TEN),), "farther", 729),
        ([{}], (visit(NINE, NINE, 180), visit(NINE, NINE, 180)), "extra_worker", 0),
    ],
)
def test_the_smallest_change_is_the_one_a_person_would_name(
    workers: list[dict[str, Any]], visits: tuple[Visit, ...], kind: str, amount: int
) -> None:
    problem = town(*workers, visits=visits)
    asked = relax.DEFAULT_LIMITS if kind in {"later", "earlier"} else AS_AGREED
    relaxation = explained(problem, *range(len(visits) - 1), limits=asked).relaxation
    assert relaxation is not None
    assert [(change.kind, change.amount) for change in relaxation.changes] == [(kind, amount)]


def test_a_company_that_has_won_all_it_may_would_have_to_win_one_more() -> None:
    problem = town({}, visits=(visit(NINE, TEN, 30), visit(NINE, TEN, 30)), companies=(Company(quota_visits=1),))
    answer = explained(problem, 0)
    assert answer.workers[0].rules == (PlanRule.COMPANY_QUOTA,)
    assert answer.for_company(0).ruled_out == {PlanRule.COMPANY_QUOTA: 1}
    assert answer.relaxation is not None
    assert answer.relaxation.kinds() == (ChangeKind.QUOTA,)


def test_a_promise_to_somebody_else_may_be_what_gives() -> None:
    """Promised from ten to half past eleven; the other takes half an hour at half past nine and is late by none."""
    promised = visit(NINE, NOON, 90, frozen=Frozen(worker=0, shift=0, start_seconds=TEN))
    problem = town({}, visits=(promised, visit(NINE + 2_100, NINE + 2_100, 30)))
    only = Limits(order=(ChangeKind.OTHER_LATER,))
    relaxation = explained(problem, 0, limits=only).relaxation
    assert relaxation is not None
    assert [(change.kind, change.amount, change.visit) for change in relaxation.changes] == [("other_later", 300, 0)]


def test_what_may_not_give_way_is_not_proposed() -> None:
    problem = town({}, visits=(visit(11 * HOUR, 11 * HOUR, 75),))
    assert explained(problem, limits=Limits(order=(ChangeKind.LATER, ChangeKind.ANY_SEX))).relaxation is None
    assert explained(problem, limits=Limits(most_seconds=14 * 60)).relaxation is None
    assert explained(problem, limits=Limits(most_seconds=15 * 60)).relaxation is not None


def test_several_rules_are_all_named_and_all_give_way_together() -> None:
    problem = town({"sex": Sex.MALE, "skills": 0}, visits=(visit(11 * HOUR, 11 * HOUR, 75, skills=1, sex=Sex.FEMALE),))
    answer = explained(problem, limits=AS_AGREED)
    assert answer.workers[0].rules == (PlanRule.SKILL, PlanRule.SEX)
    assert answer.relaxation is not None
    assert answer.relaxation.kinds() == (ChangeKind.SKILL, ChangeKind.ANY_SEX, ChangeKind.OVERTIME)


def test_a_company_is_told_how_much_dearer_its_best_worker_is_and_from_what() -> None:
    problem = town(
        {},
        {"base": 1, "company": 1},
        {"base": 1, "company": 1, "use_points": 7},
        visits=(visit(NINE + 1_800, TEN, 30, preferred=frozenset({0})),),
        companies=(Company(), Company()),
    )
    answer = explained(problem, 0)
    assert answer.chosen is not None
    assert answer.chosen.worker == 0
    own = answer.for_company(1)
    assert own.best is not None
    assert own.best.price_difference is not None
    assert (own.able, own.best.worker) == (2, 1)
    way = 2 * int(problem.seconds[0, 1, 0]) * problem.weights.travel_points_per_second
    assert (own.best.price_difference.travel_points, own.best.price_difference.continuity_points) == (way, 60_000)
    assert own.best.price_difference.points == way + 60_000
