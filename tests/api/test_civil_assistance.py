"""The guarantee, destitute support and the two subsidies over HTTP: procedures by law, money to the fen, exclusions."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from civil.dibao.rules import DibaoFloor, DibaoStandard, DibaoTopUp
from civil.disability.rules import DisabilityLiving, DisabilityNursing
from civil.tekun.rules import TekunBase, TekunCare
from events.work import Works
from kit.access.actor import SYSTEM
from kit.access.scope import Section
from kit.clock import FixedClock
from registry import operations as registry
from tests.api.town import Town

Drain = Callable[[], Awaitable[int]]
STANDARDS = (
    DibaoStandard.proposed(),
    DibaoTopUp.proposed(),
    DibaoFloor.proposed(),
    DisabilityLiving.proposed(),
    DisabilityNursing.proposed(),
    TekunBase.proposed(),
    TekunCare.proposed(),
)
DESTITUTE = {"unable_to_work": True, "no_income": True, "nobody_obliged": True}
SEVERE = {"category": "physical", "grade": 2, "valid_to": "2026-05-31"}


@pytest_asyncio.fixture
async def town(works: Works, clock: FixedClock, client: httpx.AsyncClient) -> Town:
    made = Town(works, clock, client)
    await made.settle(Section.ASSISTANCE, Section.DISABILITY)
    await made.decide(*STANDARDS)
    return made


def _member(person_id: UUID, income: int = 0, hardship: str | None = None) -> dict[str, Any]:
    return {"person_id": str(person_id), "income_fen": income, "hardship": hardship}


async def _guaranteed(town: Town, *members: dict[str, Any], confirmed_on: date = date(2026, 3, 12)) -> str:
    """Bring a family from the application to the confirmation; the case."""
    facts = {"members": list(members)}
    case_id = await town.opened("dibao.application", UUID(members[0]["person_id"]), **facts)
    await town.moved("clerk", case_id, "checked")
    await town.moved("clerk", case_id, "surveyed", facts=facts | {"surveyors": 2})
    await town.moved("clerk", case_id, "publicised")
    await town.go_to(confirmed_on)
    await town.moved("section", case_id, "confirmed")
    return case_id


async def test_a_family_of_three_draws_the_gap_from_the_month_after_publicity_and_confirmation(town: Town) -> None:
    people = [await town.person(day) for day in (date(1980, 1, 1), date(1982, 1, 1), date(2005, 1, 1))]
    facts = {"members": [_member(people[0], 60_000), _member(people[1], 30_000), _member(people[2])]}
    case_id = await town.opened("dibao.application", people[0], **facts)
    await town.moved("clerk", case_id, "checked")
    await town.moved("clerk", case_id, "surveyed")
    assert (await town.moved("clerk", case_id, "publicised", expect=409))["code"] == "dibao.survey_missing"
    await town.moved("clerk", case_id, "checked", expect=409)
    case = await town.moved("clerk", case_id, "surveyed", expect=409)
    assert case["code"] == "civil_case.cannot_move"
    other = await town.opened("dibao.application", people[1], members=[_member(people[1])])
    await town.moved("section", other, "refused", reason="属于另一家庭")


async def test_publicity_lasts_seven_days_and_an_objection_leads_to_another_survey(town: Town) -> None:
    people = [await town.person(day) for day in (date(1980, 1, 1), date(1982, 1, 1), date(2005, 1, 1))]
    facts = {"members": [_member(people[0], 60_000), _member(people[1], 30_000), _member(people[2])], "surveyors": 2}
    case_id = await town.opened("dibao.application", people[0], **facts)
    await town.moved("clerk", case_id, "checked")
    await town.moved("clerk", case_id, "surveyed")
    case = await town.moved("clerk", case_id, "publicised")
    assert case["open_until"] == "2026-03-09T16:00:00Z"
    assert case["due_at"] == "2026-03-23T16:00:00Z"
    assert (await town.moved("section", case_id, "confirmed", expect=409))["code"] == "civil_case.still_publicised"
    await town.moved("clerk", case_id, "surveyed", reason="村民反映收入有变化")
    await town.moved("clerk", case_id, "publicised")
    await town.go_to(date(2026, 3, 10))
    await town.moved("section", case_id, "confirmed")
    (grant,) = (await town.ask("clerk", "GET", "/civil/grants?programme=dibao"))["items"]
    assert grant["from_month"] == "2026-04"
    await town.go_to(date(2026, 4, 20))
    run = await town.run("dibao", "2026-04")
    assert (run["total_fen"], run["provisional"]) == (120_000, False)  # 3 × 700 − 900 yuan
    assert await town.sent(run) == {str(people[0]): 120_000}
    again = {"kind": "dibao.application", "person_id": str(people[1]), "facts": {"members": [_member(people[1])]}}
    assert (await town.ask("clerk", "POST", "/civil/cases", json=again, expect=409))["code"] == "grant.taken"


async def test_one_severely_disabled_person_draws_the_standard_less_the_income_and_a_fifth_more(town: Town) -> None:
    person_id = await town.person(date(1985, 1, 1))
    await _guaranteed(town, _member(person_id, 20_000, "severely_disabled"))
    await town.go_to(date(2026, 4, 20))
    run = await town.run("dibao", "2026-04")
    lines = (await town.ask("manager", "GET", f"/civil/pay-runs/{run['run_id']}/lines"))["items"]
    assert {line["component"]: line["fen"] for line in lines} == {"gap": 50_000, "top_up": 14_000}


async def test_what_makes_no_family_or_is_not_entitled_is_refused(town: Town) -> None:
    first, second = await town.person(date(1980, 1, 1)), await town.person(date(1981, 1, 1))
    for members, code in (
        ([_member(second)], "dibao.family_invalid"),
        ([_member(first), _member(first)], "dibao.family_invalid"),
        ([], "civil_case.facts_invalid"),
        ([_member(first, -1)], "civil_case.facts_invalid"),
    ):
        body = {"kind": "dibao.application", "person_id": str(first), "facts": {"members": members}}
        assert (await town.ask("clerk", "POST", "/civil/cases", json=body, expect=422))["code"] == code
    case_id = await town.opened("dibao.application", first, members=[_member(first, 70_000)], surveyors=2)
    for state in ("checked", "surveyed", "publicised"):
        await town.moved("clerk", case_id, state)
    await town.go_to(date(2026, 3, 12))
    assert (await town.moved("section", case_id, "confirmed", expect=409))["code"] == "dibao.not_entitled"
    await town.moved("section", case_id, "refused", reason="人均收入不低于标准")


async def test_a_review_hears_the_person_cuts_next_month_and_ends_after_the_months_of_grace(
    town: Town, drain: Drain
) -> None:
    first, second = await town.person(date(1980, 1, 1)), await town.person(date(1981, 1, 1))
    await _guaranteed(town, _member(first), _member(second))
    body = {"kind": "disability.living", "person_id": str(second), "facts": SEVERE}
    assert (await town.ask("clerk", "POST", "/civil/cases", json=body, expect=409))["code"] == "disability.no_guarantee"
    await town.go_to(date(2026, 4, 20))
    assert (await town.run("dibao", "2026-04"))["total_fen"] == 140_000
    case_id = await town.opened("disability.living", second, **(SEVERE | {"valid_to": "2030-01-31"}))
    await town.moved("clerk", case_id, "checked")
    await town.moved("section", case_id, "confirmed")
    assert (await town.run("disability_living", "2026-04"))["total_fen"] == 8_000
    review = await town.opened("dibao.review", first, members=[_member(first, 40_000), _member(second)])
    assert (await town.moved("section", review, "adjusted", expect=409))["code"] == "civil_case.cannot_move"
    await town.moved("clerk", review, "heard", reason="本人知悉")
    await town.moved("section", review, "adjusted")
    await town.go_to(date(2026, 5, 20))
    assert (await town.run("dibao", "2026-05"))["total_fen"] == 100_000
    review = await town.opened("dibao.review", first, members=[_member(first, 90_000), _member(second, 90_000)])
    await town.moved("clerk", review, "heard")
    await town.moved("section", review, "ended", reason="家庭收入已超过标准")
    await drain()
    grants = (await town.ask("section", "GET", "/civil/grants"))["items"]
    assert {(grant["programme"], grant["last_month"], grant["end_reason"]) for grant in grants} == {
        ("dibao", "2026-11", "decided"),
        ("disability_living", "2026-11", "decided"),  # the event of the guarantee's end reached the other module
    }


async def test_a_family_goes_on_without_its_dead_and_the_next_of_it_is_paid(town: Town, drain: Drain) -> None:
    first, second = await town.person(date(1980, 1, 1)), await town.person(date(1981, 1, 1))
    await _guaranteed(town, _member(first), _member(second, 30_000))
    await town.go_to(date(2026, 4, 20))
    assert await town.sent(await town.run("dibao", "2026-04")) == {str(first): 110_000}
    async with town.works(SYSTEM("family")) as work:
        await registry.report_death(work, person_id=first, died_on=date(2026, 4, 2), source="family")
    async with town.works(SYSTEM("bureau")) as work:
        await registry.confirm_death(work, person_id=first)
    await drain()
    await town.go_to(date(2026, 5, 20))
    assert await town.sent(await town.run("dibao", "2026-05")) == {str(second): 40_000}


@pytest.mark.parametrize(
    ("lost", "fen"), [((), 101_000), (("bathing",), 121_000), (("eating", "dressing", "bed", "toilet"), 151_000)]
)
async def test_destitute_support_is_the_base_and_care_by_what_the_person_cannot_do_alone(
    town: Town, lost: tuple[str, ...], fen: int
) -> None:
    person_id = await town.person(date(1950, 1, 1))
    facts = DESTITUTE | {"self_care": dict.fromkeys(lost, True)}
    case_id = await town.opened("tekun.application", person_id, **facts)
    await town.moved("clerk", case_id, "surveyed")
    await town.moved("clerk", case_id, "publicised")
    await town.go_to(date(2026, 3, 12))
    await town.moved("section", case_id, "confirmed")
    await town.go_to(date(2026, 4, 20))
    assert (await town.run("tekun", "2026-04"))["total_fen"] == fen


async def test_destitute_support_excludes_the_guarantee_and_both_subsidies_and_its_end_is_publicised(
    town: Town,
) -> None:
    person_id = await town.person(date(1950, 1, 1))
    refused = {"kind": "tekun.application", "person_id": str(person_id), "facts": DESTITUTE | {"no_income": False}}
    assert (await town.ask("clerk", "POST", "/civil/cases", json=refused, expect=409))["code"] == "tekun.not_destitute"
    case_id = await town.opened("tekun.application", person_id, **DESTITUTE)
    await town.moved("clerk", case_id, "surveyed")
    await town.moved("clerk", case_id, "publicised")
    await town.go_to(date(2026, 3, 12))
    await town.moved("section", case_id, "confirmed")
    nursing = await town.opened("disability.nursing", person_id, **SEVERE)
    await town.moved("clerk", nursing, "checked")
    excluded = await town.moved("section", nursing, "confirmed", expect=409)
    assert (excluded["code"], "tekun" in excluded["detail"]) == ("grant.excluded", True)
    family = await town.opened("dibao.application", person_id, members=[_member(person_id)], surveyors=2)
    for state in ("checked", "surveyed", "publicised"):
        await town.moved("clerk", family, state)
    await town.go_to(date(2026, 4, 1))
    assert (await town.moved("section", family, "confirmed", expect=409))["code"] == "grant.excluded"
    ending = await town.opened("tekun.ending", person_id, cause="有了法定义务人")
    assert (await town.moved("section", ending, "ended", expect=409))["code"] == "civil_case.still_publicised"
    await town.go_to(date(2026, 4, 10))
    await town.moved("section", ending, "ended")
    await town.moved("section", family, "confirmed")
    grants = (await town.ask("section", "GET", "/civil/grants"))["items"]
    assert [(grant["programme"], grant["from_month"], grant["last_month"]) for grant in grants] == [
        ("tekun", "2026-04", "2026-04"),
        ("dibao", "2026-05", None),
    ]


async def test_the_nursing_subsidy_begins_with_the_application_and_ends_with_the_certificate(town: Town) -> None:
    person_id = await town.person(date(1970, 1, 1))
    for facts, code in ((SEVERE | {"grade": 3}, "disability.not_severe"), (SEVERE | {"valid_to": "2026-03-01"}, None)):
        body = {"kind": "disability.nursing", "person_id": str(person_id), "facts": facts}
        refused = await town.ask("clerk", "POST", "/civil/cases", json=body, expect=409)
        assert refused["code"] == (code or "disability.certificate_expired")
    case_id = await town.opened("disability.nursing", person_id, **SEVERE)
    await town.moved("clerk", case_id, "checked")
    await town.go_to(date(2026, 4, 2))
    await town.moved("section", case_id, "confirmed")
    totals = []
    for number in (4, 5, 6):
        await town.go_to(date(2026, number, 20))
        totals.append((await town.run("disability_nursing", f"2026-{number:02}"))["total_fen"])
    assert totals == [16_000, 8_000, 0]  # March as arrears, nothing after May
