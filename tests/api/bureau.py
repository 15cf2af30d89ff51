"""Two companies with a month of visits, and somebody at every desk to settle it over HTTP."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from api.accounts import operations as accounts
from events.contracts.visits import VisitVerified
from events.work import Works
from kit.access import scope
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import EVERYTHING
from kit.china import identifiers
from kit.clock import FixedClock
from kit.ids import new_id
from providers.catalogue import operations as catalogue
from providers.roster import operations as roster
from providers.roster.model import Company
from tests.api.world import rows_of, sign_in_all

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LINES, FILE = "/statements/{}/lines", "/payment-file?month={}"
GOOD = {"stands": True, "note": "the elder was asked"}


def visit(provider_id: UUID, *, late: int, grade: str = "A") -> VisitVerified:
    """Give an hour's visit at 30 yuan, 3 of them the elder's own share; over half an hour late costs a tenth."""
    return VisitVerified(
        visit_id=new_id(),
        request_id=new_id(),
        provider_id=provider_id,
        person_id=new_id(),
        worker_id=new_id(),
        item_code="B01",
        division_code="130903001001",
        planned_start=START,
        planned_minutes=60,
        quantity=1,
        arrived_at=START,
        left_at=START + timedelta(minutes=60),
        late_minutes=late,
        done_minutes=60,
        evidence_grade=grade,
        outcome="completed",
        urgent=False,
        category="B",
        copay_percent=10,
        quota_held_fen=2700,
    )


class Bureau:
    """Two companies with a March of two visits each, one of them late, and somebody at every desk."""

    def __init__(self, works: Works, client: httpx.AsyncClient, drain: Callable[[], Awaitable[int]]) -> None:
        self.works, self.client, self.drain = works, client, drain
        self.companies: list[UUID] = []
        self.actors: dict[str, Actor] = {}
        self.tokens: dict[str, str] = {}

    async def open(self) -> None:
        async with self.works(SYSTEM("test")) as work:
            await catalogue.add_items(work, [item for item in catalogue.shipped_items() if item.code == "B01"])
            for number, bank_account in ((1, "6222 0000 1111"), (2, "6222 0000 2222")):
                uscc = identifiers.compose_uscc(area="130999", sequence=number)
                facts = roster.NewCompany(uscc=uscc, name=f"示例服务企业{number}", bank_account=bank_account)
                self.companies.append((await roster.admit_company(work, facts=facts)).id)
                work.emit(visit(self.companies[-1], late=45))
                work.emit(visit(self.companies[-1], late=0))
            for name, (role, company) in self._desks().items():
                account = await accounts.open_account(
                    work,
                    username=f"desk-{name}",
                    display_name=name,
                    role=role,
                    password="green bamboo bridge 3",
                    provider_id=company,
                )
                self.actors[name] = Actor(role, name, account.id, scope.Company(company) if company else EVERYTHING)
        await self.drain()

    def _desks(self) -> dict[str, tuple[Role, UUID | None]]:
        own, other = self.companies
        return {
            "own": (Role.PROVIDER, own),
            "other": (Role.PROVIDER, other),
            "drawer": (Role.FINANCE, None),
            "cashier": (Role.FINANCE, None),
            "decider": (Role.MANAGER, None),
            "second": (Role.MANAGER, None),
        }

    async def months_later(self, months: int) -> None:
        clock = self.works.clock
        assert isinstance(clock, FixedClock)
        clock.set(START + timedelta(days=31 * months))
        self.tokens = await sign_in_all(self.works, self.actors)

    async def __call__(
        self, name: str, method: str, path: str, form: Any = None, *, status: int = 200, code: str | None = None
    ) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[name]}"}
        answer = await self.client.request(method, path, json=form, headers=headers)
        assert answer.status_code == status, answer.text
        assert code is None or answer.json()["code"] == code
        return rows_of(answer)

    async def later(self, *, hours: int) -> None:
        """Let time pass and everybody sign in again."""
        clock = self.works.clock
        assert isinstance(clock, FixedClock)
        clock.advance(timedelta(hours=hours))
        self.tokens = await sign_in_all(self.works, self.actors)

    async def in_force(self, name: str, method: str, path: str, form: Any, *, by: str = "second") -> None:
        """Propose a change about money, let it wait, and have somebody else confirm it."""
        change = await self(name, method, path, form, status=202)
        await self.later(hours=48)
        await self(by, "POST", f"/pending-changes/{change['id']}/confirmation")

    async def forget_account(self, company: UUID) -> None:
        """Leave a company as it is that was admitted without a bank account."""
        async with self.works(SYSTEM("test")) as work:
            admitted = await work.session.get_one(Company, company)
            admitted.bank_sealed = admitted.bank_blind = admitted.bank_set_by = admitted.bank_set_at = None

    async def paper_of(self, company: UUID, month: str) -> dict[str, Any]:
        papers = await self("drawer", "GET", f"/statements?month={month}")
        return next(paper for paper in papers if paper["provider_id"] == str(company))

    async def late_line(self, paper: str) -> str:
        lines = await self("own", "GET", LINES.format(paper))
        (line,) = [line for line in lines if line["charge"]["deductions"] == {"late": 300}]
        return str(line["id"])

    async def visit_again(self, company: UUID, *, grade: str = "A") -> None:
        """Let one more visit of March become known."""
        async with self.works(SYSTEM("test")) as work:
            work.emit(visit(company, late=0, grade=grade))
        await self.drain()

    async def review(self, paper: str, *, by: str = "second") -> None:
        """Look at every line that is reviewed, and find it good."""
        for line in await self(by, "GET", f"/statements/{paper}/reviews"):
            if line["stands"] is None:
                await self(by, "POST", f"/statement-lines/{line['line_id']}/review", GOOD)

    async def close(self, paper: str) -> dict[str, Any]:
        """Confirm, review, approve and pay a paper; what was paid."""
        await self("own", "POST", f"/statements/{paper}/confirmation")
        await self.review(paper)
        await self("second", "POST", f"/statements/{paper}/approval")
        payment: dict[str, Any] = await self(
            "cashier", "POST", f"/statements/{paper}/payment", {"reference": "bank 1"}, status=201
        )
        return payment
