"""A small district to break: its people with accounts, and a day of theirs over HTTP, from the call to the sign-out.

It is a rehearsal, so that a day passes in seconds: every process follows the clock that the database puts forward.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.accounts import operations as accounts
from dispatch.visits import visit_codes
from events import rehearsal
from events.work import Works
from kit import clock
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.database import is_outage
from kit.ids import new_id
from simulations import population
from simulations.faults.client import Desk, Record, Transport
from simulations.model import PartKind
from simulations.population import Size

_ITEMS = ("B01", "B03", "B05", "B07")
_PASSWORD = "river stone lantern 7"  # noqa: S105 - of invented people in a throw-away database
_WELL = text(
    """
    select e.person_id from enrolment e join simulated_part s on s.id = e.person_id where e.state = 'active'
      and exists (select from person p where p.id = e.person_id and p.died_on is null and p.death_reported_on is null)
    order by s.number
    """
)
_PEOPLE = text(
    """
    select w.id as worker_id, w.provider_id from worker w join simulated_part s on s.id = w.id order by s.number
    """
)


@dataclass(slots=True)
class District:
    """Who is there, each with a desk, and how the day goes."""

    works: Works
    record: Record
    chance: Random
    elders: Sequence[UUID]
    operator: Desk
    finance: tuple[Desk, Desk, Desk]
    companies: dict[str, Desk]
    workers: dict[str, Desk]
    doors: dict[str, tuple[float, float]]
    numbers: list[str] = field(default_factory=list)
    """Ids of requests for later days, which may be cancelled."""
    _taken: set[tuple[UUID, str, str]] = field(default_factory=set)

    async def call(self, day: date, hour: int, minutes: int, *, urgent: bool = False) -> dict[str, Any] | None:
        """Place one request; no two have the same elder, item and hour."""
        while True:
            elder, item = self.chance.choice(self.elders), self.chance.choice(_ITEMS)
            earliest = clock.at_local(day, hour * 60 + 5 * self.chance.randrange(0, 4))
            moment = earliest.isoformat().replace("+00:00", "Z")
            if (elder, item, moment) not in self._taken:
                self._taken.add((elder, item, moment))
                break
        form = {
            "person_id": str(elder),
            "item_code": item,
            "earliest": moment,
            "latest": (earliest + timedelta(minutes=minutes)).isoformat(),
            "urgent": urgent,
            "accept_own_cost": True,
            "override_duplicate": True,
        }
        return await self.operator.act("place", "/requests", form, f"{elder}|{item}|{moment}")

    async def cancel(self, request_id: str) -> None:
        """Withdraw a request."""
        form = {"by": "elder", "reason": "not needed"}
        await self.operator.act("cancel", f"/requests/{request_id}/cancellation", form, request_id)

    async def answer_offers(self) -> list[dict[str, Any]]:
        """Let every company answer what it is asked; return the visits that were promised."""
        promised: list[dict[str, Any]] = []

        async def of_one(desk: Desk) -> None:
            for offer in (await desk.read("/offers"))["items"]:
                path = f"/offers/{offer['id']}"
                if self.chance.random() < 0.1:
                    await desk.act("refuse", path + "/refusal", {"reason": "no_worker"}, offer["id"])
                elif await desk.act("accept", path + "/acceptance", None, offer["id"]) is not None:
                    promised.append(offer["visit"])

        await asyncio.gather(*map(of_one, self.companies.values()))
        return promised

    async def sign(self, kind: str, visit: dict[str, Any]) -> None:
        """Let a worker sign in or out at the door, with the elder's code."""
        latitude, longitude = self.doors[visit["person_id"]]
        form: dict[str, Any] = {
            "id": str(new_id()),
            "claimed_at": self.works.clock.now().isoformat(),
            "latitude": latitude,
            "longitude": longitude,
            "accuracy_metres": 10,
            "fix_age_seconds": 2,
        }
        if kind == "arrive":
            form["code"] = await self._when_there(partial(self._code, UUID(visit["id"])))
        path = {"arrive": "arrival", "leave": "leaving"}[kind]
        await self.workers[visit["worker_id"]].act(kind, f"/visits/{visit['id']}/{path}", form, visit["id"])

    async def _code(self, visit_id: UUID) -> str:
        async with self.works(SYSTEM("elder")) as work:
            return visit_codes.code(work, visit_id)

    async def put_forward(self, to: datetime) -> None:
        """Put the clock of every process forward; a moment that is over changes nothing."""

        async def put() -> None:
            async with self.works(SYSTEM("faults")) as work:
                await rehearsal.put_forward(work, to=to)

        with suppress(rehearsal.NotForward):
            await self._when_there(put)

    async def _when_there(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Ask the database again and again while it is away."""
        while True:
            try:
                return await ask()
            except (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                if not is_outage(error):
                    raise
                await asyncio.sleep(0.5)

    async def live_a_day(self, calls: int) -> None:
        """Take the calls of a day, answer the offers, go there and come back; the clock stands at the evening after."""
        day = clock.day_of(self.works.clock.now()) + timedelta(days=1)
        await self.put_forward(clock.at_local(day, 8 * 60 + 30))
        placing = asyncio.gather(
            *(self.call(day, 10, 40, urgent=number % 8 == 7) for number in range(calls)),
            *(self.call(day + timedelta(days=self.chance.randrange(3, 9)), 14, 120) for _ in range(calls // 3)),
        )
        later = [answer["id"] for answer in (await placing)[calls:] if answer is not None]
        self.numbers += later
        promised: list[dict[str, Any]] = []
        for _ in range(3):
            promised += await self.answer_offers()
            await asyncio.sleep(0.3)
        while self.numbers and self.chance.random() < 0.7:
            await self.cancel(self.numbers.pop(self.chance.randrange(len(self.numbers))))
        today = [visit for visit in promised if clock.day_of(datetime.fromisoformat(visit["planned_start"])) == day]
        for kind, minute in (("arrive", 10 * 60 + 25), ("leave", 11 * 60 + 40)):
            await self.put_forward(clock.at_local(day, minute))
            await asyncio.gather(*(self.sign(kind, visit) for visit in today))

    @property
    def desks(self) -> list[Desk]:
        """Return everybody's desk."""
        return [self.operator, *self.finance, *self.companies.values(), *self.workers.values()]

    async def end_month(self) -> str:
        """Put the clock past the end of the month; return which month that was."""
        month = clock.month_of(self.works.clock.now())
        await self.put_forward(clock.month_bounds(month)[1] + timedelta(days=1, hours=2))
        return month

    async def settle(self, month: str) -> None:
        """Draw up, confirm, review, approve and pay what the companies have earned in a month that is over."""
        drawer, approver, cashier = self.finance
        # Drawing up again draws up nothing twice.
        for statement in (await drawer.insist("POST", "/statements", {"month": month}))["items"]:
            path, which = f"/statements/{statement['id']}", statement["id"]
            company = self.companies[statement["provider_id"]]
            await company.act("confirm", path + "/confirmation", None, which)
            for line in (await approver.read(path + "/reviews"))["items"]:
                form = {"stands": True, "note": "looked at"}
                await approver.act("review", f"/statement-lines/{line['line_id']}/review", form, line["line_id"])
            await approver.act("approve", path + "/approval", None, which)
            await cashier.act("pay", path + "/payment", {"reference": "1"}, which)


async def lay_out(works: Works, *, size: Size, seed: int) -> None:
    """Bring a district into an empty database and open an account for everybody who works in it."""
    async with works(SYSTEM("faults")) as work:
        await rehearsal.begin(work)
    async with works(SYSTEM("faults")) as work:
        await population.create_district(work, territory=population.yunhe(), size=size, seed=seed)
    async with works(SYSTEM("faults, second person")) as work:
        await population.confirm_deaths(work)
    async with works(SYSTEM("faults")) as work:
        companies = await population.parts(work, PartKind.COMPANY)
        workers = (await work.session.execute(_PEOPLE)).all()
        desks = dict.fromkeys(("drawer", "approver", "cashier"), Role.FINANCE)
        for name, role in {"operator": Role.OPERATOR, **desks}.items():
            await accounts.open_account(work, username=name, display_name=name, role=role, password=_PASSWORD)
        for number, provider_id in enumerate(companies):
            await accounts.open_account(
                work,
                username=f"company{number}",
                display_name="company",
                role=Role.PROVIDER,
                password=_PASSWORD,
                provider_id=provider_id,
            )
        for number, row in enumerate(workers):
            await accounts.open_account(
                work,
                username=f"worker{number}",
                display_name="worker",
                role=Role.WORKER,
                password=_PASSWORD,
                provider_id=row.provider_id,
                worker_id=row.worker_id,
            )


async def open_district(works: Works, transport: Transport, *, seed: int) -> District:
    """Give everybody of a district that was laid out a desk."""
    record, chance = Record(), Random(seed)

    def desk(name: str) -> Desk:
        return Desk(transport, record, chance, name, _PASSWORD)

    async with works(SYSTEM("faults")) as work:
        elders = [row.person_id for row in await work.session.execute(_WELL)]
        companies = await population.parts(work, PartKind.COMPANY)
        workers = (await work.session.execute(_PEOPLE)).all()
        doors = await work.session.execute(text("select person_id, latitude, longitude from address"))
        return District(
            works,
            record,
            chance,
            elders,
            desk("operator"),
            (desk("drawer"), desk("approver"), desk("cashier")),
            {str(provider_id): desk(f"company{number}") for number, provider_id in enumerate(companies)},
            {str(row.worker_id): desk(f"worker{number}") for number, row in enumerate(workers)},
            {str(row.person_id): (row.latitude, row.longitude) for row in doors},
        )
