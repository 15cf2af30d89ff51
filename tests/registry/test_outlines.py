"""The hull around homes: the smallest convex shape that holds them all."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from registry.divisions.outlines import Spot, hull

SPOTS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=40)


def _left_of(begin: Spot, end: Spot, spot: Spot) -> float:
    return (end[0] - begin[0]) * (spot[1] - begin[1]) - (end[1] - begin[1]) * (spot[0] - begin[0])


@given(SPOTS)
def test_every_spot_lies_within_and_every_corner_is_one_of_them(spots: list[Spot]) -> None:
    corners = hull(spots)
    assert set(corners) <= set(spots)
    if len(corners) > 2:
        edges = list(pairwise((*corners, corners[0])))
        assert all(_left_of(*edge, spot) >= 0 for edge in edges for spot in spots)
        assert all(_left_of(*edge, corner) > 0 for edge in edges for corner in corners if corner not in edge)


def test_a_square_with_a_spot_inside_and_one_on_an_edge_has_four_corners() -> None:
    square = [(0.0, 0.0), (0.0, 2.0), (2.0, 2.0), (2.0, 0.0)]
    assert set(hull([*square, (1.0, 1.0), (0.0, 1.0)])) == set(square)
    assert hull([(1.0, 1.0), (1.0, 1.0)]) == ((1.0, 1.0),)
