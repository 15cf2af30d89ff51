"""Ways to be paid for a visit that was not, or not so long, at the door: over HTTP each is held by name."""

from datetime import timedelta
from typing import Any

import pytest

from kit import clock as clocks
from kit.ids import new_id
from tests.api.street import Street, instant

NOWHERE = {"latitude": None, "longitude": None, "accuracy_metres": None, "fix_age_seconds": None}


async def promised(street: Street, *, elder: Any = None, hour: int = 600, item: str = "B01") -> dict[str, Any]:
    """Promise an hour at an elder's, today."""
    start = clocks.at_local(clocks.day_of(street.clock.now()), hour)
    person = elder or await street.elder()
    return await street.promised(await street.call(person, start, start + timedelta(hours=2), item_code=item))


async def held(street: Street, visit: dict[str, Any], *flags: str) -> None:
    """Assert that a visit waits for a person for these reasons among others, and that nothing is paid for it."""
    now = await street.look(visit)
    assert now["state"] == "held", now
    assert set(flags) <= set(now["flags"]), now
    assert sum(line["payable_fen"] for line in await street.charges(visit)) == 0
    assert any(case["kind"] == "visit_held" for case in await street("manager", "GET", f"/cases/about/{visit['id']}"))


async def at_the_door(street: Street, visit: dict[str, Any], **more: Any) -> None:
    await street.at(instant(visit["planned_start"]))
    await street.act(visit, "arrival", code=await street.code(visit), **more)


async def test_a_minute_at_the_door_claimed_as_seventy_four_is_held(street: Street) -> None:
    visit = await promised(street)
    await at_the_door(street, visit)
    arrived = street.clock.now()
    await street.at(arrived + timedelta(minutes=80))
    claimed = (arrived + timedelta(minutes=74)).isoformat()
    await street.act(visit, "leaving", offline=True, sequence=2, claimed_at=claimed)
    await held(street, visit, "unanchored", "short_stay")


async def test_where_the_rule_holds_nothing_a_claimed_minute_is_still_not_paid(street: Street) -> None:
    await street.rule("visit.evidence", holds=["overlap"])
    visit = await promised(street)
    await at_the_door(street, visit)
    await street.at(street.clock.now() + timedelta(minutes=80))
    await street.act(visit, "leaving", offline=True, sequence=2)
    assert (await street.look(visit))["state"] == "verified"
    (line,) = await street.charges(visit)
    assert (line["facts"]["done_minutes"], line["payable_fen"]) == (0, 0)


async def test_an_act_counted_from_an_anchor_has_its_own_time(street: Street) -> None:
    visit = await promised(street)
    await at_the_door(street, visit)
    worker = street.phone(visit["worker_id"])
    anchor = (await street(worker, "GET", f"/visits/{visit['id']}/anchor"))["anchor"]
    await street.at(street.clock.now() + timedelta(hours=3))
    left = (street.clock.now() - timedelta(hours=2)).isoformat()
    more: dict[str, Any] = {"offline": True, "sequence": 2, "anchor": anchor, "claimed_at": left}
    await street.act(visit, "leaving", **more, elapsed_seconds=3600)
    assert (await street.look(visit))["state"] == "verified"
    (line,) = await street.charges(visit)
    assert line["facts"]["done_minutes"] == 60
    acts = await street("manager", "GET", f"/visits/{visit['id']}/acts")
    assert [act["certain"] for act in acts] == [True, True]


async def test_more_seconds_than_have_passed_since_the_anchor_are_no_time(street: Street) -> None:
    visit = await promised(street)
    await at_the_door(street, visit)
    worker = street.phone(visit["worker_id"])
    anchor = (await street(worker, "GET", f"/visits/{visit['id']}/anchor"))["anchor"]
    await street.at(street.clock.now() + timedelta(minutes=10))
    await street.act(visit, "leaving", offline=True, sequence=2, anchor=anchor, elapsed_seconds=3600)
    await held(street, visit, "unanchored", "short_stay")


