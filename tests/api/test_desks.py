"""Every desk does its own work over HTTP from end to end, and what it does is seen where it should be."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest_asyncio

from dispatch.enrolment import assessment
from events.contracts.event import Event
from kit import clock as clocks
from kit.access.roles import Role
from kit.clock import FixedClock
from tests.api.lives import MARKS
from tests.api.test_retries import PERSON
from tests.api.world import World, rows_of, sign_in_all
from tests.conftest import drained

PROVIDER, WORKER = f"{MARKS[0]}.{Role.PROVIDER}", f"{MARKS[0]}.{Role.WORKER}"
SCORES = {name: item.most for name, item in assessment.ITEMS.items()}


class Desks:
    """Ask, and stop at the first answer that is not the expected one."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def __call__(
        self, name: str, method: str, path: str, form: Any = None, *, status: int = 200, code: str | None = None
    ) -> Any:
        answer: httpx.Response = await self.world.ask(name, method, path, json=form)
        assert (answer.status_code, answer.status_code >= 400 and answer.json()["code"]) == (status, code or False), (
            answer.text
        )
        return rows_of(answer)

    async def drain(self) -> None:
        """Deliver what was emitted; the dead letters that the district was given are no bug."""
        await self.world.plain.execute("delete from dead_letter")
        await drained(self.world.works)

    async def emitted(self, kind: type[Event], **fields: Any) -> int:
        """Count the events of a type whose data hold these fields."""
        query = "select count(*) from event_log where type = $1 and data @> $2::jsonb"
        return int(await self.world.plain.fetchval(query, kind.type_name(), json.dumps(fields, default=str)))

    async def later(self, span: timedelta) -> None:
        """Let time pass and everybody sign in again."""
        clock = self.world.works.clock
        assert isinstance(clock, FixedClock)
        clock.advance(span)
        self.world.lived.tokens.update(await sign_in_all(self.world.works, self.world.lived.actors))


@pytest_asyncio.fixture
async def desks(world: World) -> AsyncIterator[Desks]:
    before = dict(world.lived.tokens)
    yield Desks(world)
    world.lived.tokens.update(before)


async def test_an_elder_is_enrolled_from_the_application_to_the_first_quota(world: World, desks: Desks) -> None:
    person = (await desks("operator", "POST", "/people", PERSON, status=201))["person_id"]
    path = f"/people/{person}"
    await desks("operator", "POST", f"{path}/application", {"category": "T"}, status=201)
    await desks("operator", "PUT", f"{path}/category", {"category": "D"})
    assessors = {"first_assessor_id": str(world.lived.shared), "second_assessor_id": person}
    booking = {"occasion": "first", "booked_for": "2026-05-06T09:00:00+08:00", **assessors}
    booked = await desks("operator", "POST", f"{path}/assessments", booking, status=201)
    again = "assessment.booked"
    await desks("operator", "POST", f"{path}/assessments", booking, status=409, code=again)
    findings = f"/assessments/{booked['id']}/findings"
    wrong = {"scores": {**SCORES, "eating": 9}}
    await desks("operator", "POST", findings, wrong, status=422, code="assessment.score_out_of_range")
    made = await desks("operator", "POST", findings, {"scores": SCORES, "dementia": True})
    assert made["level"] == assessment.Level.MILD
    (listed,) = await desks("operator", "GET", f"{path}/assessments")
    assert listed == made
    assert "scores" not in str(listed)
    await desks("operator", "POST", f"{path}/publicity")
    await desks("manager", "POST", f"{path}/activation", status=409, code="enrolment.publicity_running")
    await desks.later(timedelta(days=8))
    await desks("operator", "POST", f"{path}/activation", status=403, code="actor.not_allowed")
    await desks("manager", "POST", f"{path}/activation")
    standing = await desks("operator", "GET", f"{path}/standing")
    wallet = await desks("operator", "GET", f"{path}/wallet")
    assert (standing["state"], standing["level"]) == ("active", 1)
    assert wallet["granted_fen"] == wallet["free_fen"] == standing["quota_left_fen"] > 0
    this, following, third = await desks("operator", "GET", f"{path}/quotas")
    assert this == {name: wallet[name] for name in this}
    assert this["month"] < following["month"] < third["month"]
    assert following["free_fen"] == following["granted_fen"] == third["granted_fen"] == standing["monthly_fen"]
    assert len(await desks("finance", "GET", f"{path}/quotas?months=12")) == 12
    await desks("finance", "GET", f"{path}/wallet?month=2026-01", status=404, code="enrolment.not_found")
    entries = await desks("finance", "GET", f"{path}/wallet/entries")
    assert sum(entry["fen"] for entry in entries if entry["to_account"] == "free") == wallet["free_fen"]
    (enrolment,) = await desks("operator", "GET", f"{path}/enrolments")
    assert (enrolment["state"], enrolment["level"]) == ("active", 1)
    due = f"/enrolments/reassessments?on={enrolment['reassess_on']}"
    assert person in [row["person_id"] for row in await desks("manager", "GET", due)]
    assert person not in [row["person_id"] for row in await desks("manager", "GET", "/enrolments/reassessments")]
    await desks(PROVIDER, "GET", due, status=403, code="actor.not_allowed")


