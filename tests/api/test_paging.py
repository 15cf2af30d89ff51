"""A list told in pages is the list told at once, whatever comes and goes; and a place is good for its own list."""

import re
from typing import Any

import pytest

from kit.access.roles import Role
from tests.api.lives import MARKS
from tests.api.world import World, address

PROVIDER = f"{MARKS[0]}.{Role.PROVIDER}"
LISTS = [
    ("administrator", "/accounts"),
    ("manager", "/cases"),
    ("operator", "/complaints"),
    ("manager", "/complaints?state=decided"),
    ("operator", "/requests"),
    ("operator", "/visits"),
    (PROVIDER, "/visits"),
    ("manager", "/offers?state=accepted"),
    ("finance", "/statements"),
    (PROVIDER, "/statements"),
    ("administrator", "/dead-letters"),
    ("operator", "/call-backs"),
    ("operator", "/standing-orders"),
    ("manager", "/households"),
    ("manager", "/divisions/undecided"),
    ("manager", "/enrolments/reassessments?on=2036-01-01"),
    ("administrator", "/refused-actions"),
    ("operator", "/people"),
    ("operator", "/newcomers"),
    ("manager", "/pending-changes"),
    ("manager", "/civil/cases"),
    ("section", "/civil/grants"),
    ("finance", "/civil/pay-runs"),
    ("section", "/civil/records"),
    ("finance", "/civil/funds"),
    ("finance", "/review-draws?month=2026-04"),
    ("section", "/civil/figures/JJ.ACTIVE/rows"),
]
MAY_BE_EMPTY = {"/divisions/undecided", "/pending-changes"}
"""Nobody's division was split in these lives, and nobody waits for a second person; test_registry.py and
test_payments.py read those lists with rows in them."""


async def _pages(world: World, name: str, path: str, limit: int) -> list[list[Any]]:
    pages: list[list[Any]] = []
    first = f"{path}{'&' if '?' in path else '?'}limit={limit}"
    following: str | None = first
    while following:
        answer = await world.ask(name, "GET", following)
        assert answer.status_code == 200, answer.text
        pages.append(answer.json()["items"])
        place = answer.json()["next"]
        following = f"{first}&after={place}" if place else None
    return pages


@pytest.mark.parametrize("limit", [1, 2])
async def test_the_pages_together_are_the_whole_list(world: World, limit: int) -> None:
    company = world.lived.companies[0].id
    paper = (await world.ask("finance", "GET", "/statements")).json()["items"][0]["id"]
    person = world.lived.companies[0].elders[0]
    case = (await world.ask("manager", "GET", "/cases")).json()["items"][0]["subject_id"]
    application = (await world.ask("manager", "GET", "/civil/cases")).json()["items"][0]["civil_case_id"]
    run = (await world.ask("finance", "GET", "/civil/pay-runs")).json()["items"][0]["run_id"]
    record = (await world.ask("section", "GET", "/civil/records")).json()["items"][0]["record_id"]
    fund = (await world.ask("finance", "GET", "/civil/funds")).json()["items"][0]["fund_id"]
    for _ in range(3):
        await world.ask("operator", "GET", f"/people/{person}?purpose=visit")
    for path in ("/statements", "/rules"):
        await world.ask("operator", "GET", path)  # refused, and the refusals are listed
    more = [
        ("administrator", f"/log/events?subject={case}"),
        ("manager", f"/companies/{company}/workers"),
        ("finance", f"/statements/{paper}/lines"),
        ("manager", f"/people/{person}/readings"),
        ("manager", f"/cases/about/{case}"),
        ("section", f"/civil/cases/{application}/steps"),
        ("finance", f"/civil/pay-runs/{run}/lines"),
        ("finance", f"/civil/pay-runs/{run}/payments"),
        ("section", f"/civil/records/{record}/versions"),
        ("section", f"/civil/records/{record}/inspections"),
        ("finance", f"/civil/funds/{fund}/plans"),
        ("finance", f"/civil/funds/{fund}/entries"),
        ("finance", f"/civil/funds/{fund}/consents"),
        ("manager", "/numbers/satisfaction/rows?month=2026-04"),
    ]
    lengths = {}
    for name, path in LISTS + more:
        whole = (await world.ask(name, "GET", path)).json()["items"]
        pages = await _pages(world, name, path, limit)
        assert [row for page in pages for row in page] == whole, path
        assert all(len(page) <= limit for page in pages)
        lengths[path] = len(whole)
    assert {path for path, length in lengths.items() if not length} <= MAY_BE_EMPTY, lengths
    paged = {address(path) for path, methods in world.app.openapi()["paths"].items() if _paged(methods)}
    unnamed = r"[0-9a-f-]{36}|(?<=numbers/)\w+|(?<=figures/)[\w.]+"
    named = {re.sub(unnamed, "{}", path.partition("?")[0]) for _, path in LISTS + more}
    assert named == {re.sub(r"{\w+}", "{}", path) for path in paged}


def _paged(methods: dict[str, Any]) -> bool:
    return any(parameter["name"] == "after" for parameter in methods.get("get", {}).get("parameters", ()))


async def test_what_comes_and_goes_between_two_pages_moves_nothing_else(world: World) -> None:
    whole = (await world.ask("operator", "GET", "/visits")).json()["items"]
    first = await world.ask("operator", "GET", "/visits?limit=5")
    following = f"/visits?limit=5&after={first.json()['next']}"
    gone = first.json()["items"][4]["id"]  # the very row after which the next page begins
    for table in ("booking", "act", "offer"):
        await world.plain.execute(f"delete from {table} where visit_id = $1", gone)
    await world.plain.execute("delete from visit where id = $1", gone)
    assert (await world.ask("operator", "GET", following)).json()["items"] == whole[5:10]


async def test_a_place_is_good_for_its_own_list_and_shows_nobody_more(world: World) -> None:
    answer = await world.ask("operator", "GET", "/visits?limit=2")
    place = answer.json()["next"]
    for wrong in ("x", place[:-2], place[:-1] + ("A" if place[-1] != "A" else "B"), place[5:], "%FF", "a" * 400):
        refused = await world.ask("operator", "GET", f"/visits?after={wrong}")
        assert (refused.status_code, refused.json()["code"]) == (422, "page.invalid"), wrong
    refused = await world.ask("operator", "GET", f"/requests?after={place}")
    assert (refused.status_code, refused.json()["code"]) == (422, "page.invalid")
    own = {visit["id"] for visit in (await world.ask(PROVIDER, "GET", "/visits")).json()["items"]}
    beyond = (await world.ask(PROVIDER, "GET", f"/visits?after={place}")).json()["items"]
    assert {visit["id"] for visit in beyond} <= own
