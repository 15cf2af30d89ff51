"""What the call centre and its managers do by HTTP: requests, standing orders, call-backs, complaints, cases."""

from datetime import date, timedelta
from typing import Any

from dispatch.requests import operations as requests
from events.contracts.care_requests import CareRequestCancelled
from events.contracts.escalations import CaseClosed
from events.contracts.feedback import ComplaintDecided, ComplaintReceived
from kit import clock as clocks
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.ids import new_id
from tests.api.lives import MARKS
from tests.api.test_desks import PROVIDER, WORKER, Desks, desks
from tests.api.world import World

__all__ = ["desks"]
"""The fixture, so that pytest finds it here too."""

OTHER = f"{MARKS[1]}.{Role.PROVIDER}"


async def _visit(desks: Desks, state: str) -> dict[str, Any]:
    return next(row for row in await desks(PROVIDER, "GET", "/visits?limit=500") if row["state"] == state)


async def test_a_request_is_read_by_whom_it_concerns_and_withdrawn_with_its_visit(world: World, desks: Desks) -> None:
    own, other = world.lived.companies[:2]
    visit = await _visit(desks, "accepted")
    path = f"/requests/{visit['request_id']}"
    request = await desks("operator", "GET", path)
    assert (request["state"], request["person_id"]) == ("accepted", visit["person_id"])
    assert await desks("clerk", "GET", path) == request
    missing = await desks("clerk", "GET", f"/requests/{new_id()}", status=404, code="request.not_found")
    assert await desks("clerk.minors", "GET", path, status=404, code="request.not_found") == missing
    await desks(PROVIDER, "GET", path, status=403, code="actor.not_allowed")

    (mine,) = await desks("operator", "GET", f"{path}/decisions/{own.id}")
    (theirs,) = await desks("auditor", "GET", f"{path}/decisions/{other.id}")
    assert (mine["chosen"], mine["rank"], mine["gap_points"]) == (True, 1, 0)
    assert (theirs["chosen"], theirs["rank"], theirs["beaten"]) == (False, None, [])
    numbers = {number for row in theirs["ruled_out"] for number in row["worker_numbers"]}
    workers = await desks(OTHER, "GET", f"/companies/{other.id}/workers")
    assert numbers <= {worker["number"] for worker in workers}
    await desks("operator", "GET", f"{path}/decisions/{new_id()}", status=404, code="company.not_found")
    await desks(PROVIDER, "GET", f"{path}/decisions/{own.id}", status=403, code="actor.not_allowed")

    # A company is told the same of a request that it was offered, and of no other, not even that there is one.
    (shown,) = await desks(PROVIDER, "GET", f"{path}/explanation")
    assert shown == mine | {"attempt": None}
    await desks("operator", "GET", f"{path}/explanation", status=403, code="actor.not_allowed")
    for name, asked in ((OTHER, path), (PROVIDER, f"/requests/{new_id()}")):
        await desks(name, "GET", f"{asked}/explanation", status=404, code="decision.not_found")

    withdrawal = {"by": "family", "reason": "her daughter is visiting"}
    await desks("clerk", "POST", f"{path}/cancellation", withdrawal, status=403, code="actor.not_allowed")
    nobodys = f"/requests/{new_id()}/cancellation"
    await desks("operator", "POST", nobodys, withdrawal, status=404, code="request.not_found")
    withdrawn = await desks("operator", "POST", f"{path}/cancellation", withdrawal)
    assert (withdrawn["state"], withdrawn["reason"]) == ("cancelled", withdrawal["reason"])
    assert await desks("operator", "POST", f"{path}/cancellation", withdrawal) == withdrawn
    assert await desks.emitted(CareRequestCancelled, request_id=visit["request_id"], by="family") == 1
    await desks.drain()
    assert (await desks(PROVIDER, "GET", f"/visits/{visit['id']}"))["state"] == "cancelled"
    over = await _visit(desks, "verified")
    done = f"/requests/{over['request_id']}/cancellation"
    await desks("operator", "POST", done, withdrawal, status=409, code="request.not_allowed")


