"""What a bureau and its companies change of the catalogue, prices, accounts and rosters, over HTTP."""

from typing import Any

from kit.ids import new_id
from tests.api.bureau import FILE, LINES, Bureau

WINDOWS: dict[str, Any] = {
    "code": "B91",
    "category": "B",
    "name": "擦窗",
    "unit": "次",
    "minutes": 60,
    "skill": "S0",
    "fen": 3000,
    "active_from": "2026-04-01",
}
WORKER: dict[str, Any] = {
    "name": "示例服务员",
    "sex": "female",
    "latitude": 38.3045,
    "longitude": 116.8388,
    "papers": [{"skill": "S1", "number": "HLY-1", "valid_from": "2026-01-01", "expires_on": "2026-05-01"}],
}
HOURS = {"weekdays": 31, "from_minute": 480, "to_minute": 1020, "valid_from": "2026-01-01"}


async def test_services_are_added_shipped_priced_and_retired(bureau: Bureau) -> None:
    added = await bureau("decider", "POST", "/catalogue", WINDOWS, status=201)
    assert (added["code"], added["price_fen"], added["window_to"]) == ("B91", 3000, 1440)
    await bureau("decider", "POST", "/catalogue", WINDOWS, status=409, code="item.taken")
    hours = {**WINDOWS, "code": "B92", "window_from": 900, "window_to": 600}
    await bureau("decider", "POST", "/catalogue", hours, status=422, code="item.invalid")
    await bureau("own", "POST", "/catalogue", WINDOWS, status=403, code="actor.not_allowed")
    shipped = await bureau("decider", "POST", "/catalogue/shipped", status=201)
    assert len(shipped["codes"]) == 25
    assert (await bureau("decider", "POST", "/catalogue/shipped", status=201))["codes"] == []
    price = {"fen": 3500, "valid_from": "2026-06-01"}
    await bureau.in_force("decider", "POST", "/catalogue/B91/prices", price)
    history = await bureau("own", "GET", "/catalogue/B91/prices")
    assert [(row["fen"], row["valid_from"]) for row in history] == [(3000, "2026-04-01"), (3500, "2026-06-01")]
    early = {"active_to": "2026-04-01"}
    await bureau("decider", "POST", "/catalogue/B91/retirement", early, status=422, code="item.retired_before_it_began")
    await bureau("decider", "POST", "/catalogue/Z99/retirement", early, status=404, code="item.unknown")
    retired = await bureau("decider", "POST", "/catalogue/B91/retirement", {"active_to": "2026-05-01"})
    assert retired == {"code": "B91", "active_from": "2026-04-01", "active_to": "2026-05-01"}
    for day, there in (("2026-04-30", True), ("2026-05-01", False)):
        listed = await bureau("own", "GET", f"/catalogue?on={day}")
        assert ("B91" in {item["code"] for item in listed}) is there


async def test_a_price_recorded_late_is_made_good_in_the_next_statement(bureau: Bureau) -> None:
    own = bureau.companies[0]
    march = (await bureau.paper_of(own, "2026-03"))["id"]
    before = await bureau("own", "GET", LINES.format(march))
    paper = {"fen": 3300, "valid_from": "2026-03-01"}
    await bureau.in_force("decider", "POST", "/catalogue/B01/prices", paper)
    late = {"month": "2026-03", "item_code": "B01", "provider_id": str(own)}
    await bureau("decider", "POST", "/adjustments", late, status=403, code="actor.not_allowed")
    nobody = {**late, "provider_id": str(new_id())}
    await bureau("drawer", "POST", "/adjustments", nobody, status=404, code="company.not_found")
    await bureau("drawer", "POST", "/adjustments", {**late, "item_code": "Z99"}, status=404, code="item.unknown")
    for visits in (2, 0):
        adjusted = await bureau("drawer", "POST", "/adjustments", late, status=201)
        assert adjusted == {"month": "2026-03", "visits": visits}
    running = await bureau("own", "GET", "/statements/running?month=2026-04")
    # 30 yuan and 27 (late) become 33 and 29.70; the quota held bounds the public share at 27 yuan a visit
    assert (running["lines"], running["payable_fen"], running["subsidised_fen"]) == (4, 570, 243)
    assert (await bureau("drawer", "POST", "/adjustments", {"month": "2026-03"}, status=201))["visits"] == 2
    assert await bureau("own", "GET", LINES.format(march)) == before
    balances = await bureau("drawer", "GET", "/ledger/balances")
    assert (sum(balances.values()), balances["treasury"]) == (0, 0)
    assert balances["subsidy"] == -balances["due"] == 2 * (5130 + 243)
    await bureau("own", "GET", "/ledger/balances", status=403, code="actor.not_allowed")


