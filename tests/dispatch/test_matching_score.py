"""Prices of shares, the order of options, and the roster in the engine's terms."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dispatch.matching.fleet import candidates, crew, score
from dispatch.matching.fleet.candidates import Companies, RuledOutReason
from dispatch.matching.fleet.score import Option
from dispatch.matching.rules import Travel, Weights
from providers.catalogue.model import Skill
from providers.roster.model import Transport
from routing.model.rules import PlanRule

WEIGHTS = Weights.proposed()
SIX = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
NOBODY_OUT = Companies(uncovered=frozenset(), full=frozenset(), asked=frozenset())


def option(points: int, worker: int = 1, start: int = 0) -> Option:
    return Option(points, worker, 0, start, points, 0, 0, 0)


def test_whoever_is_ahead_of_its_share_is_dearer_by_as_much_as_others_are_cheaper() -> None:
    assert score.share_points({1: 6, 2: 4}, {1: 0.5, 2: 0.5}, WEIGHTS) == {1: 600, 2: -600}
    assert score.share_points({1: 0, 2: 0}, {1: 0.5, 2: 0.5}, WEIGHTS) == {1: 0, 2: 0}
    assert score.share_points({1: 1000}, {1: 0.1, 2: 0.9}, WEIGHTS) == {1: 30_000, 2: -30_000}


def test_a_company_without_a_share_is_neither_ahead_nor_behind_and_does_not_count() -> None:
    assert score.share_points({1: 6, 2: 4, 3: 500}, {1: 0.5, 2: 0.5, 3: 0.0}, WEIGHTS) == {1: 600, 2: -600, 3: 0}


@given(st.dictionaries(st.integers(1, 30), st.tuples(st.integers(0, 500), st.floats(0, 1)), max_size=30))
def test_a_share_never_weighs_more_than_its_cap(companies: dict[int, tuple[int, float]]) -> None:
    awarded = {number: count for number, (count, _) in companies.items()}
    targets = {number: target for number, (_, target) in companies.items()}
    priced = score.share_points(awarded, targets, WEIGHTS)
    assert priced.keys() == targets.keys()
    assert all(abs(points) <= WEIGHTS.share_cap_points for points in priced.values())


def test_ties_go_to_the_lower_number_then_to_the_earlier_hour() -> None:
    options = [option(5, worker=2), option(5, worker=1, start=9), option(5, worker=1, start=3), option(4, worker=9)]
    order = [(choice.worker, choice.start_seconds) for choice in score.ranked(options)]
    assert order == [(9, 0), (1, 3), (1, 9), (2, 0)]


def test_the_best_stands_only_if_no_unlisted_share_could_beat_it() -> None:
    assert score.settled([option(100)], unlisted_from=None, cap=50)
    assert score.settled([option(100)], unlisted_from=151, cap=50)
    assert not score.settled([option(100)], unlisted_from=150, cap=50)


@given(st.lists(st.sampled_from(PlanRule), min_size=1, max_size=60))
def test_every_worker_is_named_exactly_once(rules: list[PlanRule]) -> None:
    numbers = list(range(1, len(rules) + 1))
    companies = Companies(uncovered=frozenset({1}), full=frozenset({2}), asked=frozenset({3}))
    free = [number for number, rule in zip(numbers, rules, strict=True) if rule is PlanRule.NONE]
    content = candidates.content(
        [option(number, worker=number) for number in free],
        rules=[int(rule) for rule in rules],
        numbers=numbers,
        company_of=[1 + number % 3 for number in numbers],
        companies=companies,
    )
    named = [row[0] for row in content.candidates] + content.beaten
    named += [number for group in content.ruled_out.values() for number in group]
    assert sorted(named) == numbers
    assert len(content.candidates) <= candidates.LISTED


def test_a_company_is_out_by_its_contract_first() -> None:
    both = Companies(uncovered=frozenset({1}), full=frozenset({1, 2}), asked=frozenset({1, 2, 3}))
    assert [both.reason(number) for number in (1, 2, 3)] == [
        RuledOutReason.NOT_CONTRACTED,
        RuledOutReason.CAPACITY_USED,
        RuledOutReason.ASKED_BEFORE,
    ]
    assert both.out == {1, 2, 3}
    assert NOBODY_OUT.out == frozenset()


def test_every_rule_of_the_engine_has_a_word() -> None:
    assert set(candidates.OF_RULE) == set(PlanRule) - {PlanRule.NONE, PlanRule.BEATEN}


def test_a_short_pause_is_a_break_and_a_long_one_is_time_at_home() -> None:
    hour = timedelta(hours=1)
    windows = [(SIX, SIX + 4 * hour), (SIX + 5 * hour, SIX + 8 * hour), (SIX + 12 * hour, SIX + 14 * hour)]
    first, second = crew.shifts(windows, SIX)
    assert (first.start_seconds, first.end_seconds) == (0, 8 * 3600)
    (rest,) = first.breaks
    assert (rest.earliest_seconds, rest.latest_seconds, rest.duration_seconds) == (4 * 3600, 4 * 3600, 3600)
    assert (second.start_seconds, second.breaks) == (12 * 3600, ())


def test_skills_are_bits_and_ways_of_travelling_keep_their_order() -> None:
    assert crew.skill_bits({Skill.GENERAL, Skill.SOCIAL}) == 1 + (1 << 7)
    assert [mode.name for mode in crew.modes(Travel.proposed())] == list(Transport)
