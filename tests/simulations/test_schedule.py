"""The schedule of a simulation follows from the events, and from nothing else."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from events.contracts.care_requests import CareRequested
from events.contracts.event import Event
from events.contracts.offers import NobodyFound, OfferAccepted, VisitOffered
from events.contracts.visits import VisitFinished, WorkerArrived, WorkerDeparted
from kit.ids import new_id
from simulations.due_actions import GRID, Action, DueAction, Phase, PlacedCall, grid
from simulations.sampling import Sampler
from simulations.schedule import Schedule

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ACCEPTS = 1  # a seed by which the company says yes and the worker comes
PROVIDER, WORKER = UUID(int=1), UUID(int=2)


def _schedule() -> Schedule:
    return Schedule(Sampler(ACCEPTS), missed_after=timedelta(minutes=120))


def _request(schedule: Schedule, call: int = 0) -> UUID:
    request_id = new_id()
    schedule.placed[request_id] = PlacedCall(call, (38.3, 116.8), NOON + timedelta(hours=4), urgent=False)
    return request_id


def _requested(request_id: UUID) -> CareRequested:
    return CareRequested(
        request_id=request_id,
        district="130999",
        person_id=UUID(int=3),
        division_code="130999001000",
        item_code="B01",
        earliest=NOON + timedelta(hours=2),
        latest=NOON + timedelta(hours=4),
        urgent=False,
    )


def _life(request_id: UUID) -> list[tuple[Event, datetime]]:
    """Return the events of a visit from the request to the sign-out."""
    visit_id, starts = new_id(), NOON + timedelta(hours=2)
    ends = starts + timedelta(hours=1)
    offered = {
        "district": "130999",
        "request_id": request_id,
        "offer_id": new_id(),
        "visit_id": visit_id,
        "provider_id": PROVIDER,
        "worker_id": WORKER,
        "second_worker_id": None,
        "starts_at": starts,
        "ends_at": ends,
    }
    door = {"visit_id": visit_id, "request_id": request_id, "provider_id": PROVIDER, "worker_id": WORKER}
    stay = {"person_id": UUID(int=3), "item_code": "B01", "division_code": "130999001000", "arrived_at": starts}
    left = starts - timedelta(minutes=15)
    return [
        (_requested(request_id), NOON),
        (VisitOffered.model_validate(offered | {"deadline": NOON + timedelta(minutes=30), "attempt": 1}), NOON),
        (OfferAccepted.model_validate(offered), NOON + timedelta(minutes=10)),
        (WorkerDeparted.model_validate(door | {"at": left}), left),
        (WorkerArrived.model_validate(door | {"at": starts, "grade": "A"}), starts),
        (VisitFinished.model_validate(door | stay | {"left_at": ends}), ends),
    ]


def _all(schedule: Schedule) -> list[DueAction]:
    actions = []
    while (due := schedule.pop(NOON + timedelta(days=400), Phase.OFFICE)) is not None:
        actions.append(due)
    return actions


def test_a_visit_goes_from_answer_to_leave_and_then_only_rounds_are_left() -> None:
    schedule = _schedule()
    expected = [None, Action.ANSWER, Action.DEPART, Action.ARRIVE, Action.LEAVE, None]
    for (event, at), action in zip(_life(_request(schedule)), expected, strict=True):
        schedule.apply(event, at)
        if action is not None:
            assert schedule.has(action)
    left = {due.action for due in _all(schedule)}
    assert left <= {Action.RATE, Action.CALL_BACK, Action.NIGHT, Action.SWEEP}
    assert Action.NIGHT in left


@pytest.mark.parametrize("cut", range(1, 7))
def test_a_killed_schedule_is_rebuilt_from_the_log(cut: int) -> None:
    events = _life(_request(whole := _schedule()))
    again = _schedule()
    again.placed = dict(whole.placed)
    for event, at in events[:cut]:
        whole.apply(event, at)
    for event, at in events[:cut]:
        again.apply(event, at)
    now = events[cut - 1][1]
    again.resume(now)
    for event, at in events[cut:]:
        whole.apply(event, at)
        again.apply(event, at)
    assert [due for due in _all(again) if due.action is not Action.SWEEP] == [
        due for due in _all(whole) if due.action is not Action.SWEEP
    ]


def test_nobody_is_at_two_doors_at_once() -> None:
    schedule = _schedule()
    first, second = _life(_request(schedule, 0)), _life(_request(schedule, 1))
    for event, at in first[:5]:
        schedule.apply(event, at)
    for event, at in second[:4]:
        schedule.apply(event, at)
    waits = next(due for due in _all(schedule) if due.action is Action.ARRIVE and due.call == 1)
    assert waits.trip is not None
    assert schedule.may_arrive(waits.trip) > NOON + timedelta(hours=2, minutes=30)


def test_looking_again_ends_a_day_after_everybodys_hours() -> None:
    schedule = _schedule()
    request_id = _request(schedule)
    schedule.apply(_requested(request_id), NOON)
    nobody = NobodyFound(
        district="130999", request_id=request_id, attempt=1, urgent=True, relaxation="none", parameters={}
    )
    schedule.apply(nobody, NOON)
    assert schedule.has(Action.LOOK_AGAIN)
    late = NOON + timedelta(days=3)
    assert schedule.pop(late, Phase.OFFICE) is not None
    while schedule.pop(late, Phase.OFFICE) is not None:
        pass
    schedule.repeat_rounds(late)
    assert schedule.next_at() is None


def test_the_grid_rounds_up_and_leaves_full_steps() -> None:
    assert grid(NOON) == NOON
    assert grid(NOON + timedelta(seconds=1)) == NOON + GRID


def test_draws_depend_on_their_words_alone() -> None:
    sampler = Sampler(5)
    assert sampler.unit("a", 1) == Sampler(5).unit("a", 1)
    assert sampler.unit("a", 1) != sampler.unit("a", 2) != Sampler(6).unit("a", 2)
    assert {sampler.whole(1, 3, number) for number in range(200)} == {1, 2, 3}
    shares = [sampler.weighted((("often", 9), ("seldom", 1)), number) for number in range(2000)]
    assert 0.85 < shares.count("often") / 2000 < 0.95
