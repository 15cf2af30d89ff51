"""A street with one company, its workers' phones, and somebody at every desk: calls, visits and money over HTTP."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from api.accounts import operations as accounts
from dispatch.enrolment import operations as enrolment
from dispatch.enrolment.model import Category
from events.work import Works
from kit.access import scope
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.clock import FixedClock
from kit.ids import new_id
from tests.api.lives import PASSWORD
from tests.api.world import rows_of, sign_in_all
from tests.dispatch.stage import AREA, HOME, Stage, set_stage

HERE: dict[str, Any] = {
    "latitude": HOME[0],
    "longitude": HOME[1],
    "accuracy_metres": 10,
    "fix_age_seconds": 2,
}
"""What a phone says of its place at the elders' door."""
WAIT = timedelta(hours=48)
"""How long a change about money or proof waits for a second person."""
DESKS = {
    "operator": Role.OPERATOR,
    "caller": Role.OPERATOR,
    "manager": Role.MANAGER,
    "second": Role.MANAGER,
    "finance": Role.FINANCE,
    "approver": Role.FINANCE,
    "cashier": Role.FINANCE,
    "auditor": Role.AUDITOR,
    "administrator": Role.ADMINISTRATOR,
}


class Street:
    """Who lives and works there; every call stops at the first answer that is not the expected one."""

    def __init__(self, works: Works, client: httpx.AsyncClient, drain: Callable[[], Awaitable[int]]) -> None:
        self.works, self.client, self.drain = works, client, drain
        self.actors: dict[str, Actor] = {}
        self.tokens: dict[str, str] = {}
        self.stage: Stage

    @property
    def clock(self) -> FixedClock:
        assert isinstance(self.works.clock, FixedClock)
        return self.works.clock

    async def open(self) -> None:
        self.stage = await set_stage(self.works, self.clock, companies=1, elders=0)
        (company,), (workers,) = self.stage.companies, self.stage.workers
        people: list[tuple[str, Role, UUID | None, UUID | None]] = [
            (name, role, None, None) for name, role in DESKS.items()
        ]
        people.append(("provider", Role.PROVIDER, company, None))
        people += [(self.phone(worker), Role.WORKER, company, worker) for worker in workers]
        async with self.works(SYSTEM("test")) as work:
            for name, role, provider_id, worker_id in people:
                account = await accounts.open_account(
                    work,
                    username=name,
                    display_name=name,
                    role=role,
                    password=PASSWORD,
                    provider_id=provider_id,
                    worker_id=worker_id,
                )
                seen = scope.Company(provider_id, worker_id) if provider_id else scope.EVERYTHING
                self.actors[name] = Actor(role, name, account.id, seen)
        await self.at(self.clock.now())

    @staticmethod
    def phone(worker_id: UUID | str) -> str:
        """Return the user name of a worker."""
        return f"w-{worker_id}"

    async def at(self, instant: datetime) -> None:
        """Go on to an instant, at which everybody signs in again."""
        self.clock.set(instant)
        self.tokens = await sign_in_all(self.works, self.actors)

    async def __call__(
        self,
        name: str,
        method: str,
        path: str,
        form: Any = None,
        *,
        status: int = 200,
        code: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        answer = await self.client.request(
            method, path, json=form, headers={"Authorization": f"Bearer {self.tokens[name]}"} | (headers or {})
        )
        refused = answer.json().get("code") if answer.status_code >= 400 else None
        if refused is not None:
            in_chinese(answer.json())
        assert (answer.status_code, refused) == (status, code), answer.text
        return rows_of(answer)

    async def elder(
        self, category: Category = Category.LOW_INCOME, level: int = 2, *, place: tuple[float, float] = HOME
    ) -> UUID:
        person_id = await self.stage.add_elder(place=place)
        async with self.works(SYSTEM("test")) as work:
            await enrolment.take_over(work, members=[enrolment.Member(person_id, AREA, category, level)])
        return person_id

    async def call(self, elder: UUID, earliest: datetime, latest: datetime, **more: Any) -> dict[str, Any]:
        """Take a call as the operator does who has read the price aloud."""
        form = {
            "person_id": str(elder),
            "item_code": "B01",
            "earliest": earliest.isoformat(),
            "latest": latest.isoformat(),
            "accept_own_cost": True,
            **more,
        }
        placed: dict[str, Any] = await self("operator", "POST", "/requests", form, status=201)
        await self.drain()
        return placed

    async def promised(self, request: dict[str, Any]) -> dict[str, Any]:
        """Accept the offer of a request."""
        offers = await self("provider", "GET", "/offers")
        (offer,) = [offer for offer in offers if offer["visit"]["request_id"] == request["id"]]
        visit: dict[str, Any] = await self("provider", "POST", f"/offers/{offer['id']}/acceptance")
        await self.drain()
        return visit

    async def code(self, visit: dict[str, Any]) -> str:
        """Have the operator read the elder's code of a visit."""
        codes = await self("operator", "GET", f"/people/{visit['person_id']}/codes")
        return next(str(row["code"]) for row in codes if row["visit_id"] == visit["id"])

    async def act(self, visit: dict[str, Any], step: str, **more: Any) -> dict[str, Any]:
        """Report an act from the worker's phone, at the door unless `more` says otherwise."""
        form = {"id": str(new_id()), "claimed_at": self.clock.now().isoformat(), **HERE, **more}
        path = f"/visits/{visit['id']}/{step}"
        answer: dict[str, Any] = await self(self.phone(visit["worker_id"]), "POST", path, form)
        await self.drain()
        return answer

    async def visit(self, visit: dict[str, Any], *, stay: int = 60) -> dict[str, Any]:
        """Go there on time, give the code, and stay for some minutes."""
        code = await self.code(visit)
        await self.at(instant(visit["planned_start"]))
        await self.act(visit, "arrival", code=code)
        await self.at(datetime.fromtimestamp(self.clock.now().timestamp() + 60 * stay, UTC))
        await self.act(visit, "leaving")
        return await self.look(visit)

    async def look(self, visit: dict[str, Any]) -> dict[str, Any]:
        """Return the visit as it is now."""
        now: dict[str, Any] = await self("manager", "GET", f"/visits/{visit['id']}")
        return now

    async def charges(self, visit: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the lines of money of a visit."""
        lines: list[dict[str, Any]] = await self("finance", "GET", f"/visits/{visit['id']}/charges")
        return lines

    async def announce_price(self, fen: int, valid_from: date, *, item: str = "B01") -> str:
        """Propose a price from a day on; return the change."""
        form = {"fen": fen, "valid_from": valid_from.isoformat()}
        change = await self("manager", "POST", f"/catalogue/{item}/prices", form, status=202)
        return str(change["id"])

    async def confirm(self, change: str) -> None:
        """Put a change in force that has waited long enough."""
        await self("second", "POST", f"/pending-changes/{change}/confirmation")

    async def rule(self, name: str, value: Any = None, **changes: Any) -> None:
        """Decide a rule anew, whole or some of its fields, and wait until it holds."""
        (now,) = await self("manager", "GET", f"/rules?name={name}")
        since = self.clock.now() + (WAIT + timedelta(minutes=2) if now["second_person"] else timedelta(minutes=2))
        form = {"value": value or now["value"] | changes, "valid_from": since.isoformat(), "source": "decided"}
        if now["second_person"]:
            change = await self("manager", "POST", f"/rules/{name}", form, status=202)
            await self.at(self.clock.now() + WAIT)
            await self.confirm(change["id"])
        else:
            await self("manager", "POST", f"/rules/{name}", form, status=204)
        await self.at(since + timedelta(minutes=1))


def in_chinese(problem: dict[str, Any]) -> None:
    """Assert that a refusal is Chinese to its last field: no code stands in a sentence."""
    for sentence in (problem["title"], problem["detail"], *(error["why"] for error in problem["errors"])):
        plain = re.sub(r"UTF-8|JSON|ASCII|Idempotency-Key", "", sentence)
        assert re.search(r"[\u4e00-\u9fff]", plain), problem
        assert not re.search(r"[a-z]{2}", plain), problem


def instant(text: str) -> datetime:
    """Read an instant of an answer."""
    return datetime.fromisoformat(text)
