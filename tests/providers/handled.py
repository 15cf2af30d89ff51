"""Events as settlement gets them, without the other rooms that react to them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import providers.settlement.handlers as react
from events.contracts.feedback import ComplaintDecided
from events.contracts.people import PersonDeathCorrected, PersonDeceased
from events.contracts.visits import VisitHeld, VisitVerified, VisitVoided
from events.work import Work, Works
from kit.access.actor import SYSTEM, Actor
from kit.ids import new_id
from providers.settlement.review import operations as review
from providers.settlement.review import queries as reviewed

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
Told = VisitVerified | VisitVoided | VisitHeld | ComplaintDecided | PersonDeceased | PersonDeathCorrected


def verified(provider_id: UUID, **changes: object) -> VisitVerified:
    usual: dict[str, object] = {
        "visit_id": new_id(),
        "request_id": new_id(),
        "provider_id": provider_id,
        "person_id": new_id(),
        "worker_id": new_id(),
        "item_code": "B01",
        "division_code": "130903001001",
        "planned_start": START,
        "planned_minutes": 60,
        "quantity": 1,
        "arrived_at": START,
        "left_at": START + timedelta(minutes=60),
        "late_minutes": 0,
        "done_minutes": 60,
        "evidence_grade": "A",
        "outcome": "completed",
        "urgent": False,
        "category": "B",
        "copay_percent": 10,
        "quota_held_fen": 2700,
    }
    return VisitVerified.model_validate({**usual, **changes})


async def nothing(_work: Work, _request_id: UUID, _planned_start: datetime) -> int:
    """Cover nothing, as a wallet without free money."""
    return 0


async def look_at_all(works: Works, statement_id: UUID, *, by: Actor) -> int:
    """Look at every line of a statement that is reviewed and nobody has looked at, and find it good; how many."""
    async with works(by) as work:
        lines = [row.line_id for row in await reviewed.reviews(work, statement_id) if row.stands is None]
        for line_id in lines:
            await review.decide(work, line_id=line_id, stands=True, note="the elder was asked")
    return len(lines)


async def handle(works: Works, event: Told) -> None:
    """Write an event to the log, delivered to nobody, and handle it as its delivery would."""
    silent = Works(works.database, works.clock, works.vault, routes={})
    async with silent(SYSTEM("test")) as work:
        work.emit(event)
        (logged,) = work.emitted
    async with works(SYSTEM("settlement")) as work:
        work.follow(logged)
        await handle_in(work, event)


async def handle_in(work: Work, event: Told) -> None:
    match event:
        case VisitVerified():
            await react.when_verified(work, event)
        case VisitVoided():
            await react.when_voided(work, event)
        case VisitHeld():
            await react.when_held(work, event)
        case ComplaintDecided():
            await react.when_complaint_decided(work, event)
        case PersonDeceased():
            await react.when_deceased(work, event)
        case PersonDeathCorrected():
            await react.when_death_corrected(work, event)
