"""Guessing is slow, whoever is guessed at and from wherever; and a flood of guesses stops nobody else."""

import asyncio
from collections import Counter
from datetime import timedelta

import httpx
from sqlalchemy.pool import QueuePool

from api.accounts import operations
from api.acting import AT_ONCE
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.clock import FixedClock
from kit.vault import Vault
from tests.api.lives import MARKS, PASSWORD
from tests.api.world import BASE, SAME_REQUEST, World

PHONE = "/people/callers?phone=1380009"


def _from(world: World, address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=world.app, client=(address, 1)), base_url=BASE, headers=SAME_REQUEST
    )


async def _guess(client: httpx.AsyncClient, name: str, password: str = "wrong wrong wrong") -> httpx.Response:
    return await client.post("/sessions", json={"username": name, "password": password})


async def test_a_name_that_belongs_to_nobody_is_answered_and_slowed_down_as_any_other(world: World) -> None:
    answers = {name: [await _guess(world.client, name) for _ in range(7)] for name in ("operator", "no.such.one")}
    existing, unknown = ([(reply.status_code, reply.text) for reply in replies] for replies in answers.values())
    assert existing == unknown
    assert [status for status, _ in existing] == [401] * 5 + [429] * 2


async def test_tries_at_once_have_no_more_luck_than_tries_in_a_row(world: World) -> None:
    answers = await asyncio.gather(*(_guess(world.client, "operator") for _ in range(30)))
    assert Counter(answer.status_code for answer in answers) == {401: 5, 429: 25}
    # The right password is told no more than a wrong one while the pause lasts.
    assert (await _guess(world.client, "operator", PASSWORD)).status_code == 429


async def test_whoever_guesses_from_elsewhere_keeps_nobody_out(world: World) -> None:
    clock = world.works.clock
    assert isinstance(clock, FixedClock)
    async with _from(world, "203.0.113.9") as stranger:
        for _ in range(12):
            await _guess(stranger, "operator")
            clock.advance(timedelta(seconds=1))
        assert (await _guess(stranger, "operator", PASSWORD)).status_code == 429
        assert (await _guess(world.client, "operator", PASSWORD)).status_code == 201


async def test_a_name_guessed_at_from_everywhere_is_slowed_down_everywhere_for_a_minute(world: World) -> None:
    clock = world.works.clock
    assert isinstance(clock, FixedClock)
    await _guess(world.client, "no.such.one")
    await world.plain.execute("update attempt set count = 107")
    async with _from(world, "203.0.113.10") as fresh:
        paused = await _guess(fresh, "no.such.one")
        assert paused.status_code == 429
        assert int(paused.headers["retry-after"]) <= 61
        clock.advance(timedelta(seconds=61))
        assert (await _guess(fresh, "no.such.one")).status_code == 401


async def test_a_flood_of_sign_ins_holds_no_connection_and_is_turned_away(world: World) -> None:
    flood = [asyncio.create_task(_guess(world.client, f"nobody{number}")) for number in range(48)]
    answered = 0
    while not all(task.done() for task in flood):
        assert (await world.ask("operator", "GET", "/me")).status_code == 200
        answered += 1
    statuses = Counter([(await task).status_code for task in flood])
    assert set(statuses) == {401, 503}
    assert statuses[401] == 32
    assert answered >= 5  # others were served all the while
    busy = next(answer for answer in [await task for task in flood] if answer.status_code == 503)
    assert (busy.json()["code"], busy.headers["retry-after"]) == ("platform.busy", "2")
    pool = world.works.database.desk.pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedout() == 0


async def test_one_account_cannot_take_every_connection(world: World) -> None:
    pool = world.works.database.desk.pool
    assert isinstance(pool, QueuePool)
    most, going = 0, [asyncio.create_task(world.ask("manager", "GET", "/visits")) for _ in range(60)]
    while not all(task.done() for task in going):
        most = max(most, pool.checkedout())
        await asyncio.sleep(0)
    assert {(await task).status_code for task in going} == {200}
    assert 0 < most <= AT_ONCE


