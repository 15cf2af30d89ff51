"""The family's link: made by an operator and recorded, shows one visit and nothing else, rates it once, and ends."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from kit.access.actor import SYSTEM
from kit.ids import new_id
from providers.roster import queries as roster
from providers.roster import spoken
from tests.api.street import Street, instant

SEEN = {
    "state",
    "planned_start",
    "item_name",
    "worker_called",
    "departed_at",
    "arrived_at",
    "left_at",
    "may_rate",
    "rated",
}


async def promised(street: Street) -> dict[str, Any]:
    ten = street.clock.now() + timedelta(hours=1)
    return await street.promised(await street.call(await street.elder(), ten, ten + timedelta(hours=2)))


async def link(street: Street, visit: dict[str, Any], name: str = "operator") -> str:
    made = await street(name, "POST", f"/visits/{visit['id']}/family-link", status=201)
    return str(made["path"]).removeprefix("/my/")


async def follow(street: Street, token: str, status: int = 200) -> dict[str, Any]:
    """Open the link as somebody whom the platform does not know."""
    answer = await street.client.get(f"/my/{token}")
    assert answer.status_code == status, answer.text
    content: dict[str, Any] = answer.json()
    return content


async def rate(street: Street, token: str, score: int, status: int = 204) -> str | None:
    answer = await street.client.post(f"/my/{token}/rating", json={"score": score})
    assert answer.status_code == status, answer.text
    return None if status == 204 else str(answer.json()["code"])


async def test_a_family_follows_the_visit_to_its_end_and_rates_it_once(street: Street) -> None:
    visit = await promised(street)
    token = await link(street, visit)
    seen = await follow(street, token)
    assert seen.keys() == SEEN
    async with street.works(SYSTEM("test")) as work:
        name = (await roster.worker(work, UUID(visit["worker_id"]))).name
    assert seen["worker_called"] == spoken.worker_called(name) != name
    assert (seen["state"], seen["may_rate"], seen["rated"]) == ("accepted", False, False)
    assert await rate(street, token, 5, 404) == "feedback.unknown_visit"

    code = await street.code(visit)
    await street.at(instant(visit["planned_start"]))
    await street.act(visit, "departure")
    assert (await follow(street, token))["state"] == "departed"
    await street.act(visit, "arrival", code=code)
    assert (await follow(street, token))["state"] == "arrived"
    await street.at(street.clock.now() + timedelta(minutes=60))
    await street.act(visit, "leaving")
    seen = await follow(street, token)
    assert (seen["state"], seen["may_rate"], seen["rated"]) == ("verified", True, False)
    assert instant(seen["left_at"]) == street.clock.now()

    await rate(street, token, 5)
    assert await rate(street, token, 1, 409) == "feedback.already_given"
    other = await link(street, visit, "caller")
    assert await rate(street, other, 1, 409) == "feedback.already_given"
    seen = await follow(street, token)
    assert (seen["may_rate"], seen["rated"]) == (False, True)
    await street.drain()
    assert (await street("manager", "GET", "/rates"))["n"] == 1


async def test_the_making_of_a_link_is_recorded_and_its_maker_may_not_rate(street: Street) -> None:
    visit = await promised(street)
    token = await link(street, visit)
    readings = await street("manager", "GET", f"/people/{visit['person_id']}/readings")
    assert [(row["role"], row["fields"]) for row in readings if row["purpose"] == "family link"] == [
        ("operator", ["family_link"])
    ]
    await street.visit(visit)
    path, reader = f"/my/{token}/rating", "feedback.reader_may_not_rate"
    await street("operator", "POST", path, {"score": 5}, status=403, code=reader)
    await street("manager", "POST", path, {"score": 4}, status=204)


async def test_a_link_ends_and_no_other_word_opens_a_visit(street: Street) -> None:
    visit, other = await promised(street), await promised(street)
    token, others = await link(street, visit), await link(street, other)
    ends_at = instant((await street("operator", "POST", f"/visits/{visit['id']}/family-link", status=201))["ends_at"])
    assert ends_at - instant(visit["planned_end"]) == timedelta(days=3)
    mixed = (
        others[:28] + token[28:],
        token[:28] + others[28:],
        token[:-1],
        token + "A",
        "x" * 50,
        str(visit["id"]),
        "%E4%B8%AD",
    )
    for word in mixed:
        assert (await follow(street, word, 404))["code"] == "visit.link_invalid"
        assert await rate(street, word, 5, 404) == "visit.link_invalid"
    assert await rate(street, token, 6, 422) == "input.invalid"
    await street.at(ends_at)
    await follow(street, token)
    await street.at(ends_at + timedelta(seconds=1))
    assert (await follow(street, token, 404))["code"] == "visit.link_invalid"
    assert await rate(street, token, 5, 404) == "visit.link_invalid"


async def test_only_an_operator_makes_a_link_and_only_for_a_visit_that_is_promised(street: Street) -> None:
    ten = street.clock.now() + timedelta(hours=1)
    request = await street.call(await street.elder(), ten, ten + timedelta(hours=2))
    (offer,) = await street("provider", "GET", "/offers")
    path = f"/visits/{offer['visit']['id']}/family-link"
    for name in street.actors.keys() - {"operator", "caller"}:
        await street(name, "POST", path, status=403, code="actor.not_allowed")
    await street("operator", "POST", path, status=409, code="visit.nothing_to_follow")
    missing = f"/visits/{new_id()}/family-link"
    await street("operator", "POST", missing, status=404, code="visit.not_found")
    visit = await street.promised(request)
    token = await link(street, visit)
    cancellation = {"reason": "in hospital", "by": "elder"}
    await street("operator", "POST", f"/requests/{request['id']}/cancellation", cancellation)
    await street.drain()
    assert (await follow(street, token))["state"] == "cancelled"
    await street("operator", "POST", path, status=409, code="visit.nothing_to_follow")
