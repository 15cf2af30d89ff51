"""A disputed line from the objection to the payment of its correction, at every desk over HTTP."""

from kit.ids import new_id
from tests.api.bureau import LINES, Bureau

UPHELD = {"upheld": True, "forgiven": ["late"], "note": "the road was closed"}
REJECTED = {"upheld": False, "note": "the road was open"}


async def test_an_upheld_dispute_is_paid_with_the_next_month_and_the_paid_paper_stays(bureau: Bureau) -> None:
    own = bureau.companies[0]
    march = (await bureau.paper_of(own, "2026-03"))["id"]
    line = await bureau.late_line(march)
    raised = await bureau("own", "POST", f"/statement-lines/{line}/dispute", {"reason": "road closed"}, status=201)
    assert (raised["state"], raised["line_id"], raised["forgiven"]) == ("open", line, [])
    await bureau("own", "POST", f"/statements/{march}/confirmation", status=409, code="statement.disputes_open")
    (listed,) = await bureau("drawer", "GET", f"/statements/{march}/disputes")
    assert listed == raised
    decided = await bureau("decider", "POST", f"/disputes/{raised['id']}/decision", UPHELD)
    assert (decided["state"], decided["forgiven"], decided["note"]) == ("upheld", ["late"], UPHELD["note"])
    assert await bureau("own", "GET", f"/statements/{march}/disputes") == [decided]
    before = await bureau("own", "GET", LINES.format(march))
    paid = await bureau.close(march)
    assert paid["fen"] == 2700 + 2430

    await bureau.months_later(2)
    running = await bureau("own", "GET", "/statements/running?month=2026-04")
    assert (running["lines"], running["payable_fen"], running["subsidised_fen"]) == (2, 300, 270)
    await bureau("drawer", "POST", "/statements", {"month": "2026-04"}, status=201)
    april = await bureau.paper_of(own, "2026-04")
    assert (april["lines"], april["payable_fen"], april["subsidised_fen"], april["own_fen"]) == (2, 300, 270, 30)
    lines = await bureau("own", "GET", LINES.format(april["id"]))
    assert [(charged["charge"]["kind"], charged["charge"]["payable_fen"]) for charged in lines] == [
        ("reversal", -2700),
        ("charge", 3000),
    ]
    assert lines[1]["charge"]["facts"]["forgiven"] == ["late"]
    assert (await bureau.close(april["id"]))["fen"] == 270
    # what was paid stands as it was, line by line and as a whole
    assert await bureau("own", "GET", LINES.format(march)) == before
    again = await bureau("drawer", "POST", f"/statements/{march}/recomputation")
    assert again["equal"]
    assert again["differences"] == []
    why = await bureau("drawer", "GET", f"/statement-lines/{line}/explanation")
    assert (why["statement_id"], why["agrees"], why["kind"]) == (march, True, "charge")
    assert [(step["what"], step["fen"]) for step in why["steps"]] == [
        ("claimed", 3000),
        ("late", -300),
        ("payable", 2700),
        ("subsidised", 2430),
        ("own", 270),
    ]
    assert why["visit_event"] > why["price_event"] > 0
    await bureau("own", "GET", f"/statement-lines/{line}/explanation", status=403, code="actor.not_allowed")
    await bureau("drawer", "GET", f"/statement-lines/{new_id()}/explanation", status=404, code="line.not_found")


async def test_a_rejected_dispute_changes_no_fen(bureau: Bureau) -> None:
    march = (await bureau.paper_of(bureau.companies[0], "2026-03"))["id"]
    line = await bureau.late_line(march)
    raised = await bureau("own", "POST", f"/statement-lines/{line}/dispute", {"reason": "road closed"}, status=201)
    decided = await bureau("decider", "POST", f"/disputes/{raised['id']}/decision", {**REJECTED, "forgiven": ["late"]})
    assert (decided["state"], decided["forgiven"]) == ("rejected", [])
    assert (await bureau.close(march))["fen"] == 5130
    await bureau.months_later(2)
    assert (await bureau("own", "GET", "/statements/running?month=2026-04"))["lines"] == 0
    assert await bureau("drawer", "POST", "/statements", {"month": "2026-04"}, status=201) == []


async def test_a_dispute_is_raised_once_decided_once_and_by_somebody_else(bureau: Bureau) -> None:
    own, other = bureau.companies
    march = (await bureau.paper_of(own, "2026-03"))["id"]
    line = await bureau.late_line(march)
    path, reason = f"/statement-lines/{line}/dispute", {"reason": "road closed"}
    missing = await bureau("own", "POST", f"/statement-lines/{new_id()}/dispute", reason, status=404)
    assert await bureau("other", "POST", path, reason, status=404, code="line.not_found") == missing
    for blank in ({"reason": "  "}, {}):
        await bureau("own", "POST", path, blank, status=422, code="input.invalid")
    for name in ("drawer", "decider"):
        await bureau(name, "POST", path, reason, status=403, code="actor.not_allowed")
    raised = await bureau("own", "POST", path, reason, status=201)
    await bureau("own", "POST", path, reason, status=409, code="line.disputed_already")
    await bureau("other", "GET", f"/statements/{march}/disputes", status=404, code="statement.not_found")
    statement = await bureau("own", "GET", f"/statements/{march}")
    assert statement == await bureau.paper_of(own, "2026-03")
    missing = await bureau("other", "GET", f"/statements/{new_id()}", status=404)
    assert await bureau("other", "GET", f"/statements/{march}", status=404, code="statement.not_found") == missing

    decision = f"/disputes/{raised['id']}/decision"
    for name in ("own", "drawer"):
        await bureau(name, "POST", decision, REJECTED, status=403, code="actor.not_allowed")
    await bureau("decider", "POST", f"/disputes/{new_id()}/decision", REJECTED, status=404, code="dispute.not_found")
    for nothing in ([], ["short"], ["unproven"]):
        form = {**UPHELD, "forgiven": nothing}
        await bureau("decider", "POST", decision, form, status=422, code="dispute.cannot_forgive")
    await bureau("decider", "POST", decision, UPHELD)
    for form in (UPHELD, REJECTED):
        await bureau("second", "POST", decision, form, status=409, code="dispute.decided_already")
    await bureau("own", "POST", f"/statements/{march}/confirmation")
    who_decided = "statement.second_person_wanted"
    await bureau("decider", "POST", f"/statements/{march}/approval", status=403, code=who_decided)

    lines = await bureau("own", "GET", LINES.format(march))
    rest = next(row["id"] for row in lines if row["id"] != line)
    await bureau("own", "POST", f"/statement-lines/{rest}/dispute", reason, status=409, code="statement.cannot_move")
    await bureau.review(march)
    await bureau("second", "POST", f"/statements/{march}/approval")
    await bureau("own", "POST", f"/statement-lines/{rest}/dispute", reason, status=409, code="statement.cannot_move")
    theirs = (await bureau.paper_of(other, "2026-03"))["id"]
    await bureau("own", "POST", f"/statements/{theirs}/confirmation", status=404, code="statement.not_found")
