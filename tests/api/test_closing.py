"""A month is closed and a year's budget spent, at every desk over HTTP."""

from kit.access.actor import SYSTEM
from providers.settlement.closing import operations as closing
from tests.api.bureau import Bureau


async def test_a_month_is_closed_when_it_is_paid_and_stays_closed(bureau: Bureau) -> None:
    own, other = bureau.companies
    form = {"month": "2026-03"}
    unpaid = await bureau("decider", "POST", "/closed-months", form, status=409, code="month.not_paid")
    assert unpaid["parameters"] == {"month": "2026-03", "count": 2}
    await bureau("decider", "POST", "/closed-months", {"month": "2026-04"}, status=409, code="month.not_over")
    await bureau("decider", "POST", "/closed-months", {"month": "2026-13"}, status=422, code="input.invalid")
    await bureau("own", "POST", "/closed-months", form, status=403, code="actor.not_allowed")
    assert await bureau("drawer", "GET", "/closed-months") == []
    await bureau.close((await bureau.paper_of(own, "2026-03"))["id"])
    theirs = (await bureau.paper_of(other, "2026-03"))["id"]
    await bureau("other", "POST", f"/statements/{theirs}/confirmation")
    await bureau.review(theirs)
    await bureau("second", "POST", f"/statements/{theirs}/approval")
    await bureau("cashier", "POST", f"/statements/{theirs}/payment", {"reference": "bank 2"}, status=201)
    closed = await bureau("decider", "POST", "/closed-months", form, status=201)
    assert (closed["month"], closed["statements"], closed["subsidised_fen"]) == ("2026-03", 2, 10_260)
    assert await bureau("drawer", "GET", "/closed-months") == [closed]
    await bureau("decider", "POST", "/closed-months", form, status=409, code="month.closed")
    refused = await bureau("drawer", "POST", "/statements", form, status=409, code="month.closed")
    assert refused["parameters"] == {"month": "2026-03", "last": "2026-03"}

    # A visit of March that becomes known now is stated in April.
    await bureau.visit_again(own)
    await bureau.months_later(2)
    await bureau("drawer", "POST", "/statements", {"month": "2026-04"}, status=201)
    april = await bureau.paper_of(own, "2026-04")
    (line,) = await bureau("own", "GET", f"/statements/{april['id']}/lines")
    assert line["charge"]["month"] == "2026-03"


async def test_a_share_of_the_budget_that_is_reached_is_a_case_for_the_manager(bureau: Bureau) -> None:
    budget = await bureau("drawer", "GET", "/budget")
    assert (budget["year"], budget["cap_fen"], budget["spent_fen"], budget["percent"]) == (2026, 500_000_000, 10_260, 0)
    rule = {"value": 100_000, "valid_from": "2026-01-01T00:00:00+08:00", "source": "the council's paper"}
    await bureau.in_force("decider", "POST", "/rules/budget.year_fen/backdate", rule)
    for _ in range(27):
        await bureau.visit_again(bureau.companies[0])
    async with bureau.works(SYSTEM("ticker")) as work:
        assert await closing.report_budget(work) == 1
    await bureau.drain()
    budget = await bureau("second", "GET", "/budget?year=2026")
    assert (budget["cap_fen"], budget["spent_fen"], budget["percent"]) == (100_000, 83_160, 83)
    assert budget["reported"] == [80]
    (case,) = await bureau("decider", "GET", "/cases")
    assert (case["kind"], case["owner_role"]) == ("budget_reached", "manager")
    facts = {name: case["facts"][name] for name in ("year", "percent", "fen", "cap_fen")}
    assert facts == {"year": 2026, "percent": 80, "fen": 83_160, "cap_fen": 100_000}
    assert (await bureau("drawer", "GET", "/budget?year=2025"))["spent_fen"] == 0
    await bureau("own", "GET", "/budget", status=403, code="actor.not_allowed")
    await bureau("drawer", "GET", "/budget?year=1999", status=422, code="input.invalid")
