"""The annual report over HTTP: drawn up from what was lived, refused by each contradiction, which names both rows."""

import re
from collections.abc import Awaitable, Callable
from html import unescape
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from events.work import Works
from kit import clock as clocks
from kit import postgres
from kit.clock import FixedClock
from tests.api import benefit_year
from tests.api.benefit_year import DAY
from tests.api.town import Town
from tests.api.world import World

GRANT = "select id from civil_grant g where programme = '{}' and person_id = $1"
ABOUT = "select $1::uuid"
ENDED = "update civil_grant set last_month = '2026-05' where programme = '{}' and person_id = $1 returning id"
COVER = """insert into civil_covered (id, grant_id, programme, person_id, division_code, from_month, last_month)
 select uuidv7(), g.id, '{}', $1, g.division_code, '2026-05', '2026-08' from civil_grant g
 where g.programme = '{}' order by number desc limit 1 returning grant_id"""
BENEFITS: dict[str, tuple[str, str, str]] = {
    "oldage_of_the_dead": (
        "dying",
        """update civil_covered set last_month = null where programme = 'oldage' and person_id = $1
 returning grant_id""",
        ABOUT,
    ),
    "oldage_after_the_last_month": (
        "eighty",
        """update civil_grant g set last_month = '2026-04', ended_at = '2026-04-30'
 where programme = 'oldage' and person_id = $1
 returning (select l.id from civil_pay_line l where l.grant_id = g.id and l.month = '2026-05')""",
        GRANT.format("oldage"),
    ),
    "oldage_stock_and_changes": ("eighty", ENDED.format("oldage"), ABOUT),
    "longevity_stock_and_changes": ("hundred", ENDED.format("longevity"), ABOUT),
    "tekun_beside_dibao": ("destitute", GRANT.format("tekun"), COVER.format("dibao", "dibao")),
    "tekun_beside_disability_nursing": (
        "destitute",
        GRANT.format("tekun"),
        COVER.format("disability_nursing", "disability_nursing"),
    ),
    "longevity_beside_oldage": ("hundred", GRANT.format("longevity"), COVER.format("oldage", "oldage")),
    "dibao_twice": ("grandmother", GRANT.format("dibao"), COVER.format("dibao", "dibao")),
    "dibao_without_anybody": (
        "urban",
        """update civil_covered set from_month = '2027-01' where programme = 'dibao' and person_id = $1
 returning grant_id""",
        ABOUT,
    ),
    "dibao_in_no_division": (
        "urban",
        """update civil_grant set division_code = '130999777777' where programme = 'dibao' and person_id = $1
 returning id""",
        "select '130999777777' where $1::uuid is not null",
    ),
}
"""Contradiction → about whom it is planted, and what returns the keys of both rows."""
OWED = """c.kind = 'charge' and c.payable_fen > 0 and not exists (
 select from charge back where back.visit_id = c.visit_id and back.revision = c.revision and back.kind = 'reversal')"""
CHARGED = f"(select {{}} from charge c where {OWED} order by c.id limit 1)"
FIRST = f"(select min(c.id::text) from charge c where {{}} and {OWED})"
HOMECARE: dict[str, tuple[str, str]] = {
    "enrolled_never_begun": (
        """update enrolment set first_active_at = null where id = (select min(id::text)::uuid from enrolment)
 returning id""",
        "select person_id from enrolment where first_active_at is null",
    ),
    "enrolled_twice": (
        """insert into enrolment
 (id, person_id, district, category, level, state, applied_at, first_active_at, ended_on)
 select uuidv7(), person_id, district, category, level, 'ended', applied_at, first_active_at, '2026-05-01'
 from enrolment order by id limit 1 returning id""",
        """select e.id from enrolment e join enrolment x using (person_id)
 where x.ended_on = '2026-05-01' and e.id <> x.id""",
    ),
    "charged_by_no_company_of_the_day": (
        f"""update company set admitted_at = '2026-05-01' where id = {CHARGED.format("provider_id")}
 returning {FIRST.format("c.provider_id = company.id")}""",
        "select id from company where admitted_at = '2026-05-01'",
    ),
    "paid_against_the_ledger": (
        "update payment set fen = fen + 1 where id = (select min(id::text)::uuid from payment) returning id",
        "select min(id::text) from payment",
    ),
    "visited_after_death": (
        f"""update person set died_on = '2026-03-01' where id = {CHARGED.format("person_id")}
 returning {FIRST.format("c.person_id = person.id")}""",
        "select id from person where died_on is not null",
    ),
    "visited_while_away": (
        f"""update enrolment set state = 'suspended', suspend_reason = 'hospital', suspended_at = '2026-03-01'
 where person_id = {CHARGED.format("person_id")} returning {FIRST.format("c.person_id = enrolment.person_id")}""",
        "select id from enrolment where suspended_at is not null",
    ),
    "visited_in_institution": (
        f"""insert into civil_record
 (id, kind, person_id, division_code, section, state, since, facts, opened_on)
 select uuidv7(), 'institutions.stay', c.person_id, '130999001000', 'eldercare', 'living', date '2026-03-01',
 jsonb_build_object(), date '2026-03-01' from charge c where {OWED} order by c.id limit 1
 returning {FIRST.format("c.person_id = civil_record.person_id")}""",
        "select id from civil_record where kind = 'institutions.stay'",
    ),
}


