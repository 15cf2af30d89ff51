"""A disputed line from the objection to the payment of its correction, at every desk over HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio

import providers.settlement.handlers
from api.accounts import operations as accounts
from events.contracts.visits import VisitVerified
from events.work import Works
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import EVERYTHING, Company
from kit.china import identifiers
from kit.clock import FixedClock
from kit.ids import new_id
from providers.catalogue import operations as catalogue
from providers.roster import operations as roster
from tests.api.world import rows_of, sign_in_all

assert providers.settlement.handlers.GROUP == "settlement"
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LINES, FILE = "/statements/{}/lines", "/payment-file?month={}"
UPHELD = {"upheld": True, "forgiven": ["late"], "note": "the road was closed"}
REJECTED = {"upheld": False, "note": "the road was open"}


def visit(provider_id: UUID, *, late: int) -> VisitVerified:
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
        evidence_grade="A",
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
            await catalogue.ship_catalogue(work)
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
                self.actors[name] = Actor(role, name, account.id, Company(company) if company else EVERYTHING)
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

    async def paper_of(self, company: UUID, month: str) -> dict[str, Any]:
        papers = await self("drawer", "GET", f"/statements?month={month}")
        return next(paper for paper in papers if paper["provider_id"] == str(company))

    async def late_line(self, paper: str) -> str:
        lines = await self("own", "GET", LINES.format(paper))
        (line,) = [line for line in lines if line["charge"]["deductions"] == {"late": 300}]
        return str(line["id"])

    async def close(self, paper: str) -> dict[str, Any]:
        """Confirm, approve and pay a paper; what was paid."""
        await self("own", "POST", f"/statements/{paper}/confirmation")
        await self("second", "POST", f"/statements/{paper}/approval")
        payment: dict[str, Any] = await self(
            "cashier", "POST", f"/statements/{paper}/payment", {"reference": "bank 1"}, status=201
        )
        return payment


@pytest_asyncio.fixture
async def bureau(works: Works, client: httpx.AsyncClient, drain: Callable[[], Awaitable[int]]) -> AsyncIterator[Bureau]:
    bureau = Bureau(works, client, drain)
    await bureau.open()
    await bureau.months_later(1)
    await bureau("drawer", "POST", "/statements", {"month": "2026-03"}, status=201)
    yield bureau


async def test_an_upheld_dispute_is_paid_with_the_next_month_and_the_paid_paper_stays(bureau: Bureau) -> None:
    own = bureau.companies[0]
    march = (await bureau.paper_of(own, "2026-03"))["id"]
    line = await bureau.late_line(march)
    raised = await bureau("own", "POST", f"/statement-lines/{line}/dispute", {"reason": "road closed"}, status=201)
    assert (raised["state"], raised["line_id"], raised["forgiven"]) == ("open", line, [])
    await bureau("own", "POST", f"/statements/{march}/confirmation", status=409, code="statement.disputes_open")
    (listed,) = await bureau("drawer", "GET", f"/statements/{march}/disputes")
    assert listed == raised
    decided = await bureau("decider", "POST", f"/disputes/{raised['id']}/decision", UPHELD)
    assert (decided["state"], decided["forgiven"], decided["note"]) == ("upheld", ["late"], UPHELD["note"])
    assert await bureau("own", "GET", f"/statements/{march}/disputes") == [decided]
    before = await bureau("own", "GET", LINES.format(march))
    paid = await bureau.close(march)
    assert paid["fen"] == 2700 + 2430
    (row,) = await bureau("cashier", "GET", FILE.format("2026-03"))
    assert (row["account"], row["fen"], row["yuan"]) == ("622200001111", 5130, "51.30")

    await bureau.months_later(2)
    running = await bureau("own", "GET", "/statements/running?month=2026-04")
    assert (running["lines"], running["payable_fen"], running["subsidised_fen"]) == (2, 300, 270)
    await bureau("drawer", "POST", "/statements", {"month": "2026-04"}, status=201)
    april = await bureau.paper_of(own, "2026-04")
    assert (april["lines"], april["payable_fen"], april["subsidised_fen"], april["own_fen"]) == (2, 300, 270, 30)
    lines = await bureau("own", "GET", LINES.format(april["id"]))
    assert [(one["charge"]["kind"], one["charge"]["payable_fen"]) for one in lines] == [
        ("reversal", -2700),
        ("charge", 3000),
    ]
    assert lines[1]["charge"]["facts"]["forgiven"] == ["late"]
    assert (await bureau.close(april["id"]))["fen"] == 270
    (row,) = await bureau("cashier", "GET", FILE.format("2026-04"))
    assert (row["fen"], row["words"]) == (270, "贰元柒角整")
    # what was paid stands as it was, line by line and as a whole
    assert await bureau("own", "GET", LINES.format(march)) == before
    again = await bureau("drawer", "POST", f"/statements/{march}/recomputation")
    assert again["equal"]


async def test_a_rejected_dispute_changes_no_fen(bureau: Bureau) -> None:
    march = (await bureau.paper_of(bureau.companies[0], "2026-03"))["id"]
    line = await bureau.late_line(march)
    raised = await bureau("own", "POST", f"/statement-lines/{line}/dispute", {"reason": "road closed"}, status=201)
    decided = await bureau("decider", "POST", f"/disputes/{raised['id']}/decision", {**REJECTED, "forgiven": ["late"]})
    assert (decided["state"], decided["forgiven"]) == ("rejected", [])
    assert (await bureau.close(march))["fen"] == 5130
    await bureau.months_later(2)
    assert (await bureau("own", "GET", "/statements/running?month=2026-04"))["lines"] == 0
    assert await bureau("drawer", "POST", "/statements", {"month": "2026-04"}, status=201) == []


async def test_a_dispute_is_raised_once_decided_once_and_by_somebody_else(bureau: Bureau) -> None:
    own, other = bureau.companies
    march = (await bureau.paper_of(own, "2026-03"))["id"]
    line = await bureau.late_line(march)
    path, reason = f"/statement-lines/{line}/dispute", {"reason": "road closed"}
    missing = await bureau("own", "POST", f"/statement-lines/{new_id()}/dispute", reason, status=404)
    assert await bureau("other", "POST", path, reason, status=404, code="line.not_found") == missing
    for blank in ({"reason": "  "}, {}):
        await bureau("own", "POST", path, blank, status=422, code="input.invalid")
    for name in ("drawer", "decider"):
        await bureau(name, "POST", path, reason, status=403, code="actor.not_allowed")
    raised = await bureau("own", "POST", path, reason, status=201)
    await bureau("own", "POST", path, reason, status=409, code="line.disputed_already")
    await bureau("other", "GET", f"/statements/{march}/disputes", status=404, code="statement.not_found")

    decision = f"/disputes/{raised['id']}/decision"
    for name in ("own", "drawer"):
        await bureau(name, "POST", decision, REJECTED, status=403, code="actor.not_allowed")
    await bureau("decider", "POST", f"/disputes/{new_id()}/decision", REJECTED, status=404, code="dispute.not_found")
    for nothing in ([], ["short"], ["unproven"]):
        form = {**UPHELD, "forgiven": nothing}
        await bureau("decider", "POST", decision, form, status=422, code="dispute.cannot_forgive")
    await bureau("decider", "POST", decision, UPHELD)
    for form in (UPHELD, REJECTED):
        await bureau("second", "POST", decision, form, status=409, code="dispute.decided_already")
    await bureau("own", "POST", f"/statements/{march}/confirmation")
    who_decided = "statement.second_person_wanted"
    await bureau("decider", "POST", f"/statements/{march}/approval", status=403, code=who_decided)

    lines = await bureau("own", "GET", LINES.format(march))
    rest = next(one["id"] for one in lines if one["id"] != line)
    await bureau("own", "POST", f"/statement-lines/{rest}/dispute", reason, status=409, code="statement.cannot_move")
    await bureau("second", "POST", f"/statements/{march}/approval")
    await bureau("own", "POST", f"/statement-lines/{rest}/dispute", reason, status=409, code="statement.cannot_move")
    theirs = (await bureau.paper_of(other, "2026-03"))["id"]
    await bureau("own", "POST", f"/statements/{theirs}/confirmation", status=404, code="statement.not_found")
