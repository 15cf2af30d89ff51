"""What the bank sends back, at every desk over HTTP: recorded, approved anew by somebody else, paid again."""

from typing import Any

from events.contracts.visits import VisitVoided
from kit.access.actor import SYSTEM
from kit.ids import new_id
from providers.settlement import month
from tests.api.bureau import FILE, Bureau
from tests.providers.handled import handle

BACK = {"reason": "account_closed", "reference": "RT-7", "returned_on": "2026-04-03"}


async def paid(bureau: Bureau) -> str:
    """Pay the own company's March on 2 April; the statement's id."""
    march = (await bureau.paper_of(bureau.companies[0], "2026-03"))["id"]
    await bureau.close(march)
    return str(march)


async def balances(bureau: Bureau) -> dict[str, int]:
    content: dict[str, int] = await bureau("drawer", "GET", "/ledger/balances")
    assert sum(content.values()) == 0
    return content


async def test_a_returned_payment_is_approved_by_somebody_else_and_paid_again(bureau: Bureau) -> None:
    own = bureau.companies[0]
    march = await paid(bureau)
    before = await balances(bureau)
    await bureau.later(hours=24)
    path = f"/statements/{march}/payment-return"
    back = await bureau("cashier", "POST", path, BACK, status=201)
    assert (back["fen"], back["reason"], back["statement_id"]) == (5130, "account_closed", march)
    after = await balances(bureau)
    assert (after["treasury"], after["due"]) == (before["treasury"] + 5130, before["due"] - 5130)

    paper = await bureau("own", "GET", f"/statements/{march}")
    assert (paper["state"], paper["approved_by"], paper["paid_at"]) == ("confirmed", None, None)
    assert await bureau("cashier", "GET", FILE.format("2026-03")) == []
    paying = {"reference": "bank 2"}
    moved = "statement.cannot_move"
    await bureau("cashier", "POST", f"/statements/{march}/payment", paying, status=409, code=moved)
    await bureau("cashier", "POST", path, BACK, status=409, code=moved)
    alone = "statement.second_person_wanted"
    await bureau("cashier", "POST", f"/statements/{march}/approval", status=403, code=alone)
    await bureau.in_force("decider", "PUT", f"/companies/{own}/bank-account", {"number": "6222 0000 9999"})
    await bureau("second", "POST", f"/statements/{march}/approval")
    (row,) = await bureau("cashier", "GET", FILE.format("2026-03"))
    assert (row["account"], row["fen"]) == ("622200009999", 5130)
    await bureau("cashier", "POST", f"/statements/{march}/payment", paying, status=201)
    assert await bureau("cashier", "GET", FILE.format("2026-03")) == []
    assert await balances(bureau) == before

    first, second = await bureau("own", "GET", f"/statements/{march}/payments")
    assert (first["payment"]["reference"], first["returned"]) == ("bank 1", back)
    assert (second["payment"]["reference"], second["returned"]) == ("bank 2", None)
    async with bureau.works(SYSTEM("test")) as work:
        assert (await month.replayed(work, "2026-03")).disagreements == []


async def test_only_a_payment_that_was_made_comes_back_once_and_between_its_day_and_today(bureau: Bureau) -> None:
    march = (await bureau.paper_of(bureau.companies[0], "2026-03"))["id"]
    path = f"/statements/{march}/payment-return"
    await bureau("cashier", "POST", path, BACK, status=409, code="statement.cannot_move")
    await bureau.close(march)
    await bureau.later(hours=24)
    invalid = "statement.return_day_invalid"
    for day in ("2026-04-01", "2026-04-04"):
        refused = await bureau("cashier", "POST", path, {**BACK, "returned_on": day}, status=422, code=invalid)
        assert refused["parameters"] == {"first": "2026-04-02", "last": "2026-04-03"}
    wrong: list[dict[str, Any]] = [{**BACK, "reason": "tired"}, {**BACK, "reference": " "}, {"reason": "bank"}]
    for form in wrong:
        await bureau("cashier", "POST", path, form, status=422, code="input.invalid")
    for name in ("own", "second"):
        await bureau(name, "POST", path, BACK, status=403, code="actor.not_allowed")
    missing = f"/statements/{new_id()}/payment-return"
    await bureau("cashier", "POST", missing, BACK, status=404, code="statement.not_found")
    await bureau("other", "GET", f"/statements/{march}/payments", status=404, code="statement.not_found")
    await bureau("drawer", "POST", path, {**BACK, "reason": "bank"}, status=201)


async def test_of_money_that_was_taken_back_nothing_comes_back(bureau: Bureau) -> None:
    march = await paid(bureau)
    own = bureau.companies[0]
    lines = await bureau("own", "GET", f"/statements/{march}/lines")
    for line in lines:
        ids = {"visit_id": line["charge"]["visit_id"], "request_id": new_id(), "provider_id": own}
        await handle(bureau.works, VisitVoided.model_validate({**ids, "reason": "in_hospital"}))
    await bureau.months_later(2)
    await bureau("drawer", "POST", "/statements", {"month": "2026-04"}, status=201)
    april = await bureau.paper_of(own, "2026-04")
    assert april["subsidised_fen"] == -5130
    await bureau.close(april["id"])
    form = {**BACK, "returned_on": "2026-05-03"}
    path = f"/statements/{april['id']}/payment-return"
    await bureau("cashier", "POST", path, form, status=409, code="statement.nothing_to_return")