async def test_a_promised_visit_is_moved_given_to_a_colleague_and_written_down_afterwards(
    world: World, desks: Desks
) -> None:
    own, other = world.lived.companies[:2]
    visit = next(listed for listed in await desks(PROVIDER, "GET", "/visits") if listed["state"] == "accepted")
    path = f"/visits/{visit['id']}"
    colleague = str(own.workers[1] if visit["worker_id"] == str(own.workers[0]) else own.workers[0])
    anchor = await desks(WORKER, "GET", f"{path}/anchor")
    assert anchor["anchor"].partition(".")[0].isdigit()
    hour = clocks.local(world.works.clock.now()).replace(hour=15).isoformat()
    moved = {"starts_at": hour, "agreed_to": hour, "reason": "at the doctor's"}
    assert (await desks("operator", "POST", f"{path}/rescheduling", moved))["planned_start"].startswith("2026-05-05T07")
    replaced = {"worker_id": colleague, "reason": "ill"}
    stranger = f"{other.mark}.{Role.PROVIDER}"
    await desks(stranger, "PUT", f"{path}/worker", replaced, status=404, code="visit.not_found")
    theirs = {"worker_id": str(other.workers[0]), "reason": "ill"}
    await desks(PROVIDER, "PUT", f"{path}/worker", theirs, status=404, code="worker.not_found")
    assert (await desks(PROVIDER, "PUT", f"{path}/worker", replaced))["worker_id"] == colleague
    await desks(WORKER, "GET", f"{path}/anchor", status=404, code="visit.not_found")  # a colleague goes now
    await desks.later(timedelta(hours=9))
    times = {"arrived_at": hour, "left_at": hour.replace("T15", "T16"), "reason": "the phone drowned"}
    assert (await desks("operator", "POST", f"{path}/back-fill", times))["state"] == "held"
    await desks("manager", "POST", f"{path}/decision", {"stands": True, "reason": "the family confirms it"})
    await world.plain.execute("delete from dead_letter")  # planted ones
    await drained(world.works)
    (charge,) = await desks(PROVIDER, "GET", f"{path}/charges")
    assert charge["provider_id"] == str(own.id)
    assert (charge["facts"]["evidence_grade"], charge["deductions"]) == ("P", {})
    assert charge["payable_fen"] == charge["claimed_fen"] > 0
    second = {"starts_at": hour}
    await desks("manager", "POST", f"{path}/rework", second, status=422, code="visit.outside_window")
    second = {"starts_at": (clocks.local(world.works.clock.now()) + timedelta(days=1)).replace(hour=15).isoformat()}
    await desks("operator", "POST", f"{path}/rework", second, status=403, code="actor.not_allowed")
    assert (await desks("manager", "POST", f"{path}/rework", second, status=201))["state"] == "offered"
    await desks("manager", "POST", f"{path}/rework", second, status=409, code="visit.not_allowed")
    struck = {"reason": "the elder was in hospital"}
    await desks("operator", "POST", f"{path}/voiding", struck, status=403, code="actor.not_allowed")
    assert (await desks("manager", "POST", f"{path}/voiding", struck))["state"] == "voided"
    await desks("manager", "POST", f"{path}/voiding", struck, status=409, code="visit.not_allowed")
    await drained(world.works)
    assert sum(row["payable_fen"] for row in await desks(PROVIDER, "GET", f"{path}/charges")) == 0
    about = await desks("manager", "GET", f"/cases/about/{visit['id']}")
    assert {case["subject_id"] for case in about} <= {visit["id"]}


