"""An elder never owes more than was told at the last consent, whatever is recorded, moved or decided afterwards."""

import os
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dispatch.enrolment.model import Category
from kit import clock as clocks
from tests.api.street import Street, instant

DRAWN = int(os.environ.get("NOWALLS_CONSENTS", "12"))
"""How many stories are drawn."""
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("price"), st.integers(1_000, 9_000), st.integers(-3, 3)),
        st.tuples(st.just("move"), st.integers(0, 40), st.booleans()),
    ),
    max_size=4,
)


def at_ten(day: datetime) -> datetime:
    return clocks.at_local(clocks.day_of(day), 600)


def net(lines: list[dict[str, Any]], name: str) -> int:
    return sum(line[name] for line in lines)


class Story:
    """One elder's request, and what was last told."""

    def __init__(self, street: Street, category: Category) -> None:
        self.street, self.category = street, category
        self.elder: UUID
        self.request: dict[str, Any]
        self.visit: dict[str, Any]
        self.agreed_fen = 0

    async def call(self) -> None:
        self.elder = await self.street.elder(self.category, 1)
        tomorrow = at_ten(self.street.clock.now() + timedelta(days=1))
        self.request = await self.street.call(self.elder, tomorrow, tomorrow + timedelta(hours=2))
        self.visit = await self.street.promised(self.request)
        self.request = await self.street("operator", "GET", f"/requests/{self.request['id']}")
        self.agreed_fen = self.request["own_fen"]

    async def move(self, days: int, *, accept: bool) -> None:
        """Agree on another day; more is owed only where that has been accepted."""
        later = at_ten(instant(self.request["earliest"]) + timedelta(days=days))
        form = {
            "starts_at": later.isoformat(),
            "agreed_to": (later + timedelta(hours=2)).isoformat(),
            "accept_own_cost": accept,
            "reason": "at the doctor's",
        }
        headers = {"Authorization": f"Bearer {self.street.tokens['operator']}"}
        path = f"/visits/{self.visit['id']}/rescheduling"
        answer = await self.street.client.post(path, json=form, headers=headers)
        agreed = await self.street("operator", "GET", f"/requests/{self.request['id']}")
        if answer.status_code == 200:
            self.visit = answer.json()
            assert accept or agreed["own_fen"] <= self.agreed_fen
            self.agreed_fen = agreed["own_fen"]
        else:
            assert answer.status_code in {409, 422}, answer.text  # too far, too dear, nobody free: nothing has changed
            assert agreed == self.request
        self.request = agreed
        await self.street.drain()

    async def holds(self) -> None:
        """Assert that the elder owes no more than was told, and that the quota of the visit's month alone has paid."""
        lines = await self.street.charges(self.visit)
        assert net(lines, "own_fen") <= self.agreed_fen
        assert net(lines, "payable_fen") == net(lines, "own_fen") + net(lines, "subsidised_fen")
        month = clocks.month_of(instant(self.visit["planned_start"]))
        spent: Counter[str] = Counter()
        for name in {month, clocks.month_of(self.street.clock.now()), "2026-03", "2026-04", "2026-05", "2026-06"}:
            path = f"/people/{self.elder}/wallet/entries?month={name}"
            for entry in await self.street("finance", "GET", path):
                sign = {entry["to_account"]: 1, entry["from_account"]: -1}
                spent[name] += sign.get("spent", 0) * entry["fen"]
                spent[f"{name} held"] += sign.get("held", 0) * entry["fen"]
        assert +spent == Counter({month: net(lines, "subsidised_fen")} if net(lines, "subsidised_fen") else {})


async def confirm_once(street: Street, change: str, confirmed: set[str]) -> None:
    """Confirm a change that is not confirmed yet."""
    if change not in confirmed:
        confirmed.add(change)
        await street.confirm(change)


