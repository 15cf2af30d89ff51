"""The card for an elder's wall: printed by the operator, recorded, and its code is the one that the door scans."""

from datetime import timedelta
from urllib.parse import unquote

from dispatch.visits import queries
from kit.access.actor import SYSTEM
from kit.ids import new_id
from tests.api.lives import MARKS
from tests.api.street import Street, instant
from tests.api.world import World
from tests.documents import pdf_text, qr_modules, qr_of


async def test_the_code_of_a_printed_card_proves_the_door_and_its_printing_is_recorded(street: Street) -> None:
    elder = await street.elder()
    headers = {"Authorization": f"Bearer {street.tokens['operator']}"}
    answer = await street.client.get(f"/people/{elder}/home-card", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    async with street.works(SYSTEM("test")) as work:
        token = queries.home_token(work, elder)
    assert qr_modules(answer.content) == qr_of(token)
    card = await street("operator", "GET", f"/people/{elder}?purpose=call")
    words = pdf_text(answer.content)
    assert f"{card['name'][0]}*" in words
    assert f"档案{card['number']}" in words
    for secret in (card["name"], card["address"], *(contact["phone"] for contact in card["contacts"])):
        assert "".join(secret.split()) not in words
    assert f"签到卡-{card['number']}.pdf" in unquote(answer.headers["content-disposition"])
    rows = await street("manager", "GET", f"/people/{elder}/readings")
    assert [(row["role"], row["fields"]) for row in rows if row["purpose"] == "home card"] == [
        ("operator", ["home_token"])
    ]

    ten = street.clock.now() + timedelta(hours=1)
    visit = await street.promised(await street.call(elder, ten, ten + timedelta(hours=2)))
    await street.at(instant(visit["planned_start"]))
    await street.act(visit, "arrival", home=token)
    acts = await street("manager", "GET", f"/visits/{visit['id']}/acts")
    assert [act["home_matches"] for act in acts] == [True]


async def test_only_the_operator_prints_a_card_and_only_of_somebody(street: Street) -> None:
    elder = await street.elder()
    path = f"/people/{elder}/home-card"
    for name in street.actors.keys() - {"operator", "caller"}:
        await street(name, "GET", path, status=403, code="actor.not_allowed")
    await street("operator", "GET", f"/people/{new_id()}/home-card", status=404, code="person.not_found")


async def test_a_card_names_nobody_of_whom_the_operator_did_not_ask(world: World) -> None:
    company = next(company for company in world.lived.companies if company.mark == MARKS[0])
    (person_id, *_) = await world.ids("person_id", company)
    answer = await world.ask("operator", "GET", f"/people/{person_id}/home-card")
    assert answer.status_code == 200
    secrets = await world.secrets(company)
    assert [secret for secret in secrets if secret in pdf_text(answer.content)] == []