def _text(html: str) -> str:
    article = re.search(r"<article>(.*)</article>", html, re.DOTALL)
    assert article is not None
    return unescape(re.sub(r"<[^>]+>", "", article[1]))


def _names_both(refused: dict[str, Any], name: str, keys: set[str]) -> None:
    """Look whether a refusal names a contradiction with both rows, and its sentence the first one with both of its."""
    assert refused["code"] == "report.contradicts"
    pairs = refused["parameters"]["all"]
    assert [pair for pair in pairs if pair.startswith(f"{name}: ") and all(key in pair for key in keys)], (keys, pairs)
    assert refused["parameters"]["count"] == len(pairs)
    first = re.fullmatch(r"(\w+): (.+) ≠ (.+)", pairs[0])
    assert first is not None
    assert all(part in refused["detail"] for part in first.groups())


@pytest.mark.timeout(120)
async def test_a_lived_spring_is_reported_and_each_contradiction_planted_in_it_is_refused_with_both_rows(
    works: Works, clock: FixedClock, client: httpx.AsyncClient, drain: Callable[[], Awaitable[int]]
) -> None:
    town = Town(works, clock, client)
    people = await benefit_year.live(town, drain)
    html = await town.ask("manager", "GET", "/civil/reports/annual")
    text = _text(html)
    for words in (
        "农村保障标准提高到每人每月700元,与城市标准拉平,实现了城乡一体化;",
        "全区现有城镇低保对象1户1人,农村低保对象1户3人,特困供养人员1人,年累计发放各项保障金0.71万元;",
        "现有纳入城乡低保的老年人1人,纳入城乡低保的残疾人1人,领取残疾人生活补贴1人,领取残疾人护理补贴1人。",
        "(一)发放高龄补贴。现有领取80岁以上高龄老人生活补贴2人,全年新增3人,取消1人,发放补贴0.03万元;",
        "现有百岁老人1人,全年新增1人,减少0人,发放长寿补贴0.15万元。",
        "2026年,民政局领导班子",
        "2027年,区民政局仍将",
        "全年办理结婚登记【缺】对",
    ):
        assert words in text
    assert "共159处数据" in html
    assert await town.ask("manager", "GET", f"/civil/reports/annual?as_of={DAY}") == html
    for desk in ("clerk", "section", "finance", "operator"):
        await town.ask(desk, "GET", "/civil/reports/annual", expect=403)
    plain = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    try:
        for name, (who, left, right) in BENEFITS.items():
            person_id: UUID = people[who]
            tables = ("civil_covered", "civil_grant")
            for table in tables:
                await plain.execute(f"create temporary table kept_{table} as table {table}")
            keys = {str(await plain.fetchval(query, person_id)) for query in (left, right)}
            refused = await town.ask("manager", "GET", f"/civil/reports/annual?as_of={DAY}", expect=409)
            _names_both(refused, name, keys)
            await plain.execute("set session_replication_role = replica")
            for table in tables:
                await plain.execute(f"delete from {table}")
                await plain.execute(f"insert into {table} overriding system value table kept_{table}")
                await plain.execute(f"drop table kept_{table}")
            await plain.execute("set session_replication_role = origin")
    finally:
        await plain.close()
    assert await town.ask("manager", "GET", f"/civil/reports/annual?as_of={DAY}") == html


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", list(HOMECARE))
async def test_each_contradiction_planted_in_home_care_is_refused_with_both_rows(world: World, name: str) -> None:
    path = f"/civil/reports/annual?as_of={clocks.day_of(world.lived.now)}"
    text = _text((await world.ask("auditor", "GET", path)).text)
    assert "服务共有营养餐配送、生活照料、康复保健、护理、助医等5大类" in text
    assert "先后有7名老人被纳入居家养老服务网络,现在网老人7人" in text
    left, right = HOMECARE[name]
    keys = {str(await world.plain.fetchval(query)) for query in (left, right)}
    answer = await world.ask("manager", "GET", path)
    assert answer.status_code == 409
    _names_both(answer.json(), name, keys)
