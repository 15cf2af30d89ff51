"""Figures over HTTP: each is recomputed by SQL of the test's own, is the fold of its rows, keeps to the scope."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import pytest

from civil.report import figures
from civil.report.rules import ReportPlace
from events.work import Works
from kit import clock as clocks
from kit import postgres
from kit.clock import FixedClock
from kit.rules import queries as rules
from tests.api import benefit_year
from tests.api.benefit_year import DAY
from tests.api.town import Town
from tests.api.world import World

COVERED = """select c.person_id::text from civil_covered c join person p on p.id = c.person_id
 where programme = '{}' and from_month <= '2026-06' and (last_month is null or last_month >= '2026-06')
 and p.died_on is null"""
PAID = """select p.id::text, p.fen from civil_payment p join civil_pay_run r on r.id = p.run_id
 where r.programme in ({}) and r.state = 'paid' and p.returned_at is null"""
LAST = """select p.person_id::text from civil_payment p join civil_pay_run r on r.id = p.run_id
 where r.programme = '{}' and r.month = '2026-05' and p.returned_at is null"""
AREA = """select distinct {} from civil_covered c join civil_grant g on g.id = c.grant_id
 join division d on d.code = g.division_code where c.programme = 'dibao' and d.area_class = '{}'"""
BENEFITS: dict[str, tuple[int, str]] = {
    "DB.U.HH": (1, AREA.format("g.id::text", "urban")),
    "DB.U.PER": (1, AREA.format("c.person_id::text", "urban")),
    "DB.R.HH": (1, AREA.format("g.id::text", "rural")),
    "DB.R.PER": (3, AREA.format("c.person_id::text", "rural")),
    "DB.ELDER": (1, COVERED.format("dibao") + " and p.born_on <= '1966-06-10'"),
    "DB.DISAB": (
        1,
        COVERED.format("dibao") + " and p.id in (select person_id from civil_case where kind like 'disability.%')",
    ),
    "TK.PER": (1, COVERED.format("tekun")),
    "CJ.LIFE": (1, LAST.format("disability_living")),
    "CJ.NURSE": (1, LAST.format("disability_nursing")),
    "SA.PAID": (710_000, PAID.format("'dibao', 'tekun'")),
    "GL.ACTIVE": (2, COVERED.format("oldage")),
    "GL.NEW": (3, "select id::text from civil_grant where programme = 'oldage'"),
    "GL.CANCEL": (1, "select id::text from civil_grant where programme = 'oldage' and last_month is not null"),
    "GL.AMT": (25_000, PAID.format("'oldage'")),
    "GL.FULL": (
        2,
        """select p.id::text, p.fen from civil_payment p join civil_pay_run r on r.id = p.run_id
 where r.programme = 'oldage' and returned_at is not null""",
    ),
    "CS.ACTIVE": (1, COVERED.format("longevity")),
    "CS.NEW": (1, "select id::text from civil_grant where programme = 'longevity'"),
    "CS.DEC": (0, "select id::text from civil_grant where programme = 'longevity' and last_month is not null"),
    "CS.AMT": (150_000, PAID.format("'longevity'")),
}
"""What the spring comes to, and the rows behind it by SQL that knows nothing of the product's."""
HOMECARE = {
    "JJ.CAT": "select category from item where counted and active_to is null group by 1",
    "JJ.NAMED": "select c from unnest(array['A','B','C','D','E']) c where c not in (select category from item)",
    "JJ.ITEM": "select code from item where counted and active_to is null",
    "JJ.EVER": "select distinct person_id::text from enrolment where first_active_at is not null",
    "JJ.ACTIVE": "select person_id::text from enrolment where state in ('active', 'suspended')",
    "JJ.ORDERS": "select distinct request_id::text from visit where accepted_at is not null",
    "JJ.FISC.Y": "select id::text, fen from payment where extract(year from paid_at) = 2026",
    "JJ.FISC.CUM": "select id::text, fen from payment",
    "JJ.PROV.EVER": "select id::text from company",
    "JJ.PROV.RES": "select distinct provider_id::text from ledger_entry where account = 'due'",
    "RPT.DISTRICT": "select code from division where level = 'district'",
}