@pytest.mark.timeout(500)
@settings(max_examples=DRAWN, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(
    category=st.sampled_from(sorted(Category)),
    before=STEPS,
    stay=st.sampled_from([60, 50, 20]),
    after=st.lists(st.integers(1_000, 9_000), max_size=2),
)
async def test_the_own_share_is_never_above_the_last_consent(
    street: Street, category: Category, before: list[tuple[str, int, Any]], stay: int, after: list[int]
) -> None:
    story = Story(street, category)
    # What is recorded later has been announced before the call, and is confirmed by a second person after it.
    called = at_ten(street.clock.now() + timedelta(days=3)) - timedelta(hours=1)
    papers = [(fen, days) for name, fen, days in before if name == "price"] + [(fen, 0) for fen in after]
    begins = [clocks.day_of(called + timedelta(days=1 + days)) for _, days in papers]
    changes = [await street.announce_price(fen, day) for (fen, _), day in zip(papers, begins, strict=True)]
    confirmed: set[str] = set()  # the same price of the same day is one change
    await street.at(called)
    await story.call()
    for name, number, more in before:
        if name == "price":
            await confirm_once(street, changes.pop(0), confirmed)
        else:
            await story.move(number, accept=more)
    await street.visit(story.visit, stay=stay)
    await story.holds()
    month = clocks.month_of(instant(story.visit["planned_start"]))
    for change in changes:
        await street.at(street.clock.now())
        await confirm_once(street, change, confirmed)
        await street("finance", "POST", "/adjustments", {"month": month}, status=201)
        await street.drain()
        await story.holds()
    own = net(await street.charges(story.visit), "own_fen")
    (last,) = (await street.charges(story.visit))[-1:]
    if last["deductions"].get("unfunded"):
        await street("manager", "POST", f"/visits/{story.visit['id']}/funding", status=200)
        await street.drain()
        await story.holds()
        lines = await street.charges(story.visit)
        assert net(lines, "own_fen") == own
        assert "unfunded" not in lines[-1]["deductions"]
    else:
        await street("manager", "POST", f"/visits/{story.visit['id']}/funding", status=409, code="charge.not_unfunded")


async def test_a_price_recorded_after_the_call_is_the_quotas_and_then_a_matter_for_people(street: Street) -> None:
    # 60 yuan a month, of whose price the elder pays 30 %: 18 yuan were told of 60, and 42 are held.
    elder = await street.elder(Category.KEY_GROUP, 1)
    ten = at_ten(street.clock.now() + timedelta(days=2))
    change = await street.announce_price(6000, clocks.day_of(ten))
    await street.at(ten - timedelta(hours=1))
    request = await street.call(elder, ten, ten + timedelta(hours=2), quantity=2)
    assert (request["price_fen"], request["quota_held_fen"], request["own_fen"]) == (6000, 4200, 1800)
    visit = await street.promised(request)
    await street.confirm(change)
    assert (await street.visit(visit, stay=120))["state"] == "verified"
    (line,) = await street.charges(visit)
    # Of the further 60 yuan the quota has 18 left; 42 are nobody's yet.
    assert (line["own_fen"], line["subsidised_fen"], line["deductions"]) == (1800, 6000, {"unfunded": 4200})
    (case,) = await street("manager", "GET", f"/cases/about/{visit['id']}")
    assert (case["kind"], case["facts"]["fen"]) == ("charge_unfunded", 4200)
    path = f"/visits/{visit['id']}/funding"
    await street("finance", "POST", path, status=403, code="actor.not_allowed")
    again = await street("manager", "POST", path)
    assert (again["own_fen"], again["subsidised_fen"], again["deductions"]) == (1800, 10200, {})


async def test_another_day_holds_its_own_months_quota_or_is_refused(street: Street) -> None:
    elder = await street.elder(Category.KEY_GROUP, 1)
    change = await street.announce_price(4000, date(2026, 4, 1))
    await street.at(datetime(2026, 3, 30, 1, tzinfo=UTC))
    ten = at_ten(street.clock.now() + timedelta(days=1))
    visit = await street.promised(await street.call(elder, ten, ten + timedelta(hours=2)))
    path, later = f"/visits/{visit['id']}/rescheduling", ten + timedelta(days=1)
    moved = {"starts_at": later.isoformat(), "agreed_to": later.isoformat(), "reason": "at the doctor's"}
    await street.confirm(change)
    await street("operator", "POST", path, moved, status=409, code="request.over_quota")
    march = await street("finance", "GET", f"/people/{elder}/wallet?month=2026-03")
    assert march["held_fen"] == 2100
    await street("operator", "POST", path, {**moved, "accept_own_cost": True})
    march = await street("finance", "GET", f"/people/{elder}/wallet?month=2026-03")
    april = await street("finance", "GET", f"/people/{elder}/wallet?month=2026-04")
    assert (march["held_fen"], april["held_fen"]) == (0, 2800)
    far = {**moved, "starts_at": "2026-12-24T10:00:00+08:00", "agreed_to": "2026-12-24T10:00:00+08:00"}
    await street("operator", "POST", path, far, status=422, code="request.too_far")
    await street.drain()
    assert (await street.visit(visit | {"planned_start": later.isoformat()}))["state"] == "verified"
    (line,) = await street.charges(visit)
    assert (line["month"], line["subsidised_fen"], line["own_fen"]) == ("2026-04", 2800, 1200)


async def test_a_visit_after_the_turn_of_the_year_takes_nothing_from_december(street: Street) -> None:
    elder = await street.elder()
    await street.at(datetime(2026, 12, 31, 15, 30, tzinfo=UTC))  # half past eleven at night
    for worker in street.stage.workers[0]:
        for from_minute, to_minute in ((1200, 1440), (0, 480)):
            shift = {"weekdays": 127, "from_minute": from_minute, "to_minute": to_minute, "valid_from": "2026-12-01"}
            await street("provider", "POST", f"/workers/{worker}/shifts", shift, status=201)
    eve = street.clock.now()
    request = await street.call(
        elder, eve + timedelta(minutes=10), eve + timedelta(hours=2), item_code="U01", urgent=True
    )
    visit = await street.promised(request)
    wallets = [f"/people/{elder}/wallet?month={month}" for month in ("2026-12", "2027-01")]
    assert (await street("finance", "GET", wallets[0]))["held_fen"] == request["quota_held_fen"] == 6000
    # Within the window that was agreed on, but in the new year: the visit's own month bears it.
    moved = {"starts_at": (eve + timedelta(minutes=45)).isoformat(), "reason": "the road is blocked"}
    visit = await street("operator", "POST", f"/visits/{visit['id']}/rescheduling", moved)
    assert (await street.visit(visit, stay=30))["state"] == "verified"
    (line,) = await street.charges(visit)
    assert (line["month"], line["subsidised_fen"], line["own_fen"]) == ("2027-01", 6000, 0)
    december, january = [await street("finance", "GET", path) for path in wallets]
    assert (december["held_fen"], december["spent_fen"], january["spent_fen"]) == (0, 0, 6000)


async def test_one_request_is_paid_once_however_many_visits_were_tried(street: Street) -> None:
    elder = await street.elder()
    ten = at_ten(street.clock.now())
    request = await street.call(elder, ten, ten + timedelta(hours=2))
    first = await street.promised(request)
    await street.act(first, "departure")
    await street.act(first, "abort", reason="the car broke down")
    second = await street.promised(request)
    assert (await street.visit(second))["state"] == "verified"
    times = {"arrived_at": ten.isoformat(), "left_at": street.clock.now().isoformat(), "reason": "no phone"}
    await street("operator", "POST", f"/visits/{first['id']}/back-fill", times)
    stands, decision = {"stands": True, "reason": "confirmed"}, f"/visits/{first['id']}/decision"
    await street("manager", "POST", decision, stands, status=409, code="visit.request_served")
    await street("manager", "POST", decision, {**stands, "stands": False})
    await street.drain()
    assert await street.charges(first) == []
    assert net(await street.charges(second), "payable_fen") == 3000
