"""Who is meant: found by pinyin, the last digits of a telephone or a part of the address, names masked."""

from datetime import date
from typing import Any
from urllib.parse import quote

import pytest

from api.accounts.rules import SearchesPerMinute
from kit.access.actor import SYSTEM
from kit.china import identifiers
from kit.vault import Vault
from registry.people import search
from tests.api.test_desks import PROVIDER, Desks, desks
from tests.api.world import World

__all__ = ["desks"]
"""The fixture, so that pytest finds it here too."""

HERE = {"division_code": "130999001000", "latitude": 38.3, "longitude": 116.8}
PEOPLE = {
    "王小兰": ("13912340001", "颐和庄园 3 号楼 2 单元 1502"),
    "单小龙": ("13912341502", "清池大道长风小区12号楼1单元402"),
    "欧阳修竹": ("0317-2221234", "东头村三组"),
    "区秀英": ("13912349999", "长丰小区２号院"),
}


async def settle(desks: Desks) -> dict[str, str]:
    """Register the people of this file; return their ids by name."""
    ids = {}
    for number, (name, (phone, address)) in enumerate(PEOPLE.items()):
        id_no = identifiers.compose_resident_id(area="130999", born_on=date(1941, 2, 3), sequence=600 + number * 2)
        form = {"name": name, "id_no": id_no, "phone": phone, "address": address, **HERE}
        ids[name] = (await desks("operator", "POST", "/people", form, status=201))["person_id"]
    return ids


async def names(desks: Desks, ids: dict[str, str], said: str) -> set[str]:
    rows: list[dict[str, Any]] = await desks("operator", "GET", f"/people?q={quote(said)}&limit=500")
    assert all(row["name"][1:].strip("*") == "" for row in rows)
    by_id = {person_id: name for name, person_id in ids.items()}
    return {by_id[row["person_id"]] for row in rows if row["person_id"] in by_id}


async def test_everybody_is_found_by_each_way_to_say_who_they_are(world: World, desks: Desks) -> None:
    ids = await settle(desks)
    said = {
        "王小兰": [
            "wxl",
            "WXL",
            "wang",
            "w",
            "wangxiaolan",
            "wang xiao lan",
            "wangxl",
            "王",
            "王小",
            "0001",
            "139 1234 0001",
        ],
        "单小龙": ["sxl", "shan", "shanxiaolong", "dan", "长风小区", "12号楼", "清池大道 402", "1502"],
        "欧阳修竹": ["oyxz", "ouyang", "ouyangxz", "欧阳", "1234", "东头村", "三组"],
        "区秀英": ["ouxiuying", "oxy", "quxiuying", "长丰小区2号院", "9999"],
    }
    for name, ways in said.items():
        for way in ways:
            assert name in await names(desks, ids, way), (name, way)
    for nobody in ("xl", "xiaolan", "wangxiaolanx", "阳", "12345", "长风小区13号楼", "庄园 402", "000"):
        assert await names(desks, ids, nobody) == set(), nobody
    # a number stands for itself: 150 is no part of 1502, and 3 号楼 is found however it is written
    assert await names(desks, ids, "150") == set()
    assert await names(desks, ids, "颐和庄园03-2-1502") == {"王小兰"}
    assert await names(desks, ids, "1502") == {"王小兰", "单小龙"}  # of one the door, of the other the telephone


async def test_who_moves_changes_the_telephone_or_is_erased_is_found_as_they_are_now(
    world: World, desks: Desks
) -> None:
    ids = await settle(desks)
    path = f"/people/{ids['王小兰']}"
    await desks("operator", "PUT", f"{path}/address", {"address": "运河公馆 9 号楼 7 层", **HERE}, status=204)
    await desks("operator", "PUT", f"{path}/contacts", {"phone": "13912348888"}, status=204)
    assert await names(desks, ids, "颐和庄园") == await names(desks, ids, "0001") == set()
    assert await names(desks, ids, "运河公馆9号") == await names(desks, ids, "8888") == {"王小兰"}
    await desks("manager", "POST", f"{path}/erasure", status=204)
    for said in ("王小兰", "wxl", "8888", "运河公馆"):
        assert await names(desks, ids, said) == set(), said
    assert await world.plain.fetchval("select pinyin from person where id = $1", ids["王小兰"]) == ""
    left = "select count(*) from address where person_id = $1 and cardinality(door_terms) > 0"
    assert await world.plain.fetchval(left, ids["王小兰"]) == 0


async def test_what_an_earlier_release_wrote_is_indexed_in_the_background(world: World, desks: Desks) -> None:
    ids = await settle(desks)
    for change in ("person set pinyin", "contact set tail_blind", "address set door_terms"):
        await world.plain.execute(f"update {change} = null")
    for said in ("wxl", "0001", "颐和庄园"):
        assert await names(desks, ids, said) == set(), said
    assert await names(desks, ids, "王小") == await names(desks, ids, "13912340001") == {"王小兰"}
    for _ in range(2):  # once more changes nothing
        async with world.works(SYSTEM("ticker")) as work:
            await search.index_waiting(work)
    for said in ("wxl", "0001", "颐和庄园"):
        assert await names(desks, ids, said) == {"王小兰"}, said
    for waiting in ("person where pinyin is null", "contact where tail_blind is null"):
        assert await world.plain.fetchval(f"select count(*) from {waiting}") == 0


async def test_a_search_is_limited_by_a_rule_of_its_own_and_is_for_the_bureaus_desks(
    world: World, desks: Desks
) -> None:
    most = SearchesPerMinute.proposed().value
    statuses = [(await world.ask("operator", "GET", "/people?q=wxl")).status_code for _ in range(most + 2)]
    assert statuses == [200] * most + [429] * 2
    await desks("operator", "GET", "/people/callers?phone=13912340001")  # the look-ups are counted apart
    await desks("manager", "GET", "/people?q=wxl")
    await desks("manager", "GET", "/people?q=", status=422, code="input.invalid")
    for desk in ("finance", "exchange", PROVIDER):
        await desks(desk, "GET", "/people?q=wxl", status=403, code="actor.not_allowed")
    await desks("clerk", "GET", "/people/callers?phone=13912340001", status=403, code="actor.not_allowed")


async def test_a_search_meets_the_other_filters_and_goes_on_page_by_page(world: World, desks: Desks) -> None:
    ids = await settle(desks)
    first = await world.ask("operator", "GET", "/people?q=xiao&limit=1")
    assert first.json()["items"] == []
    page = (await world.ask("operator", "GET", "/people?q=o&limit=1")).json()
    rest = (await world.ask("operator", "GET", f"/people?q=o&limit=1&after={page['next']}")).json()
    assert [row["person_id"] for row in page["items"] + rest["items"]] == [ids["欧阳修竹"], ids["区秀英"]]
    assert await desks("operator", "GET", "/people?q=wxl&division=130999002000") == []
    assert len(await desks("operator", "GET", "/people?q=wxl&division=1309")) == 1
    assert await desks("operator", "GET", "/people?q=%25") == []


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("3号楼", 2),
        ("3-2-502", 3),
        ("A座", 1),
        ("楼", 0),
        ("００７", 1),
        ("", 0),
    ],
)
def test_an_address_is_indexed_by_its_numbers_and_pairs_of_characters(words: str, parts: int) -> None:
    vault = Vault(bytes(range(64)))
    terms = search.door_terms(vault, words)
    assert len(terms) == parts
    assert all(len(term) == 8 for term in terms)
    assert search.door_terms(vault, "007") == search.door_terms(vault, "７")
