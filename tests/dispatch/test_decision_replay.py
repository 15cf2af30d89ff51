"""A decision is made once more from its record, and comes to the same."""

from datetime import timedelta

import pytest

import dispatch.visits.handlers  # noqa: F401 - importing subscribes its handlers
from dispatch.matching.decision_replay import replay
from dispatch.matching.rules import Travel
from dispatch.visits import operations as visits
from events.work import Works
from kit.clock import FixedClock
from kit.rules import queries as rules
from kit.rules.model import RuleRow
from providers.roster import operations as roster
from tests.dispatch.stage import NINE, SYSTEM_ACTOR, Stage, set_stage
from tests.dispatch.test_matching_decisions import Drain, ask, open_offers, records


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    return await set_stage(works, clock, companies=3, elders=3)


async def test_a_decision_can_be_made_once_more_from_its_record(stage: Stage, drain: Drain) -> None:
    requests = []
    for step in range(8):
        start = NINE + timedelta(minutes=60 + 20 * (step % 4))
        requests.append(await stage.add_request(elder=step % 3, earliest=start, minutes_wide=90))
        await ask(stage, drain, requests[-1])
    for offer_id, company, attempt in await open_offers(stage):
        if company == 0 and attempt == 1:
            async with stage.works(stage.person_of(0)) as work:
                await visits.refuse(work, offer_id=offer_id, reason="忙")
    await drain()
    for request in requests:
        for record in await records(stage, request):
            async with stage.works(SYSTEM_ACTOR) as work:
                replayed = await replay(work, decision_id=record.id)
            assert (replayed.same_facts, replayed.same_choice) == (True, True)
    async with stage.works(SYSTEM_ACTOR) as work:
        await roster.report_absence(
            work, worker_id=stage.workers[0][0], from_at=NINE, until_at=NINE + timedelta(days=1), reason="病"
        )
    async with stage.works(SYSTEM_ACTOR) as work:
        assert not (await replay(work, decision_id=(await records(stage, requests[0]))[0].id)).same_facts


async def test_a_record_of_a_release_that_took_rules_as_they_were_stored_can_be_decided_once_more(
    stage: Stage, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = {"detour": 2, "start_seconds": 60}
    stored = {"car": {"speed": 6, **way}, "ebike": {"speed": 4, **way}, "walk": {"speed": 1.5, **way}}
    async with stage.works(SYSTEM_ACTOR) as work:
        since = work.now - timedelta(days=1)
        facts = {"name": Travel.about.name, "recorded_by": "an older release", "recorded_at": since}
        work.session.add(RuleRow(value=stored, valid_from=since, **facts))
    rules.forget()
    request = await stage.add_request()
    with monkeypatch.context() as older:
        older.setattr(Travel, "content", stored)
        await ask(stage, drain, request)
    (record,) = await records(stage, request)
    async with stage.works(SYSTEM_ACTOR) as work:
        again = await replay(work, decision_id=record.id)
    assert (again.same_facts, again.same_choice) == (True, True)