async def test_a_record_is_kept_shown_in_parts_and_erased(world: World, desks: Desks) -> None:
    person = world.lived.companies[0].elders[0]
    path = f"/people/{person}"
    contacts = {"phone": "13800007777", "contacts": [{"kind": "family", "phone": "13800008888", "relation": "女儿"}]}
    await desks("operator", "PUT", f"{path}/contacts", contacts, status=204)
    (caller,) = await desks("operator", "GET", "/people/callers?phone=138-0000-8888")
    assert (caller["person_id"], caller["relation"]) == (str(person), "女儿")
    await desks("operator", "POST", f"{path}/health-notes", {"note": "hard of hearing"}, status=204)
    await desks("operator", "PUT", f"{path}/bank-account", {"number": "6222 0000 1111 2222"}, status=204)
    assert (await desks("operator", "GET", f"{path}?purpose=visit"))["health_note"] == "hard of hearing"
    assert (await desks("manager", "GET", f"{path}?purpose=visit"))["bank_account"] == "*" * 12 + "2222"
    wanted = {"field": "bank_account", "purpose": "the bank asks"}
    assert (await desks("finance", "POST", f"{path}/reveal", wanted))["value"] == "6222000011112222"
    await desks("operator", "POST", f"{path}/reveal", wanted, status=403, code="person.not_for_this_desk")
    readings = await desks("manager", "GET", f"{path}/readings")
    assert {"role": "finance", "fields": ["bank_account:whole"]}.items() <= readings[0].items()
    died = {"died_on": "2026-05-01", "source": "hospital"}
    await desks("operator", "POST", f"{path}/death", died, status=204)
    await desks("manager", "DELETE", f"{path}/death", status=204)
    await desks("manager", "DELETE", f"{path}/death", status=409, code="death.not_reported")
    await desks("manager", "POST", f"{path}/erasure", status=204)
    card = await desks("manager", "GET", f"{path}?purpose=visit")
    assert (card["name"], card["contacts"], card["address"], card["bank_account"]) == ("", [], None, None)


async def test_a_worker_who_is_let_go_is_out_at_once_and_a_company_that_leaves_has_no_contract(
    world: World, desks: Desks
) -> None:
    own = world.lived.companies[0]
    assert await desks(PROVIDER, "GET", f"/workers/{own.workers[0]}/shifts")
    night = {"weekdays": 64, "from_minute": 1200, "to_minute": 1300, "valid_from": "2026-05-10"}
    await desks(PROVIDER, "POST", f"/workers/{own.workers[0]}/shifts", night, status=201)
    assert await desks(WORKER, "GET", "/visits/mine") is not None
    left = await desks(PROVIDER, "POST", f"/workers/{own.workers[0]}/leaving", {"reason": "retired"})
    assert left["state"] == "left"
    await desks(WORKER, "GET", "/visits/mine", status=401, code="actor.unknown")
    contracts = await desks("manager", "GET", f"/companies/{own.id}/contracts")
    ended = await desks("manager", "POST", f"/contracts/{contracts[0]['id']}/end", {"on": "2026-06-01"})
    assert ended["ended_on"] == "2026-06-01"
    gone = await desks("manager", "POST", f"/companies/{own.id}/exit", {"reason": "closed", "blacklist": True})
    assert gone["state"] == "blacklisted"
    contracts = await desks(PROVIDER, "GET", f"/companies/{own.id}/contracts")
    assert {contract["ended_on"] for contract in contracts} <= {"2026-05-05", "2026-06-01"}


async def test_papers_words_draws_and_notes_are_read_by_whom_they_are_for(world: World, desks: Desks) -> None:
    complaint = (await desks("operator", "GET", "/complaints"))[0]
    words = await desks("operator", "GET", f"/complaints/{complaint['id']}/words")
    assert words["words"] in {f"{mark} {what}" for mark in MARKS for what in ("was rude", "broke a cup")}
    await desks(PROVIDER, "GET", f"/complaints/{complaint['id']}/words", status=403, code="actor.not_allowed")
    assert await desks("finance", "GET", "/payment-file?month=2026-03") == []  # all of it is paid
    draw = await desks("manager", "GET", "/call-back-draws/2026-03-02")
    assert (len(draw["seed_hash"]), draw["seed"], draw["visits"]) == (64, None, [])
    drawn = await desks("manager", "POST", "/call-back-draws/2026-03-02/drawing")
    draw = await desks("manager", "GET", "/call-back-draws/2026-03-02")
    assert len(draw["visits"]) == drawn["visits"]
    assert draw["seed"]
    await desks("manager", "GET", "/call-back-draws/2026-01-01", status=404, code="draw.not_found")
    request = (await desks("operator", "GET", "/requests?state=accepted"))[0]
    by_number = await desks("operator", "GET", f"/requests/by-number/{request['case_no']}")
    assert by_number == request
    slip = request["case_no"][:-1] + str((int(request["case_no"][-1]) + 1) % 10)
    await desks("operator", "GET", f"/requests/by-number/{slip}", status=422, code="case_number.invalid")
    assert (await desks("operator", "GET", f"/requests/{request['id']}/note"))["note"].endswith("asks")
    visit = next(listed for listed in await desks(PROVIDER, "GET", "/visits") if listed["state"] == "verified")
    acts = await desks(PROVIDER, "GET", f"/visits/{visit['id']}/acts")
    assert [act["kind"] for act in acts] == ["depart", "arrive", "leave"]


