"""Refusals in the language that was asked for, to their last field; and what is refused twice said the same way."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import uvicorn

from api.app import build
from kit.ids import new_id
from processes.rooms import ROOMS
from processes.server import Protocol, Server
from tests.api.street import Street, in_chinese
from tests.machine import free_port

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
ELDER = str(new_id())
WINDOW = {"earliest": "2026-03-02T10:00:00+08:00", "latest": "2026-03-02T12:00:00+08:00"}
CALL: dict[str, Any] = {"person_id": ELDER, "item_code": "B01", **WINDOW}


@pytest.mark.parametrize(
    ("changes", "what", "english"),
    [
        ({"person_id": None}, "uuid_type", "a UUID"),
        ({"person_id": "x"}, "uuid_parsing", "a UUID"),
        ({"item_code": 5}, "string_type", "text"),
        ({"item_code": "B01B01B01"}, "string_too_long", "at most 8"),
        ({"quantity": 0}, "greater_than_equal", "at least 1"),
        ({"quantity": 25}, "less_than_equal", "at most 24"),
        ({"quantity": 1.5}, "int_from_float", "a whole number"),
        ({"urgent": "perhaps"}, "bool_parsing", "true or false"),
        ({"channel": "pigeon"}, "enum", "telephone"),
        ({"earliest": "tomorrow"}, "date_written", "written 2026-11-02"),
        ({"earliest": "2026-03-02T10:00:00"}, "timezone_aware", "zone"),
        ({"earliest": "2026-13-02T10:00:00+08:00"}, "datetime_from_date_parsing", "written 2026-11-02"),
        ({"note": "a\u0001"}, "unstorable", "control characters"),
        ({"price_fen": 1}, "extra_forbidden", "no such field"),
    ],
)
async def test_every_field_says_why_in_the_language_asked_for(
    street: Street, changes: dict[str, Any], what: str, english: str
) -> None:
    form = {**CALL, **changes}
    token = {"Authorization": f"Bearer {street.tokens['operator']}"}
    for language in ("", "zh-CN,en;q=0.5"):
        answer = await street.client.post("/requests", json=form, headers={**token, "Accept-Language": language})
        assert (answer.status_code, [error["what"] for error in answer.json()["errors"]]) == (422, [what])
        in_chinese(answer.json())
    answer = await street.client.post("/requests", json=form, headers={**token, "Accept-Language": "en"})
    (error,) = answer.json()["errors"]
    assert english in error["why"], error


async def test_a_body_that_is_no_json_and_a_missing_field_are_said_in_chinese(street: Street) -> None:
    headers = {"Authorization": f"Bearer {street.tokens['operator']}", "Content-Type": "application/json"}
    for content in (b"{", b"{}", b"[]", b"5"):
        answer = await street.client.post("/requests", content=content, headers=headers)
        assert answer.status_code == 422
        in_chinese(answer.json())


async def test_states_and_desks_are_said_in_words(street: Street) -> None:
    ten = street.clock.now() + timedelta(hours=1)
    visit = await street.promised(await street.call(await street.elder(), ten, ten + timedelta(hours=2)))
    decision = {"stands": True, "reason": "x"}
    refused = await street(
        "manager", "POST", f"/visits/{visit['id']}/decision", decision, status=409, code="visit.not_allowed"
    )
    assert refused["detail"] == "上门服务当前为「已接单」，不能改为「已核实」。"
    assert refused["parameters"] == {"state": "accepted", "wanted": "verified"}
    refused = await street("operator", "POST", f"/visits/{visit['id']}/decision", decision, status=403, code=FORBIDDEN)
    assert refused["detail"] == "话务员岗位无权进行此操作，请由有权限的岗位办理。"


FORBIDDEN = "actor.not_allowed"


async def test_one_refusal_names_one_cause(street: Street) -> None:
    elder = str(await street.elder())
    call = {**CALL, "person_id": elder}
    causes: list[tuple[dict[str, Any], str]] = [
        ({"latest": call["earliest"]}, "request.window_invalid"),
        ({"quantity": 9}, "request.quantity_invalid"),
        ({"asked_at": "2026-03-02T10:00:00+08:00"}, "request.call_in_future"),
    ]
    for changes, code in causes:
        await street("operator", "POST", "/requests", {**call, **changes}, status=422, code=code)
    order = {"person_id": elder, "item_code": "B01", "weekdays": 1, "from_minute": 600, "to_minute": 720}
    for changes, code in (
        ({"starts_on": "2026-03-02"}, "standing_order.starts_too_soon"),
        ({"starts_on": "2026-03-03", "ends_on": "2026-03-03"}, "standing_order.days_invalid"),
        ({"starts_on": "2026-03-03", "from_minute": 720}, "standing_order.invalid"),
    ):
        await street("operator", "POST", "/standing-orders", {**order, **changes}, status=422, code=code)


async def test_two_identical_standing_orders_are_a_duplicate(street: Street) -> None:
    order: dict[str, Any] = {
        "person_id": str(await street.elder()),
        "item_code": "B01",
        "weekdays": 3,
        "from_minute": 600,
        "to_minute": 720,
        "starts_on": "2026-03-03",
    }
    first = await street("operator", "POST", "/standing-orders", order, status=201)
    twice = "standing_order.duplicate"
    await street("operator", "POST", "/standing-orders", order, status=409, code=twice)
    near = {**order, "weekdays": 2, "from_minute": 660, "to_minute": 780}
    await street("operator", "POST", "/standing-orders", near, status=409, code=twice)
    for other in ({"weekdays": 4}, {"from_minute": 720, "to_minute": 780}, {"item_code": "B06"}):
        await street("operator", "POST", "/standing-orders", {**order, **other}, status=201)
    await street("operator", "POST", "/standing-orders", {**order, "override_duplicate": True}, status=201)
    other = {**order, "person_id": str(await street.elder())}
    await street("operator", "POST", "/standing-orders", other, status=201)
    assert first["state"] == "active"


async def test_a_second_complaint_about_a_visit_is_a_duplicate_while_the_first_is_open(street: Street) -> None:
    ten = street.clock.now() + timedelta(hours=1)
    visit = await street.promised(await street.call(await street.elder(), ten, ten + timedelta(hours=2)))
    await street.visit(visit)
    form = {"visit_id": visit["id"], "words": "did not come"}
    first = await street("operator", "POST", "/complaints", form, status=201)
    await street("operator", "POST", "/complaints", form, status=409, code="complaint.duplicate")
    await street("operator", "POST", "/complaints", {**form, "override_duplicate": True}, status=201)
    (call_back,) = await street("operator", "GET", "/call-backs")
    answers = {"came": False, "stayed_minutes": None, "goods_instead": False, "score": None}
    saved = await street("operator", "POST", f"/call-backs/{call_back['id']}/answers", answers)
    assert saved["complaint_id"] == first["id"]


async def test_rated_of_the_funnel_is_the_n_of_the_rate_and_the_codes_reader_does_not_rate(street: Street) -> None:
    ten = street.clock.now() + timedelta(hours=1)
    visit = await street.promised(await street.call(await street.elder(), ten, ten + timedelta(hours=2)))
    await street.visit(visit)
    code = (await street("operator", "GET", f"/visits/{visit['id']}/rating-code"))["code"]
    rating = {"code": code, "score": 2, "channel": "code"}
    reader = "feedback.reader_may_not_rate"
    await street("operator", "POST", f"/visits/{visit['id']}/rating", rating, status=403, code=reader)
    await street("manager", "POST", f"/visits/{visit['id']}/rating", rating)
    (call_back,) = await street("operator", "GET", "/call-backs")
    path, answers = f"/call-backs/{call_back['id']}/answers", {"came": True, "stayed_minutes": 60, "score": 5}
    answers |= {"goods_instead": False}
    await street("operator", "POST", path, answers, status=403, code=reader)
    await street("caller", "POST", path, answers)
    readings = await street("manager", "GET", f"/people/{visit['person_id']}/readings")
    assert {"role": "operator", "fields": ["rating_code"]}.items() <= readings[0].items()
    await street.drain()
    rate, funnel = [await street("manager", "GET", path) for path in ("/rates", "/funnel")]
    assert (rate["n"], funnel["rated"], funnel["today"]["rated"]) == (1, 1, 1)


async def test_the_last_administrator_stays_and_a_closed_account_gets_no_password(street: Street) -> None:
    own = street.actors["administrator"].account_id
    last = "account.last_administrator"
    await street("administrator", "DELETE", f"/accounts/{own}", status=409, code=last)
    form = {"username": "second.admin", "display_name": "第二管理员", "role": "administrator"}
    made = await street("administrator", "POST", "/accounts", {**form, "password": "green bamboo 3 river"}, status=201)
    await street("administrator", "DELETE", f"/accounts/{made['id']}", status=204)
    new = {"new": "yellow bamboo 4 river"}
    await street("administrator", "PUT", f"/accounts/{made['id']}/password", new, status=409, code="account.closed")
    await street("administrator", "DELETE", f"/accounts/{own}", status=409, code=last)


async def test_raw_chinese_in_an_address_is_refused_as_everything_else_is(street: Street, until: Until) -> None:
    port = free_port()
    application = build(street.works, ROOMS)
    server = Server(uvicorn.Config(application, http=Protocol, port=port, log_config=None))
    server.heeds_signals = False
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await until(started)
    for language, word in ((b"", "百分号编码"), (b"Accept-Language: en\r\n", "percent-encoded")):
        for encoding in ("utf-8", "gb18030"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            line = "GET /api/v1/people?name=张 HTTP/1.1\r\nHost: test\r\n".encode(encoding)
            writer.write(line + language + b"Connection: close\r\n\r\n")
            content = (await reader.read()).decode()
            writer.close()
            assert content.startswith("HTTP/1.1 400"), content
            assert "application/problem+json" in content
            assert "address.not_encoded" in content
            assert word in content, content
    server.stop()
    await serving