async def test_a_clock_put_back_is_held(street: Street) -> None:
    visit = await promised(street)
    await at_the_door(street, visit, claimed_at=(street.clock.now() - timedelta(hours=9)).isoformat())
    await street.at(street.clock.now() + timedelta(hours=1))
    await street.act(visit, "leaving")
    await held(street, visit, "clock_skew")


async def test_a_sign_out_that_proves_nothing_is_held(street: Street) -> None:
    visit = await promised(street)
    await at_the_door(street, visit)
    await street.at(street.clock.now() + timedelta(hours=1))
    await street.act(visit, "leaving", **NOWHERE)
    await held(street, visit, "no_position_at_leave")


async def test_two_homes_that_nobody_can_drive_between_in_time_are_held(street: Street) -> None:
    first = await promised(street)
    far = await street.elder(place=(38.5, 116.8))
    start = instant(first["planned_end"]) + timedelta(hours=3)
    second = await street.promised(await street.call(far, start, start + timedelta(hours=2)))
    same = {"worker_id": first["worker_id"], "reason": "knows the elder"}
    if second["worker_id"] != first["worker_id"]:
        second = await street("provider", "PUT", f"/visits/{second['id']}/worker", same)
    await street.visit(first)
    await street.at(street.clock.now() + timedelta(minutes=2))
    code = await street.code(second)
    there = {"latitude": 38.5, "longitude": 116.8}
    await street.act(second, "arrival", code=code, **there)
    await street.at(street.clock.now() + timedelta(hours=1))
    await street.act(second, "leaving", **there)
    await held(street, second, "impossible_speed")


@pytest.mark.parametrize("after", [False, True])
async def test_two_sign_ins_from_two_phones_are_held(street: Street, after: bool) -> None:
    visit = await promised(street)
    await at_the_door(street, visit, device="one")
    second: dict[str, Any] = {"device": "two", "sequence": 9 if after else 2, "offline": True}
    if not after:
        await street.act(visit, "arrival", **second)
    await street.at(street.clock.now() + timedelta(hours=1))
    await street.act(visit, "leaving", device="one")
    if after:
        assert (await street.look(visit))["state"] == "verified"
        await street.act(visit, "arrival", **second)
    await held(street, visit, "two_phones")


async def test_a_noon_meal_brought_at_night_is_held_and_a_little_early_is_shown(street: Street) -> None:
    noon = clocks.at_local(clocks.day_of(street.clock.now()) + timedelta(days=1), 630)
    called = await street.call(await street.elder(), noon, noon + timedelta(hours=2), item_code="A01")
    visit = await street.promised(called)
    await street.at(noon - timedelta(hours=9, minutes=36))
    await street.act(visit, "arrival", code=await street.code(visit))
    await street.at(street.clock.now() + timedelta(minutes=10))
    await street.act(visit, "leaving")
    await held(street, visit, "far_early")
    await street.at(noon - timedelta(hours=1))
    visit = await promised(street)
    await street.at(clocks.at_local(clocks.day_of(noon), 600 - 20))
    await street.act(visit, "arrival", code=await street.code(visit))
    await street.at(street.clock.now() + timedelta(minutes=60))
    await street.act(visit, "leaving")
    now = await street.look(visit)
    assert (now["state"], now["flags"]) == ("verified", ["early"])


async def test_what_is_claimed_before_the_promise_or_after_a_day_is_held(street: Street) -> None:
    visit = await promised(street)
    code = await street.code(visit)
    await street.at(street.clock.now() + timedelta(hours=27))
    before = (instant(visit["planned_start"]) - timedelta(days=2)).isoformat()
    more = {"offline": True, "claimed_at": before, "id": str(new_id())}
    await street.act(visit, "arrival", sequence=1, code=code, **more)
    await street.act(visit, "leaving", sequence=2, offline=True, claimed_at=before)
    await held(street, visit, "unanchored")
