"""No accepted value of a rule stops the platform: it is refused by field, or requests, chores and charges go on."""

import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.accounts import operations as accounts
from api.app import build
from dispatch.enrolment import operations as enrolment
from dispatch.enrolment.model import Category
from dispatch.enrolment.rules import MonthlyQuota
from dispatch.matching.rules import Travel, Weights
from dispatch.requests import operations as requests
from dispatch.requests import standing
from dispatch.visits import operations as visits
from dispatch.visits import queries as offered
from dispatch.visits import visit_codes
from dispatch.visits.model import Visit
from dispatch.visits.operations import ActIn
from dispatch.visits.rules import EvidenceRules
from dispatch.visits.transitions import VisitState
from events.work import Works
from kit import clock as clocks
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.clock import FixedClock
from kit.ids import new_id
from kit.refusal import Refusal
from kit.room import rules_of
from kit.rules import operations
from kit.rules import queries as rules
from kit.rules.model import RuleRow
from processes.rooms import ROOMS
from providers.satisfaction import complaints
from providers.satisfaction import operations as satisfaction
from providers.settlement import operations as settlement
from tests.api.lives import PASSWORD
from tests.api.rule_values import values
from tests.api.world import BASE, HOST, sign_in_all
from tests.dispatch.stage import AREA, HOME, NINE, Stage, set_stage

RULES = rules_of(ROOMS)
BY_NAME = {rule.about.name: rule for rule in RULES}
DRAWN = int(os.environ.get("NOWALLS_RULE_VALUES", "10"))
"""How many values are drawn for every rule."""

MANAGER, OPERATOR = "manager", "operator"
Drain = Callable[[], Awaitable[int]]


