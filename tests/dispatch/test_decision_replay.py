"""A decision is made once more from its record, and comes to the same."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

import dispatch.visits.handlers  # noqa: F401 - importing subscribes its handlers
from dispatch.matching import operations as matching
from dispatch.matching.decision_replay import replay
from dispatch.matching.model import DecisionOutcome
from dispatch.matching.operations import Cause
from dispatch.matching.rules import Travel
from dispatch.visits import bookings
from dispatch.visits import operations as visits
from events.contracts.care_requests import CareRequested
from events.contracts.offers import VisitOffered
from events.delivery.bus import Deliverer, Handlers
from events.model import LoggedEvent
from events.work import Work, Works
from kit.china import identifiers
from kit.clock import FixedClock
from kit.rules import queries as rules
from kit.rules.model import RuleRow
from providers.roster import operations as roster
from tests.dispatch.stage import NINE, SYSTEM_ACTOR, Stage, set_stage
from tests.dispatch.test_matching_decisions import Drain, ask, open_offers, records, requested


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


async def test_decisions_made_together_are_made_once_more_from_their_records(stage: Stage, handlers: Handlers) -> None:
    works = stage.works
    requests = [
        await stage.add_request(
            elder=step % 3,
            earliest=NINE + timedelta(minutes=60 + 20 * (step % 4)),
            minutes_wide=90,
            persons=2 if step == 3 else 1,
            urgent=step == 6,
            sex=identifiers.Sex.MALE if step == 4 else None,
        )
        for step in range(9)
    ]
    async with works(SYSTEM_ACTOR) as work:
        for request in requests:
            work.emit(requested(request))
    urgent = requests[6]
    deliverer = Deliverer(works, handlers)
    assert not await deliverer.deliver_next("matching.urgent")
    assert not await deliverer.deliver_next("matching")
    kept = {request.id: (await records(stage, request))[0] for request in requests}
    batch = [kept[request.id] for request in requests if request is not urgent]
    assert kept[urgent.id].batch_id is None
    assert len({record.batch_id for record in batch}) == 1
    assert [record.batch_place for record in batch] == list(range(8))
    assert {record.outcome for record in batch} == {DecisionOutcome.OFFERED, DecisionOutcome.NOBODY}
    async with works(SYSTEM_ACTOR) as work:
        for record in kept.values():
            replayed = await replay(work, decision_id=record.id)
            assert (replayed.same_facts, replayed.same_choice) == (True, True)
        query = select(LoggedEvent.causation, LoggedEvent.data).where(LoggedEvent.type == VisitOffered.type_name())
        offered = (await work.session.execute(query)).all()
        caused_by = select(LoggedEvent.id, LoggedEvent.data).where(LoggedEvent.type == CareRequested.type_name())
        causes = {row.id: row.data["request_id"] for row in await work.session.execute(caused_by)}
    assert len(offered) == sum(record.outcome is DecisionOutcome.OFFERED for record in kept.values()) > 5
    assert all(causes[row.causation] == row.data["request_id"] for row in offered)


async def test_a_batch_that_meets_a_busy_worker_is_undone_and_decided_one_by_one(
    stage: Stage, handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = stage.works
    requests = [await stage.add_request(elder=step) for step in range(3)]
    booked = bookings.book_all
    sizes: list[int] = []

    async def busy(work: Work, stays: list[bookings.Stay]) -> None:
        sizes.append(len(stays))
        if len(stays) > 1:
            raise bookings.WorkerBusy(worker_numbers=[1])
        await booked(work, stays)

    monkeypatch.setattr(bookings, "book_all", busy)
    async with works(SYSTEM_ACTOR) as work:
        for request in requests:
            work.emit(requested(request))
    assert await Deliverer(works, handlers).deliver_next("matching")
    assert sizes == [3, 1, 1, 1]
    for request in requests:
        (record,) = await records(stage, request)
        async with works(SYSTEM_ACTOR) as work:
            replayed = await replay(work, decision_id=record.id)
        assert (record.batch_id, replayed.same_facts, replayed.same_choice) == (None, True, True)


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


async def test_a_decision_whose_transaction_had_a_number_early_does_not_see_its_own_booking(stage: Stage) -> None:
    request = await stage.add_request()
    number = select(func.pg_current_xact_id())
    async with stage.works(SYSTEM_ACTOR) as work:
        await work.session.execute(number)
        async with stage.works(SYSTEM_ACTOR) as later:
            await later.session.execute(number)  # a later number that is over: the earlier one is no longer the next
        assert await matching.decide(work, request_id=request.id, cause=Cause.REQUESTED)
    (record,) = await records(stage, request)
    async with stage.works(SYSTEM_ACTOR) as work:
        replayed = await replay(work, decision_id=record.id)
    assert (replayed.same_facts, replayed.same_choice) == (True, True)
