"""Signing in: what is told to whom, what ends when, and what a retry does."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pyotp
import pytest

from api.accounts import operations, queries
from api.desks import home_of
from api.policy import merged
from events.work import REQUEST, Works
from kit import clock as clocks
from kit.access.actor import SYSTEM
from kit.access.roles import EVERYBODY, Role
from kit.access.scope import Division, Section
from kit.clock import FixedClock
from kit.ids import new_id
from processes.rooms import ROOMS
from providers.roster.queries import WorkerNotFound
from registry.divisions import listing
from registry.divisions.listing import NewDivision
from registry.model import DivisionKind
from registry.reorganisation import changes
from registry.reorganisation.changes import CodeLine
from tests.api.conftest import PASSWORD, SignIn
from tests.api.world import HOST, World
from tests.dispatch.stage import set_stage


async def test_a_token_opens_what_the_policy_gives_its_role_and_nothing_else(
    client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    assert (await client.get("/me")).status_code == 401
    operator = await sign_in("operator")
    assert (await operator.get("/me")).json()["role"] == "operator"
    refused = await operator.get("/accounts", headers={"Accept-Language": "en"})
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "actor.not_allowed"
    assert refused.json()["detail"] == "This is not for the desk “operator” to do; ask a desk that may."
    assert "无权" in (await operator.get("/accounts")).json()["detail"]


async def test_an_account_is_told_what_it_may_do_and_the_platforms_clock(sign_in: SignIn, clock: FixedClock) -> None:
    operator = await sign_in("operator")
    me = (await operator.get("/me")).json()
    assert datetime.fromisoformat(me["now"]) == clock.now()
    assert me["rehearsal"] is False
    assert me["company_name"] is None
    assert {"requests.place", "account.read"} <= set(me["actions"])
    assert me["actions"] == sorted(action for action, roles in merged(ROOMS).items() if Role.OPERATOR in roles)


async def test_every_role_is_led_to_its_page_and_told_its_own_company(world: World) -> None:
    roles = set()
    for name in world.lived.tokens:
        me = (await world.ask(name, "GET", "/me")).json()
        roles.add(me["role"])
        assert me["desk"] == home_of(Role(me["role"])), name
        assert (me["company_name"] is None) == (me["provider_id"] is None), name
    assert roles == {role.value for role in EVERYBODY | {Role.EXCHANGE}}
    assert (home_of(Role.WORKER), home_of(Role.EXCHANGE)) == ("/field/", "/console/account")


async def test_unknown_names_and_wrong_passwords_get_the_same_answer_and_then_a_pause(
    client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    await sign_in("manager")
    answers = [
        await client.post("/sessions", json={"username": name, "password": "wrong wrong wrong"})
        for name in ("nobody", "manager-1", "manager-1", "manager-1", "manager-1", "manager-1")
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    paused = await client.post("/sessions", json={"username": "manager-1", "password": "wrong wrong wrong"})
    assert (paused.status_code, paused.json()["code"]) == (429, "sign_in.delayed")
    assert int(paused.headers["retry-after"]) >= 1


async def test_sessions_end_by_signing_out_by_idling_and_by_a_new_password(
    sign_in: SignIn, clock: FixedClock, password: str
) -> None:
    finance = await sign_in("finance")
    clock.advance(timedelta(minutes=29))
    assert (await finance.get("/me")).status_code == 200
    clock.advance(timedelta(minutes=31))
    assert (await finance.get("/me")).status_code == 401
    manager = await sign_in("manager")
    changed = await manager.put("/me/password", json={"old": password, "new": "another quiet harbour 9"})
    assert changed.status_code == 204
    assert (await manager.get("/me")).status_code == 401


async def test_a_second_factor_is_wanted_once_confirmed_and_no_code_works_twice(
    client: httpx.AsyncClient, sign_in: SignIn, clock: FixedClock, password: str
) -> None:
    administrator = await sign_in("administrator")
    address = (await administrator.post("/me/totp")).json()["otpauth"]
    totp = pyotp.TOTP(parse_qs(urlsplit(address).query)["secret"][0])
    confirmed = await administrator.post("/me/totp/confirmation", json={"code": totp.at(clock.now())})
    spare = confirmed.json()["recovery_codes"]
    form = {"username": "administrator-1", "password": password}
    assert (await client.post("/sessions", json=form)).json()["code"] == "sign_in.code_wanted"
    assert (await client.post("/sessions", json={**form, "code": totp.at(clock.now())})).status_code == 401
    clock.advance(timedelta(minutes=1))
    assert (await client.post("/sessions", json={**form, "code": totp.at(clock.now())})).status_code == 201
    assert (await client.post("/sessions", json={**form, "code": spare[0]})).status_code == 201
    assert (await client.post("/sessions", json={**form, "code": spare[0]})).status_code == 401


async def test_the_same_key_acts_once_and_answers_twice(sign_in: SignIn) -> None:
    administrator = await sign_in("administrator")
    form = {"username": "new.one", "display_name": "新话务员", "role": "operator", "password": "green bamboo bridge 3"}
    headers = {"Idempotency-Key": "open-new-one"}
    first = await administrator.post("/accounts", json=form, headers=headers)
    again = await administrator.post("/accounts", json=form, headers=headers)
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert again.headers["idempotency-replayed"] == "true"
    other = await administrator.post("/accounts", json={**form, "username": "other"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.other_request")


@pytest.mark.parametrize("weak", ["short", "operator-9 word", "aaaaaaaaaaaaaaaa", "password1234"])
async def test_weak_passwords_are_refused(sign_in: SignIn, weak: str) -> None:
    administrator = await sign_in("administrator")
    form = {"username": "operator-9", "display_name": "九号", "role": "operator", "password": weak}
    assert (await administrator.post("/accounts", json=form)).json()["code"] == "account.password_weak"


async def test_another_sites_page_cannot_ride_on_the_cookie(
    client: httpx.AsyncClient, sign_in: SignIn, password: str
) -> None:
    await sign_in("operator")
    await client.post("/sessions", json={"username": "operator-1", "password": password})
    assert (await client.get("/me")).status_code == 200
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
    assert (await client.delete("/sessions/current", headers=foreign)).json()["code"] == "actor.foreign_page"
    assert (await client.delete("/sessions/current")).status_code == 204
    assert (await client.get("/me")).status_code == 401


async def test_too_large_a_body_is_refused_and_health_names_the_parts(client: httpx.AsyncClient) -> None:
    large = await client.post("/sessions", content=b"{" + b" " * 1_100_000)
    assert (large.status_code, large.json()["code"]) == (413, "input.too_large")
    health = await client.get(f"{HOST}/health")
    assert health.status_code == 200
    assert health.json()["parts"] == dict.fromkeys(("http", "database", "rules", "dead_letters"), "ok")
    assert (await client.get(f"{HOST}/openapi.json")).status_code == 200
    assert "default-src 'none'" in (await client.get(HOST)).headers["content-security-policy"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"username": "Zhang San"}, 422, "input.invalid"),
        ({"display_name": ""}, 422, "input.invalid"),
        ({"role": "provider", "provider_id": str(UUID(int=1))}, 404, "company.not_found"),
        ({"role": "provider"}, 422, "account.scope_invalid"),
        ({"role": "system"}, 422, "account.scope_invalid"),
        ({"role": "clerk"}, 422, "account.scope_invalid"),
        ({"role": "clerk", "division_code": "130999009"}, 422, "division.unknown"),
        ({"role": "clerk", "division_code": "13099"}, 422, "division_code.shape"),
        ({"role": "clerk", "division_code": "130999000000"}, 422, "account.scope_invalid"),
        ({"role": "clerk", "division_code": "130999001", "sections": ["gardening"]}, 422, "input.invalid"),
        ({"role": "section", "division_code": "130999"}, 422, "account.scope_invalid"),
        ({"role": "section", "division_code": "130999001", "sections": ["minors"]}, 422, "account.scope_invalid"),
        ({"role": "operator", "division_code": "130999001"}, 422, "account.scope_invalid"),
        ({"role": "auditor", "sections": ["minors"]}, 422, "account.scope_invalid"),
    ],
    ids=str,
)
async def test_an_account_that_fits_nobody_is_not_opened(
    works: Works, sign_in: SignIn, change: dict[str, Any], status: int, code: str
) -> None:
    await _divisions(works)
    administrator = await sign_in("administrator")
    form = {"username": "somebody", "display_name": "某人", "role": "operator", "password": PASSWORD} | change
    answer = await administrator.post("/accounts", json=form)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_worker_of_another_company_gets_no_account_in_this_one(works: Works, clock: FixedClock) -> None:
    stage = await set_stage(works, clock, companies=2)
    async with works(SYSTEM("test")) as work:
        for provider_id, worker_id in (
            (stage.companies[0], stage.workers[1][0]),
            (stage.companies[0], UUID(int=1)),
        ):
            with pytest.raises((operations.ScopeInvalid, WorkerNotFound)):
                await operations.open_account(
                    work,
                    username="worker-1",
                    display_name="w",
                    role=Role.WORKER,
                    password="river stone lantern 7",
                    provider_id=provider_id,
                    worker_id=worker_id,
                )
        for name, shown in (("张三", "张三"), ("ab", "ab"), ("somebody", "x" * 65), ("somebody", "")):
            with pytest.raises(operations.UsernameInvalid):
                await operations.open_account(
                    work, username=name, display_name=shown, role=Role.OPERATOR, password="river stone lantern 7"
                )


async def _divisions(works: Works) -> None:
    async with works(SYSTEM("test")) as work:
        rows = [
            NewDivision(code="130999", name="district", kind=DivisionKind.DISTRICT, parent=None),
            NewDivision(code="130999001", name="甲乡", kind=DivisionKind.TOWNSHIP, parent="130999"),
        ]
        await listing.add_divisions(work, rows)


async def test_a_clerks_session_says_for_which_division_and_sections(
    works: Works, client: httpx.AsyncClient, sign_in: SignIn, password: str, clock: FixedClock
) -> None:
    await _divisions(works)
    administrator = await sign_in("administrator")
    for name, role, division, sections in (
        ("clerk-1", "clerk", "130999001", []),
        ("section-1", "section", "130999", ["minors", "eldercare"]),
    ):
        form = {"username": name, "display_name": name, "role": role, "password": password}
        opened = await administrator.post("/accounts", json={**form, "division_code": division, "sections": sections})
        assert opened.status_code == 201, opened.text
        began = (await client.post("/sessions", json={"username": name, "password": password})).json()
        me = (await client.get("/me", headers={"Authorization": f"Bearer {began['token']}"})).json()
        for shown in (opened.json(), began, me):
            assert shown["division_code"] == division.ljust(12, "0")
            assert shown["sections"] == (sorted(sections) or ["eldercare"])
    # A township that becomes a town keeps its clerk, who works under today's code.
    async with works(SYSTEM("test")) as work:
        today = clocks.day_of(clock.now())
        town = CodeLine(code="130999001", new_code="130999101", name="甲镇", kind=DivisionKind.TOWN)
        await changes.change_divisions(work, lines=[town], valid_from=today, document="1 号")
    async with works(SYSTEM("test")) as work:
        began = (await client.post("/sessions", json={"username": "clerk-1", "password": password})).json()
        session = await queries.session_behind(work, began["token"])
        assert session is not None
        assert session.actor.scope == Division("130999101000", frozenset({Section.ELDERCARE}))


async def test_the_callers_request_id_comes_back_and_is_the_correlation_of_the_events(
    client: httpx.AsyncClient, sign_in: SignIn, works: Works
) -> None:
    administrator, mine = await sign_in("administrator"), str(new_id())
    answer = await administrator.get("/me", headers={"X-Request-Id": mine})
    assert answer.headers["x-request-id"] == mine
    made = [
        (await administrator.get("/me", headers={"X-Request-Id": "not a uuid"})).headers["x-request-id"] for _ in "12"
    ]
    assert made[0] != made[1]
    assert all(UUID(correlation).version == 7 for correlation in made)
    missing = await client.get("/lanterns", headers={"X-Request-Id": mine})
    assert missing.json()["instance"] == f"urn:uuid:{mine}"
    token = REQUEST.set(UUID(mine))
    async with works(SYSTEM("test")) as work:
        assert str(work.correlation) == mine
    REQUEST.reset(token)


async def test_other_devices_are_seen_and_signed_out_by_their_owner_alone(
    client: httpx.AsyncClient, sign_in: SignIn, password: str, clock: FixedClock
) -> None:
    operator, manager = await sign_in("operator"), await sign_in("manager")
    clock.advance(timedelta(minutes=5))
    began = await client.post("/sessions", json={"username": "operator-1", "password": password})
    client.cookies.clear()
    phone = {"Authorization": f"Bearer {began.json()['token']}"}
    newest, oldest = (await operator.get("/me/sessions")).json()["items"]
    assert newest["begun_at"] > oldest["begun_at"]
    assert len((await manager.get("/me/sessions")).json()["items"]) == 1
    # Another's session is no session.
    assert (await manager.delete(f"/me/sessions/{newest['id']}")).status_code == 204
    assert (await client.get("/me", headers=phone)).status_code == 200
    for _ in range(2):
        assert (await operator.delete(f"/me/sessions/{newest['id']}")).status_code == 204
    assert (await client.get("/me", headers=phone)).status_code == 401
    assert [row["id"] for row in (await operator.get("/me/sessions")).json()["items"]] == [oldest["id"]]


async def test_an_administrator_sets_a_password_and_closes_an_account(
    client: httpx.AsyncClient, sign_in: SignIn, password: str
) -> None:
    administrator, finance = await sign_in("administrator"), await sign_in("finance")
    accounts = (await administrator.get("/accounts")).json()["items"]
    path = next(f"/accounts/{row['id']}" for row in accounts if row["username"] == "finance-1")
    new = {"new": "9 geese over the bridge"}
    assert (await finance.put(f"{path}/password", json=new)).status_code == 403
    (refusal,) = (await administrator.get("/refused-actions")).json()["items"]
    assert (refusal["role"], refusal["action"], refusal["count"]) == ("finance", "accounts.change", 1)
    weak = await administrator.put(f"{path}/password", json={"new": "short"})
    assert (weak.status_code, weak.json()["code"]) == (422, "account.password_weak")
    assert (await administrator.put(f"{path}/password", json=new)).status_code == 204
    assert (await finance.get("/me")).status_code == 401  # every session has ended
    old = await client.post("/sessions", json={"username": "finance-1", "password": password})
    began = await client.post("/sessions", json={"username": "finance-1", "password": new["new"]})
    client.cookies.clear()
    assert (old.status_code, began.status_code) == (401, 201)

    nobody = f"/accounts/{new_id()}"
    for missing in (await administrator.delete(nobody), await administrator.put(f"{nobody}/password", json=new)):
        assert (missing.status_code, missing.json()["code"]) == (404, "account.not_found")
    assert (await administrator.delete(path)).status_code == 204
    token = {"Authorization": f"Bearer {began.json()['token']}"}
    assert (await client.get("/me", headers=token)).status_code == 401
    refused = await client.post("/sessions", json={"username": "finance-1", "password": new["new"]})
    assert (refused.status_code, refused.json()["code"]) == (401, "sign_in.refused")
    closed = next(row for row in (await administrator.get("/accounts")).json()["items"] if path.endswith(row["id"]))
    assert closed["closed_at"] is not None