async def test_a_standing_order_is_placed_paused_and_ended(world: World, desks: Desks) -> None:
    person = str(world.lived.companies[0].elders[0])
    form = {"person_id": person, "item_code": "A01", "weekdays": 127, "from_minute": 630, "to_minute": 750}
    wanted = {**form, "starts_on": "2026-06-01"}
    early = {**form, "starts_on": "2026-05-05"}
    await desks("operator", "POST", "/standing-orders", early, status=422, code="standing_order.starts_too_soon")
    nobody = {**wanted, "person_id": str(new_id())}
    await desks("operator", "POST", "/standing-orders", nobody, status=404, code="person.not_found")
    await desks("manager", "POST", "/standing-orders", wanted, status=403, code="actor.not_allowed")
    order = await desks("operator", "POST", "/standing-orders", wanted, status=201)
    assert (order["state"], order["person_id"], order["paused_from"]) == ("active", person, None)
    assert order in await desks("manager", "GET", f"/standing-orders?person_id={person}")

    path, pause = f"/standing-orders/{order['id']}", {"from_day": "2026-06-02", "until_day": "2026-06-04"}
    backwards = {"from_day": "2026-06-04", "until_day": "2026-06-02"}
    await desks("operator", "POST", f"{path}/pause", backwards, status=422, code="standing_order.days_invalid")
    paused = await desks("operator", "POST", f"{path}/pause", pause)
    assert (paused["paused_from"], paused["paused_until"]) == tuple(pause.values())
    for day in range(1, 6):
        async with world.works(SYSTEM("test")) as work:
            await requests.materialise(work, on=date(2026, 6, day))
    days = await desks("auditor", "GET", f"{path}/days")
    assert [row["day"] for row in days] == ["2026-06-05", "2026-06-04", "2026-06-01"]

    change = {"weekdays": 31, "quantity": 2, "from_minute": 645}
    changed = await desks("operator", "POST", f"{path}/amendment", change)
    assert {name: changed[name] for name in (*change, "to_minute", "starts_on")} == change | {
        "to_minute": 750,
        "starts_on": "2026-06-01",
    }
    for wrong, code in (
        ({"from_minute": 800}, "standing_order.invalid"),
        ({"quantity": 9}, "request.quantity_invalid"),
        ({"to_minute": 1300}, "request.outside_window"),
        ({"ends_on": "2026-05-30"}, "standing_order.days_invalid"),
    ):
        await desks("operator", "POST", f"{path}/amendment", wrong, status=422, code=code)
    second = await desks("operator", "POST", "/standing-orders", {**wanted, "weekdays": 96}, status=201)
    clash = {"weekdays": 16}
    other = f"/standing-orders/{second['id']}/amendment"
    await desks("operator", "POST", other, clash, status=409, code="standing_order.duplicate")
    await desks("operator", "POST", other, {**clash, "override_duplicate": True})
    await desks("operator", "POST", f"/standing-orders/{second['id']}/end", {"reason": "one is enough"})
    await desks("operator", "POST", f"{path}/amendment", {"weekdays": 127})
    await desks("manager", "POST", f"{path}/amendment", change, status=403, code="actor.not_allowed")

    reason = {"reason": "moves to her son"}
    assert (await desks("operator", "POST", f"{path}/end", reason))["state"] == "ended"
    for verb, again in (("end", reason), ("pause", pause), ("amendment", {"quantity": 1})):
        await desks("operator", "POST", f"{path}/{verb}", again, status=409, code="standing_order.ended")
        nothing = f"/standing-orders/{new_id()}/{verb}"
        await desks("operator", "POST", nothing, again, status=404, code="standing_order.not_found")
    async with world.works(SYSTEM("test")) as work:
        await requests.materialise(work, on=date(2026, 6, 8))
    assert await desks("auditor", "GET", f"{path}/days") == days