class District:
    """Two companies, an operator and a manager at their desks; days go by, with an elder more on each of them."""

    def __init__(self, stage: Stage, drain: Drain) -> None:
        self.stage, self.works, self.clock, self.drain = stage, stage.works, stage.clock, drain
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app=build(self.works, ROOMS)), base_url=BASE)
        self.desks: dict[str, Actor] = {}
        self.tokens: dict[str, str] = {}
        self.days = 0

    async def open(self) -> None:
        async with self.works(SYSTEM("test")) as work:
            for role in (Role.MANAGER, Role.OPERATOR):
                account = await accounts.open_account(
                    work, username=role.value, display_name=role.value, role=role, password=PASSWORD
                )
                self.desks[role.value] = Actor(role, role.value, account.id)

    async def next_day(self) -> None:
        """Let some days go by, until nine in the morning, and have everybody sign in."""
        self.days += 1
        self.clock.set(NINE + timedelta(days=self.days * min(4, 290 // DRAWN)))
        self.tokens = await sign_in_all(self.works, self.desks)

    async def ask(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} | more.pop("headers", {})
        answer = await self.client.request(method, path, headers=headers, **more)
        assert answer.status_code < 500, answer.text
        return answer

    async def decide(self, name: str, value: Any, **more: Any) -> httpx.Response:
        """Decide a value from two minutes ahead on; what holds for whole months is back-dated to the month's first."""
        since, path = self.clock.now() + timedelta(minutes=2), f"/rules/{name}"
        if name.startswith("quota."):
            since, path = clocks.month_bounds(clocks.month_of(self.clock.now()))[0], f"/rules/{name}/backdate"
        rule = BY_NAME[name]
        backdated = path.endswith("backdate")
        announced = since if backdated or not rule.about.second_person else since + timedelta(hours=720)
        form = {"value": value, "source": "drawn", "valid_from": announced.isoformat()}
        answer = await self.ask(MANAGER, "POST", path, json=form, **more)
        if answer.status_code == 202:
            # A second person confirms it, whose waiting time is another test's.
            verb = operations.backdate if backdated else operations.decide
            async with self.works(SYSTEM("bureau")) as work:
                await verb(work.session, rule.of(value), valid_from=since, now=work.now, by="bureau", source="drawn")
        return answer

    async def call(self, *, urgent: bool) -> httpx.Response:
        """Place a request for the newest elder."""
        from_at = self.clock.now() + timedelta(minutes=5 if urgent else 60)
        form = {
            "person_id": str(self.stage.elders[-1]),
            "item_code": "B03" if urgent else "B01",
            "earliest": from_at.isoformat(),
            "latest": (from_at + timedelta(hours=3)).isoformat(),
            "urgent": urgent,
        }
        return await self.ask(OPERATOR, "POST", "/requests", json=form)

    async def tick(self) -> None:
        """Do every chore once; none of them fails."""
        begin = partial(self.works, SYSTEM("ticker"))
        for chore in (chore for room in ROOMS for chore in room.chores):
            if chore.slow:
                await chore.act(begin)
            else:
                async with begin() as work:
                    await chore.act(work)
        await self.drain()

    async def live(self) -> None:
        """Live a day: calls, offers, visits, a complaint and a call-back; a refusal is an answer, a failure is none."""
        person_id = await self.stage.add_elder()
        async with self.works(SYSTEM("test")) as work:
            await enrolment.take_over(work, members=[enrolment.Member(person_id, AREA, Category.NEAR_LOW_INCOME, 2)])
            tomorrow = clocks.day_of(work.now) + timedelta(days=1)
            wanted = standing.Wanted(item_code="B01", weekdays=127, from_minute=600, to_minute=720, starts_on=tomorrow)
            with suppress(Refusal):
                await requests.place_standing_order(work, person_id=person_id, wanted=wanted)
        for urgent in (False, True):
            answer = await self.call(urgent=urgent)
            assert answer.status_code in {201, 409, 422}, answer.text
        await self.drain()
        await self.tick()
        for offer, visit in await self._offers():
            company = self.stage.companies.index(visit.provider_id)
            await self._try(visits.accept, self.stage.person_of(company), offer_id=offer.id)
        await self.drain()
        self.clock.advance(timedelta(hours=2))
        await self.tick()
        await self._visit()
        self.clock.set(clocks.at_local(clocks.day_of(self.clock.now()), 21 * 60))
        await self.tick()
        last = clocks.month_of(clocks.month_bounds(clocks.month_of(self.clock.now()))[0] - timedelta(days=1))
        await self._try(settlement.draw_up, Actor(Role.FINANCE, "drawer"), month=last)
        await self.drain()

    async def _visit(self) -> None:
        async with self.works(SYSTEM("test")) as work:
            due = Visit.planned_start.between(work.now - timedelta(hours=3), work.now + timedelta(hours=1))
            query = select(Visit).where(Visit.state == VisitState.ACCEPTED, due).order_by(Visit.planned_start).limit(2)
            promised = (await work.session.execute(query)).scalars().all()
        for visit in promised:
            company = self.stage.companies.index(visit.provider_id)
            worker = self.stage.person_of(company, self.stage.workers[company].index(visit.worker_id))
            async with self.works(SYSTEM("test")) as work:
                code = visit_codes.code(work, visit.id)
            await self._try(visits.arrive, worker, visit_id=visit.id, act=self._act(code))
            self.clock.advance(timedelta(minutes=50))
            await self.tick()
            await self._try(visits.leave, worker, visit_id=visit.id, act=self._act())
            await self.drain()
            await self._hear(visit.id)

    async def _hear(self, visit_id: Any) -> None:
        async with self.works(SYSTEM("elder")) as work:
            digits = satisfaction.feedback_code(work.vault, visit_id)
            with suppress(Refusal):
                await satisfaction.give_by_code(work, visit_id=visit_id, code=digits, score=2)
        complaint = await self._try(complaints.receive, SYSTEM("elder"), visit_id=visit_id, words="late")
        if complaint is not None:
            await self._try(complaints.acknowledge, SYSTEM("desk"), complaint_id=complaint.id)
            await self._try(complaints.investigated, SYSTEM("desk"), complaint_id=complaint.id)
            decided = {"complaint_id": complaint.id, "upheld": True, "deduction_percent": 100}
            await self._try(complaints.decide, SYSTEM("desk"), **decided)
        await self.drain()

    async def _try(self, verb: Any, actor: Actor, **named: Any) -> Any:
        with suppress(Refusal):
            async with self.works(actor) as work:
                return await verb(work, **named)
        return None

    async def _offers(self) -> Any:
        async with self.works(SYSTEM("test")) as work:
            return await offered.offers_of(work)

    def _act(self, code: str | None = None) -> ActIn:
        return ActIn(
            id=new_id(),
            claimed_at=self.clock.now(),
            code=code,
            latitude=HOME[0],
            longitude=HOME[1],
            accuracy_metres=10,
            fix_age_seconds=2,
        )


@pytest.fixture
async def district(works: Works, clock: FixedClock, drain: Drain) -> AsyncIterator[District]:
    opened = District(await set_stage(works, clock, companies=2, elders=0), drain)
    await opened.open()
    yield opened
    await opened.client.aclose()


DRAWS = st.fixed_dictionaries({rule.about.name: values(rule) for rule in RULES})


@pytest.mark.timeout(600)
@settings(
    max_examples=DRAWN,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(drawn=DRAWS)
async def test_a_value_is_refused_by_field_or_everything_goes_on(district: District, drawn: dict[str, Any]) -> None:
    await district.next_day()
    for name, value in drawn.items():
        answer = await district.decide(name, value)
        if answer.status_code not in {202, 204}:
            assert (answer.status_code, answer.json()["code"]) == (422, "rule.invalid"), (name, value, answer.text)
            assert answer.json()["errors"], (name, value)
    district.clock.advance(timedelta(minutes=3))
    await district.live()


async def test_the_key_that_once_stopped_all_dispatching_is_refused_by_its_name(district: District) -> None:
    await district.next_day()
    answer = await district.decide("matching.weights", {**Weights.about.proposed, "lanterns": 1})
    assert (answer.status_code, answer.json()["code"]) == (422, "rule.invalid")
    assert [(error["where"], error["what"]) for error in answer.json()["errors"]] == [(["lanterns"], "field.unknown")]


WAY = {"speed": 3, "detour": 1.2, "start_seconds": 1}
MEANT_BY_NOBODY: list[tuple[str, Any, str]] = [
    (
        "matching.travel",
        {**Travel.about.proposed, "walk": {**WAY, "speed": 0}},
        "walk.speed",
    ),
    (
        "matching.travel",
        {**Travel.about.proposed, "horse": WAY},
        "horse",
    ),
    ("matching.most_attempts", 0, ""),
    ("matching.weights", {**Weights.about.proposed, "share_points_per_visit": 30001}, "share_points_per_visit"),
    ("quota.monthly_fen", {**MonthlyQuota.about.proposed, "B": [5, 4, 6, 7, 8]}, "B"),
    ("quota.monthly_fen", {**MonthlyQuota.about.proposed, "X": [0, 0, 0, 0, 0]}, "X"),
    ("quota.copay_percent", {"T": 0, "D": 0, "B": 10, "K": 101, "Z": 100}, "K"),
    ("request.item_caps", {"day": {"A01": 3}, "month": {"*": 93}}, "day"),
    ("request.item_caps", {"day": {"*": 3, "a1": 3}, "month": {"*": 93}}, "day.a1"),
    ("request.item_caps", {"day": {"*": 3}, "month": {"*": 93, "B04": 2}}, "day.B04"),
    ("request.standing_from_minute", 1440, ""),
    ("visit.evidence", {**EvidenceRules.about.proposed, "holds": ["overlap", "overlap"]}, "holds"),
    ("calendar.days_off", ["2026-02-30"], "0"),
    ("calendar.days_off", ["2026-01-03"], ""),
    ("calendar.days_off", ["2026-01-02", "2026-01-01"], ""),
    ("calendar.days_worked", ["2026-01-05"], ""),
    ("charge.proven_grades", "ABE", ""),
    ("charge.proven_grades", "", ""),
    ("charge.late_percent", 10**12 + 1, ""),
]


async def test_what_no_district_would_mean_is_refused_in_the_readers_language(district: District) -> None:
    await district.next_day()
    for name, value, where in MEANT_BY_NOBODY:
        for language, letters in (("zh", r"[\u4e00-\u9fff]"), ("en", r"[A-Za-z]{2}")):
            answer = await district.decide(name, value, headers={"Accept-Language": language})
            assert (answer.status_code, answer.json()["code"]) == (422, "rule.invalid"), (name, value)
            assert where in {".".join(error["where"]) for error in answer.json()["errors"]}, answer.text
            for sentence in [answer.json()["title"], *(error["why"] for error in answer.json()["errors"])]:
                assert re.search(letters, sentence)
                assert "{" not in sentence.replace("[0-9]{2}", ""), sentence


async def test_an_older_row_that_no_longer_fits_is_told_and_the_last_value_that_fits_holds(district: District) -> None:
    await district.next_day()
    async with district.works(SYSTEM("an older release")) as work:
        for value, days in (({**Weights.about.proposed, "continuity_points": 7}, 2), ({"lanterns": 1}, 1)):
            since = work.now - timedelta(days=days)
            facts = {"name": "matching.weights", "recorded_by": "older release", "recorded_at": since}
            work.session.add(RuleRow(value=value, valid_from=since, **facts))
    rules.forget()
    health = await district.client.get(f"{HOST}/health")
    assert health.json()["parts"]["rules"].startswith("no longer fit: matching.weights since 2026-")
    (shown,) = (await district.ask(MANAGER, "GET", "/rules?name=matching.weights")).json()["items"]
    assert shown["value"]["continuity_points"] == 7
    assert [row["fits"] for row in shown["history"]] == [True, True, False]
    await district.live()
    await district.next_day()
    assert (await district.decide("matching.weights", Weights.about.proposed)).status_code == 204
    district.clock.advance(timedelta(minutes=3))
    assert (await district.client.get(f"{HOST}/health")).json()["parts"]["rules"] == "ok"


def test_every_number_of_every_rule_is_bounded_and_every_proposal_fits() -> None:
    for rule in RULES:
        assert rule.proposed().content == rule.about.proposed
        assert rule.about.source
        assert rule.about.unit
        for part in _numbers(rule.model_json_schema()):
            assert -LARGEST <= part["minimum"] <= part["maximum"] <= LARGEST, rule.about.name


def test_no_two_rules_have_one_name() -> None:
    names = [rule.about.name for rule in RULES]
    assert len(names) == len(set(names)) > 50


LARGEST = 10**12


def _numbers(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") in {"integer", "number"}:
            yield schema
        for part in schema.values():
            yield from _numbers(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _numbers(part)
