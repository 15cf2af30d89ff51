"""The overview's numbers: each says what it means, and its rows are as many as it says."""

from datetime import timedelta
from typing import Any

import pytest

from api.numbers import EVENTS, NumberName
from tests.api.street import Street
from tests.api.world import World

MONTHS = ["2026-02", "2026-03", "2026-04", "2026-05"]


async def rows_of(world: World, number: str, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    after: dict[str, Any] = {}
    while True:
        answer = (
            await world.ask("manager", "GET", f"/numbers/{number}/rows", params={**query, "limit": 2, **after})
        ).json()
        rows += answer["items"]
        if answer["next"] is None:
            return rows
        after = {"after": answer["next"]}


async def test_the_series_of_the_rate_agrees_with_each_months_rate(world: World) -> None:
    series = (await world.ask("manager", "GET", "/rates/series", params={"month": MONTHS})).json()
    assert [point["rate"]["month"] for point in series["points"]] == MONTHS
    for point in series["points"][1:]:
        rate = (await world.ask("manager", "GET", "/rates", params={"month": point["rate"]["month"]})).json()
        assert point["rate"] == rate
    first = series["points"][0]
    assert (first["rate"]["n"], first["lower"], first["upper"], first["outside"]) == (0, None, None, False)
    rated = sum(point["rate"]["numerator"] for point in series["points"])
    assert series["centre"] == pytest.approx(
        100 * rated / sum(point["rate"]["n"] for point in series["points"]), abs=0.01
    )


async def test_the_rows_of_the_satisfaction_rate_are_its_denominator(world: World) -> None:
    params = {"month": "2026-03"}
    definition = (await world.ask("manager", "GET", "/numbers/satisfaction", params=params)).json()
    rate = (await world.ask("manager", "GET", "/rates", params=params)).json()
    rows = await rows_of(world, "satisfaction", **params)
    assert rate["n"] > 2
    assert (definition["part"], definition["whole"]) == (rate["numerator"], rate["n"])
    assert len({row["visit_id"] for row in rows}) == len(rows) == rate["n"]
    assert sum(row["counted"] for row in rows) == rate["numerator"]
    assert all(row["person_name"].endswith("*") for row in rows)
    assert all(definition[part]["zh"] and definition[part]["en"] for part in ("numerator", "denominator", "excluded"))


@pytest.mark.parametrize("number", EVENTS)
async def test_a_step_of_the_funnel_has_as_many_rows_as_events_of_today(world: World, number: NumberName) -> None:
    definition = (await world.ask("auditor", "GET", f"/numbers/{number}")).json()
    funnel = (await world.ask("manager", "GET", "/funnel")).json()
    assert definition["part"] == funnel["today"][number]
    assert (definition["whole"], definition["denominator"], definition["month"]) == (None, None, None)
    assert len(await rows_of(world, number)) == definition["part"]


async def test_what_is_late_or_unserved_is_counted_and_listed_with_its_reason(street: Street) -> None:
    ten = street.clock.now() + timedelta(hours=1)
    calls = [
        await street.call(await street.elder(), ten, ten + timedelta(hours=2), sex_wanted=sex) for sex in ("male", None)
    ]
    unserved, waiting = calls
    for number, request in (("unserved", unserved), ("late", waiting)):
        if number == "late":
            await street.at(ten + timedelta(hours=2, minutes=1))
        assert (await street("manager", "GET", f"/numbers/{number}"))["part"] == 1
        (row,) = await street("manager", "GET", f"/numbers/{number}/rows")
        assert row["request_id"] == request["id"]
        reason = (row["state"], row["kept_out_by"])
        assert reason == (("unserved", "sex") if number == "unserved" else ("offered", None))
        assert row["person_name"].endswith("*")


async def test_an_unknown_number_is_refused_and_only_the_bureau_opens_one(world: World) -> None:
    assert (await world.ask("manager", "GET", "/numbers/happiness")).status_code == 422
    for name in world.lived.tokens:
        answer = await world.ask(name, "GET", "/numbers/satisfaction/rows")
        assert answer.status_code == (200 if name in {"manager", "auditor"} else 403), name