async def test_a_standing_order_is_another_from_a_day_on(world: World, desks: Desks) -> None:
    person = str(world.lived.companies[0].elders[0])
    form = {"person_id": person, "item_code": "A01", "weekdays": 127, "from_minute": 630, "to_minute": 750}
    wanted = {**form, "starts_on": "2026-05-11", "ends_on": "2026-07-01"}
    order = await desks("operator", "POST", "/standing-orders", wanted, status=201)
    path, change = f"/standing-orders/{order['id']}/amendment", {"weekdays": 31, "quantity": 2}
    for day, code in (
        ("2026-05-05", "standing_order.starts_too_soon"),
        ("2026-07-01", "standing_order.days_invalid"),
        ("2026-08-01", "standing_order.days_invalid"),
    ):
        await desks("operator", "POST", path, {**change, "from_day": day}, status=422, code=code)
    # before it has begun it is simply another
    early = await desks("operator", "POST", path, {"to_minute": 720, "from_day": "2026-05-08"})
    assert early == {**order, "to_minute": 720}
    pause = {"from_day": "2026-06-03", "until_day": "2026-06-05"}
    await desks("operator", "POST", f"/standing-orders/{order['id']}/pause", pause)
    later = await desks("operator", "POST", path, {**change, "from_day": "2026-06-01"})
    assert later["id"] != order["id"]
    assert {name: later[name] for name in (*change, "to_minute", "starts_on", "ends_on", "paused_from")} == {
        **change,
        "to_minute": 720,
        "starts_on": "2026-06-01",
        "ends_on": "2026-07-01",
        "paused_from": "2026-06-03",
    }
    rows = {row["id"]: row for row in await desks("operator", "GET", f"/standing-orders?person_id={person}")}
    assert (rows[order["id"]]["ends_on"], rows[order["id"]]["weekdays"]) == ("2026-06-01", 127)
    for due in (date(2026, 5, 30), date(2026, 5, 31), date(2026, 6, 1), date(2026, 6, 3), date(2026, 6, 6)):
        async with world.works(SYSTEM("test")) as work:
            await requests.materialise(work, on=due)
    days = {each: await desks("auditor", "GET", f"/standing-orders/{each}/days") for each in (order["id"], later["id"])}
    assert [row["day"] for row in days[order["id"]]] == ["2026-05-31", "2026-05-30"]
    assert [row["day"] for row in days[later["id"]]] == ["2026-06-01"]


async def test_an_elder_is_called_back_by_who_does_not_know_the_company(world: World, desks: Desks) -> None:
    first, *_ = await desks("operator", "GET", "/call-backs")
    assert not {"provider_id", "visit_id"} & first.keys()
    path = f"/call-backs/{first['id']}"
    bad = {"came": False, "stayed_minutes": None, "goods_instead": False, "score": None}
    unheard = {**bad, "score": 1}  # of a visit that nobody made
    await desks("operator", "POST", f"{path}/answers", unheard, status=422, code="callback.score_without_visit")
    await desks("operator", "POST", f"{path}/answers", {**bad, "score": 6}, status=422, code="input.invalid")
    await desks(PROVIDER, "POST", f"{path}/answers", bad, status=403, code="actor.not_allowed")
    shown = await desks("operator", "POST", f"{path}/answers", bad)
    assert shown["complaint_id"] in {row["id"] for row in await desks("manager", "GET", "/complaints")}
    assert await desks.emitted(ComplaintReceived, visit_id=shown["visit_id"]) == 1
    for verb, form in (("answers", bad), ("no-answer", None)):
        await desks("operator", "POST", f"{path}/{verb}", form, status=409, code="callback.finished")
        await desks("operator", "POST", f"/call-backs/{new_id()}/{verb}", form, status=404, code="callback.unknown")
    assert first["id"] not in {row["id"] for row in await desks("operator", "GET", "/call-backs")}


