import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.enrolment import assessment
from dispatch.enrolment.assessment import ITEMS, Dimension, Findings, Level

BEST = {name: item.most for name, item in ITEMS.items()}


def scores() -> st.SearchStrategy[dict[str, int]]:
    return st.fixed_dictionaries({name: st.integers(0, item.most) for name, item in ITEMS.items()})


def scores_adding_up_to(points: int) -> dict[str, int]:
    left, points_of = points, {}
    for name, item in ITEMS.items():
        points_of[name] = min(item.most, left)
        left -= points_of[name]
    return points_of


def test_the_26_items_add_up_to_the_standards_90_points() -> None:
    best = Findings(BEST)
    assert len(ITEMS) == 26
    assert assessment.MOST == assessment.total(best) == 90
    assert assessment.by_dimension(best) == {
        Dimension.SELF_CARE: 32,
        Dimension.MOVEMENT: 15,
        Dimension.MIND: 28,
        Dimension.SENSES: 15,
    }


@pytest.mark.parametrize("points", range(91))
def test_every_total_falls_into_the_band_that_the_standard_prints(points: int) -> None:
    printed = {
        Level.TOTAL: (0, 29),
        Level.SEVERE: (30, 45),
        Level.MODERATE: (46, 65),
        Level.MILD: (66, 89),
        Level.ABLE: (90, 90),
    }
    (expected,) = [level for level, (low, high) in printed.items() if low <= points <= high]
    assert assessment.band(points) == expected
    assert assessment.level(Findings(scores_adding_up_to(points))) == expected


@given(scores(), st.integers(0, 1))
def test_without_anything_beside_the_scores_the_level_is_the_band_of_their_sum(
    given: dict[str, int], risk_events: int
) -> None:
    assert assessment.level(Findings(given, risk_events=risk_events)) == assessment.band(sum(given.values()))


@given(
    scores(),
    st.sampled_from(
        [
            {"dementia": True},
            {"mental_disorder": True},
            {"risk_events": 2},
            {"dementia": True, "mental_disorder": True, "risk_events": 9},
        ]
    ),
)
def test_any_number_of_grave_findings_makes_the_level_one_worse_and_never_two(
    given: dict[str, int], beside: dict[str, int]
) -> None:
    plain = assessment.level(Findings(given))
    assert assessment.level(Findings(given, **beside)) == min(plain + 1, 4)  # type: ignore[arg-type]  # the wrong type is what is tested


@given(scores())
def test_coma_is_the_worst_level_whatever_the_scores_say(given: dict[str, int]) -> None:
    assert assessment.level(Findings(given, coma=True)) == Level.TOTAL


@given(scores(), st.sampled_from(sorted(ITEMS)))
def test_a_better_score_never_makes_the_level_worse(given: dict[str, int], item: str) -> None:
    better = given | {item: ITEMS[item].most}
    assert assessment.level(Findings(better)) <= assessment.level(Findings(given))


@given(scores())
def test_the_dimensions_share_out_the_whole_total(given: dict[str, int]) -> None:
    findings = Findings(given)
    assert sum(assessment.by_dimension(findings).values()) == assessment.total(findings)


@pytest.mark.parametrize("item", sorted(ITEMS))
def test_an_item_left_out_or_scored_beyond_its_range_is_refused(item: str) -> None:
    with pytest.raises(assessment.ScoreMissing) as missing:
        Findings({name: most for name, most in BEST.items() if name != item})
    assert missing.value.parameters["item"] == item
    for wrong in (-1, ITEMS[item].most + 1):
        with pytest.raises(assessment.ScoreOutOfRange):
            Findings(BEST | {item: wrong})


def test_an_item_the_standard_does_not_ask_and_a_negative_count_are_refused() -> None:
    with pytest.raises(assessment.ScoreUnknown):
        Findings(BEST | {"singing": 1})
    with pytest.raises(assessment.ScoreOutOfRange):
        Findings(BEST, risk_events=-1)
