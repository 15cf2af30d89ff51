"""What is looked at before money leaves, at every desk over HTTP."""

from kit.access.actor import SYSTEM
from kit.ids import new_id
from providers.settlement import month
from providers.settlement.review import queries as draws
from tests.api.bureau import GOOD, LINES, Bureau
from tests.api.world import World
from tests.conftest import drained


async def test_a_draw_is_published_with_its_list_to_the_bureau_and_to_the_company_itself(bureau: Bureau) -> None:
    own, other = bureau.companies
    draws = await bureau("drawer", "GET", "/review-draws?month=2026-03")
    assert {draw["provider_id"] for draw in draws} == {str(own), str(other)}
    for draw in draws:
        paper = await bureau.paper_of(own if draw["provider_id"] == str(own) else other, "2026-03")
        assert (draw["statement_id"], draw["visits"], draw["drawn"], draw["percent"]) == (paper["id"], 2, 1, 5)
        assert len(bytes.fromhex(draw["seed"])) == 32
    (mine,) = await bureau("own", "GET", "/review-draws?month=2026-03")
    assert mine["provider_id"] == str(own)
    assert await bureau("decider", "GET", "/review-draws?month=2026-04") == []


async def test_nothing_is_approved_before_every_line_for_review_was_looked_at(bureau: Bureau) -> None:
    own = bureau.companies[0]
    march = (await bureau.paper_of(own, "2026-03"))["id"]
    (line,) = await bureau("cashier", "GET", f"/statements/{march}/reviews")
    assert (line["reasons"], line["stands"], line["note"], line["decided_at"]) == (["drawn"], None, None, None)
    await bureau("own", "POST", f"/statements/{march}/confirmation")
    waiting = await bureau("second", "POST", f"/statements/{march}/approval", status=409, code="statement.review_open")
    assert waiting["parameters"] == {"count": 1}

    path = f"/statement-lines/{line['line_id']}/review"
    for blank in ({"stands": True, "note": "  "}, {"stands": True}, {"note": "x"}):
        await bureau("second", "POST", path, blank, status=422, code="input.invalid")
    for name in ("own", "other"):
        await bureau(name, "POST", path, GOOD, status=403, code="actor.not_allowed")
    await bureau("drawer", "POST", path, GOOD, status=403, code="statement.second_person_wanted")
    missing = f"/statement-lines/{new_id()}/review"
    await bureau("second", "POST", missing, GOOD, status=404, code="review.not_found")
    lines = await bureau("own", "GET", LINES.format(march))
    (unasked,) = [row["id"] for row in lines if row["id"] != line["line_id"]]
    await bureau("second", "POST", f"/statement-lines/{unasked}/review", GOOD, status=404, code="review.not_found")

    decided = await bureau("second", "POST", path, GOOD)
    assert (decided["stands"], decided["note"], decided["visit_id"]) == (True, GOOD["note"], line["visit_id"])
    await bureau("second", "POST", path, GOOD, status=409, code="review.decided_already")
    # The company reads what was said of its own lines, and of nobody else's.
    assert await bureau("own", "GET", f"/statements/{march}/reviews") == [decided]
    nobodys = await bureau("other", "GET", f"/statements/{new_id()}/reviews", status=404)
    hidden = await bureau("other", "GET", f"/statements/{march}/reviews", status=404, code="statement.not_found")
    assert hidden == nobodys
    await bureau("second", "POST", f"/statements/{march}/approval")


async def test_what_a_rule_names_is_reviewed_beside_what_is_drawn(bureau: Bureau) -> None:
    since = "2026-01-01T00:00:00+08:00"
    rule = {"value": 3000, "valid_from": since, "source": "a paper of the district"}
    await bureau.in_force("decider", "POST", "/rules/review.amount_fen/backdate", rule)
    await bureau.visit_again(bureau.companies[0], grade="P")
    await bureau.months_later(2)
    await bureau("drawer", "POST", "/statements", {"month": "2026-04"}, status=201)
    april = (await bureau.paper_of(bureau.companies[0], "2026-04"))["id"]
    (line,) = await bureau("decider", "GET", f"/statements/{april}/reviews")
    assert line["reasons"] == ["drawn", "grade", "amount"]


async def test_a_line_that_does_not_stand_is_taken_back_and_the_manager_decides_anew(world: World) -> None:
    company = world.lived.companies[0]
    papers = (await world.ask("finance", "GET", "/statements?month=2026-04")).json()["items"]
    april = next(paper["id"] for paper in papers if paper["provider_id"] == str(company.id))
    reviews = (await world.ask("finance", "GET", f"/statements/{april}/reviews")).json()["items"]
    line = next(row for row in reviews if row["stands"] is None)
    visit = line["visit_id"]
    before = (await world.ask("finance", "GET", f"/visits/{visit}/charges")).json()["items"]
    bad = {"stands": False, "note": "nobody answered the landline"}
    answer = await world.ask("finance", "POST", f"/statement-lines/{line['line_id']}/review", json=bad)
    assert (answer.status_code, answer.json()["stands"]) == (200, False)
    await world.plain.execute("delete from dead_letter")  # planted ones
    await drained(world.works)
    held = (await world.ask("manager", "GET", f"/visits/{visit}")).json()
    assert (held["state"], "not_passed" in held["flags"]) == ("held", True)
    charges = (await world.ask("finance", "GET", f"/visits/{visit}/charges")).json()["items"]
    assert (len(charges) - len(before), sum(row["payable_fen"] for row in charges)) == (2, 0)
    assert charges[-1]["facts"]["void"] == "held"
    cases = (await world.ask("manager", "GET", f"/cases/about/{visit}")).json()["items"]
    assert "visit_held" in {case["kind"] for case in cases if case["state"] != "closed"}

    decision = {"stands": True, "reason": "the family shows the worker's note"}
    assert (await world.ask("manager", "POST", f"/visits/{visit}/decision", json=decision)).status_code == 200
    await drained(world.works)
    charges = (await world.ask("finance", "GET", f"/visits/{visit}/charges")).json()["items"]
    assert sum(row["payable_fen"] for row in charges) == sum(row["payable_fen"] for row in before) > 0
    async with world.works(SYSTEM("test")) as work:
        assert (await draws.replayed(work, "2026-04")).disagreements == []
        assert (await month.replayed(work, "2026-04")).disagreements == []
