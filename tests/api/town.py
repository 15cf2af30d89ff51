"""A town with its clerk, its section and the bureau's desks, all signed in over HTTP."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import httpx

from api.accounts import operations as accounts
from events.work import Works
from kit import clock as clocks
from kit.access import scope
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Section
from kit.china import identifiers
from kit.clock import FixedClock
from kit.rules import operations as rules
from kit.rules.typed import DatedRule
from registry import operations as registry
from registry.divisions import listing
from registry.divisions.listing import NewDivision
from registry.model import DivisionKind
from registry.operations import NewPerson
from tests.api.lives import PASSWORD
from tests.api.world import sign_in_all

DISTRICT, TOWN, OTHER_TOWN = "130999000000", "130999001000", "130999002000"
VILLAGE, OTHER_VILLAGE = "130999001001", "130999002001"
DIVISIONS = (
    (DISTRICT, DivisionKind.DISTRICT, None),
    (TOWN, DivisionKind.TOWN, DISTRICT),
    (OTHER_TOWN, DivisionKind.TOWN, DISTRICT),
    (VILLAGE, DivisionKind.VILLAGE, TOWN),
    (OTHER_VILLAGE, DivisionKind.VILLAGE, OTHER_TOWN),
)
DESKS: dict[str, tuple[Role, str | None]] = {
    "clerk": (Role.CLERK, TOWN),
    "clerk.other": (Role.CLERK, OTHER_TOWN),
    "section": (Role.SECTION, DISTRICT),
    "section.second": (Role.SECTION, DISTRICT),
    "finance": (Role.FINANCE, None),
    "manager": (Role.MANAGER, None),
    "operator": (Role.OPERATOR, None),
}


@dataclass(slots=True)
class Town:
    """People, desks, and what is asked of them."""

    works: Works
    clock: FixedClock
    client: httpx.AsyncClient
    tokens: dict[str, str] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    born: int = 0

    async def settle(self, *sections: Section) -> None:
        """Draw the map and open an account at every desk, of the sections named."""
        async with self.works(SYSTEM("test")) as work:
            rows = [NewDivision(code=code, name=code, kind=kind, parent=parent) for code, kind, parent in DIVISIONS]
            await listing.add_divisions(work, rows)
            for name, (role, code) in DESKS.items():
                more: dict[str, Any] = {} if code is None else {"division_code": code, "sections": sections}
                account = await accounts.open_account(
                    work, username=name, display_name=name, role=role, password=PASSWORD, **more
                )
                reach = scope.EVERYTHING if code is None else scope.Division(code, frozenset(sections))
                self.actors[name] = Actor(role, name, account.id, reach)
        self.tokens = await sign_in_all(self.works, self.actors)

    async def person(self, born_on: date, *, village: str = VILLAGE, account: bool = True) -> UUID:
        """Register somebody who lives in a village."""
        self.born += 1
        facts = NewPerson(
            name=f"老人{self.born}",
            id_no=identifiers.compose_resident_id(area="130999", born_on=born_on, sequence=self.born * 2),
            phone=None,
            address=f"house {self.born}",
            division_code=village,
            latitude=38.3,
            longitude=116.8,
            bank_account=f"6217{self.born:012d}" if account else None,
        )
        async with self.works(SYSTEM("test")) as work:
            (person_id,) = await registry.register_people(work, [facts])
        return person_id

    async def go_to(self, day: date) -> None:
        """Go on to nine o'clock of a day, when everybody signs in anew: no session lasts for days."""
        self.clock.set(clocks.at_local(day, 540))
        self.tokens = await sign_in_all(self.works, self.actors)

    async def decide(self, *values: DatedRule, since: date = date(2025, 1, 1)) -> None:
        """Record standards by a paper of the district."""
        async with self.works(SYSTEM("test")) as work:
            begins = self.clock.now().replace(year=since.year, month=since.month, day=since.day, hour=0, minute=0)
            for value in values:
                await rules.backdate(
                    work.session, value, valid_from=begins.replace(hour=0), now=work.now, by="paper", source="paper"
                )

    async def ask(self, name: str, method: str, path: str, *, expect: int = 200, **more: Any) -> Any:
        """Ask as a desk; the answer's content."""
        headers = {"Authorization": f"Bearer {self.tokens[name]}"} | more.pop("headers", {})
        answer = await self.client.request(method, path, headers=headers, **more)
        assert answer.status_code == expect, (path, answer.status_code, answer.text)
        if not answer.content or "json" not in answer.headers["content-type"]:
            return answer.text
        return answer.json()

    async def opened(self, kind: str, person_id: UUID, **facts: Any) -> str:
        """Let the clerk open a case; its id."""
        body = {"kind": kind, "person_id": str(person_id), "facts": facts}
        return str((await self.ask("clerk", "POST", "/civil/cases", json=body, expect=201))["civil_case_id"])

    async def moved(self, name: str, case_id: str, to: str, *, expect: int = 200, **more: Any) -> Any:
        """Move a case as a desk."""
        return await self.ask(name, "POST", f"/civil/cases/{case_id}/moves", json={"to": to} | more, expect=expect)

    async def run(self, programme: str, month: str, returned: list[dict[str, str]] | None = None) -> dict[str, Any]:
        """Compute, approve, check and pay a month; what its lines came to."""
        body = {"programme": programme, "month": month}
        run: dict[str, Any] = await self.ask("finance", "POST", "/civil/pay-runs", json=body, expect=201)
        path = f"/civil/pay-runs/{run['run_id']}"
        await self.ask("manager", "POST", f"{path}/approval")
        assert await self.ask("manager", "GET", f"{path}/check") == {"differences": 0}
        await self.ask("finance", "POST", f"{path}/bank-file")
        await self.ask("finance", "POST", f"{path}/returns", json={"returned": returned or []})
        return run

    async def sent(self, run: dict[str, Any]) -> dict[str, int]:
        """Return what a run sent and the bank kept: payee → fen."""
        rows = (await self.ask("manager", "GET", f"/civil/pay-runs/{run['run_id']}/payments"))["items"]
        return {row["person_id"]: row["fen"] for row in rows if row["returned_at"] is None}