async def test_a_rule_is_announced_ahead_and_keeps_its_shape(world: World, desks: Desks) -> None:
    path, value = "/rules/offer.deadline_minutes", {"valid_from": "2026-05-06T00:00:00+08:00", "source": "decided"}
    for wrong in ("45", 4.5, True, [45], {"a": 45}, None, 0, -1, 10**30):
        await desks("manager", "POST", path, {**value, "value": wrong}, status=422, code="rule.invalid")
    late = {**value, "value": 45, "valid_from": "2026-05-05T00:00:00+08:00"}
    await desks("manager", "POST", path, late, status=422, code="rule.too_soon")
    await desks("manager", "POST", "/rules/lanterns", {**value, "value": 45}, status=404, code="rule.unknown")
    for broken in ({"a\u0000": 1}, {"a": float("inf")}):
        content, headers = json.dumps({**value, "value": broken}), {"Content-Type": "application/json"}
        answer = await world.ask("manager", "POST", "/rules/visit.evidence", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "input.invalid")
    (rule,) = await desks("manager", "GET", "/rules?name=visit.evidence")
    evidence = rule["value"]
    assert set(evidence) == set(rule["form"]["properties"])
    assert rule["title"]["zh"]
    fewer = {key: entry for key, entry in evidence.items() if key != "code_tries"}
    for wrong_table, fields in (
        (fewer, [["code_tries"]]),
        ({**evidence, "code_tries": "5"}, [["code_tries"]]),
        ({**evidence, "holds": ["overlap", "no_such"], "extra": 1}, [["holds", "1"], ["extra"]]),
        ({**evidence, "holds": []}, [["holds"]]),
    ):
        form = {**value, "value": wrong_table}
        answer = await world.ask("manager", "POST", "/rules/visit.evidence", json=form)
        assert (answer.status_code, answer.json()["code"]) == (422, "rule.invalid")
        assert [error["where"] for error in answer.json()["errors"]] == fields
        assert all(re.search(r"[\u4e00-\u9fff]", error["why"]) for error in answer.json()["errors"])
    stricter = {**value, "value": {**evidence, "code_tries": 3}}
    await desks("manager", "POST", "/rules/visit.evidence", stricter, status=422, code="change.too_soon")
    stricter["valid_from"] = "2026-05-09T00:00:00+08:00"
    change = await desks("manager", "POST", "/rules/visit.evidence", stricter, status=202)
    path_of_change = f"/pending-changes/{change['id']}/confirmation"
    await desks("manager", "POST", path_of_change, status=403, code="change.same_person")
    await desks("manager", "POST", path, {**value, "value": 45}, status=204)
    (deadline,) = await desks("finance", "GET", "/rules?name=offer.deadline_minutes")
    assert (deadline["value"], [row["value"] for row in deadline["history"]]) == (30, [30, 45])
    assert deadline["history"][-1]["recorded_by"] == f"account:{world.lived.actors['manager'].account_id}"
    assert len(await desks("finance", "GET", "/rules")) > 50
    await desks("operator", "GET", "/rules", status=403, code="actor.not_allowed")


async def test_a_late_paper_is_valid_from_its_own_day_and_never_from_a_day_to_come(world: World, desks: Desks) -> None:
    path = "/rules/charge.late_percent/backdate"
    paper = {"value": 20, "valid_from": "2026-01-01T00:00:00+08:00", "source": "paper of 3 May, valid since January"}
    await desks("manager", "POST", path, {**paper, "source": ""}, status=422, code="input.invalid")
    await desks("manager", "POST", path, {**paper, "value": 101}, status=422, code="rule.invalid")
    future = {**paper, "valid_from": "2027-01-01T00:00:00+08:00"}
    await desks("manager", "POST", path, future, status=422, code="rule.not_past")
    await desks("finance", "POST", path, paper, status=403, code="actor.not_allowed")
    await desks("manager", "POST", "/rules/lanterns/backdate", paper, status=404, code="rule.unknown")
    change = await desks("manager", "POST", path, paper, status=202)
    assert (change["kind"], change["subject"]) == ("rule_backdated", "charge.late_percent")
    assert change["proposed_by"] == f"account:{world.lived.actors['manager'].account_id}"
    (rule,) = await desks("manager", "GET", "/rules?name=charge.late_percent")
    assert (rule["value"], rule["second_person"]) == (10, True)  # before somebody else has confirmed it
    path, paper = "/rules/request.duplicate_hours/backdate", {**paper, "value": 3}
    await desks("manager", "POST", path, paper, status=204)
    (rule,) = await desks("manager", "GET", "/rules?name=request.duplicate_hours")
    assert (rule["value"], rule["second_person"]) == (3, False)
    assert rule["history"][-1]["source"] == paper["source"]
    assert rule["history"][-1]["recorded_by"] == change["proposed_by"]
