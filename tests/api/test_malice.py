"""What a hostile client sends: fields not its own, another site's pages, bodies without end, text that breaks."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from types import NoneType, UnionType
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from prometheus_client import REGISTRY
from pydantic import BaseModel, ValidationError

from api.app import LARGEST_BODY
from api.errors import MOST_ERRORS
from api.room import ROOM
from kit.access.roles import Role
from kit.database import Base
from kit.ids import new_id
from registry import queries
from tests.api.lives import MARKS, PASSWORD
from tests.api.test_retries import PERSON
from tests.api.world import HOST, World, changed

PROVIDER = f"{MARKS[0]}.{Role.PROVIDER}"
COLUMNS = {column.name for table in Base.metadata.sorted_tables for column in table.columns}
SIGN_IN = {"username": "operator", "password": PASSWORD}


def _forms() -> Iterator[Any]:
    for router in ROOM.routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.body_field is not None:
                form: Any = route.body_field.field_info.annotation
                forms = set(form.__args__) - {NoneType} if isinstance(form, UnionType) else {form}
                yield from (pytest.param(form, id=route.name) for form in forms)


@pytest.mark.parametrize("form", list(_forms()))
def test_no_form_takes_a_column_that_it_does_not_name(form: type[BaseModel]) -> None:
    others = sorted(COLUMNS - form.model_fields.keys())
    assert len(others) > 200
    with pytest.raises(ValidationError) as refused:
        form.model_validate(dict.fromkeys(others, "approved"))
    extra = {error["loc"][0] for error in refused.value.errors() if error["type"] == "extra_forbidden"}
    assert extra == set(others)


async def test_a_form_with_a_thousand_wrong_fields_is_answered_briefly(world: World) -> None:
    answer = await world.ask("operator", "POST", "/people", json=dict.fromkeys(map(str, range(1000)), "x" * 50))
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == MOST_ERRORS
    long = await world.ask("operator", "POST", "/people", json={"x" * 100_000: 1})
    assert len(long.content) < 10_000


async def test_a_body_is_refused_where_a_route_takes_none(world: World) -> None:
    routes = [
        (route, method)
        for router in ROOM.routers
        for route in router.routes
        if isinstance(route, APIRoute) and route.body_field is None
        for method in (route.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    ]
    assert len(routes) > 5
    before = await world.state()
    for route, method in routes:
        path = re.sub(r"\{[^}]*\}", str(new_id()), route.path)
        answer = await world.ask("manager", method, path, json={"worker_id": str(new_id())})
        assert (answer.status_code, answer.json()["code"]) == (422, "input.invalid"), route.name
        assert [error["where"] for error in answer.json()["errors"]] == [["body"]]
    assert changed(before, await world.state()) == set()
    empty = await world.ask("manager", "POST", f"/offers/{new_id()}/acceptance", json={})
    assert empty.json()["code"] != "input.invalid"


BROKEN = [
    b'{"name": "a\\u0000b"}',
    b'{"name": "\\ud800"}',
    b'{"\\ud800": 1}',
    b'{"name": "\xff"}',
    b"[" * 100_000,
    b'{"latitude": ' + b"9" * 5000 + b"}",
    b'{"latitude": NaN}',
    b'{"latitude": 1e999}',
    b"null",
    b'"x"',
    b"{",
    b'{"name": {"a": [1]}}',
    b"\x00",
    b"\xef\xbb\xbf{}",
]


async def test_text_that_cannot_be_read_or_kept_is_refused_and_breaks_nothing(world: World) -> None:
    headers = {"Content-Type": "application/json"}
    for broken in BROKEN:
        answer = await world.ask("operator", "POST", "/people", content=broken, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "input.invalid"), (broken[:40], answer.text)


ODD = [
    ("administrator", "/accounts?after=%00"),
    ("administrator", "/accounts?after=a%01"),
    ("operator", "/people/%00"),
    ("operator", "/swagger/%00"),
    ("operator", "/people/callers?phone=1%0000"),
    ("finance", "/statements?month=0000-01"),
    ("finance", "/statements?month=２０２６-01"),
    ("operator", "/visits?day=0001-01-01"),
    ("operator", "/visits?day=9999-12-31"),
    ("operator", "/visits?day=0"),
    ("operator", "/visits?limit=" + "9" * 5000),
    ("operator", "/visits?limit=-1"),
    ("operator", "/visits?limit=0"),
    ("operator", "/visits?limit=501"),
    ("operator", "/visits?provider_id=1"),
    ("operator", "/divisions?parent=%25"),
    ("manager", "/rates?division=１３０９"),
    ("operator", "/visits?state=held"),
]


async def test_an_odd_address_is_refused_and_breaks_nothing(world: World) -> None:
    for name, path in ODD:
        answer = await world.ask(name, "GET", path)
        assert (answer.status_code, answer.json()["code"]) == (422, "input.invalid"), (path, answer.text)


async def test_nothing_is_redirected_to_an_address_that_the_client_chose(world: World) -> None:
    for path in ("/people/", "/people//callers", "/visits/mine/"):
        answer = await world.ask("operator", "GET", path, headers={"Host": "elsewhere.example"})
        assert answer.status_code == 404, path
        assert "elsewhere" not in str(answer.headers)


ORIGINS = ["https://elsewhere.example", "null", "http://[", "http://test.example", "http://test:81"]


async def test_a_page_of_another_site_neither_signs_in_nor_acts_with_the_cookie(world: World) -> None:
    path, cookie = f"/me/sessions/{world.lived.shared}", {"Cookie": f"nowalls={world.lived.tokens['operator']}"}
    own = {"Origin": "http://test", "Sec-Fetch-Site": "same-origin"}
    assert (await world.client.delete(path, headers=cookie | own)).status_code == 204
    foreign: list[dict[str, str]] = [{"Origin": origin} for origin in ORIGINS]
    foreign += [{"Origin": ORIGINS[0], "Authorization": "Basic eA=="}]
    foreign += [{"Sec-Fetch-Site": site} for site in ("cross-site", "same-site")]
    for more in foreign:
        assert (await world.client.post("/sessions", json=SIGN_IN, headers=more)).status_code == 403, more
        answer = await world.client.delete(path, headers=cookie | more)
        assert (answer.status_code, answer.json()["code"]) == (403, "actor.foreign_page"), more


async def test_a_form_is_json_by_name_or_nothing(world: World) -> None:
    body = b'{"reason": "nobody"}'
    offers = (await world.ask(PROVIDER, "GET", "/offers")).json()["items"]
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None):
        headers = {"Content-Type": kind} if kind else {}
        answer = await world.ask(PROVIDER, "POST", f"/offers/{offers[0]['id']}/refusal", content=body, headers=headers)
        assert answer.status_code == 422, kind
    assert (await world.ask(PROVIDER, "GET", "/offers")).json()["items"] == offers


async def test_over_tls_the_cookie_is_bound_to_this_host(world: World) -> None:
    answer = await world.client.post("https://test/api/v1/sessions", json=SIGN_IN)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-nowalls=")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie
    assert answer.headers["strict-transport-security"]


async def _endless(beginning: bytes) -> AsyncIterator[bytes]:
    yield beginning
    for _ in range(LARGEST_BODY // 50_000 + 1):
        yield b" " * 50_000
        await asyncio.sleep(0)


async def test_a_body_that_grows_too_large_after_a_whole_form_acts_not(world: World) -> None:
    before = await world.state()
    offers = (await world.ask(PROVIDER, "GET", "/offers")).json()["items"]
    path, headers = f"/offers/{offers[0]['id']}/refusal", {"Content-Type": "application/json"}
    for more in ({}, {"Idempotency-Key": "too-large-0001"}):
        body = _endless(b'{"reason": "nobody"}')
        answer = await world.ask(PROVIDER, "POST", path, content=body, headers=headers | more)
        assert (answer.status_code, answer.json()["code"]) == (413, "input.too_large")
    declared = await world.ask(PROVIDER, "POST", path, content=b" " * (LARGEST_BODY + 1), headers=headers)
    assert (declared.status_code, declared.json()["code"]) == (413, "input.too_large")
    assert await world.state() == before


async def test_no_answer_may_be_kept_by_whatever_lies_between(world: World) -> None:
    person = world.lived.companies[0].elders[0]
    for name, path in (
        ("operator", f"/people/{person}?purpose=visit"),
        ("operator", "/visits"),
        ("operator", "/none"),
        (None, "/me"),
        ("finance", "/statements"),
        (None, "/funnel"),
        (None, "/"),
    ):
        answer = await world.ask(name, "GET", path)
        assert answer.headers["cache-control"] == "no-store", path
        assert answer.headers["x-content-type-options"] == "nosniff"
        scripts = answer.headers["content-security-policy"].partition("script-src ")[2].split(";")[0]
        assert scripts.startswith("'self'")
        assert "unsafe-inline" not in scripts
        assert ("'sha256-" in scripts) == (path == "/"), "a page names its own script, and nothing else has any"


async def test_made_up_methods_do_not_fill_the_counters(world: World) -> None:
    for number in range(5):
        assert (await world.ask("operator", f"METHOD{number}", "/visits")).status_code == 405
    methods = {
        sample.labels["method"]
        for metric in REGISTRY.collect()
        if metric.name == "nowalls_http_request_seconds"
        for sample in metric.samples
    }
    assert methods <= {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "other"}


async def test_the_counters_are_for_the_machine_itself_and_for_desks(world: World) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    assert (await world.ask(None, "GET", "/metrics")).status_code == 200
    assert (await world.ask(None, "GET", "/metrics", headers=forwarded)).status_code == 401
    assert (await world.ask(PROVIDER, "GET", "/metrics", headers=forwarded)).status_code == 403
    assert (await world.ask("administrator", "GET", "/metrics", headers=forwarded)).status_code == 200
    transport = httpx.ASGITransport(app=world.app, client=("203.0.113.9", 1))
    async with httpx.AsyncClient(transport=transport, base_url=HOST) as outside:
        assert (await outside.get("/metrics")).status_code == 401


async def test_the_public_sum_tells_no_single_charge(world: World) -> None:
    exact = (await world.ask("finance", "GET", "/funnel")).json()
    for name in (None, PROVIDER):
        public = (await world.ask(name, "GET", "/funnel")).json()
        assert public == {**exact, "charged_fen": exact["charged_fen"] // 100_000 * 100_000}
    stale = await world.ask(None, "GET", "/funnel", headers={"Cookie": "nowalls=long-gone"})
    assert stale.status_code == 200


async def test_a_lost_database_is_busy_and_not_broken(world: World) -> None:
    assert (await world.ask("operator", "GET", "/me")).status_code == 200
    await world.plain.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
        " and pid <> pg_backend_pid()"
    )
    answers = [await world.ask("operator", "GET", "/me") for _ in range(20)]
    lost = [answer for answer in answers if answer.status_code != 200]
    assert {(answer.status_code, answer.json()["code"]) for answer in lost} == {(503, "platform.busy")}
    assert int(lost[0].headers["retry-after"]) >= 1
    assert answers[-1].status_code == 200


async def test_an_account_is_opened_only_for_a_company_and_a_worker_that_belong_together(world: World) -> None:
    own, other = world.lived.companies[:2]
    form = {"username": "new.one", "display_name": "新", "role": "worker", "password": "green bamboo bridge 3"}
    for scope, code in (
        ({"provider_id": str(own.id), "worker_id": str(other.workers[0])}, "account.scope_invalid"),
        ({"provider_id": str(world.lived.shared), "worker_id": str(own.workers[0])}, "company.not_found"),
        ({"provider_id": str(own.id), "worker_id": str(world.lived.shared)}, "worker.not_found"),
    ):
        answer = await world.ask("administrator", "POST", "/accounts", json=form | scope)
        assert answer.json()["code"] == code


async def test_a_bug_is_logged_with_its_place_and_without_anybodys_data(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.plain.execute("alter table person add constraint planted check (name <> '测试老人') not valid")
    phone = "13800001234"
    person = {**PERSON, "phone": phone}
    broken = await world.ask("operator", "POST", "/people", json=person)

    async def stumble(_work: object, number: str) -> None:
        raise ValueError(number)

    monkeypatch.setattr(queries, "people_by_phone", stumble)
    stumbled = await world.ask("operator", "GET", f"/people/callers?phone={phone}")
    for answer in (broken, stumbled):
        assert (answer.status_code, answer.json()["code"]) == (500, "platform.bug")
        assert answer.json()["trace"] in caplog.text
        assert answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
    assert "CheckViolation" in caplog.text
    assert "planted" in caplog.text
    assert "ValueError" in caplog.text
    assert "in stumble" in caplog.text
    for word in (str(PERSON["name"]), str(PERSON["id_no"]), phone):
        assert word not in caplog.text
