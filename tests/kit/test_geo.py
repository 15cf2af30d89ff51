"""Points, datums and distances."""

import math

import pytest
from geopy import distance
from hypothesis import given, settings
from hypothesis import strategies as st

from kit import geo
from kit.geo import Datum, Point

mainland = st.builds(Point, st.floats(18.2, 53.5), st.floats(73.6, 134.7))
anywhere = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))
district = st.builds(Point, st.floats(38.2, 38.4), st.floats(116.7, 117.0))


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
@settings(max_examples=300)
@given(point=mainland)
def test_there_and_back_is_within_a_centimetre(datum: Datum, point: Point) -> None:
    assert geo.metres(geo.to_wgs84(geo.from_wgs84(point, datum), datum), point) < 0.01


@pytest.mark.parametrize(
    ("wgs84", "datum", "published"),
    [
        # the pairs printed by the open converters coordtransform and eviltransform
        (Point(39.915, 116.404), Datum.GCJ02, Point(39.916_404_281_501_64, 116.410_244_499_169_38)),
        (Point(31.1774276, 121.5272106), Datum.GCJ02, Point(31.175_303_983_645_97, 121.531_541_859_215)),
        (Point(22.543847, 113.912316), Datum.GCJ02, Point(22.540_796_131_694_766, 113.917_176_480_836_3)),
    ],
)
def test_the_datums_lie_where_others_put_them(wgs84: Point, datum: Datum, published: Point) -> None:
    assert geo.metres(geo.from_wgs84(wgs84, datum), published) < 1.0


def test_bd09_lies_where_others_put_it() -> None:
    gcj02 = Point(39.915, 116.404)
    bd09 = geo.from_wgs84(geo.to_wgs84(gcj02, Datum.GCJ02), Datum.BD09)
    assert geo.metres(bd09, Point(39.921_336_993_510_21, 116.410_369_493_710_29)) < 0.05


@given(mainland)
def test_gcj02_is_off_everywhere_in_china(point: Point) -> None:
    # by 17.5 m in the Qaidam Basin, where its two waves cancel, and by hundreds elsewhere
    assert 15 < geo.metres(point, geo.from_wgs84(point, Datum.GCJ02)) < 1200


@pytest.mark.parametrize("datum", list(Datum))
def test_outside_china_all_datums_are_one(datum: Datum) -> None:
    norristown = Point(40.1215, -75.3399)
    assert geo.from_wgs84(norristown, datum) == norristown
    assert geo.to_wgs84(norristown, datum) == norristown


@given(anywhere, anywhere)
def test_metres_agree_with_the_reference(a: Point, b: Point) -> None:
    reference = distance.great_circle((a.latitude, a.longitude), (b.latitude, b.longitude)).m
    assert geo.metres(a, b) == pytest.approx(reference, rel=1e-5, abs=0.02)


@given(district, district)
def test_within_a_district_the_flat_map_is_good_to_a_metre(a: Point, b: Point) -> None:
    assert math.hypot(*geo.planar_metres(a, b)) == pytest.approx(geo.metres(a, b), abs=1.0)


@pytest.mark.parametrize("pair", [(91.0, 0.0), (0.0, 180.5), (math.nan, 0.0), (0.0, math.inf)])
def test_no_point_lies_outside_the_earth(pair: tuple[float, float]) -> None:
    with pytest.raises(geo.PlaceOutOfRange):
        Point(*pair)


@pytest.mark.parametrize(
    ("latitude", "longitude", "refusal"),
    [
        (116.85, 38.31, geo.PlaceSwapped),
        (78.0, 40.0, geo.PlaceSwapped),
        (40.12, -75.34, geo.PlaceNotInChina),
        (0.0, 0.0, geo.PlaceNotInChina),
        (380.0, 116.0, geo.PlaceOutOfRange),
    ],
)
def test_a_typed_pair_says_what_is_wrong_with_it(latitude: float, longitude: float, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        geo.place_in_china(latitude, longitude)


@given(mainland)
def test_a_place_in_china_passes_and_its_swap_never_does(point: Point) -> None:
    assert geo.place_in_china(point.latitude, point.longitude) == point
    with pytest.raises(geo.PlaceSwapped):
        geo.place_in_china(point.longitude, point.latitude)