async def test_elders_cannot_be_found_by_going_through_numbers(world: World) -> None:
    clock = world.works.clock
    assert isinstance(clock, FixedClock)
    answers = [await world.ask("operator", "GET", f"{PHONE}{number:04d}") for number in range(22)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 2
    assert (answers[-1].json()["code"], answers[-1].headers["retry-after"]) == ("actor.too_often", "61")
    # Entering people by number would find them too, and is counted with it; another desk is not slowed down.
    assert (await world.ask("operator", "POST", "/people", json={})).status_code == 429
    assert (await world.ask("manager", "GET", f"{PHONE}0001")).status_code == 200
    clock.advance(timedelta(minutes=1))
    assert (await world.ask("operator", "GET", f"{PHONE}0001")).status_code == 200


async def test_a_stolen_session_cannot_try_passwords(world: World) -> None:
    form = {"old": "wrong wrong wrong", "new": "another quiet harbour 9"}
    answers = [await world.ask("operator", "PUT", "/me/password", json=form) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2


async def test_a_proposed_second_factor_does_not_switch_the_first_one_off(world: World, vault: Vault) -> None:
    import pyotp

    clock = world.works.clock
    assert isinstance(clock, FixedClock)
    first = pyotp.parse_uri((await world.ask("finance", "POST", "/me/totp")).json()["otpauth"])
    assert isinstance(first, pyotp.TOTP)
    code = {"code": first.at(clock.now())}
    assert (await world.ask("finance", "POST", "/me/totp/confirmation", json=code)).status_code == 200
    await world.ask("finance", "POST", "/me/totp")
    wanted = await _guess(world.client, "finance", PASSWORD)
    assert (wanted.status_code, wanted.json()["code"]) == (401, "sign_in.code_wanted")
    clock.advance(timedelta(minutes=1))
    form = {"username": "finance", "password": PASSWORD, "code": first.at(clock.now())}
    assert (await world.client.post("/sessions", json=form)).status_code == 201


async def test_a_session_follows_its_account(world: World) -> None:
    worker = f"{MARKS[0]}.{Role.WORKER}"
    assert (await world.ask("operator", "GET", "/requests")).status_code == 200
    await world.plain.execute("update account set role = 'finance' where username = 'operator'")
    assert (await world.ask("operator", "GET", "/requests")).status_code == 403
    assert (await world.ask("operator", "GET", "/me")).json()["role"] == "finance"
    assert (await world.ask(worker, "GET", "/visits/mine")).status_code == 200
    await world.plain.execute("update worker set state = 'left' where id = $1", world.lived.companies[0].workers[0])
    assert (await world.ask(worker, "GET", "/visits/mine")).status_code == 401
    accounts = (await world.ask("administrator", "GET", "/accounts")).json()["items"]
    manager = next(account["id"] for account in accounts if account["username"] == "manager")
    assert (await world.ask("administrator", "DELETE", f"/accounts/{manager}")).status_code == 204
    assert (await world.ask("manager", "GET", "/me")).status_code == 401
    assert (await _guess(world.client, "manager", PASSWORD)).status_code == 401


async def test_what_is_too_old_is_forgotten(world: World) -> None:
    await world.ask("operator", "POST", "/me/totp", headers={"Idempotency-Key": "old-key-0001"})
    await _guess(world.client, "no.such.one")
    assert (await world.ask("clerk", "GET", "/statements")).status_code == 403
    sessions = await world.plain.fetchval("select count(*) from account_session")
    clock = world.works.clock
    assert isinstance(clock, FixedClock)
    for days, left in ((1, (1, 0, sessions, 1)), (400, (0, 0, 0, 0))):
        clock.advance(timedelta(days=days, seconds=1))
        async with world.works(SYSTEM("ticker")) as work:
            await operations.forget_old(work)
        counts = [
            await world.plain.fetchval(f"select count(*) from {table}")
            for table in ("idempotency_key", "attempt", "account_session", "refused_action")
        ]
        assert counts == list(left)
