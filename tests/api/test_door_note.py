"""What was written for whoever comes reaches the promised worker and the dispatcher, and nobody else."""

from datetime import timedelta
from typing import Any

from tests.api.lives import MARKS
from tests.api.street import DESKS, Street
from tests.api.world import World

NOTE = "the bell is broken, knock hard"
HEALTH = "hard of hearing, does not eat sugar"


async def _called(street: Street) -> dict[str, Any]:
    elder = await street.elder()
    await street("operator", "POST", f"/people/{elder}/health-notes", {"note": HEALTH}, status=204)
    ten = street.clock.now() + timedelta(hours=1)
    return await street.call(elder, ten, ten + timedelta(hours=2), note=NOTE)


async def test_the_note_reaches_who_is_promised_to_come_and_is_recorded(street: Street) -> None:
    request = await _called(street)
    (offer,) = await street("provider", "GET", "/offers")
    path = f"/visits/{offer['visit']['id']}/door-note"
    worker = street.phone(offer["visit"]["worker_id"])
    for name in ("provider", worker):
        await street(name, "GET", path, status=409, code="visit.not_promised")
    visit = await street.promised(request)
    colleague = next(name for name in street.actors if name.startswith("w-") and name != worker)
    await street(colleague, "GET", path, status=404, code="visit.not_found")
    for name in DESKS:
        await street(name, "GET", path, status=403, code="actor.not_allowed")
    for name in ("provider", worker):
        assert await street(name, "GET", path) == {"note": NOTE, "health_note": HEALTH}
    card = await street(worker, "GET", f"/people/{visit['person_id']}?purpose=visit")
    assert card["health_note"] is None
    rows = await street("manager", "GET", f"/people/{visit['person_id']}/readings")
    read = [row for row in rows if row["purpose"] == "disclosure: door note"]
    assert [(row["role"], row["fields"]) for row in read] == [
        (role, [field]) for role in ("worker", "provider") for field in ("health_note", "request_note")
    ]
    assert {row["provider_id"] for row in read} == {visit["provider_id"]}

    other = {"worker_id": colleague.removeprefix("w-"), "reason": "ill"}
    await street("provider", "PUT", f"/visits/{visit['id']}/worker", other)
    await street(worker, "GET", path, status=404, code="visit.not_found")
    assert (await street(colleague, "GET", path))["note"] == NOTE
    visit["worker_id"] = other["worker_id"]
    await street.visit(visit)
    for name in ("provider", colleague):
        await street(name, "GET", path, status=409, code="visit.not_promised")


async def test_another_company_learns_nothing_of_the_note(world: World) -> None:
    own = f"{MARKS[0]}.provider"
    visits = (await world.ask(own, "GET", "/visits")).json()["items"]
    promised = next(visit for visit in visits if visit["state"] == "accepted")
    path = f"/visits/{promised['id']}/door-note"
    shown = (await world.ask(own, "GET", path)).json()
    assert MARKS[0] in shown["note"]
    assert MARKS[0] in shown["health_note"]
    for stranger in (f"{MARKS[1]}.provider", f"{MARKS[1]}.worker"):
        answer = await world.ask(stranger, "GET", path)
        assert (answer.status_code, answer.json()["code"]) == (404, "visit.not_found")
