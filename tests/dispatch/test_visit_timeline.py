"""The timeline of a visit is a function of the set of its acts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.visits.timeline import Report, timeline
from dispatch.visits.transitions import ActKind, VisitState

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def report(kind: ActKind, sequence: int, *, number: int | None = None, minutes: int = 0) -> Report:
    at = NINE + timedelta(minutes=minutes)
    return Report(
        id=UUID(int=number if number is not None else sequence),
        kind=kind,
        sequence=sequence,
        at=at,
        claimed_at=at,
        received_at=at,
    )


WHOLE = (
    report(ActKind.DEPART, 1),
    report(ActKind.ARRIVE, 2, minutes=10),
    report(ActKind.LEAVE, 3, minutes=70),
)


@pytest.mark.parametrize("order", list(permutations(WHOLE)))
def test_three_acts_in_any_order_make_a_finished_visit(order: Sequence[Report]) -> None:
    assert timeline(order) == timeline(WHOLE)
    assert timeline(order).state is VisitState.FINISHED


@pytest.mark.parametrize("missing", [0, 1])
def test_nothing_is_final_while_a_number_before_the_end_is_missing(missing: int) -> None:
    course = timeline([act for place, act in enumerate(WHOLE) if place != missing])
    assert course.gap
    assert course.state in {VisitState.ARRIVED, VisitState.DEPARTED}


def test_a_visit_may_be_broken_off_on_the_way() -> None:
    course = timeline([report(ActKind.DEPART, 1), report(ActKind.ABORT, 2)])
    assert course.state is VisitState.ABORTED
    assert course.arrive is None


def test_who_never_signed_in_cannot_have_left() -> None:
    course = timeline([report(ActKind.DEPART, 1), report(ActKind.LEAVE, 2)])
    assert course.state is VisitState.DEPARTED
    assert course.gap


def test_two_acts_with_one_number_clash() -> None:
    assert timeline([*WHOLE, report(ActKind.ARRIVE, 2, number=99)]).clash
    assert not timeline(WHOLE).clash


def test_what_is_reported_after_the_end_changes_nothing() -> None:
    late = report(ActKind.ARRIVE, 4, minutes=200)
    assert timeline([*WHOLE, late]) == timeline(WHOLE)


@st.composite
def acts(draw: st.DrawFn) -> list[Report]:
    count = draw(st.integers(1, 7))
    return [
        report(
            draw(st.sampled_from(ActKind)), draw(st.integers(1, 5)), number=number, minutes=draw(st.integers(0, 300))
        )
        for number in range(count)
    ]


@given(acts(), st.randoms(use_true_random=False))
def test_the_course_does_not_depend_on_the_order_in_which_acts_arrive(reports: list[Report], dice: Random) -> None:
    shuffled = list(reports)
    dice.shuffle(shuffled)
    assert timeline(shuffled) == timeline(reports)


@given(acts())
def test_another_act_never_takes_back_an_end_unless_it_clashes(reports: list[Report]) -> None:
    whole = timeline(reports)
    for dropped in range(len(reports)):
        part = timeline(reports[:dropped] + reports[dropped + 1 :])
        if part.state in {VisitState.FINISHED, VisitState.NOBODY_HOME, VisitState.ABORTED} and not whole.clash:
            assert (whole.state, whole.arrive, whole.end) == (part.state, part.arrive, part.end)
