"""Call-backs reach whoever must be asked, draws can be drawn again by anybody, rates agree with a count by hand."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

import providers.satisfaction.handlers
from events.contracts.visits import VisitFinished
from events.work import Works
from kit import sample
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from kit.clock import FixedClock, at_local, day_of
from kit.ids import new_id
from providers.satisfaction import complaints, draws, operations, queries
from providers.satisfaction.model import (
    CallBack,
    CallBackReason,
    CallState,
    Channel,
    ComplaintState,
    ComplaintStep,
    Rateable,
    Rating,
)
from providers.satisfaction.operations import Answers
from providers.satisfaction.queries import Group, Level

assert providers.satisfaction.handlers.GROUP == "satisfaction"
Drain = Callable[[], Awaitable[int]]
MONDAY = date(2026, 3, 2)


def finished(clock: FixedClock, **changes: object) -> VisitFinished:
    usual: dict[str, object] = {
        "visit_id": new_id(),
        "request_id": new_id(),
        "provider_id": new_id(),
        "person_id": new_id(),
        "worker_id": new_id(),
        "item_code": "B01",
        "division_code": "130903001001",
        "arrived_at": clock.now(),
        "left_at": clock.now(),
    }
    return VisitFinished.model_validate({**usual, **changes})


async def finish(works: Works, *visits: VisitFinished) -> None:
    async with works(SYSTEM("satisfaction")) as work:
        for visit in visits:
            await providers.satisfaction.handlers.when_finished(work, visit)


async def rate(works: Works, visit_id: UUID, score: int) -> None:
    async with works(SYSTEM("elder")) as work:
        code = operations.feedback_code(works.vault, visit_id)
        assert (await operations.give_by_code(work, visit_id=visit_id, code=code, score=score)).accepted


async def answer(works: Works, visit_id: UUID, *, score: int | None, came: bool = True) -> operations.Revealed:
    async with works(Actor(Role.OPERATOR, "caller")) as work:
        query = select(CallBack.id).where(CallBack.visit_id == visit_id)
        call_back_id = (await work.session.execute(query)).scalar_one()
        said = Answers(came=came, stayed_minutes=50 if came else None, goods_instead=False, score=score)
        return await operations.record_call_back(work, call_back_id=call_back_id, answers=said)


async def row_of(works: Works, visit_id: UUID) -> Rateable:
    async with works(SYSTEM("test")) as work:
        return await work.session.get_one(Rateable, visit_id)


async def test_five_wrong_codes_lock_even_the_right_one(works: Works, clock: FixedClock) -> None:
    visit = finished(clock)
    await finish(works, visit)
    code = operations.feedback_code(works.vault, visit.visit_id)
    for left in (4, 3, 2, 1, 0):
        async with works(SYSTEM("guesser")) as work:
            answer = await operations.give_by_code(work, visit_id=visit.visit_id, code="x", score=5)
            assert (answer.accepted, answer.tries_left) == (False, left)
    with pytest.raises(operations.CodeLocked):
        async with works(SYSTEM("elder")) as work:
            await operations.give_by_code(work, visit_id=visit.visit_id, code=code, score=5)


async def test_a_call_back_overrides_the_code_and_silence_but_is_not_overridden(
    works: Works, clock: FixedClock
) -> None:
    visit = finished(clock)
    await finish(works, visit)
    await rate(works, visit.visit_id, 5)
    await answer(works, visit.visit_id, score=3)
    row = await row_of(works, visit.visit_id)
    assert (row.score, row.channel, row.valid, row.call_state) == (3, Channel.CALLBACK, True, CallState.ANSWERED)
    with pytest.raises(operations.AlreadyGiven):
        await rate(works, visit.visit_id, 5)
    with pytest.raises(operations.CallBackFinished):
        await answer(works, visit.visit_id, score=5)
    async with works(SYSTEM("test")) as work:
        kept = await work.session.execute(select(Rating.channel, Rating.score).order_by(Rating.id))
        assert [tuple(rating) for rating in kept] == [(Channel.CODE, 5), (Channel.CALLBACK, 3)]


async def test_an_elder_without_opinion_leaves_the_rating_by_code_as_it_is(works: Works, clock: FixedClock) -> None:
    rated, unrated = finished(clock), finished(clock)
    await finish(works, rated, unrated)
    await rate(works, rated.visit_id, 4)
    await answer(works, rated.visit_id, score=None)
    await answer(works, unrated.visit_id, score=None)
    first, second = await row_of(works, rated.visit_id), await row_of(works, unrated.visit_id)
    assert (first.score, first.channel, first.valid) == (4, Channel.CODE, True)
    assert (second.score, second.channel, second.valid) == (None, Channel.CALLBACK, False)
    async with works(SYSTEM("test")) as work:
        assert (await queries.rate(work)).excluded["invalid"] == 1


async def test_nobody_came_opens_a_complaint_that_waits_two_hours(works: Works, clock: FixedClock) -> None:
    visit = finished(clock)
    await finish(works, visit)
    with pytest.raises(operations.ScoreWithoutVisit):
        await answer(works, visit.visit_id, score=5, came=False)
    shown = await answer(works, visit.visit_id, score=None, came=False)
    assert shown.provider_id == visit.provider_id
    async with works(SYSTEM("test")) as work:
        assert await queries.complaints(work, overdue_at=clock.now()) == []
        (complaint,) = await queries.complaints(work, overdue_at=clock.now() + timedelta(hours=2))
        assert (complaint.id, complaint.provider_id) == (shown.complaint_id, visit.provider_id)


async def test_an_elder_not_reached_is_asked_again_after_a_bad_rating(works: Works, clock: FixedClock) -> None:
    visit = finished(clock)
    await finish(works, visit)
    async with works(SYSTEM("op")) as work:
        (call,) = await queries.calls_due(work)
        await operations.record_no_answer(work, call_back_id=call.id)
    async with works(SYSTEM("op")) as work:
        assert await queries.calls_due(work) == []
        with pytest.raises(operations.CallBackTooSoon):
            await operations.record_no_answer(work, call_back_id=call.id)
    for _ in range(2):
        clock.advance(timedelta(hours=3))
        async with works(SYSTEM("op")) as work:
            assert len(await queries.calls_due(work)) == 1
            await operations.record_no_answer(work, call_back_id=call.id)
    assert (await row_of(works, visit.visit_id)).call_state is CallState.NOT_REACHED
    await rate(works, visit.visit_id, 2)
    async with works(SYSTEM("op")) as work:
        ((reason, due_at, tries),) = (
            await work.session.execute(select(CallBack.reason, CallBack.due_at, CallBack.tries))
        ).all()
        assert (reason, due_at, tries) == (CallBackReason.BAD_RATING, clock.now() + timedelta(hours=48), 0)
        count = (await queries.rate(work)).count
        assert (count.asked, count.reached, count.not_reached) == (1, 0, 0)


async def test_anybody_draws_the_same_call_backs_again_once_the_seed_is_shown(works: Works, clock: FixedClock) -> None:
    visits = [finished(clock, person_id=UUID(int=1)) for _ in range(31)]
    await finish(works, *visits)
    async with works(SYSTEM("manager")) as work:
        promised = await draws.commit_seed(work, day=MONDAY)
        early = await queries.draw(work, MONDAY)
        assert early is not None
        assert (early.seed_hash, early.seed, early.visits) == (promised, None, ())
        with pytest.raises(draws.SeedAlreadyCommitted):
            await draws.commit_seed(work, day=MONDAY)
        with pytest.raises(draws.DayNotOver):
            await draws.draw_call_backs(work, day=MONDAY)
        with pytest.raises(draws.NoSeed):
            await draws.draw_call_backs(work, day=MONDAY - timedelta(days=1))
    clock.set(at_local(MONDAY, 24 * 60))
    async with works(SYSTEM("manager")) as work:
        with pytest.raises(draws.SeedTooLate):
            await draws.commit_seed(work, day=MONDAY)
        first = await draws.draw_call_backs(work, day=MONDAY)
        assert (await draws.draw_call_backs(work, day=MONDAY)).drawn_at == first.drawn_at
    async with works(SYSTEM("anybody")) as work:
        shown = await queries.draw(work, MONDAY)
        assert shown is not None
        assert shown.seed is not None
        assert shown.percent is not None
        seed = bytes.fromhex(shown.seed)
        assert sample.commitment(seed) == promised
        assert set(shown.visits) == {visit.visit_id for visit in visits}
        assert sample.list_hash(shown.visits) == shown.list_hash
        again = sample.draw(seed, shown.visits, percent=shown.percent)
        asked = await work.session.execute(select(CallBack.visit_id, CallBack.reason, CallBack.due_at))
        calls = {visit_id: (reason, due_at) for visit_id, reason, due_at in asked}
        assert len(again) == 4
        assert set(again) <= set(calls)
        assert set(calls) - set(again) <= {visits[0].visit_id}  # the elder's first visit is asked about anyway
        assert {due_at for _, due_at in calls.values()} == {visits[0].left_at + timedelta(hours=48)}


async def test_each_day_turns_by_itself_and_a_visit_told_late_is_on_the_next_list(
    works: Works, clock: FixedClock
) -> None:
    offline = finished(clock)
    await finish(works, finished(clock))
    async with works(SYSTEM("ticker")) as work:
        assert await draws.turn_day(work) == 0
        assert await draws.turn_day(work) == 0
    clock.set(at_local(MONDAY, 24 * 60 + 10))
    async with works(SYSTEM("ticker")) as work:
        assert await draws.turn_day(work) == 1
    await finish(works, offline)
    clock.set(at_local(MONDAY + timedelta(days=1), 24 * 60 + 10))
    async with works(SYSTEM("ticker")) as work:
        assert await draws.turn_day(work) == 1
        published = await queries.draw(work, MONDAY + timedelta(days=1))
        assert published is not None
        assert published.visits == (offline.visit_id,)


async def test_rates_by_every_group_agree_with_a_count_by_hand(works: Works, clock: FixedClock) -> None:
    chance = random.Random(7)
    companies = [new_id() for _ in range(3)]
    facts = []
    async with works(SYSTEM("test")) as work:
        for number in range(900):
            left_at = clock.now() + timedelta(days=chance.randrange(90))
            visit = finished(
                clock,
                provider_id=chance.choice(companies),
                item_code=chance.choice(["A01", "B01", "B03"]),
                division_code=chance.choice(["130903001001", "130903001002", "130903002001", "130904001001"]),
                left_at=left_at,
                person_id=UUID(int=number % 50),
            )
            await operations.open_for_rating(work, visit=visit)
            score = chance.choice([None, 1, 2, 3, 4, 4, 5, 5, 5])
            if score is not None:
                values = {"score": score, "channel": Channel.CODE, "valid": True}
                await work.session.execute(update(Rateable).where(Rateable.visit_id == visit.visit_id).values(**values))
            facts.append((visit, f"{left_at + timedelta(hours=8):%Y-%m}", score))
    months = ["2026-03", "2026-04", "2026-05"]
    keys: dict[Group, Callable[[VisitFinished, str], object]] = {
        Group.COMPANY: lambda visit, month: visit.provider_id,
        Group.ITEM: lambda visit, month: visit.item_code,
        Group.DIVISION: lambda visit, month: visit.division_code[:9],
        Group.MONTH: lambda visit, month: month,
    }
    async with works(SYSTEM("test")) as work:
        for group, key in keys.items():
            finished_by, valid_by, good_by = Counter[object](), Counter[object](), Counter[object]()
            for visit, month, score in facts:
                finished_by[key(visit, month)] += 1
                valid_by[key(visit, month)] += score is not None
                good_by[key(visit, month)] += score is not None and score >= 4
            rows = await queries.rates(work, by=group, months=months, level=Level.TOWNSHIP)
            assert {getattr(rate, group.value): rate.count.finished for rate in rows} == finished_by
            assert {getattr(rate, group.value): rate.denominator for rate in rows} == valid_by
            assert {getattr(rate, group.value): rate.numerator for rate in rows} == good_by
        for division, inside in (("130903", "130903"), ("130903000000", "130903"), ("130903001", "130903001")):
            expected = sum(1 for visit, _, _ in facts if visit.division_code.startswith(inside))
            assert (await queries.rate(work, division=division)).count.finished == expected
        by_month = [await queries.rate(work, month=month) for month in months]
        always = await queries.always(work, months=months)
        assert always.percent == min(rate.percent for rate in by_month if rate.percent is not None)
        gap = await queries.always(work, months=[*months, "2026-06"])
        assert (gap.percent, gap.too_small) == (None, ("2026-06",))


async def test_a_company_counts_its_own_ratings_and_never_sees_whose_they_are(works: Works, clock: FixedClock) -> None:
    own, other = finished(clock), finished(clock)
    await finish(works, own, other)
    await rate(works, own.visit_id, 5)
    company = Actor(Role.PROVIDER, "own", scope=Company(own.provider_id))
    async with works(company) as work:
        assert (await queries.rate(work)).count.finished == 1
        (mine,) = await queries.rates(work, by=Group.COMPANY, months=["2026-03"])
        assert (mine.provider_id, mine.numerator) == (own.provider_id, 1)
        assert (await queries.rate(work, provider_id=other.provider_id)).count.finished == 0
    for column in ("visit_id", "person_id", "finished_at", "code_tries"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with works(company) as work:
                await work.session.execute(text(f"select {column} from rateable"))
    for table in ("rating", "call_back", "call_back_draw", "complaint_step"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with works(company) as work:
                await work.session.execute(text(f"select * from {table}"))
    with pytest.raises(DBAPIError, match="permission denied"):
        async with works(company) as work:
            await work.session.execute(text("update rateable set score = 5"))


async def test_a_complaint_has_its_deadlines_and_its_steps_in_order(works: Works, clock: FixedClock) -> None:
    visit = finished(clock)
    await finish(works, visit)
    async with works(Actor(Role.MANAGER, "manager")) as work:
        complaint = await complaints.receive(work, visit_id=visit.visit_id, words="态度不好")
        assert complaint.due_at == clock.now() + timedelta(hours=2)
        with pytest.raises(complaints.ComplaintStateInvalid):
            await complaints.decide(work, complaint_id=complaint.id, upheld=False, deduction_percent=0)
        await complaints.acknowledge(work, complaint_id=complaint.id)
        assert complaint.due_at == at_local(date(2026, 3, 5), 1440)
        await complaints.investigated(work, complaint_id=complaint.id)
        assert complaint.due_at == at_local(date(2026, 3, 9), 1440)
        with pytest.raises(complaints.DeductionOutOfRange):
            await complaints.decide(work, complaint_id=complaint.id, upheld=False, deduction_percent=50)
        await complaints.decide(work, complaint_id=complaint.id, upheld=False, deduction_percent=0)
        await complaints.close(work, complaint_id=complaint.id)
        assert complaint.due_at is None
    clock.set(at_local(day_of(clock.now()) + timedelta(days=14), 1440))
    with pytest.raises(complaints.AppealTooLate):
        async with works(SYSTEM("op")) as work:
            await complaints.appeal(work, complaint_id=complaint.id)
    async with works(SYSTEM("test")) as work:
        steps = select(ComplaintStep.state).where(ComplaintStep.complaint_id == complaint.id).order_by(ComplaintStep.id)
        assert (await work.session.execute(steps)).scalars().all() == [
            ComplaintState.RECEIVED,
            ComplaintState.ACKNOWLEDGED,
            ComplaintState.INVESTIGATED,
            ComplaintState.DECIDED,
            ComplaintState.CLOSED,
        ]
        sealed = (await work.session.execute(text("select words_sealed from complaint"))).scalar_one()
        assert "态度".encode() not in bytes(sealed)
    with pytest.raises(complaints.ComplaintUnknownVisit):
        async with works(SYSTEM("op")) as work:
            await complaints.receive(work, visit_id=new_id(), words="没有来")
    async with works(SYSTEM("op")) as work:
        missed = await complaints.receive(work, visit_id=new_id(), words="没有来", provider_id=visit.provider_id)
        assert missed.provider_id == visit.provider_id
