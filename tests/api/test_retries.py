"""Sent twice, at once, by two, with another content: it acts once, and whoever came second is told."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from kit.access.roles import Role
from tests.api.lives import MARKS
from tests.api.world import World

ACCOUNT = {"username": "new.one", "display_name": "新话务员", "role": "operator", "password": "green bamboo bridge 3"}
PERSON = {
    "name": "测试老人",
    "id_no": "130999194503021240",
    "address": "门牌",
    "division_code": "130999001000",
    "latitude": 38.3,
    "longitude": 116.8,
}
PROVIDER = f"{MARKS[0]}.{Role.PROVIDER}"


async def _at_once(times: int, world: World, name: str, path: str, **more: Any) -> list[httpx.Response]:
    return await asyncio.gather(*(world.ask(name, "POST", path, **more) for _ in range(times)))


async def test_the_same_key_sent_six_times_at_once_acts_once_and_answers_the_same(world: World) -> None:
    headers = {"Idempotency-Key": "register-000001"}
    answers = await _at_once(6, world, "operator", "/people", json=PERSON, headers=headers)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert Counter(answer.headers.get("idempotency-replayed") for answer in answers) == {None: 1, "true": 5}


async def test_a_key_belongs_to_its_account_and_to_its_question(world: World) -> None:
    headers = {"Idempotency-Key": "register-000002"}
    first = await world.ask("operator", "POST", "/people", json=PERSON, headers=headers)
    other_body = await world.ask("operator", "POST", "/people", json={**PERSON, "name": "别人"}, headers=headers)
    other_path = await world.ask("operator", "POST", "/complaints", json=PERSON, headers=headers)
    assert first.status_code == 201
    for other in (other_body, other_path):
        assert (other.status_code, other.json()["code"]) == (422, "idempotency.other_request")
    # Another account with the same key and the same words is answered for itself: the person is registered already.
    manager = await world.ask("manager", "POST", "/people", json=PERSON, headers=headers)
    assert (manager.status_code, manager.json()["code"]) == (409, "person.taken")


async def test_what_was_refused_is_kept_under_no_key(world: World) -> None:
    headers = {"Idempotency-Key": "register-000003"}
    wrong = {**PERSON, "latitude": 1000}
    answers = [await world.ask("operator", "POST", "/people", json=wrong, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert (await world.ask("operator", "POST", "/people", json=PERSON, headers=headers)).status_code == 201


async def test_a_key_used_for_the_own_account_may_be_met_again_by_the_company_work(world: World) -> None:
    headers = {"Idempotency-Key": "one-key-for-two"}
    proposed = await world.ask(PROVIDER, "POST", "/me/totp", headers=headers)
    again = await world.ask(PROVIDER, "POST", "/me/totp", headers=headers)
    assert (proposed.status_code, proposed.text) == (200, again.text)
    (offer,) = (await world.ask(PROVIDER, "GET", "/offers")).json()["items"]
    met = await world.ask(PROVIDER, "POST", f"/offers/{offer['id']}/acceptance", headers=headers)
    assert (met.status_code, met.json()["code"]) == (422, "idempotency.other_request")


async def test_kept_answers_are_unreadable_in_the_database(world: World) -> None:
    headers = {"Idempotency-Key": "secret-000001"}
    secret = (await world.ask("operator", "POST", "/me/totp", headers=headers)).json()["otpauth"]
    registered = await world.ask("operator", "POST", "/people", json=PERSON, headers={"Idempotency-Key": "person-0001"})
    rows = await world.plain.fetch("select body_sealed from idempotency_key where body_sealed is not null")
    assert len(rows) == 2
    for text in (secret, registered.json()["person_id"]):
        assert not any(text.encode() in row["body_sealed"] for row in rows)


@pytest.mark.parametrize(
    ("name", "path", "form"), [("operator", "/people", PERSON), ("administrator", "/accounts", ACCOUNT)]
)
async def test_two_who_enter_the_same_at_once_are_told_apart(
    world: World, name: str, path: str, form: dict[str, Any]
) -> None:
    answers = await _at_once(6, world, name, path, json=form)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 5}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {
        "platform.raced",
        "person.taken",
        "account.username_taken",
    }


async def test_an_offer_answered_by_six_at_once_is_answered_once(world: World) -> None:
    (offer,) = (await world.ask(PROVIDER, "GET", "/offers")).json()["items"]
    both = await asyncio.gather(
        *(world.ask(PROVIDER, "POST", f"/offers/{offer['id']}/acceptance") for _ in range(3)),
        *(
            world.ask(PROVIDER, "POST", f"/offers/{offer['id']}/refusal", json={"reason": "no_worker"})
            for _ in range(3)
        ),
    )
    assert Counter(answer.status_code for answer in both) == {200: 1, 409: 5}
    accepted = await world.plain.fetchval(
        "select count(*) from event_log where type ~ 'offer_(accepted|refused)' and data->>'offer_id' = $1", offer["id"]
    )
    assert accepted == 1


async def test_a_paper_paid_by_six_at_once_is_paid_once(world: World) -> None:
    papers = (await world.ask("finance", "GET", "/statements", params={"month": "2026-04"})).json()["items"]
    paper = next(listed for listed in papers if listed["provider_id"] == str(world.lived.companies[0].id))
    (dispute,) = (await world.ask("manager", "GET", f"/statements/{paper['id']}/disputes")).json()["items"]
    decision = {"upheld": False, "note": "no"}
    reviews = (await world.ask("finance", "GET", f"/statements/{paper['id']}/reviews")).json()["items"]
    looked_at = {"stands": True, "note": "the elder was asked"}
    steps = [
        *(("finance", f"/statement-lines/{line['line_id']}/review", looked_at) for line in reviews),
        ("manager", f"/disputes/{dispute['id']}/decision", decision),
        (PROVIDER, f"/statements/{paper['id']}/confirmation", None),
        ("finance", f"/statements/{paper['id']}/approval", None),
    ]
    for name, path, form in steps:
        answer = await world.ask(name, "POST", path, json=form)
        assert answer.status_code == 200, answer.text
    await world.plain.execute("update account set role = 'finance' where username = 'operator'")
    form = {"reference": "bank-1"}
    answers = await _at_once(6, world, "operator", f"/statements/{paper['id']}/payment", json=form)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 5}
    assert await world.plain.fetchval("select count(*) from payment where statement_id = $1", paper["id"]) == 1
    assert await world.plain.fetchval("select sum(fen) from ledger_entry") == 0
