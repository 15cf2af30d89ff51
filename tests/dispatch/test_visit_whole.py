"""One visit from the offer to its verification, as the request, the log and the visit itself tell it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from dispatch.requests.model import RequestState
from dispatch.visits import operations as visits
from dispatch.visits.model import Visit
from dispatch.visits.transitions import VisitState
from events.work import Works
from kit.clock import FixedClock
from tests.dispatch import stage as scene
from tests.dispatch.stage import HOME, SYSTEM_ACTOR, Stage, set_stage
from tests.dispatch.test_matching_decisions import Drain, ask, emitted, open_offers, request_now


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    return await set_stage(works, clock, companies=3, elders=3)


async def test_a_whole_visit_leads_the_request_to_its_end(stage: Stage, drain: Drain) -> None:
    request = await stage.add_request()
    await ask(stage, drain, request)
    ((offer_id, company, _),) = await open_offers(stage)
    async with stage.works(stage.person_of(company)) as work:
        visit = await visits.accept(work, offer_id=offer_id)
        visit_id, code = visit.id, scene.code_of(work, visit.id)
    stage.clock.set(visit.planned_start)
    fix: dict[str, Any] = {"latitude": HOME[0], "longitude": HOME[1], "accuracy_metres": 8.0, "fix_age_seconds": 1.0}
    async with stage.works(stage.person_of(company, 0)) as work:
        sent = visits.ActIn(id=UUID(int=1), claimed_at=work.now, code=code, **fix)
        await visits.arrive(work, visit_id=visit_id, act=sent)
    await drain()
    assert (await request_now(stage, request)).state is RequestState.UNDER_WAY
    stage.clock.advance(timedelta(minutes=60))
    async with stage.works(stage.person_of(company, 0)) as work:
        sent = visits.ActIn(id=UUID(int=2), claimed_at=work.now, **fix)
        await visits.leave(work, visit_id=visit_id, act=sent)
    await drain()
    assert (await request_now(stage, request)).state is RequestState.FINISHED
    (facts,) = await emitted(stage, "visits.visit_verified.v1")
    assert facts["evidence_grade"] == "A"
    async with stage.works(SYSTEM_ACTOR) as work:
        assert (await work.session.get_one(Visit, visit_id)).state is VisitState.VERIFIED
