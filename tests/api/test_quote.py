"""What a request would come to is said before it is saved, and placing then comes to exactly that."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from dispatch.enrolment.model import Category
from dispatch.visits import operations as visits
from kit.access.actor import SYSTEM
from kit.ids import new_id
from tests.api.street import Street, instant

WRITTEN = ("care_request", "wallet_entry", "wallet", "visit", "decision_record", "event_log", "idempotency_key")
SAME = ("price_fen", "quota_held_fen", "own_fen")


@pytest.fixture
def ten(street: Street) -> datetime:
    return street.clock.now() + timedelta(hours=1)


def asked(elder: UUID, ten: datetime, **more: Any) -> dict[str, Any]:
    window = {"earliest": ten.isoformat(), "latest": (ten + timedelta(minutes=30)).isoformat()}
    return {"person_id": str(elder), "item_code": "B01", **window, **more}


async def quoted(street: Street, form: dict[str, Any], **more: Any) -> dict[str, Any]:
    return dict(await street("operator", "POST", "/requests/quote", form, **more))


def codes(quote: dict[str, Any]) -> list[str]:
    return [refusal["code"] for refusal in quote["refusals"]]


async def written(street: Street) -> dict[str, int]:
    async with street.works(SYSTEM("test")) as work:
        return {
            table: (await work.session.execute(text(f"select count(*) from {table}"))).scalar_one() for table in WRITTEN
        }


async def offer_of(street: Street, request: dict[str, Any]) -> dict[str, Any]:
    offers = await street("manager", "GET", "/offers")
    return next(row for row in offers if row["visit"]["request_id"] == request["id"])


@pytest.mark.parametrize("category", [Category.LOW_INCOME, Category.SELF_PAID])
@pytest.mark.parametrize("quantity", [1, 2])
async def test_placing_comes_to_what_the_quote_said(
    street: Street, ten: datetime, category: Category, quantity: int
) -> None:
    elder = await street.elder(category, 1)
    form = asked(elder, ten, quantity=quantity, accept_own_cost=True)
    quote = await quoted(street, form)
    assert quote["refusals"] == []
    placed = await street("operator", "POST", "/requests", form, status=201)
    assert [quote[name] for name in SAME] == [placed[name] for name in SAME]
    standing = await street("operator", "GET", f"/people/{elder}/standing")
    assert quote["quota_left_fen"] == standing["quota_left_fen"]
    await street.drain()
    visit = (await offer_of(street, placed))["visit"]
    (first, *_) = quote["companies"]
    assert (first["provider_id"], first["starts_at"]) == (visit["provider_id"], visit["planned_start"])
    assert (first["company_called"], first["worker_called"], first["second_worker_called"]) == (
        "company 0",
        "w师傅",
        None,
    )
    assert instant(quote["arrives_from"]) <= instant(first["starts_at"]) <= instant(quote["arrives_until"])
    assert (instant(quote["arrives_until"]), quote["relaxation"]) == (ten + timedelta(minutes=30), None)


async def test_a_quote_writes_nothing_and_holds_nothing(street: Street, ten: datetime) -> None:
    form = asked(await street.elder(), ten)
    before = await written(street)
    headers = {"Idempotency-Key": "quote-000001"}
    first = await quoted(street, form, headers=headers)
    assert await quoted(street, form, headers=headers) == first
    assert await written(street) == before
    await street.drain()
    assert await street("provider", "GET", "/offers") == []


async def test_a_duplicate_is_a_warning_with_the_other_number_and_the_company_is_named_all_the_same(
    street: Street, ten: datetime
) -> None:
    elder = await street.elder()
    placed = await street.call(elder, ten, ten + timedelta(minutes=30))
    quote = await quoted(street, asked(elder, ten + timedelta(hours=1)))
    assert codes(quote) == ["request.duplicate"]
    (warning,) = quote["refusals"]
    assert warning["parameters"]["case_no"] == placed["case_no"]
    assert placed["case_no"] in warning["detail"]
    assert quote["companies"]
    assert codes(await quoted(street, asked(elder, ten + timedelta(hours=1), override_duplicate=True))) == []


async def test_what_the_quota_does_not_bear_is_a_warning_with_the_own_share(street: Street, ten: datetime) -> None:
    elder = await street.elder(Category.KEY_GROUP, 1)
    quote: dict[str, Any] = {}
    for day in range(25):
        quote = await quoted(street, asked(elder, ten + timedelta(days=day), quantity=2))
        if quote["refusals"]:
            break
        form = asked(elder, ten + timedelta(days=day), quantity=2)
        await street("operator", "POST", "/requests", form, status=201)
    assert codes(quote) == ["request.over_quota"]
    assert quote["quota_left_fen"] == 0
    assert quote["price_fen"] == quote["quota_held_fen"] + quote["own_fen"]
    assert quote["own_fen"] > 0
    assert quote["companies"]
    urgent = await quoted(street, asked(elder, ten + timedelta(days=day), quantity=2, urgent=True))
    assert (codes(urgent), urgent["own_fen"]) == ([], quote["own_fen"])


async def test_all_refusals_are_said_at_once_and_nobody_is_looked_for(street: Street, ten: datetime) -> None:
    registered = await street.stage.add_elder()
    late = asked(registered, ten - timedelta(hours=9), item_code="Z99")
    quote = await quoted(street, late)
    assert codes(quote) == ["request.past", "request.not_enrolled", "request.item_unknown"]
    assert (quote["companies"], quote["price_fen"], quote["quota_left_fen"]) == ([], None, None)
    await street("operator", "POST", "/requests", late, status=422, code="request.past")
    night = await quoted(street, asked(await street.elder(), ten + timedelta(hours=14)))
    assert (codes(night), night["companies"]) == (["request.outside_window"], [])
    assert night["price_fen"] == 3000
    english = {"Accept-Language": "en"}
    (refusal,) = (await quoted(street, asked(registered, ten), headers=english))["refusals"]
    assert refusal["detail"].isascii()


async def test_who_may_not_place_may_not_ask_and_nobody_is_nobody(street: Street, ten: datetime) -> None:
    form = asked(await street.elder(), ten)
    for name in ("provider", "finance", "manager"):
        await street(name, "POST", "/requests/quote", form, status=403, code="actor.not_allowed")
    nobody = form | {"person_id": str(new_id())}
    await street("operator", "POST", "/requests/quote", nobody, status=404, code="person.not_found")
    more = form | {"source_key": "a"}
    await street("operator", "POST", "/requests/quote", more, status=422, code="input.invalid")


async def test_the_next_best_are_those_who_are_asked_after_a_refusal(street: Street, ten: datetime) -> None:
    for _ in range(3):
        await street.stage.add_company()
    form = asked(await street.elder(), ten)
    quote = await quoted(street, form)
    assert len(quote["companies"]) == 3
    placed = await street("operator", "POST", "/requests", form, status=201)
    await street.drain()
    for company in quote["companies"]:
        offer = await offer_of(street, placed)
        assert offer["visit"]["provider_id"] == company["provider_id"]
        async with street.works(
            street.stage.person_of(street.stage.companies.index(UUID(company["provider_id"])))
        ) as work:
            await visits.refuse(work, offer_id=UUID(offer["id"]), reason="no_time")
        await street.drain()


async def test_where_nobody_can_come_the_quote_names_the_change_that_would_help(street: Street, ten: datetime) -> None:
    quote = await quoted(street, asked(await street.elder(), ten, sex_wanted="male"))
    assert (quote["companies"], quote["relaxation"]["change"]) == ([], "any_sex")