async def _rows(town: Town | World, code: str, as_of: date) -> list[dict[str, Any]]:
    """Read the rows of a figure, three at a time."""
    rows: list[dict[str, Any]] = []
    place = ""
    while True:
        path = f"/civil/figures/{code}/rows?as_of={as_of}&limit=3{place}"
        answer = await town.ask("manager", "GET", path)
        page = answer if isinstance(answer, dict) else answer.json()
        rows += page["items"]
        if page["next"] is None:
            return rows
        place = f"&after={quote(page['next'])}"


async def _decide(world: World, name: str, value: str) -> None:
    """Let a rule have had a value since the beginning of the year."""
    insert = "insert into rule (id, name, value, valid_from, recorded_at, recorded_by, source) values"
    await world.plain.execute(f"{insert} (uuidv7(), $1, $2, '2026-01-01', now(), 'test', '')", name, value)
    rules.forget()


def _hash(rows: list[dict[str, Any]]) -> str:
    shown = sorted(
        (
            row["key"],
            "|".join("" if row[name] is None else str(row[name]) for name in ("key", "value", "whole", "label")),
        )
        for row in rows
    )
    return hashlib.sha256("\n".join(line for _, line in shown).encode()).hexdigest()


@pytest.mark.timeout(120)
async def test_each_figure_of_benefits_is_what_other_sql_counts_and_the_fold_of_its_rows(
    works: Works, clock: FixedClock, client: httpx.AsyncClient, drain: Callable[[], Awaitable[int]]
) -> None:
    town = Town(works, clock, client)
    people = await benefit_year.live(town, drain)
    listed = (await town.ask("manager", "GET", "/civil/figures"))["items"]
    read = {figure["figure"]: figure for figure in listed}
    assert list(read) == list(figures.FIGURES)
    assert {figure["as_of"] for figure in listed} == {str(DAY)}
    plain = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    try:
        for code, (number, query) in BENEFITS.items():
            counted = {row[0]: row[1] if len(row) > 1 else 1 for row in await plain.fetch(query)}
            rows = await _rows(town, code, DAY)
            assert {row["key"]: row["value"] for row in rows} == counted, code
            folded = sum(counted.values()) if read[code]["unit"] == "fen" else len(counted)
            assert (read[code]["number"], folded) == (number, number), code
            assert (read[code]["rows"], read[code]["rows_hash"]) == (len(rows), _hash(rows)), code
    finally:
        await plain.close()
    assert (read["GL.AGE"]["number"], read["DB.STD"]["number"], read["DB.EQ"]["number"]) == (80, 70_000, 0)
    assert (await _rows(town, "GL.AGE", DAY))[0]["key"] == "oldage.monthly"
    (ended,) = await _rows(town, "GL.CANCEL", DAY)
    assert (ended["person_id"], ended["label"]) == (str(people["dying"]), "death")

    before = await town.ask("manager", "GET", "/civil/figures/GL.ACTIVE?as_of=2026-04-27")
    after = await town.ask("manager", "GET", "/civil/figures/GL.ACTIVE?as_of=2026-04-28")
    assert (before["number"], after["number"]) == (3, 2)  # whoever died on the day is not there at its end
    year_before = await town.ask("manager", "GET", "/civil/figures/GL.NEW?as_of=2025-12-31")
    assert (year_before["number"], year_before["rows"]) == (0, 0)

    section = (await town.ask("section", "GET", "/civil/figures"))["items"]
    assert {figure["module"] for figure in section} >= {"dibao", "tekun", "oldage", "disability", "homecare"}
    assert "SA.PAID" not in {figure["figure"] for figure in section}  # payments are for the bureau's desks
    clerk = {
        figure["figure"]: figure["number"] for figure in (await town.ask("clerk", "GET", "/civil/figures"))["items"]
    }
    assert (clerk["DB.R.PER"], clerk["DB.U.PER"]) == (3, 0)  # the urban family lives in the other town
    other = await town.ask("clerk.other", "GET", f"/civil/figures/DB.U.HH/rows?as_of={DAY}")
    assert [row["person_id"] for row in other["items"]] == [str(people["urban"])]
    for code in ("SA.PAID", "RPT.CITY", "JJ.FISC.Y"):
        refused = await town.ask("clerk", "GET", f"/civil/figures/{code}", expect=403)
        assert (refused["code"], code in refused["detail"]) == ("figure.not_in_scope", True)
        await town.ask("clerk", "GET", f"/civil/figures/{code}/rows", expect=403)
    assert (await town.ask("manager", "GET", "/civil/figures/GL.NONE", expect=404))["code"] == "figure.not_found"
    await town.ask("operator", "GET", "/civil/figures", expect=403)
    for day in ("1999-12-31", "2200-01-01", "2026-02-30"):
        await town.ask("manager", "GET", f"/civil/figures?as_of={day}", expect=422)

    await town.decide(ReportPlace.of({"city": "沧海", "province": ""}))
    assert (await town.ask("manager", "GET", "/civil/figures/RPT.CITY"))["name"] == "沧海"
    assert (await town.ask("manager", "GET", "/civil/figures/RPT.PROV"))["name"] is None


