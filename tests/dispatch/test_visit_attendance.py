"""Acts from the door on the real database: recorded once, folded in any order, verified or held."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from dispatch.requests.model import CareRequest
from dispatch.visits import attendance, lifecycle, queries, visit_codes
from dispatch.visits import operations as visits
from dispatch.visits.flags import Flag
from dispatch.visits.model import Act, Visit
from dispatch.visits.operations import ActIn
from dispatch.visits.transitions import ActKind, VisitState
from events.work import Works
from kit.clock import FixedClock
from tests.dispatch.stage import HOME, MANAGER, NINE, SYSTEM_ACTOR, Stage, set_stage

TEN = NINE + timedelta(hours=1)
DO = {
    ActKind.DEPART: visits.depart,
    ActKind.ARRIVE: visits.arrive,
    ActKind.LEAVE: visits.leave,
    ActKind.NOBODY_HOME: visits.nobody_home,
    ActKind.ABORT: visits.abort,
}
Scheduled = tuple[ActKind, ActIn]


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    return await set_stage(works, clock, companies=2, elders=2)


def act(number: int, at: datetime, **more: Any) -> ActIn:
    fix: dict[str, Any] = {
        "latitude": HOME[0],
        "longitude": HOME[1],
        "accuracy_metres": 10.0,
        "fix_age_seconds": 2.0,
    }
    return ActIn(id=UUID(int=number), claimed_at=at, **{**fix, **more})


async def code_of(stage: Stage, visit_id: UUID) -> str:
    async with stage.works(SYSTEM_ACTOR) as work:
        return visit_codes.code(work, visit_id)


async def report(stage: Stage, visit_id: UUID, kind: ActKind, sent: ActIn, *, worker: int | None = 0) -> list[str]:
    async with stage.works(stage.person_of(0, worker)) as work:
        await DO[kind](work, visit_id=visit_id, act=sent)
        return [event.type.split(".")[1] for event in work.emitted]


async def verify(stage: Stage, visit_id: UUID) -> list[dict[str, Any]]:
    async with stage.works(SYSTEM_ACTOR) as work:
        await visits.verify(work, visit_id=visit_id)
        return [event.data for event in work.emitted]


async def look(stage: Stage, visit_id: UUID) -> Visit:
    async with stage.works(SYSTEM_ACTOR) as work:
        return await queries.visit(work, visit_id)


async def done(stage: Stage, request: CareRequest, *, worker: int = 0, attempt: int = 1) -> UUID:
    """Play a visit from offer to sign-out with good evidence."""
    visit_id = await stage.promised(request, worker=worker, attempt=attempt)
    number = int(visit_id) & ((1 << 60) - 1)
    if stage.clock.now() < request.earliest:
        stage.clock.set(request.earliest)
    code = await code_of(stage, visit_id)
    sent = act(number, stage.clock.now(), code=code)
    await report(stage, visit_id, ActKind.ARRIVE, sent, worker=worker)
    stage.clock.advance(timedelta(minutes=request.minutes))
    await report(stage, visit_id, ActKind.LEAVE, act(number + 1, stage.clock.now()), worker=worker)
    return visit_id


async def test_a_visit_with_place_and_code_is_verified_with_all_that_a_charge_rests_on(stage: Stage) -> None:
    request = await stage.add_request()
    visit_id = await stage.promised(request)
    stage.clock.set(request.earliest + timedelta(minutes=125))
    arrived = stage.clock.now()
    events = await report(stage, visit_id, ActKind.ARRIVE, act(1, arrived, code=await code_of(stage, visit_id)))
    assert events == ["worker_arrived"]
    stage.clock.advance(timedelta(minutes=58, seconds=30))
    assert await report(stage, visit_id, ActKind.LEAVE, act(2, stage.clock.now())) == ["visit_finished"]
    (facts,) = await verify(stage, visit_id)
    assert facts["evidence_grade"] == "A"
    assert (facts["late_minutes"], facts["done_minutes"], facts["planned_minutes"]) == (5, 58, 60)
    assert (facts["outcome"], facts["category"], facts["quota_held_fen"]) == ("completed", "D", 3000)
    assert (await look(stage, visit_id)).state is VisitState.VERIFIED
    assert await verify(stage, visit_id) == []


async def test_a_position_switched_off_is_never_taken_as_good(stage: Stage) -> None:
    visit_id = await stage.promised(await stage.add_request())
    no_fix = {"latitude": None, "longitude": None, "accuracy_metres": None, "fix_age_seconds": None}
    await report(stage, visit_id, ActKind.ARRIVE, act(1, NINE, **no_fix))
    stage.clock.advance(timedelta(hours=1))
    await report(stage, visit_id, ActKind.LEAVE, act(2, TEN, **no_fix))
    (held,) = await verify(stage, visit_id)
    assert held["reasons"] == [Flag.NO_POSITION_AT_LEAVE, Flag.WEAK_EVIDENCE]
    visit = await look(stage, visit_id)
    assert (visit.state, visit.grade) == (VisitState.HELD, "D")


async def test_the_home_s_qr_and_the_code_are_two_of_three(stage: Stage) -> None:
    visit_id = await stage.promised(await stage.add_request())
    async with stage.works(SYSTEM_ACTOR) as work:
        home = queries.home_token(work, stage.elders[0])
        other = queries.home_token(work, stage.elders[1])
        (spoken,) = await queries.codes_of(work, stage.elders[0])
    no_fix = {"latitude": None, "longitude": None}
    await report(stage, visit_id, ActKind.ARRIVE, act(1, NINE, home=other, **no_fix))
    await report(stage, visit_id, ActKind.ARRIVE, act(2, NINE, home=home, code=spoken.code, **no_fix))
    stage.clock.advance(timedelta(hours=1))
    await report(stage, visit_id, ActKind.LEAVE, act(3, TEN, home=home, **no_fix))
    await verify(stage, visit_id)
    visit = await look(stage, visit_id)
    assert (visit.state, visit.grade) == (VisitState.VERIFIED, "B")
    with pytest.raises(queries.CodesForbidden):
        async with stage.works(stage.person_of(0)) as work:
            await queries.codes_of(work, stage.elders[0])


async def test_a_code_cannot_be_found_by_trying(stage: Stage) -> None:
    visit_id = await stage.promised(await stage.add_request())
    right = await code_of(stage, visit_id)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for number in range(1, 6):
        await report(stage, visit_id, ActKind.ARRIVE, act(number, NINE, code=wrong))
    await report(stage, visit_id, ActKind.ARRIVE, act(6, NINE, code=right))
    async with stage.works(SYSTEM_ACTOR) as work:
        assert not any(row.code_matches for row in await queries.acts_of(work, visit_id))
    assert (await look(stage, visit_id)).grade == "C"


async def test_nobody_at_home_after_a_quarter_of_an_hour_is_worth_the_way(stage: Stage) -> None:
    visit_id = await stage.promised(await stage.add_request())
    await report(stage, visit_id, ActKind.ARRIVE, act(1, NINE, home=None, code=await code_of(stage, visit_id)))
    stage.clock.advance(timedelta(minutes=15))
    assert await report(stage, visit_id, ActKind.NOBODY_HOME, act(2, stage.clock.now())) == ["nobody_home"]
    (facts,) = await verify(stage, visit_id)
    assert facts["outcome"] == "nobody_home"


async def test_a_visit_broken_off_at_the_door_waits_for_a_person(stage: Stage) -> None:
    visit_id = await stage.promised(await stage.add_request())
    await report(stage, visit_id, ActKind.ARRIVE, act(1, NINE, code=await code_of(stage, visit_id)))
    stage.clock.advance(timedelta(minutes=20))
    with pytest.raises(attendance.ActReasonMissing):
        await report(stage, visit_id, ActKind.ABORT, act(2, stage.clock.now()))
    await report(stage, visit_id, ActKind.ABORT, act(2, stage.clock.now(), reason="老人不适，已送医"))
    await verify(stage, visit_id)
    assert (await look(stage, visit_id)).state is VisitState.HELD
    async with stage.works(MANAGER) as work:
        await visits.decide_held(work, visit_id=visit_id, stands=True, reason="按实付")
        (facts,) = [event.data for event in work.emitted if "visit_verified" in event.type]
    assert (facts["outcome"], facts["done_minutes"]) == ("completed", 20)


async def test_steps_that_make_no_sense_are_refused_while_there_is_a_signal(stage: Stage) -> None:
    visit_id = await stage.promised(await stage.add_request())
    with pytest.raises(attendance.NotArrived):
        await report(stage, visit_id, ActKind.LEAVE, act(1, NINE))
    with pytest.raises(attendance.ActMalformed):
        await report(stage, visit_id, ActKind.ARRIVE, act(1, NINE, sequence=0))
    with pytest.raises(attendance.PositionIncomplete):
        await report(stage, visit_id, ActKind.ARRIVE, act(1, NINE, longitude=None))
    await report(stage, visit_id, ActKind.ARRIVE, act(1, NINE))
    await report(stage, visit_id, ActKind.LEAVE, act(2, NINE))
    with pytest.raises(attendance.AlreadyFinished):
        await report(stage, visit_id, ActKind.ARRIVE, act(3, NINE))
    offered = await stage.offer(await stage.add_request(elder=1), worker=1)
    with pytest.raises(attendance.VisitNotOpen):
        await report(stage, offered.visit_id, ActKind.ARRIVE, act(4, NINE), worker=1)
    with pytest.raises(lifecycle.VisitNotFound):
        await report(stage, offered.visit_id, ActKind.ARRIVE, act(4, NINE), worker=0)


async def test_an_act_sent_again_changes_nothing_and_one_id_serves_one_visit(stage: Stage) -> None:
    visit_id = await stage.promised(await stage.add_request())
    assert await report(stage, visit_id, ActKind.ARRIVE, act(1, NINE)) == ["worker_arrived"]
    stage.clock.advance(timedelta(minutes=1))
    assert await report(stage, visit_id, ActKind.ARRIVE, act(1, NINE)) == []
    assert (await look(stage, visit_id)).arrived_at == NINE
    other = await stage.promised(await stage.add_request(elder=1), worker=1)
    with pytest.raises(attendance.ActTaken):
        await report(stage, other, ActKind.ARRIVE, act(1, NINE), worker=1)


async def test_an_anchor_says_when_an_act_without_signal_happened_whatever_the_phone_s_clock_says(stage: Stage) -> None:
    visit_id = await stage.promised(await stage.add_request())
    async with stage.works(stage.person_of(0, 0)) as work:
        anchor = await queries.anchor(work, visit_id)
    stage.clock.advance(timedelta(hours=5))
    lied = act(1, NINE - timedelta(days=3), sequence=1, offline=True, anchor=anchor, elapsed_seconds=3600.0)
    await report(stage, visit_id, ActKind.ARRIVE, lied)
    visit = await look(stage, visit_id)
    assert visit.arrived_at == TEN
    forged = act(2, NINE - timedelta(days=3), sequence=2, offline=True, anchor=f"1{anchor}", elapsed_seconds=60.0)
    await report(stage, visit_id, ActKind.LEAVE, forged)
    async with stage.works(SYSTEM_ACTOR) as work:
        first, second = await queries.acts_of(work, visit_id)
    assert (first.not_before, second.not_before) == (NINE, None)


def _schedule(dice: Random, code: str) -> list[Scheduled]:
    """Make up what one phone queued without a signal; one in three schedules holds a clash of two phones."""
    start = NINE + timedelta(minutes=dice.randrange(30, 60))
    kinds = [ActKind.DEPART] if dice.random() < 0.5 else []
    kinds += [ActKind.ARRIVE] * dice.choice([1, 1, 2])
    kinds.append(dice.choice([ActKind.LEAVE, ActKind.LEAVE, ActKind.NOBODY_HOME, ActKind.ABORT]))
    kinds += [ActKind.LEAVE] * dice.choice([0, 0, 1])
    first = dice.getrandbits(60)
    queued = []
    for step, kind in enumerate(kinds):
        far = dice.random() < 0.2
        queued.append(
            (
                kind,
                act(
                    first + step,
                    start + timedelta(minutes=step * dice.randrange(5, 40)),
                    sequence=step + 1,
                    offline=True,
                    reason="reason",
                    latitude=HOME[0] + (0.1 if far else 0.0),
                    code=dice.choice([None, code, "000000"]),
                ),
            )
        )
    if dice.random() < 0.33:
        kind, sent = dice.choice(queued)
        queued.append((kind, replace(sent, id=UUID(int=first + 100))))
    return queued


@pytest.mark.parametrize("seed", range(20))
async def test_acts_in_any_order_and_any_number_of_times_end_in_the_same_visit(stage: Stage, seed: int) -> None:
    """The same queue once in order, once shuffled with repetitions and verifications in between."""
    seen = []
    promised = [await stage.promised(await stage.add_request(elder=n), worker=n) for n in range(2)]
    for round_, visit_id in enumerate(promised):
        dice = Random(seed)
        queued = _schedule(dice, "code")
        code = await code_of(stage, visit_id)
        # The two visits differ in id and code only.
        offset = round_ * (1 << 62)
        queued = [
            (kind, replace(sent, id=UUID(int=int(sent.id) + offset), code=code if sent.code == "code" else sent.code))
            for kind, sent in queued
        ]
        stage.clock.set(NINE + timedelta(hours=8, minutes=10 * round_))
        order = list(queued)
        if round_:
            order += dice.choices(queued, k=3)
            dice.shuffle(order)
        for kind, sent in order:
            await report(stage, visit_id, kind, sent, worker=round_)
            if not round_ or dice.random() < 0.5:
                await verify(stage, visit_id)
        await verify(stage, visit_id)
        visit = await look(stage, visit_id)
        async with stage.works(SYSTEM_ACTOR) as work:
            acts = await work.session.scalar(select(func.count()).where(Act.visit_id == visit_id))
        assert acts == len(queued)
        seen.append((visit.state, visit.departed_at, visit.arrived_at, visit.left_at, visit.grade, visit.flags))
    assert seen[0] == seen[1]
    assert seen[0][0] in {VisitState.VERIFIED, VisitState.HELD}


async def test_what_a_phone_uploads_after_a_day_is_held(stage: Stage) -> None:
    visit_id = await stage.promised(await stage.add_request())
    code = await code_of(stage, visit_id)
    stage.clock.advance(timedelta(hours=26))
    await report(stage, visit_id, ActKind.ARRIVE, act(1, TEN, sequence=1, offline=True, code=code))
    later = TEN + timedelta(hours=1)
    await report(stage, visit_id, ActKind.LEAVE, act(2, later, sequence=2, offline=True))
    (held,) = await verify(stage, visit_id)
    assert held["reasons"] == [Flag.LATE_UPLOAD, Flag.UNANCHORED]


async def test_a_worker_in_two_homes_at_once_holds_both_visits(stage: Stage) -> None:
    first = await stage.add_request()
    second = await stage.add_request(elder=1, earliest=first.earliest + timedelta(minutes=60))
    first_visit, second_visit = await stage.promised(first), await stage.promised(second)
    codes = {visit_id: await code_of(stage, visit_id) for visit_id in (first_visit, second_visit)}
    stage.clock.advance(timedelta(hours=5))
    for number, visit_id, start in ((10, first_visit, 60), (20, second_visit, 90)):
        arrived, left = NINE + timedelta(minutes=start), NINE + timedelta(minutes=start + 60)
        sent = act(number, arrived, sequence=1, offline=True, code=codes[visit_id])
        await report(stage, visit_id, ActKind.ARRIVE, sent)
        await report(stage, visit_id, ActKind.LEAVE, act(number + 1, left, sequence=2, offline=True))
        await verify(stage, visit_id)
    for visit_id in (first_visit, second_visit):
        visit = await look(stage, visit_id)
        assert visit.state is VisitState.HELD
        assert {Flag.OVERLAP, Flag.UNANCHORED} <= set(visit.flags)


@pytest.mark.parametrize("backwards", [False, True])
async def test_the_later_of_two_visits_too_far_apart_is_held(stage: Stage, backwards: bool) -> None:
    far = (HOME[0] + 0.5, HOME[1])
    first = await stage.add_request()
    second = await stage.add_request(elder=1, earliest=first.earliest + timedelta(minutes=60), place=far)
    first_visit, second_visit = await stage.promised(first), await stage.promised(second)
    anchors = {}
    for visit_id in (first_visit, second_visit):
        async with stage.works(stage.person_of(0, 0)) as work:
            anchors[visit_id] = await queries.anchor(work, visit_id)
    stage.clock.advance(timedelta(hours=5))
    plan = [(10, first_visit, 60, HOME), (20, second_visit, 121, far)]
    for number, visit_id, start, place in reversed(plan) if backwards else plan:
        code = await code_of(stage, visit_id)
        here = {"offline": True, "latitude": place[0], "longitude": place[1], "anchor": anchors[visit_id]}
        for kind, step, minutes in ((ActKind.ARRIVE, 1, start), (ActKind.LEAVE, 2, start + 60)):
            at = NINE + timedelta(minutes=minutes)
            sent = act(number + step, at, sequence=step, code=code, elapsed_seconds=minutes * 60.0, **here)
            await report(stage, visit_id, kind, sent)
        await verify(stage, visit_id)
    assert (await look(stage, first_visit)).flags == []
    late = await look(stage, second_visit)
    assert (late.flags, late.state) == ([Flag.IMPOSSIBLE_SPEED], VisitState.HELD)


async def test_a_company_can_neither_write_nor_count_another_s_evidence(stage: Stage) -> None:
    visit_id = await done(stage, await stage.add_request())
    async with stage.works(stage.person_of(1)) as work:
        for table in ("visit", "offer", "booking", "act"):
            assert await work.session.scalar(text(f"select count(*) from {table}")) == 0
        assert not (await work.session.execute(text("update visit set grade = 'A' returning id"))).all()
    async with stage.works(stage.person_of(0)) as work:
        assert await work.session.scalar(text("select count(*) from act")) == 2
    assert (await look(stage, visit_id)).state is VisitState.FINISHED
