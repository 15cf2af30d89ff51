"""A list of real calls becomes a district of its own, and every reason asks for something the catalogue has."""

import csv
from datetime import date
from pathlib import Path

import pytest

from kit import clock
from providers.catalogue import operations as catalogue
from providers.catalogue.model import ItemCategory
from simulations import request_lists
from simulations.population import yunhe
from simulations.sampling import Sampler

FILE = Path(request_lists.__file__).parent / "data" / "real-calls.csv"
HEADER = "called_at_local,latitude_wgs84,longitude_wgs84,title,township\n"


def test_every_reason_of_the_list_has_an_item_of_its_own_choosing() -> None:
    reasons, items = request_lists.Reasons(), {item.code: item for item in catalogue.shipped_items()}
    with FILE.open(encoding="utf-8", newline="") as file:
        codes = {row["title"]: reasons.of(row["title"]) for row in csv.DictReader(file)}
    assert len(codes) == 74
    assert set(codes.values()) <= set(items)
    assert codes["EMS: FALL VICTIM"] == codes["EMS: CARDIAC ARREST"] == "U01"
    assert {items[code].category for reason, code in codes.items() if reason.startswith("Traffic")} <= {
        ItemCategory.MEALS,
        ItemCategory.DAILY_LIVING,
    }


def test_a_reason_nobody_has_heard_of_asks_for_daily_care() -> None:
    assert request_lists.Reasons().of("Moonquake") == "B07"
    assert request_lists.Reasons().of("EMS: SOMETHING NEW") == "D01"


def test_calls_come_in_the_order_of_time_from_homes_at_their_places(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(
        HEADER
        + "2016-01-15T12:30:00,40.1,-75.3,EMS: FEVER,B\n"
        + "2016-01-15T12:01:00,40.2,-75.4,EMS: FEVER,A\n"
        + "2016-01-15T12:40:00,40.1,-75.3,EMS: FEVER,B\n",
        encoding="utf-8",
    )
    calls, territory = request_lists.arrange(request_lists.read(path))
    assert [clock.local(call.at).minute for call in calls] == [1, 30, 40]
    assert [call.home for call in calls] == [0, 1, 1]
    assert [(home.latitude, home.longitude) for home in territory.homes] == [(40.2, -75.4), (40.1, -75.3)]
    assert [division.name for division in territory.divisions] == ["回放区", "A", "B"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("2016-02-30T12:00:00,40.1,-75.3,EMS: FEVER,A", "cell.impossible_date"),
        ("2016-01-15T12:00:00,140.1,-75.3,EMS: FEVER,A", "cell.out_of_bounds"),
        ("2016-01-15T12:00:00,40.1,-75.3,,A", "cell.blank"),
        ("2016-01-15T12:00:00,40.1,-75.3,=1+1,A", "table.formula"),
    ],
)
def test_a_faulty_call_is_named_with_its_row(tmp_path: Path, row: str, code: str) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(HEADER + row + "\n", encoding="utf-8")
    (fault,) = request_lists.read(path).faults
    assert (fault.row, fault.code) == (2, code)


def test_what_is_wanted_is_wanted_when_the_item_is_brought() -> None:
    sampler, items = Sampler(1), catalogue.shipped_items()
    wishes, by_code = request_lists.Wishes(sampler, items), {item.code: item for item in items}
    for call in request_lists.made_up(sampler, first=date(2026, 3, 2), days=2, per_day=300, homes=50):
        asked = wishes.of(call.number, call.reason, call.at)
        item = by_code[call.reason]
        assert asked.urgent == (item.category is ItemCategory.URGENT)
        assert call.at <= asked.earliest < asked.latest
        if not asked.urgent:
            opens = clock.at_local(clock.day_of(asked.earliest), item.window_from)
            closes = clock.at_local(clock.day_of(asked.earliest), item.window_to)
            assert opens <= asked.earliest
            assert asked.latest <= closes


def test_yunhe_has_its_real_divisions_and_homes_within_them() -> None:
    territory = yunhe()
    assert (len(territory.divisions), len(territory.townships)) == (151, 8)
    homes = [territory.further(Sampler(1), number) for number in range(400)]
    assert {home.division for home in homes} <= {division.code for division in territory.divisions}
    assert all(38.1 < home.latitude < 38.5 and 116.6 < home.longitude < 117.1 for home in homes)
