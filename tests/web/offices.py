"""The desks of the bureau and of a town for the stories of its pages, and what they need before they begin."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from playwright.async_api import Page, expect

from api.accounts import operations as accounts
from kit import clock as clocks
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.access.scope import Section
from kit.china import identifiers
from kit.rules import operations as rules
from kit.rules.typed import DatedRule
from tests.api.lives import DISTRICT, OWN, PASSWORD, VILLAGES
from tests.web.conftest import Site

PLACES = {Role.CLERK: OWN[0], Role.SECTION: DISTRICT}
"""Where the account of a role works that has a division."""


@dataclass(slots=True)
class Offices:
    """A site with its own clerks, officers and cashiers."""

    site: Site

    async def open_desk(self, name: str, role: Role, *sections: Section) -> None:
        """Open an account that the lived district does not have."""
        more: dict[str, Any] = {"division_code": PLACES[role], "sections": sections} if role in PLACES else {}
        async with self.site.works(SYSTEM("test")) as work:
            await accounts.open_account(work, username=name, display_name=name, role=role, password=PASSWORD, **more)

    async def decide(self, *values: DatedRule) -> None:
        """Record standards by a paper of the district."""
        async with self.site.works(SYSTEM("test")) as work:
            begins = clocks.at_local(date(2025, 1, 1), 0)
            for value in values:
                await rules.backdate(work.session, value, valid_from=begins, now=work.now, by="paper", source="paper")

    def go_on(self, days: int) -> None:
        """Let days pass, to nine in the morning; every session has ended by then."""
        day = clocks.day_of(self.site.clock.now()) + timedelta(days=days)
        self.site.clock.set(clocks.at_local(day, 540))

    async def register(self, name: str, *, born_on: date, sequence: int) -> str:
        """Register somebody of the clerk's town over the API, with an account for benefits; their id."""
        async with self.site.page() as page:
            await self.site.sign_in(page, "operator")
            form = {
                "name": name,
                "id_no": identifiers.compose_resident_id(area="130999", born_on=born_on, sequence=sequence),
                "address": f"{name} house",
                "division_code": VILLAGES[0][0],
                "latitude": 38.3,
                "longitude": 116.8,
                "bank_account": "6217000000009999",
            }
            answer = await page.request.post(f"{self.site.url}/api/v1/people", data=form)
            assert answer.status == 201, await answer.text()
            return str((await answer.json())["person_id"])


async def move(page: Page, state: str, *, reason: str | None = None) -> None:
    """Press the button of a move, say why, and wait until the case or record stands there."""
    await page.locator(".moves").get_by_role("button", name=state, exact=True).click()
    if reason is not None:
        await page.get_by_label("理由、情况").fill(reason)
    await page.get_by_role("button", name=f"办到“{state}”").click()
    await expect(page.locator(".peek .big").first).to_have_text(state)
