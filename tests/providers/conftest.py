"""A company whose two months hold everything that money may depend on."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from events.contracts.feedback import ComplaintDecided
from events.contracts.people import PersonDeceased
from events.contracts.rules import RuleRecorded
from events.contracts.visits import VisitHeld, VisitVoided
from events.work import Works
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from kit.china import identifiers
from kit.clock import FixedClock
from kit.ids import new_id
from kit.rules import operations as rules
from providers.catalogue import operations as catalogue
from providers.roster import operations as roster
from providers.settlement import charges, operations, queries
from providers.settlement.arithmetic import DeductionReason
from providers.settlement.rules import LatePercent
from tests.providers.handled import START, Told, handle, nothing, verified

DRAWER, MANAGER = Actor(Role.FINANCE, "drawer"), Actor(Role.MANAGER, "manager")


@pytest.fixture
async def company(works: Works, clock: FixedClock) -> UUID:
    """Live two months of one company: every outcome, findings, a dispute, a late price, a late rule."""
    dead = new_id()
    async with works(SYSTEM("test")) as work:
        await catalogue.ship_catalogue(work)
        uscc = identifiers.compose_uscc(area="130999", sequence=1)
        company = (await roster.admit_company(work, facts=roster.NewCompany(uscc=uscc, name="示例服务企业"))).id
    midnight = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)  # begins at 23.30 in the district, ends in April
    late = verified(company, late_minutes=45)
    void, doubtful, bad = verified(company), verified(company), verified(company, done_minutes=47, late_minutes=31)
    after_death = verified(company, person_id=dead, planned_start=START + timedelta(days=3))
    entries: list[Told] = [
        late,
        void,
        doubtful,
        bad,
        after_death,
        verified(company, done_minutes=20, quantity=3),
        verified(company, outcome="nobody_home"),
        verified(company, outcome="cancelled_late", evidence_grade="D"),
        verified(company, evidence_grade="D"),
        verified(company, own_limit_fen=100, quota_held_fen=1000),
        verified(company, planned_start=midnight),
        verified(company, planned_start=START + timedelta(days=31)),
        VisitVoided(visit_id=void.visit_id, request_id=void.request_id, provider_id=company, reason="in_hospital"),
        VisitHeld(visit_id=doubtful.visit_id, request_id=doubtful.request_id, provider_id=company, reasons=["overlap"]),
        ComplaintDecided(
            visit_id=bad.visit_id, provider_id=company, complaint_id=new_id(), upheld=True, deduction_percent=33
        ),
        PersonDeceased(person_id=dead, died_on=date(2026, 3, 4)),
    ]
    for event in entries:
        await handle(works, event)
    clock.set(START + timedelta(days=31))
    async with works(DRAWER) as work:
        (paper,) = await operations.draw_up(work, month="2026-03")
        (line,) = [line for line, row in await queries.lines(work, paper.id) if row.visit_id == late.visit_id]
    async with works(Actor(role=Role.PROVIDER, label="own", scope=Company(company))) as work:
        dispute = await operations.dispute(work, line_id=line.id, reason="road closed")
    async with works(MANAGER) as work:
        await operations.decide_dispute(work, dispute_id=dispute.id, upheld=True, forgiven=[DeductionReason.LATE])
    async with works(SYSTEM("bureau")) as work:
        await catalogue.set_price(work, item_code="B01", fen=3333, valid_from=date(2026, 3, 1))
        since = START - timedelta(days=30)
        row = await rules.backdate(
            work.session, LatePercent.of(20), valid_from=since, now=work.now, by="bureau", source="a late paper"
        )
        work.emit(RuleRecorded.of(row))
        assert len(await charges.adjust(work, month="2026-03", cover=nothing)) > 8
    clock.set(START + timedelta(days=62))
    async with works(DRAWER) as work:
        (april,) = await operations.draw_up(work, month="2026-04")
        assert april.lines > 16
    return company
