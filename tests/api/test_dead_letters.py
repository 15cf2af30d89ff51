"""Dead letters over HTTP: listed with their cause, delivered again as the log has them, dropped with a reason."""

from uuid import UUID

from sqlalchemy import text

from events.contracts.people import PersonMoved
from events.delivery import dead_letters
from events.delivery.message import Message
from events.model import DeadLetterCause
from kit.access.actor import SYSTEM
from kit.ids import new_id
from tests.api.world import World


async def _failed(world: World) -> UUID:
    """Emit an event that a group then fails to handle; return the event's id."""
    async with world.works(SYSTEM("test")) as work:
        work.emit(PersonMoved(person_id=new_id(), division_code="130999001001"))
    envelope = work.emitted[0]
    async with world.works(SYSTEM("test")) as work:
        await work.session.execute(text("delete from event_delivery"))
        await dead_letters.add(
            work,
            group="matching",
            message=Message.of(envelope.headers(), b"{}"),
            event_id=envelope.id,
            error=ZeroDivisionError("a bug"),
            cause=DeadLetterCause.FAILED,
            tries=4,
        )
    return envelope.id


async def test_a_dead_letter_is_shown_delivered_again_from_the_log_or_dropped(world: World) -> None:
    event_id = await _failed(world)
    rows = (await world.ask("administrator", "GET", "/dead-letters?limit=100")).json()["items"]
    row = next(row for row in rows if row["type"] == PersonMoved.type_name())
    assert (row["cause"], row["group"], row["tries"], row["place"]) == ("failed", "matching", 4, None)
    assert (await world.ask("administrator", "POST", f"/dead-letters/{row['id']}/replay")).status_code == 204
    (sent,) = await world.plain.fetch("select queue, headers, payload from event_delivery")
    assert (sent["queue"], str(event_id) in str(sent["headers"])) == ("matching", True)
    assert b"130999001001" in sent["payload"]
    again = await world.ask("administrator", "POST", f"/dead-letters/{row['id']}/replay")
    assert (again.status_code, again.json()["code"]) == (404, "dead_letter.not_found")
    # The others are no events of the log: they can only be dropped, and only with a reason.
    other = next(row for row in rows if row["type"] == "x")
    refused = await world.ask("administrator", "POST", f"/dead-letters/{other['id']}/replay")
    assert (refused.status_code, refused.json()["code"]) == (409, "dead_letter.not_in_log")
    path = f"/dead-letters/{other['id']}/drop"
    assert (await world.ask("administrator", "POST", path, json={"reason": ""})).status_code == 422
    assert (await world.ask("administrator", "POST", path, json={"reason": "not ours"})).status_code == 204
    left = (await world.ask("administrator", "GET", "/dead-letters?limit=100")).json()["items"]
    assert {other["id"], row["id"]} & {item["id"] for item in left} == set()


async def test_waiting_dead_letters_are_named_by_health_without_breaking_it(world: World) -> None:
    await _failed(world)
    health = (await world.client.get("http://test/health")).json()
    assert health["status"] == "ok", health
    assert health["parts"]["dead_letters"].startswith("attention: failed ")
