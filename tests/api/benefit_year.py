"""A spring in which a town grants, pays and ends benefits of every programme, so that no figure of theirs is empty."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from civil.dibao.rules import DibaoFloor, DibaoStandard, DibaoTopUp
from civil.disability.rules import DisabilityLiving, DisabilityNursing
from civil.oldage.rules import LongevityMonthly, OldageMonthly
from civil.tekun.rules import TekunBase, TekunCare
from kit.access.actor import SYSTEM
from kit.access.scope import Section
from registry import operations as registry
from tests.api.town import OTHER_VILLAGE, VILLAGE, Town

STANDARDS = (
    DibaoStandard.proposed(),
    DibaoTopUp.proposed(),
    DibaoFloor.proposed(),
    DisabilityLiving.proposed(),
    DisabilityNursing.proposed(),
    TekunBase.proposed(),
    TekunCare.proposed(),
    OldageMonthly.proposed(),
    LongevityMonthly.proposed(),
)
DAY = date(2026, 6, 10)
"""The day on which the spring ends."""


async def live(town: Town, drain: Callable[[], Awaitable[int]]) -> dict[str, UUID]:
    """Live through the spring; the people by what they are."""
    await town.settle(Section.ASSISTANCE, Section.DISABILITY, Section.ELDERCARE)
    await town.decide(*STANDARDS)
    async with town.works(SYSTEM("test")) as work:
        urban = text("update division set area_class = 'urban' where code = :code")
        await work.session.execute(urban, {"code": OTHER_VILLAGE})
    people = {
        name: await town.person(born_on, village=village)
        for name, (born_on, village) in {
            "grandmother": (date(1950, 6, 10), VILLAGE),
            "mother": (date(1980, 1, 1), VILLAGE),
            "child": (date(2010, 1, 1), VILLAGE),
            "urban": (date(1966, 6, 11), OTHER_VILLAGE),
            "destitute": (date(1945, 1, 1), VILLAGE),
            "nursed": (date(1970, 1, 1), VILLAGE),
            "eighty": (date(1944, 1, 1), VILLAGE),
            "dying": (date(1940, 1, 1), VILLAGE),
            "unbanked": (date(1935, 1, 1), VILLAGE),
            "hundred": (date(1925, 1, 1), VILLAGE),
        }.items()
    }
    family = [_member(people[name]) for name in ("grandmother", "mother", "child")]
    waiting = [
        await _publicised(town, "clerk", "dibao.application", people["grandmother"], members=family),
        await _publicised(
            town, "clerk.other", "dibao.application", people["urban"], members=[_member(people["urban"])]
        ),
        await _publicised(
            town,
            "clerk",
            "tekun.application",
            people["destitute"],
            unable_to_work=True,
            no_income=True,
            nobody_obliged=True,
        ),
    ]
    await town.go_to(date(2026, 3, 12))
    for case_id in waiting:
        await town.moved("section", case_id, "confirmed")
    for name in ("eighty", "dying", "unbanked"):
        await _confirmed(town, "oldage.application", people[name], "seen", alone=False)
    await _confirmed(town, "longevity.application", people["hundred"], "seen", alone=False)
    certificate = {"category": "physical", "grade": 1, "valid_to": "2030-05-31"}
    await _confirmed(town, "disability.nursing", people["nursed"], "checked", **certificate)
    await town.go_to(date(2026, 4, 20))
    await _confirmed(town, "disability.living", people["mother"], "checked", **certificate)
    await _paid(town, "2026-04", people)
    await town.go_to(date(2026, 5, 4))
    async with town.works(SYSTEM("family")) as work:
        await registry.report_death(work, person_id=people["dying"], died_on=date(2026, 4, 28), source="family")
    async with town.works(SYSTEM("bureau")) as work:
        await registry.confirm_death(work, person_id=people["dying"])
    await drain()
    await town.go_to(date(2026, 5, 20))
    await _paid(town, "2026-05", people)
    await town.go_to(DAY)
    return people


def _member(person_id: UUID) -> dict[str, Any]:
    return {"person_id": str(person_id), "income_fen": 10_000, "hardship": None}


async def _publicised(town: Town, clerk: str, kind: str, person_id: UUID, **facts: Any) -> str:
    facts = facts | ({"surveyors": 2} if kind.startswith("dibao") else {})
    body = {"kind": kind, "person_id": str(person_id), "facts": facts}
    case_id = str((await town.ask(clerk, "POST", "/civil/cases", json=body, expect=201))["civil_case_id"])
    for state in ("checked", "surveyed", "publicised") if kind.startswith("dibao") else ("surveyed", "publicised"):
        await town.moved(clerk, case_id, state)
    return case_id


async def _confirmed(town: Town, kind: str, person_id: UUID, before: str, **facts: Any) -> None:
    case_id = await town.opened(kind, person_id, **facts)
    await town.moved("clerk", case_id, before)
    await town.moved("section", case_id, "confirmed")


async def _paid(town: Town, month: str, people: dict[str, UUID]) -> None:
    """Pay every programme; the bank returns what is for the one whose account is closed."""
    for programme in ("dibao", "tekun", "oldage", "longevity", "disability_living", "disability_nursing"):
        body = {"programme": programme, "month": month}
        run = await town.ask("finance", "POST", "/civil/pay-runs", json=body, expect=201)
        path = f"/civil/pay-runs/{run['run_id']}"
        await town.ask("manager", "POST", f"{path}/approval")
        payments = (await town.ask("manager", "GET", f"{path}/payments"))["items"]
        unbanked = [row["payment_id"] for row in payments if row["person_id"] == str(people["unbanked"])]
        returned = [{"payment_id": payment_id, "reason": "account closed"} for payment_id in unbanked]
        await town.ask("finance", "POST", f"{path}/bank-file")
        await town.ask("finance", "POST", f"{path}/returns", json={"returned": returned})
