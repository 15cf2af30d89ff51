"""A company's day in one answer: who works when, and which visits are asked for, promised, under way or done."""

from datetime import datetime, timedelta
from typing import Any

from kit import clock
from kit.ids import new_id
from tests.api.street import Street, instant


async def _day(street: Street, name: str = "provider", query: str = "") -> dict[str, Any]:
    (company,) = street.stage.companies
    answer: dict[str, Any] = await street(name, "GET", f"/companies/{company}/day{query}")
    return answer


async def test_a_companys_day_shows_its_workers_hours_and_its_visits_with_masked_names(street: Street) -> None:
    ten = street.clock.now() + timedelta(hours=1)
    promised = await street.promised(await street.call(await street.elder(), ten, ten + timedelta(minutes=30)))
    await street.call(await street.elder(), ten, ten + timedelta(minutes=30))
    away = next(worker for worker in street.stage.workers[0] if str(worker) != promised["worker_id"])
    noon = clock.at_local(clock.day_of(ten), 720)
    absence = {"from_at": noon.isoformat(), "until_at": (noon + timedelta(hours=20)).isoformat(), "reason": "ill"}
    await street("provider", "POST", f"/workers/{away}/absences", absence, status=201)
    for name in ("provider", "manager"):
        day = await _day(street, name)
        assert (day["day"], instant(day["at"])) == (str(clock.day_of(ten)), street.clock.now())
        hours = {
            row["worker_id"]: [(each["from_at"], each["until_at"]) for each in row["hours"]] for row in day["workers"]
        }
        assert len(hours) == 2
        assert max(datetime.fromisoformat(until) for _, until in hours[str(away)]) == noon
        assert max(datetime.fromisoformat(until) for _, until in hours[promised["worker_id"]]) > noon
        by_state = {visit["state"]: visit for visit in day["visits"]}
        assert (by_state["accepted"]["id"], by_state["accepted"]["person_name"]) == (promised["id"], "e******")
        assert by_state["offered"]["person_name"] is None
    await street.at(instant(promised["planned_start"]))
    await street.act(promised, "departure")
    await street.act(promised, "arrival", code=await street.code(promised))
    (there,) = [visit for visit in (await _day(street))["visits"] if visit["id"] == promised["id"]]
    assert (there["state"], there["departed_at"] is None, there["arrived_at"] is None) == ("arrived", False, False)
    tomorrow = await _day(street, query=f"?day={clock.day_of(ten) + timedelta(days=1)}")
    assert (tomorrow["visits"], len(tomorrow["workers"])) == ([], 2)
    await street("provider", "GET", f"/companies/{new_id()}/day", status=404, code="company.not_found")
    (company,) = street.stage.companies
    await street("operator", "GET", f"/companies/{company}/day", status=403, code="actor.not_allowed")
