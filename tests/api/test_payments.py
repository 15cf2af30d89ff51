"""What is paid, to whom and to which account, at every desk over HTTP."""

from tests.api.bureau import FILE, Bureau

ACCOUNT = "/companies/{}/bank-account"


async def test_the_payment_file_lists_what_is_approved_and_unpaid_with_the_account_that_was_approved(
    bureau: Bureau,
) -> None:
    own = bureau.companies[0]
    march = (await bureau.paper_of(own, "2026-03"))["id"]
    await bureau("own", "POST", f"/statements/{march}/confirmation")
    await bureau.review(march)
    assert await bureau("cashier", "GET", FILE.format("2026-03")) == []
    await bureau("second", "POST", f"/statements/{march}/approval")
    (row,) = await bureau("cashier", "GET", FILE.format("2026-03"))
    assert (row["statement_id"], row["account"], row["fen"]) == (march, "622200001111", 5130)
    assert (row["yuan"], row["words"]) == ("51.30", "伍拾壹元叁角整")
    again = "statement.cannot_move"
    await bureau("second", "POST", f"/statements/{march}/approval", status=409, code=again)

    # An account that changes after the approval is not paid to before it has been approved too.
    await bureau.in_force("decider", "PUT", ACCOUNT.format(own), {"number": "6222 0000 9999"})
    assert await bureau("cashier", "GET", FILE.format("2026-03")) == []
    paying, changed = {"reference": "bank 1"}, "statement.bank_account_changed"
    await bureau("cashier", "POST", f"/statements/{march}/payment", paying, status=409, code=changed)
    await bureau("second", "POST", f"/statements/{march}/approval")
    (row,) = await bureau("cashier", "GET", FILE.format("2026-03"))
    assert row["account"] == "622200009999"
    await bureau("cashier", "POST", f"/statements/{march}/payment", paying, status=201)
    assert await bureau("cashier", "GET", FILE.format("2026-03")) == []
    await bureau("cashier", "POST", f"/statements/{march}/payment", paying, status=409, code=again)


async def test_a_company_without_an_account_is_not_paid(bureau: Bureau) -> None:
    own = bureau.companies[0]
    await bureau.forget_account(own)
    march = (await bureau.paper_of(own, "2026-03"))["id"]
    await bureau("own", "POST", f"/statements/{march}/confirmation")
    await bureau.review(march)
    await bureau("second", "POST", f"/statements/{march}/approval")
    assert await bureau("cashier", "GET", FILE.format("2026-03")) == []
    paying, missing = {"reference": "bank 1"}, "statement.no_bank_account"
    await bureau("cashier", "POST", f"/statements/{march}/payment", paying, status=409, code=missing)
    await bureau.in_force("decider", "PUT", ACCOUNT.format(own), {"number": "6222 0000 9999"})
    await bureau("second", "POST", f"/statements/{march}/approval")
    assert (await bureau("cashier", "POST", f"/statements/{march}/payment", paying, status=201))["fen"] == 5130


async def test_one_person_alone_changes_no_account_no_price_and_no_rule_about_money(bureau: Bureau) -> None:
    own = bureau.companies[0]
    rule = {"value": 20, "valid_from": "2026-05-01T00:00:00+08:00", "source": "decided"}
    late = {"value": 20, "valid_from": "2026-01-01T00:00:00+08:00", "source": "paper of 2 April"}
    proposed = [
        await bureau("decider", "PUT", ACCOUNT.format(own), {"number": "6222 0000 9999"}, status=202),
        await bureau("decider", "POST", "/catalogue/B01/prices", {"fen": 9900, "valid_from": "2026-03-01"}, status=202),
        await bureau("decider", "POST", "/rules/charge.late_percent", rule, status=202),
        await bureau("decider", "POST", "/rules/quota.carry_percent/backdate", late, status=202),
        await bureau("decider", "POST", "/rules/change.wait_hours", {**rule, "value": 1}, status=202),
    ]
    soon = {**rule, "valid_from": "2026-04-02T12:00:00+08:00"}
    await bureau("decider", "POST", "/rules/visit.early_minutes", soon, status=422, code="change.too_soon")
    assert await bureau("drawer", "GET", "/pending-changes") == proposed
    assert "622200009999" not in str(proposed)
    for change in proposed:
        path = f"/pending-changes/{change['id']}/confirmation"
        await bureau("decider", "POST", path, status=403, code="change.same_person")
        await bureau("second", "POST", path, status=409, code="change.waiting")
        await bureau("cashier", "POST", path, status=403, code="actor.not_allowed")
    unchanged = await bureau("own", "GET", ACCOUNT.format(own))
    assert unchanged["number"] == "********1111"
    assert [row["fen"] for row in await bureau("own", "GET", "/catalogue/B01/prices")] == [3000]
    withdrawn = await bureau("second", "POST", f"/pending-changes/{proposed[4]['id']}/withdrawal")
    assert withdrawn["state"] == "withdrawn"
    await bureau.later(hours=48)
    for change in proposed[:4]:
        confirmed = await bureau("second", "POST", f"/pending-changes/{change['id']}/confirmation")
        assert confirmed["state"] == "confirmed"
    for change in proposed:
        path, again = f"/pending-changes/{change['id']}/confirmation", "change.decided_already"
        await bureau("second", "POST", path, status=409, code=again)
    assert (await bureau("own", "GET", ACCOUNT.format(own)))["number"] == "********9999"
    assert [row["fen"] for row in await bureau("own", "GET", "/catalogue/B01/prices")] == [3000, 9900]
    (shown,) = await bureau("drawer", "GET", "/rules?name=quota.carry_percent")
    assert shown["value"] == 20
    missing = f"/pending-changes/{own}/confirmation"
    await bureau("second", "POST", missing, status=404, code="change.not_found")


async def test_who_set_a_price_or_made_a_line_does_not_approve_the_statement(bureau: Bureau) -> None:
    own = bureau.companies[0]
    march = (await bureau.paper_of(own, "2026-03"))["id"]
    await bureau("own", "POST", f"/statements/{march}/confirmation")
    await bureau.review(march)
    await bureau.in_force("decider", "POST", "/catalogue/B01/prices", {"fen": 3300, "valid_from": "2026-05-01"})
    alone = "statement.second_person_wanted"
    for name in ("decider", "second", "drawer"):
        await bureau(name, "POST", f"/statements/{march}/approval", status=403, code=alone)
    await bureau("cashier", "POST", f"/statements/{march}/approval")
