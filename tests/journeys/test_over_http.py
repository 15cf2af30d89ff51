"""The same story as its people live it: every desk through the API, each seeing what is theirs."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.accounts import operations as accounts
from api.app import V1, build
from bootstrap import imports
from dispatch.enrolment import operations as enrolment
from dispatch.enrolment.model import Category
from dispatch.requests import backlog
from dispatch.requests import operations as requests
from dispatch.requests.rules import Backlog
from dispatch.requests.standing import Wanted
from events.delivery import bus
from events.delivery.bus import Deliverer
from events.delivery.drained import Drained
from events.delivery.transport import PostgresDelivery
from events.work import Works
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.clock import FixedClock
from kit.ids import new_id
from kit.imports import tables
from kit.rules import queries as rules
from kit.rules.model import RuleRow
from processes.rooms import ROOMS
from tests.conftest import HANDLERS, drained
from tests.dispatch.stage import AREA, HOME, NINE, Stage, set_stage
from tests.dispatch.test_matching_decisions import requested

PASSWORD = "river stone lantern 7"


class Desks:
    """People at their desks, each with a session of their own."""

    def __init__(self, works: Works) -> None:
        self.works = works
        self.transport = httpx.ASGITransport(app=build(works, ROOMS))

    async def __call__(
        self, role: Role, name: str, *, provider_id: UUID | None = None, worker_id: UUID | None = None
    ) -> httpx.AsyncClient:
        async with self.works(SYSTEM("test")) as work:
            await accounts.open_account(
                work,
                username=name,
                display_name=name,
                role=role,
                password=PASSWORD,
                provider_id=provider_id,
                worker_id=worker_id,
            )
        client = httpx.AsyncClient(transport=self.transport, base_url=f"http://test{V1}")
        answer = await client.post("/sessions", json={"username": name, "password": PASSWORD})
        client.cookies.clear()
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return client


def _act(clock: FixedClock, code: str | None = None) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "claimed_at": clock.now().isoformat(),
        "code": code,
        "latitude": HOME[0],
        "longitude": HOME[1],
        "accuracy_metres": 10,
        "fix_age_seconds": 2,
    }


async def _set(works: Works, clock: FixedClock) -> Stage:
    stage = await set_stage(works, clock, companies=2, elders=1)
    async with works(SYSTEM("test")) as work:
        await enrolment.take_over(work, members=[enrolment.Member(stage.elders[0], AREA, Category.LOW_INCOME, 2)])
    return stage


async def test_a_long_backlog_makes_bulk_work_wait_first_and_ordinary_requests_next_but_no_urgent_one(
    works: Works, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "_COUNTED_FOR_SECONDS", -1.0)
    stage = await _set(works, clock)
    value = {"bulk": 10, "ordinary": 12, "retry_seconds": 7}
    async with works(SYSTEM("test")) as work:
        facts = {"name": Backlog.about.name, "recorded_by": "test", "recorded_at": work.now}
        work.session.add(RuleRow(value=value, valid_from=work.now, **facts))
        wanted = Wanted(item_code="B03", weekdays=127, from_minute=600, to_minute=720, starts_on=date(2026, 3, 3))
        await requests.place_standing_order(work, person_id=stage.elders[0], wanted=wanted)
    rules.forget()
    clock.advance(timedelta(days=1))
    operator = await Desks(works)(Role.OPERATOR, "operator")
    grid = tables.read("身份证号,项目,最早到达,最晚到达\n".encode())

    async def grow(count: int) -> None:
        async with works(SYSTEM("test")) as work:
            for _ in range(count):
                work.emit(requested(await stage.add_request()))

    async def make_due() -> int:
        async with works(SYSTEM("test")) as work:
            return await requests.make_due(work)

    def form(hour: int, *, urgent: bool) -> dict[str, Any]:
        from_at = clock.now() + timedelta(hours=hour)
        window = {"earliest": from_at.isoformat(), "latest": (from_at + timedelta(hours=2)).isoformat()}
        return {"person_id": str(stage.elders[0]), "item_code": "B01", "urgent": urgent, **window}

    await grow(10)
    assert (await operator.post("/requests", json=form(1, urgent=False))).status_code == 201
    assert await make_due() == 0
    with pytest.raises(backlog.BacklogTooLong):
        await imports.run(works, SYSTEM("test"), kind=imports.kinds(ROOMS)["requests"], grid=grid)
    await grow(1)
    refused = await operator.post("/requests", json=form(4, urgent=False))
    assert (refused.status_code, refused.json()["code"]) == (503, "request.backlog")
    assert refused.headers["Retry-After"] == "7"
    assert (await operator.post("/requests", json=form(4, urgent=True))).status_code == 201
    await drained(works)
    assert (await operator.post("/requests", json=form(7, urgent=False))).status_code == 201
    assert await make_due() == 1


async def test_every_desk_does_its_part_and_sees_only_its_own(works: Works, clock: FixedClock) -> None:
    works.routes = bus.routes(HANDLERS)
    deliverer = Deliverer(works, HANDLERS)
    outstanding = Drained(works, deliverer)
    stage = await _set(works, clock)
    delivery = PostgresDelivery(deliverer)
    await delivery.start()
    desks = Desks(works)
    try:
        operator = await desks(Role.OPERATOR, "operator")
        form = {
            "person_id": str(stage.elders[0]),
            "item_code": "B01",
            "earliest": (NINE + timedelta(hours=1)).isoformat(),
            "latest": (NINE + timedelta(hours=3)).isoformat(),
        }
        placed = await operator.post("/requests", json=form, headers={"Idempotency-Key": "call-000001"})
        again = await operator.post("/requests", json=form, headers={"Idempotency-Key": "call-000001"})
        assert (placed.status_code, again.json()) == (201, placed.json())
        twice = await operator.post("/requests", json=form, headers={"Accept-Language": "en"})
        assert (twice.status_code, twice.json()["code"]) == (409, "request.duplicate")
        await asyncio.wait_for(outstanding.wait(), 60)
        decisions = await operator.get(f"/requests/{placed.json()['id']}/decisions")
        assert decisions.json()["items"][0]["candidates"][0]["worker_number"]

        company = [
            await desks(Role.PROVIDER, f"company{place}", provider_id=provider_id)
            for place, provider_id in enumerate(stage.companies)
        ]
        offers = [(await client.get("/offers")).json()["items"] for client in company]
        mine = 0 if offers[0] else 1
        (offer,) = offers[mine]
        assert offers[1 - mine] == []
        stolen = await company[1 - mine].post(f"/offers/{offer['id']}/acceptance")
        missing = await company[1 - mine].post(f"/offers/{new_id()}/acceptance")
        assert (stolen.status_code, stolen.json()["detail"]) == (404, missing.json()["detail"])
        person = f"/people/{stage.elders[0]}?purpose=visit"
        assert (await company[mine].get(person)).status_code == 404
        accepted = await company[mine].post(f"/offers/{offer['id']}/acceptance")
        assert accepted.json()["state"] == "accepted"
        visit_id = offer["visit"]["id"]
        assert (await company[1 - mine].get(f"/visits/{visit_id}")).status_code == 404
        await asyncio.wait_for(outstanding.wait(), 60)
        card = (await company[mine].get(person)).json()
        assert (card["address"], card["id_no"], card["bank_account"]) == ("door", None, None)
        assert (await company[1 - mine].get(person)).status_code == 404

        (spoken,) = (await operator.get(f"/people/{stage.elders[0]}/codes")).json()["items"]
        worker = await desks(
            Role.WORKER, "worker", provider_id=stage.companies[mine], worker_id=UUID(offer["visit"]["worker_id"])
        )
        clock.advance(timedelta(hours=1))
        worker = await _again(worker, "worker")
        arrived = await worker.post(f"/visits/{visit_id}/arrival", json=_act(clock, spoken["code"]))
        assert arrived.json()["state"] == "arrived", arrived.text
        clock.advance(timedelta(minutes=61))
        worker = await _again(worker, "worker")
        left = await worker.post(f"/visits/{visit_id}/leaving", json=_act(clock))
        assert left.status_code == 200, left.text
        await asyncio.wait_for(outstanding.wait(), 60)

        operator = await _again(operator, "operator")
        code = (await operator.get(f"/visits/{visit_id}/rating-code")).json()["code"]
        elder = httpx.AsyncClient(transport=desks.transport, base_url=f"http://test{V1}")
        rated = await elder.post(f"/visits/{visit_id}/rating", json={"code": code, "score": 5})
        assert rated.json()["accepted"]
        finance = await desks(Role.FINANCE, "finance")
        (charge,) = (await finance.get(f"/visits/{visit_id}/charges")).json()["items"]
        assert charge["payable_fen"] == 3000
        rate = (await finance.get("/rates", params={"month": "2026-03"})).json()
        assert (rate["numerator"], rate["denominator"], rate["percent"]) == (1, 1, None)
        early = await finance.post("/statements", json={"month": "2026-03"})
        assert (early.status_code, early.json()["code"]) == (409, "statement.month_not_over")
        assert (await finance.get("/funnel")).json()["charged_fen"] == 3000
    finally:
        await delivery.stop()


async def _again(client: httpx.AsyncClient, name: str) -> httpx.AsyncClient:
    """Sign in anew, for an hour has passed."""
    answer = await client.post("/sessions", json={"username": name, "password": PASSWORD})
    client.cookies.clear()
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    return client