async def test_an_elder_who_does_not_answer_is_called_three_times_at_other_hours(world: World, desks: Desks) -> None:
    call_back, *_ = await desks("operator", "GET", "/call-backs")
    path = f"/call-backs/{call_back['id']}/no-answer"
    for state in ("asked", "asked", "not_reached"):
        assert (await desks("operator", "POST", path))["state"] == state
        code = "callback.finished" if state == "not_reached" else "callback.too_soon"
        await desks("operator", "POST", path, status=409, code=code)
        await desks.later(timedelta(hours=3))


async def test_a_seed_is_committed_before_its_list_is_known_and_then_shown_to_all(world: World, desks: Desks) -> None:
    today = clocks.day_of(world.works.clock.now())
    path = f"/call-back-draws/{today}"
    await desks("operator", "POST", path, status=403, code="actor.not_allowed")
    await desks("manager", "GET", path, status=404, code="draw.not_found")
    await desks("manager", "POST", f"{path}/drawing", status=409, code="draw.no_seed")
    committed = await desks("manager", "POST", path, status=201)
    await desks("manager", "POST", path, status=409, code="draw.seed_already_committed")
    yesterday = f"/call-back-draws/{today - timedelta(days=1)}"
    await desks("manager", "POST", yesterday, status=409, code="draw.seed_too_late")
    await desks("manager", "POST", f"{path}/drawing", status=409, code="draw.day_not_over")
    sealed = await desks("auditor", "GET", path)
    assert (sealed["seed_hash"], sealed["seed"], sealed["visits"]) == (committed["seed_hash"], None, [])
    await desks.later(timedelta(days=1))
    drawn = await desks("manager", "POST", f"{path}/drawing")
    assert await desks("manager", "POST", f"{path}/drawing") == drawn
    shown = await desks("auditor", "GET", path)
    assert (len(shown["visits"]), shown["list_hash"]) == (drawn["visits"], drawn["list_hash"])
    assert shown["seed"] is not None


async def test_a_complaint_goes_step_by_step_to_a_deduction_and_an_appeal(world: World, desks: Desks) -> None:
    visit = await _visit(desks, "verified")
    # April's complaint about this visit is still open.
    form = {"visit_id": visit["id"], "words": "nobody cleaned the windows", "override_duplicate": True}
    await desks(PROVIDER, "POST", "/complaints", form, status=403, code="actor.not_allowed")
    unknown = {**form, "visit_id": str(new_id())}
    await desks("operator", "POST", "/complaints", unknown, status=404, code="complaint.unknown_visit")
    complaint = await desks("operator", "POST", "/complaints", form, status=201)
    assert (complaint["state"], complaint["provider_id"]) == ("received", visit["provider_id"])
    assert await desks.emitted(ComplaintReceived, complaint_id=complaint["id"]) == 1
    path = f"/complaints/{complaint['id']}"
    assert (await desks("auditor", "GET", f"{path}/words"))["words"] == form["words"]
    await desks(PROVIDER, "GET", f"{path}/words", status=403, code="actor.not_allowed")

    upheld = {"step": "decide", "upheld": True, "deduction_percent": 50}
    await desks("manager", "POST", f"{path}/steps", upheld, status=409, code="complaint.wrong_state")
    await desks("operator", "POST", f"{path}/steps", upheld, status=403, code="actor.not_allowed")
    nobodys = f"/complaints/{new_id()}/steps"
    await desks("manager", "POST", nobodys, {"step": "acknowledge"}, status=404, code="complaint.unknown")
    for step, state in (("acknowledge", "acknowledged"), ("investigated", "investigated")):
        assert (await desks("manager", "POST", f"{path}/steps", {"step": step}))["state"] == state
    free = {**upheld, "deduction_percent": 0}
    await desks("manager", "POST", f"{path}/steps", free, status=422, code="complaint.deduction_out_of_range")
    charged = sum(row["payable_fen"] for row in await desks(PROVIDER, "GET", f"/visits/{visit['id']}/charges"))
    assert (await desks("manager", "POST", f"{path}/steps", upheld))["upheld"] is True
    assert await desks.emitted(ComplaintDecided, complaint_id=complaint["id"], deduction_percent=50) == 1
    await desks.drain()
    lines = await desks(PROVIDER, "GET", f"/visits/{visit['id']}/charges")
    assert sum(row["payable_fen"] for row in lines) < charged
    await desks("manager", "POST", f"{path}/steps", {"step": "close"}, status=409, code="complaint.not_remedied")
    for step, state in (("remedied", "remedied"), ("close", "closed"), ("appeal", "appealed")):
        assert (await desks("manager", "POST", f"{path}/steps", {"step": step}))["state"] == state
    steps = await desks("auditor", "GET", f"{path}/steps")
    walked = ["received", "acknowledged", "investigated", "decided", "remedied", "closed", "appealed"]
    assert [step["state"] for step in steps] == walked
    assert [step["due_at"] is None for step in steps] == [False, False, False, False, True, True, False]
    assert {step["by"] for step in steps[1:]} == {f"account:{world.lived.actors['manager'].account_id}"}
    await desks(PROVIDER, "GET", f"{path}/steps", status=403, code="actor.not_allowed")
    await desks("manager", "GET", nobodys, status=404, code="complaint.unknown")
    appealed = await desks("operator", "GET", "/complaints?state=appealed")
    assert [row["id"] for row in appealed] == [complaint["id"]]
    assert await desks("operator", "GET", "/complaints?state=remedied") == []
    # Who has decided does not decide on the appeal.
    await desks("manager", "POST", f"{path}/steps", upheld, status=403, code="complaint.same_decider")


