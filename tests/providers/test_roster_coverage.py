"""Contracts follow divisions to their new codes, and cover nothing else for it."""

from hypothesis import given
from hypothesis import strategies as st

from providers.roster import coverage


def test_a_contract_covers_what_its_divisions_became_and_no_more() -> None:
    towns = {
        "130903101000": ["130903110000"],
        "130903102000": ["130903110000"],
        "130903101001": ["130903110001"],
        "130903102001": ["130903110002"],
        "130903102002": ["130903110003", "130903110004"],
    }
    acts = [coverage.steps_of(towns)]
    first, second = coverage.follow(["130903101"], acts), coverage.follow(["130903102"], acts)
    assert "130903110001".startswith(first)
    assert not "130903110002".startswith(first)
    assert all(f"13090311000{number}".startswith(second) for number in (2, 3, 4))
    assert not "130903110001".startswith(second)
    part = coverage.follow(["130903110004"], acts)
    assert "130903102002".startswith(part), "an address not yet placed may be served from any part"
    assert not "130903102001".startswith(part)
    renamed = [coverage.steps_of({"130903101000": ["130903110000"], "130903101001": ["130903110001"]})]
    assert "130903110077".startswith(coverage.follow(["130903101"], renamed)), "a village founded later lies within"


@given(st.permutations([f"13090310{number}001" for number in range(4)]))
def test_codes_that_change_places_keep_their_contracts(codes: list[str]) -> None:
    order = sorted(codes)
    acts = [coverage.steps_of({old: [new] for old, new in zip(order, codes, strict=True)})]
    for old, new in zip(order, codes, strict=True):
        assert set(coverage.follow([old], acts)) == {old, new}
