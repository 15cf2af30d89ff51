"""What a sign-in proves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.visits import evidence
from dispatch.visits.flags import Flag, Grade
from dispatch.visits.rules import EvidenceRules
from dispatch.visits.timeline import Report
from dispatch.visits.transitions import ActKind
from kit.rules.faults import RuleInvalid

RULES = EvidenceRules.proposed()
NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ARRIVE = Report(
    id=UUID(int=1),
    kind=ActKind.ARRIVE,
    sequence=1,
    at=NINE,
    claimed_at=NINE,
    received_at=NINE,
    distance_metres=20.0,
    accuracy_metres=15.0,
    fix_age_seconds=3.0,
)
TEN = NINE + timedelta(hours=1)
TEN_MORE = timedelta(minutes=10)
LEAVE = replace(ARRIVE, id=UUID(int=2), kind=ActKind.LEAVE, sequence=2, at=TEN, claimed_at=TEN, received_at=TEN)
NO_FIX: dict[str, Any] = {"distance_metres": None, "accuracy_metres": None, "fix_age_seconds": None}


def weigh(*reports: Report, minutes: int = 60, found_home: bool = True) -> evidence.Evidence:
    return evidence.weigh(
        reports,
        arrive=reports[0],
        end=reports[-1],
        accepted_at=NINE - timedelta(hours=2),
        minutes=minutes,
        found_home=found_home,
        rules=RULES,
    )


@pytest.mark.parametrize(
    ("door", "code", "home", "grade"),
    [
        (True, True, True, Grade.A),
        (True, True, None, Grade.A),
        (True, None, True, Grade.B),
        (None, True, True, Grade.B),
        (True, None, None, Grade.C),
        (None, True, None, Grade.C),
        (None, None, True, Grade.C),
        (None, None, None, Grade.D),
        (None, False, False, Grade.D),
    ],
)
def test_two_of_three_must_agree_and_the_qr_on_the_wall_is_the_weak_one(
    door: bool | None, code: bool | None, home: bool | None, grade: Grade
) -> None:
    arrive = replace(ARRIVE, code_matches=code, home_matches=home)
    if not door:
        arrive = replace(arrive, **NO_FIX)
    assert weigh(arrive, LEAVE).grade is grade
    assert (Flag.WEAK_EVIDENCE in weigh(arrive, LEAVE).flags) is (grade in {Grade.C, Grade.D})


@pytest.mark.parametrize(
    "spoilt",
    [
        {"distance_metres": 216.0},
        {"accuracy_metres": 101.0, "distance_metres": 0.0},
        {"fix_age_seconds": 121.0},
        {"fix_age_seconds": -1.0},
        {"mocked": True},
        NO_FIX,
        {"accuracy_metres": None},
    ],
)
def test_a_poor_position_is_no_evidence(spoilt: dict[str, Any]) -> None:
    good = replace(ARRIVE, code_matches=True)
    assert weigh(good, LEAVE).grade is Grade.A
    assert weigh(replace(good, **spoilt), LEAVE).grade is Grade.C


def test_the_fence_widens_by_the_fix_s_own_accuracy() -> None:
    assert evidence.at_the_door(replace(ARRIVE, distance_metres=215.0, accuracy_metres=15.0), RULES)
    assert not evidence.at_the_door(replace(ARRIVE, distance_metres=215.1, accuracy_metres=15.0), RULES)


def test_a_sign_out_away_from_the_door_costs_one_step() -> None:
    away = weigh(replace(ARRIVE, code_matches=True), replace(LEAVE, **NO_FIX))
    assert away.grade is Grade.B
    assert Flag.NO_POSITION_AT_LEAVE in away.flags


def test_the_code_may_be_given_when_the_work_is_done() -> None:
    assert weigh(ARRIVE, replace(LEAVE, code_matches=True)).grade is Grade.A


def test_a_code_found_by_trying_does_not_count() -> None:
    wrong_codes = [replace(ARRIVE, id=UUID(int=n), code_matches=False) for n in range(10, 10 + RULES.code_tries)]
    verdict = weigh(replace(ARRIVE, code_matches=True), *wrong_codes, LEAVE)
    assert verdict.grade is Grade.C
    assert Flag.CODE_TRIES in verdict.flags
    assert weigh(replace(ARRIVE, code_matches=True), *wrong_codes[1:], LEAVE).grade is Grade.A


def test_a_wrong_clock_is_flagged_only_where_the_server_can_know() -> None:
    wrong = replace(ARRIVE, claimed_at=NINE - timedelta(minutes=6))
    assert Flag.CLOCK_SKEW in weigh(wrong, LEAVE).flags
    assert Flag.CLOCK_SKEW not in weigh(replace(wrong, claimed_at=NINE - timedelta(minutes=5)), LEAVE).flags
    offline = replace(ARRIVE, offline=True, received_at=NINE + timedelta(hours=3))
    assert Flag.CLOCK_SKEW not in weigh(offline, LEAVE).flags
    ahead = replace(offline, claimed_at=offline.received_at + timedelta(minutes=6))
    assert Flag.CLOCK_SKEW in weigh(ahead, LEAVE).flags
    anchored = replace(offline, not_before=NINE - timedelta(minutes=30), claimed_at=NINE + timedelta(hours=1))
    assert Flag.CLOCK_SKEW in weigh(anchored, LEAVE).flags


def test_a_day_without_signal_is_borne_and_no_more() -> None:
    offline = replace(ARRIVE, offline=True, received_at=NINE + timedelta(hours=24))
    assert Flag.LATE_UPLOAD not in weigh(offline, LEAVE).flags
    later = replace(offline, received_at=offline.received_at + timedelta(seconds=1))
    assert Flag.LATE_UPLOAD in weigh(later, LEAVE).flags


def test_acts_before_the_promise_or_backwards_are_flagged() -> None:
    early = replace(ARRIVE, at=NINE - timedelta(hours=3))
    assert Flag.BEFORE_ACCEPTANCE in weigh(early, LEAVE).flags
    assert Flag.BACKWARDS in weigh(replace(ARRIVE, at=TEN + timedelta(seconds=1)), LEAVE).flags


def test_two_phones_on_one_visit_are_flagged() -> None:
    assert Flag.TWO_PHONES in weigh(replace(ARRIVE, device="a"), replace(LEAVE, device="b")).flags
    assert Flag.TWO_PHONES not in weigh(replace(ARRIVE, device="a"), replace(LEAVE, device="a")).flags
    accounts = replace(ARRIVE, account_id=UUID(int=1)), replace(LEAVE, account_id=UUID(int=2))
    assert Flag.TWO_PHONES in weigh(*accounts).flags
    assert not evidence.too_many_phones(accounts, workers=2)


def test_a_stay_below_four_fifths_is_short_and_a_wait_below_a_quarter_of_an_hour_too() -> None:
    assert Flag.SHORT_STAY not in weigh(ARRIVE, LEAVE, minutes=75).flags
    assert Flag.SHORT_STAY in weigh(ARRIVE, LEAVE, minutes=76).flags
    gave_up = replace(LEAVE, kind=ActKind.NOBODY_HOME, at=NINE + timedelta(minutes=14, seconds=59))
    assert Flag.SHORT_WAIT in weigh(ARRIVE, gave_up, found_home=False).flags
    quarter = NINE + timedelta(minutes=15)
    waited = replace(gave_up, at=quarter, claimed_at=quarter, received_at=quarter)
    assert weigh(ARRIVE, waited, found_home=False).flags == (Flag.WEAK_EVIDENCE,)


def test_a_code_or_a_scan_at_the_sign_out_proves_who_was_there() -> None:
    bare = replace(LEAVE, **NO_FIX)
    assert Flag.NO_POSITION_AT_LEAVE in weigh(ARRIVE, bare).flags
    for proven in (replace(bare, code_matches=True), replace(bare, home_matches=True)):
        assert Flag.NO_POSITION_AT_LEAVE not in weigh(ARRIVE, proven).flags


def test_an_act_without_a_time_of_its_own_pays_no_minute() -> None:
    claimed = replace(LEAVE, offline=True, certain=False, at=NINE + timedelta(minutes=74), received_at=TEN + TEN_MORE)
    assert evidence.certain_stay([ARRIVE, claimed], arrive=ARRIVE, end=claimed) == timedelta(0)
    assert {Flag.UNANCHORED, Flag.SHORT_STAY} <= set(weigh(ARRIVE, claimed).flags)
    # An anchor that was given at 9:50 proves that the worker had not left before.
    later = replace(claimed, not_before=NINE + timedelta(minutes=50))
    assert evidence.certain_stay([ARRIVE, later], arrive=ARRIVE, end=later) == timedelta(minutes=50)


MINUTES = st.integers(0, 300).map(lambda minutes: NINE + timedelta(minutes=minutes))


@given(
    true=st.lists(MINUTES, min_size=2, max_size=4).map(sorted),
    receipts=st.lists(st.integers(0, 120), min_size=4, max_size=4),
    certain=st.lists(st.booleans(), min_size=4, max_size=4),
    lies=st.lists(MINUTES, min_size=4, max_size=4),
)
def test_what_is_certain_is_never_more_than_what_was(
    true: list[datetime], receipts: list[int], certain: list[bool], lies: list[datetime]
) -> None:
    reports = [
        replace(
            ARRIVE if step < len(true) - 1 else LEAVE,
            id=UUID(int=step + 1),
            sequence=step + 1,
            at=at if certain[step] else lies[step],
            claimed_at=lies[step],
            received_at=at + timedelta(minutes=receipts[step]),
            offline=True,
            certain=certain[step],
        )
        for step, at in enumerate(true)
    ]
    stay = evidence.certain_stay(reports, arrive=reports[0], end=reports[-1])
    assert timedelta(0) <= stay <= true[-1] - true[0]


def test_what_comes_after_the_end_proves_nothing() -> None:
    after = replace(ARRIVE, id=UUID(int=9), sequence=3, code_matches=True)
    verdict = evidence.weigh(
        [ARRIVE, LEAVE, after], arrive=ARRIVE, end=LEAVE, accepted_at=NINE, minutes=60, found_home=True, rules=RULES
    )
    assert verdict.grade is Grade.C


def test_nobody_is_in_two_homes_at_once_nor_flies() -> None:
    hour = timedelta(hours=1)
    assert evidence.overlap((NINE, TEN), (TEN - timedelta(seconds=1), TEN + hour))
    assert not evidence.overlap((NINE, TEN), (TEN, TEN + hour))
    quick: dict[str, Any] = {"left_at": NINE, "arrived_at": NINE + timedelta(minutes=2), "rules": RULES}
    assert evidence.too_fast(**quick, distance_metres=5_500)
    assert not evidence.too_fast(**quick, distance_metres=5_300)
    assert not evidence.too_fast(left_at=NINE, arrived_at=NINE, distance_metres=300, rules=RULES)


def test_an_unknown_flag_in_the_rule_is_an_error() -> None:
    with pytest.raises(RuleInvalid, match=r"holds\.0"):
        EvidenceRules.of({**RULES.content, "holds": ["no_such_flag"]})


@given(st.lists(st.sampled_from([True, False, None]), min_size=6, max_size=6), st.booleans(), st.booleans())
def test_more_evidence_never_lowers_the_grade(signs: list[bool | None], door_in: bool, door_out: bool) -> None:
    def graded(change: dict[int, bool]) -> Grade:
        seen = [change.get(place, sign) for place, sign in enumerate(signs)]
        arrive = replace(ARRIVE, code_matches=seen[0], home_matches=seen[1])
        end = replace(LEAVE, code_matches=seen[2], home_matches=seen[3])
        arrive = arrive if change.get(4, door_in) else replace(arrive, **NO_FIX)
        end = end if change.get(5, door_out) else replace(end, **NO_FIX)
        return weigh(arrive, end).grade

    for place, value in product(range(6), [True]):
        assert graded({place: value}) <= graded({})  # "A" sorts before "B"