@pytest.mark.timeout(120)
async def test_each_figure_of_home_care_is_what_other_sql_counts(world: World) -> None:
    day = clocks.day_of(world.lived.now)
    for code, query in HOMECARE.items():
        counted = {row[0]: row[1] if len(row) > 1 else None for row in await world.plain.fetch(query)}
        figure = (await world.ask("manager", "GET", f"/civil/figures/{code}?as_of={day}")).json()
        rows = await _rows(world, code, day)
        assert {row["key"] for row in rows} == set(counted), code
        assert (figure["rows"], figure["rows_hash"]) == (len(rows), _hash(rows)), code
        if figure["unit"] == "fen":
            assert figure["number"] == sum(fen or 0 for fen in counted.values()) > 0, code
        elif figure["unit"] != "name":
            assert figure["number"] == len(counted), code
    assert (await world.ask("manager", "GET", "/civil/figures/JJ.PROV.RES?as_of=2026-09-30")).json()["number"] == 0
    auditor = (await world.ask("auditor", "GET", "/civil/figures")).json()["items"]
    assert {figure["figure"] for figure in auditor} == set(figures.FIGURES)


async def test_always_speaks_of_the_worst_month_and_says_nothing_where_a_month_has_too_few_ratings(
    world: World,
) -> None:
    day = clocks.day_of(world.lived.now)
    path = f"/civil/figures/JJ.SAT?as_of={day}"
    assert (await world.ask("manager", "GET", path)).json()["number"] is None
    await world.plain.execute("delete from rateable where month > '2026-04'")
    day = date(2026, 4, 30)
    await _decide(world, "feedback.minimum_n", "1")
    shares = await world.plain.fetch(
        "select month, count(*) filter (where valid and score >= 4) * 10000 / nullif(count(*) filter (where valid), 0)"
        " from rateable group by 1 order by 1"
    )
    assert [row[0] for row in shares] == ["2026-03", "2026-04"]
    rows = await _rows(world, "JJ.SAT", day)
    assert [row["key"] for row in rows] == ["2026-03", "2026-04"]
    figure = (await world.ask("manager", "GET", f"/civil/figures/JJ.SAT?as_of={day}")).json()
    assert figure["number"] == min(row[1] for row in shares)
    later = (await world.ask("manager", "GET", f"/civil/figures/JJ.SAT?as_of={day + timedelta(days=31)}")).json()
    assert later["number"] is None  # May has no rating yet


async def test_what_was_counted_before_the_platform_began_is_added_and_shown_apart(world: World) -> None:
    day = clocks.day_of(world.lived.now)
    paths = {
        code: f"/civil/figures/{code}?as_of={day}" for code in ("JJ.EVER", "JJ.ACTIVE", "JJ.FISC.CUM", "JJ.FISC.Y")
    }
    before = {code: (await world.ask("manager", "GET", path)).json()["number"] for code, path in paths.items()}
    opening = '{"people": 900, "orders": 7, "companies": 3, "paid_fen": 50000}'
    await _decide(world, "homecare.opening", opening)
    after = {code: (await world.ask("manager", "GET", path)).json() for code, path in paths.items()}
    assert {code: figure["number"] - before[code] for code, figure in after.items()} == {
        "JJ.EVER": 900,
        "JJ.ACTIVE": 0,
        "JJ.FISC.CUM": 50_000,
        "JJ.FISC.Y": 0,
    }
    assert (after["JJ.EVER"]["opening"], after["JJ.ACTIVE"]["opening"]) == (900, 0)
    town = (await world.ask("clerk", "GET", paths["JJ.EVER"])).json()
    assert (town["number"], town["opening"]) == (2, 0)  # nobody knows which town they lived in
