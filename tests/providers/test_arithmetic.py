"""A charge is exact, explains itself, and never pays more than was earned."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.settlement import arithmetic
from providers.settlement.arithmetic import DeductionReason, Facts, Outcome, Standards

STANDARDS = Standards(
    full_from_percent=80,
    late_after_minutes=30,
    late_percent=10,
    nobody_home_percent=30,
    cancelled_late_percent=30,
    proven_grades="ABC",
)


def facts(**changes: object) -> Facts:
    usual: dict[str, object] = {
        "outcome": Outcome.COMPLETED,
        "quantity": 1,
        "planned_minutes": 60,
        "done_minutes": 60,
        "late_minutes": 0,
        "evidence_grade": "A",
        "copay_percent": 0,
        "quota_held_fen": 1_000_000,
    }
    return Facts(**{**usual, **changes})  # type: ignore[arg-type]  # the wrong type is what is tested


any_facts = st.builds(
    Facts,
    outcome=st.sampled_from(Outcome),
    quantity=st.integers(1, 20),
    planned_minutes=st.integers(1, 480),
    done_minutes=st.integers(0, 600),
    late_minutes=st.integers(0, 300),
    evidence_grade=st.sampled_from("ABCDP"),
    copay_percent=st.integers(0, 100),
    quota_held_fen=st.integers(0, 100_000),
    complaint_percent=st.integers(0, 100),
    void=st.none() | st.just("worker_uncertified"),
    forgiven=st.lists(st.sampled_from(sorted(arithmetic.FORGIVABLE)), unique=True).map(tuple),
)
prices = st.integers(0, 50_000)
any_standards = st.builds(
    Standards,
    full_from_percent=st.integers(1, 100),
    late_after_minutes=st.integers(0, 120),
    late_percent=st.integers(0, 100),
    nobody_home_percent=st.integers(0, 100),
    cancelled_late_percent=st.integers(0, 100),
    proven_grades=st.sampled_from(["ABCD", "ABC", "AB", ""]),
)


@given(any_facts, prices, any_standards)
def test_every_part_of_a_line_sums_exactly(given_facts: Facts, price: int, standards: Standards) -> None:
    line = arithmetic.charge(given_facts, price_fen=price, standards=standards)
    assert line.claimed == price * given_facts.quantity
    assert line.subsidised + line.own == line.payable
    assert sum(line.deductions.values()) == line.deducted == line.claimed - line.payable
    assert 0 <= line.payable <= line.claimed
    assert 0 <= line.subsidised <= given_facts.quota_held_fen
    assert line.own >= 0
    assert all(fen > 0 for fen in line.deductions.values())


@given(any_facts, prices, any_standards, st.integers(0, 20_000), st.integers(0, 20_000))
def test_what_was_agreed_limits_the_own_share_and_nothing_is_lost(
    given_facts: Facts, price: int, standards: Standards, own_limit: int, covered: int
) -> None:
    natural = arithmetic.charge(given_facts, price_fen=price, standards=standards)
    limited = replace(given_facts, own_limit_fen=own_limit, covered_fen=covered)
    line = arithmetic.charge(limited, price_fen=price, standards=standards)
    assert line.own <= own_limit
    assert line.subsidised + line.own == line.payable
    assert sum(line.deductions.values()) == line.deducted
    assert line.payable + line.deductions.get("unfunded", 0) == natural.payable
    forgiven = DeductionReason.UNFUNDED in given_facts.forgiven
    assert forgiven or line.subsidised <= given_facts.quota_held_fen + covered
    assert not (forgiven and "unfunded" in line.deductions)
    again = Facts.read(limited.json())
    assert arithmetic.charge(again, price_fen=price, standards=standards) == line


def test_facts_that_were_stored_without_a_limit_read_and_write_as_they_did() -> None:
    stored = facts().json()
    assert not {"own_limit_fen", "covered_fen"} & stored.keys()
    assert Facts.read(stored).json() == stored


@given(any_facts, prices, any_standards)
def test_a_reversal_and_its_line_cancel_out(given_facts: Facts, price: int, standards: Standards) -> None:
    line = arithmetic.charge(given_facts, price_fen=price, standards=standards)
    back = line.reversed()
    assert back.claimed + line.claimed == back.payable + line.payable == 0
    assert back.subsidised + back.own == back.payable
    assert sum(back.deductions.values()) == back.deducted


@given(any_facts, prices, any_standards)
def test_the_payable_is_the_exact_fraction_rounded_half_up_once(
    given_facts: Facts, price: int, standards: Standards
) -> None:
    line = arithmetic.charge(given_facts, price_fen=price, standards=standards)
    exact = Fraction(price * given_facts.quantity)
    proven = given_facts.evidence_grade in ["P", *standards.proven_grades]
    late = standards.late_percent if given_facts.late_minutes > standards.late_after_minutes else 0
    if DeductionReason.LATE in given_facts.forgiven:
        late = 0
    if given_facts.outcome is Outcome.COMPLETED:
        share = Fraction(given_facts.done_minutes, given_facts.planned_minutes)
        if share * 100 < standards.full_from_percent and DeductionReason.SHORT not in given_facts.forgiven:
            exact *= share
    elif given_facts.outcome is Outcome.NOBODY_HOME:
        exact *= Fraction(standards.nobody_home_percent, 100)
    else:
        exact, late, proven = exact * Fraction(standards.cancelled_late_percent, 100), 0, True
    exact *= Fraction(100 - min(100, late + given_facts.complaint_percent), 100)
    if given_facts.void or not proven:
        exact = Fraction(0)
    assert line.payable == (exact + Fraction(1, 2)).__floor__()


@given(any_facts, prices)
def test_facts_survive_being_stored(given_facts: Facts, price: int) -> None:
    again = Facts.read(given_facts.json())
    assert again == given_facts
    assert arithmetic.charge(again, price_fen=price, standards=STANDARDS) == arithmetic.charge(
        given_facts, price_fen=price, standards=STANDARDS
    )


@pytest.mark.parametrize(
    ("changes", "payable", "deductions"),
    [
        ({}, 6000, {}),
        ({"done_minutes": 48}, 6000, {}),  # exactly 80 %
        ({"done_minutes": 47}, 4700, {"short": 1300}),
        ({"done_minutes": 90}, 6000, {}),
        ({"late_minutes": 30}, 6000, {}),
        ({"late_minutes": 31}, 5400, {"late": 600}),
        ({"evidence_grade": "D"}, 0, {"unproven": 6000}),
        ({"evidence_grade": ""}, 0, {"unproven": 6000}),
        ({"evidence_grade": "P"}, 6000, {}),
        ({"outcome": Outcome.NOBODY_HOME, "done_minutes": 0}, 1800, {"nobody_home": 4200}),
        ({"outcome": Outcome.CANCELLED_LATE, "evidence_grade": "D"}, 1800, {"cancelled_late": 4200}),
        ({"complaint_percent": 50}, 3000, {"complaint": 3000}),
        ({"complaint_percent": 100, "late_minutes": 31}, 0, {"complaint": 5455, "late": 545}),
        ({"done_minutes": 30, "late_minutes": 45}, 2700, {"short": 3000, "late": 300}),
        ({"void": "deceased"}, 0, {"void": 6000}),
        ({"done_minutes": 30, "late_minutes": 45, "forgiven": (DeductionReason.LATE, DeductionReason.SHORT)}, 6000, {}),
    ],
)
def test_a_price_of_sixty_yuan_is_paid_as_the_rules_say(
    changes: dict[str, object], payable: int, deductions: dict[str, int]
) -> None:
    line = arithmetic.charge(facts(**changes), price_fen=6000, standards=STANDARDS)
    assert (line.payable, line.deductions) == (payable, deductions)


@pytest.mark.parametrize(
    ("copay", "held", "subsidised", "own"),
    [(0, 6001, 6001, 0), (10, 9999, 5401, 600), (30, 4000, 4000, 2001), (100, 0, 0, 6001), (30, 0, 0, 6001)],
)
def test_quota_pays_its_share_up_to_what_was_held(copay: int, held: int, subsidised: int, own: int) -> None:
    line = arithmetic.charge(facts(copay_percent=copay, quota_held_fen=held), price_fen=6001, standards=STANDARDS)
    assert (line.subsidised, line.own) == (subsidised, own)


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 0},
        {"planned_minutes": 0},
        {"done_minutes": -1},
        {"late_minutes": -1},
        {"quota_held_fen": -1},
        {"copay_percent": 101},
        {"complaint_percent": -1},
        {"forgiven": (DeductionReason.UNPROVEN,)},
    ],
)
def test_nonsense_is_no_fact(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"facts of a visit|forgiven"):
        facts(**changes)


def test_the_version_of_standards_names_their_values() -> None:
    same = Standards(**{name: getattr(STANDARDS, name) for name in Standards.__dataclass_fields__})
    assert same.version == STANDARDS.version
    assert Standards(80, 30, 11, 30, 30, "ABC").version != STANDARDS.version