async def test_who_sets_a_companys_account_does_not_pay_to_it(bureau: Bureau) -> None:
    own = bureau.companies[0]
    path = f"/companies/{own}/bank-account"
    account = await bureau("own", "GET", path)
    assert account["number"] == "********1111"
    await bureau("own", "PUT", path, {"number": "6222 0000 3333"}, status=403, code="actor.not_allowed")
    missing = await bureau("other", "GET", f"/companies/{new_id()}/bank-account", status=404)
    assert await bureau("other", "GET", path, status=404, code="company.not_found") == missing
    for wrong in ("1234 abcd 5678", "1234 567"):
        await bureau("cashier", "PUT", path, {"number": wrong}, status=422)
    taken = {"number": "6222-0000-2222"}
    await bureau("cashier", "PUT", path, taken, status=409, code="company.bank_account_taken")
    await bureau.in_force("cashier", "PUT", path, {"number": "6222 0000 3333"})
    changed = await bureau("decider", "GET", path)
    assert (changed["number"], changed["set_at"]) == ("********3333", "2026-04-04T01:00:00Z")
    march = (await bureau.paper_of(own, "2026-03"))["id"]
    await bureau("own", "POST", f"/statements/{march}/confirmation")
    await bureau.review(march)
    await bureau("second", "POST", f"/statements/{march}/approval")
    rows = await bureau("cashier", "GET", FILE.format("2026-03"))
    assert [(row["provider_id"], row["account"]) for row in rows] == [(str(own), "622200003333")]
    payment, alone = {"reference": "bank 1"}, "statement.second_person_wanted"
    await bureau("cashier", "POST", f"/statements/{march}/payment", payment, status=403, code=alone)
    assert (await bureau("drawer", "POST", f"/statements/{march}/payment", payment, status=403, code=alone))["code"]


async def test_absences_are_shortened_shifts_ended_and_certificates_listed(bureau: Bureau) -> None:
    own = bureau.companies[0]
    worker = (await bureau("own", "POST", f"/companies/{own}/workers", WORKER, status=201))["id"]
    paper = {"skill": "S4", "number": "N-1", "valid_from": "2026-01-01", "expires_on": "2027-01-01"}
    added = await bureau("own", "POST", f"/workers/{worker}/certificates", paper, status=201)
    papers = await bureau("own", "GET", f"/workers/{worker}/certificates")
    assert [certificate["number"] for certificate in papers] == ["N-1", "HLY-1"]
    assert papers[0] == added
    listed = await bureau("decider", "GET", f"/companies/{own}/certificates?until=2026-05-01")
    assert listed == papers[1:]
    assert await bureau("decider", "GET", f"/companies/{own}/certificates?until=2026-04-30") == []

    away = {"from_at": "2026-04-06T08:00:00+08:00", "until_at": "2026-04-08T18:00:00+08:00", "reason": "ill"}
    absence = await bureau("own", "POST", f"/workers/{worker}/absences", away, status=201)
    assert await bureau("own", "GET", f"/workers/{worker}/absences") == [absence]
    path = f"/absences/{absence['id']}/return"
    for instant in ("2026-04-09T08:00:00+08:00", "2026-04-06T08:00:00+08:00"):
        await bureau("own", "POST", path, {"until_at": instant}, status=422, code="absence.invalid")
    noon = {"until_at": "2026-04-07T12:00:00+08:00"}
    assert (await bureau("own", "POST", path, noon))["until_at"] == "2026-04-07T04:00:00Z"
    missing = await bureau("other", "POST", f"/absences/{new_id()}/return", noon, status=404)
    assert await bureau("other", "POST", path, noon, status=404, code="absence.not_found") == missing

    shift = await bureau("own", "POST", f"/workers/{worker}/shifts", HOURS, status=201)
    end = f"/shifts/{shift['id']}/end"
    for day in ("2026-01-01", "2026-04-01"):
        await bureau("own", "POST", end, {"on": day}, status=422, code="shift.invalid")
    ended = await bureau("own", "POST", end, {"on": "2026-05-01"})
    assert ended == {**shift, "valid_to": "2026-05-01"}
    await bureau("own", "POST", end, {"on": "2026-06-01"}, status=422, code="shift.invalid")
    missing = await bureau("other", "POST", f"/shifts/{new_id()}/end", {"on": "2026-05-01"}, status=404)
    assert await bureau("other", "POST", end, {"on": "2026-05-01"}, status=404, code="shift.not_found") == missing
    for what in ("absences", "certificates", "shifts"):
        await bureau("other", "GET", f"/workers/{worker}/{what}", status=404, code="worker.not_found")


async def test_always_above_speaks_of_the_worst_month(bureau: Bureau) -> None:
    said = await bureau("own", "GET", "/rates/always?month=2026-03&month=2026-02")
    assert (said["months"], said["percent"], said["worst"]) == (2, None, None)
    assert said["too_small"] == ["2026-02", "2026-03"]
    await bureau("own", "GET", "/rates/always", status=422, code="input.invalid")
