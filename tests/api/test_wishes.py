"""An elder's wishes about who comes: a worker who is wanted is preferred, with who said it, why, and until when."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kit.ids import new_id
from tests.api.street import Street


@pytest.fixture
def ten(street: Street) -> datetime:
    return street.clock.now() + timedelta(hours=1)


async def test_a_wanted_worker_is_asked_for_and_the_record_says_so(street: Street, ten: datetime) -> None:
    elder = str(await street.elder())
    far = street.stage.workers[0][1]
    path = f"/people/{elder}/wanted-workers"
    wish: dict[str, Any] = {"worker_id": str(far), "reason": "she washes hair well", "said_by": "elder"}
    await street("operator", "POST", path, {**wish, "until": "2026-01-01"}, status=422, code="barred.until_past")
    await street("operator", "POST", path, {**wish, "worker_id": str(new_id())}, status=404, code="worker.not_found")
    await street("finance", "POST", path, wish, status=403, code="actor.not_allowed")
    await street("operator", "POST", path, {**wish, "until": "2026-12-31"}, status=204)
    (row,) = await street("auditor", "GET", path)
    shown = {name: row[name] for name in ("worker_id", "worker_called", "said_by", "until", "reason")}
    assert shown == {**wish, "worker_called": "w师傅", "until": "2026-12-31"}

    window = {"earliest": ten.isoformat(), "latest": (ten + timedelta(minutes=30)).isoformat()}
    form = {"person_id": elder, "item_code": "B01", **window}
    quote = await street("operator", "POST", "/requests/quote", form)
    assert quote["companies"][0]["wanted"] is True
    request = await street.call(UUID(elder), ten, ten + timedelta(minutes=30))
    (offer,) = await street("provider", "GET", "/offers")
    assert offer["visit"]["worker_id"] == str(far)
    (decision,) = await street("operator", "GET", f"/requests/{request['id']}/decisions")
    assert decision["wanted"] == [str(far)]
    candidates = await street("operator", "GET", f"/visits/{offer['visit']['id']}/candidates")
    assert [row["worker_id"] for row in candidates if row["wanted"]] == [str(far)]
    (part,) = await street("provider", "GET", f"/requests/{request['id']}/explanation")
    assert part["others_wanted"] is False

    other = await street.stage.add_company()
    (theirs,) = await street("operator", "GET", f"/requests/{request['id']}/decisions/{other}")
    assert theirs["others_wanted"] is True
    for _ in range(2):
        await street("operator", "DELETE", f"{path}/{far}", status=204)
    assert await street("operator", "GET", path) == []


async def test_a_bar_says_who_wanted_it_and_until_when(street: Street, ten: datetime) -> None:
    elder, worker = str(await street.elder()), str(street.stage.workers[0][0])
    path = f"/people/{elder}/barred-workers"
    form = {"worker_id": worker, "reason": "they quarrelled", "said_by": "family", "until": "2026-06-01"}
    await street("operator", "POST", path, form, status=204)
    (row,) = await street("operator", "GET", path)
    assert {name: row[name] for name in form} == form
    wish = {"worker_id": worker, "reason": "x", "said_by": "elder"}
    wanted = f"/people/{elder}/wanted-workers"
    await street("operator", "POST", wanted, wish, status=409, code="visit.worker_barred")
