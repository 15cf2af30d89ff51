"""What is paid, to whom and to which account, at every desk over HTTP."""

from tests.api.bureau import FILE, Bureau

ACCOUNT = "/companies/{}/bank-account"


async def test_the_payment_file_lists_what_is_approved_and_unpaid_with_the_account_that_was_approved(
    bureau: Bureau,
) -> None:
    own = bureau.companies[0]
    march = (await bureau.paper_of(own, "2026-03"))["id"]
    await bureau("own", "POST", f"/statements/{march}/confirmation")
    assert await bureau("cashier", "GET", FILE.format("2026-03")) == []
    await bureau("second", "POST", f"/statements/{march}/approval")
    (row,) = await bureau("cashier", "GET", FILE.format("2026-03"))
    assert (row["statement_id"], row["account"], row["fen"]) == (march, "622200001111", 5130)
    assert (row["yuan"], row["words"]) == ("51.30", "伍拾壹元叁角整")
    again = "statement.cannot_move"
    await bureau("second", "POST", f"/statements/{march}/approval", status=409, code=again)

    # An account that changes after the approval is not paid to before it has been approved too.
    await bureau("decider", "PUT", ACCOUNT.format(own), {"number": "6222 0000 9999"})
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
    await bureau("second", "POST", f"/statements/{march}/approval")
    assert await bureau("cashier", "GET", FILE.format("2026-03")) == []
    paying, missing = {"reference": "bank 1"}, "statement.no_bank_account"
    await bureau("cashier", "POST", f"/statements/{march}/payment", paying, status=409, code=missing)
    await bureau("decider", "PUT", ACCOUNT.format(own), {"number": "6222 0000 9999"})
    await bureau("second", "POST", f"/statements/{march}/approval")
    assert (await bureau("cashier", "POST", f"/statements/{march}/payment", paying, status=201))["fen"] == 5130