async def test_a_case_is_taken_up_and_closed_with_a_reason(world: World, desks: Desks) -> None:
    case = next(row for row in await desks("operator", "GET", "/cases") if row["state"] == "open")
    path, reason = f"/cases/{case['id']}", {"reason": "called the family"}
    await desks("auditor", "POST", f"{path}/assignment", status=403, code="actor.not_allowed")
    for who in ("operator", "manager"):  # whoever takes it over has it
        taken = await desks(who, "POST", f"{path}/assignment")
        assert (taken["state"], taken["owner_id"]) == ("assigned", str(world.lived.actors[who].account_id))
    closed = await desks("operator", "POST", f"{path}/closing", reason)
    assert closed["state"] == "closed"
    assert await desks.emitted(CaseClosed, case_id=case["id"]) == 1
    assert case["id"] not in {row["id"] for row in await desks("manager", "GET", "/cases")}
    for verb, form in (("assignment", None), ("closing", reason)):
        await desks("operator", "POST", f"{path}/{verb}", form, status=409, code="case.closed")
        await desks("operator", "POST", f"/cases/{new_id()}/{verb}", form, status=404, code="case.not_found")
    for desk in (PROVIDER, WORKER, "clerk", "finance"):
        await desks(desk, "POST", f"{path}/closing", reason, status=403, code="actor.not_allowed")


async def test_every_companys_rate_is_read_by_the_desks_and_only_its_own_by_a_company(
    world: World, desks: Desks
) -> None:
    own = world.lived.companies[0]
    rates = await desks("manager", "GET", "/rates/companies?month=2026-03")
    assert {row["provider_id"] for row in rates} == {str(company.id) for company in world.lived.companies}
    mine = await desks(PROVIDER, "GET", "/rates/companies?month=2026-03")
    assert mine == [row for row in rates if row["provider_id"] == str(own.id)]
    await desks("operator", "GET", "/rates/companies?month=2026-13", status=422, code="input.invalid")
    await desks(WORKER, "GET", "/rates/companies?month=2026-03", status=403, code="actor.not_allowed")
