"""What people of a simulation do next follows from what was told, and from nothing else."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from events.contracts.care_requests import CareRequested
from events.contracts.event import Event
from events.contracts.offers import NobodyFound, OfferAccepted, VisitOffered
from events.contracts.visits import VisitFinished, WorkerArrived, WorkerDeparted
from kit.ids import new_id
from simulations.sampling import Dice
from simulations.schedule import GRID, Agenda, Deed, Due, Phase, Placed, grid

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ACCEPTS = 1  # a seed by which the company says yes and the worker comes
PROVIDER, WORKER = UUID(int=1), UUID(int=2)


def _agenda() -> Agenda:
    return Agenda(Dice(ACCEPTS), missed_after=timedelta(minutes=120))


def _request(agenda: Agenda, call: int = 0) -> UUID:
    request_id = new_id()
    agenda.placed[request_id] = Placed(call, (38.3, 116.8), NOON + timedelta(hours=4), urgent=False)
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
    """Tell a visit from the request to the sign-out."""
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


def _all(agenda: Agenda) -> list[Due]:
    found = []
    while (due := agenda.pop(NOON + timedelta(days=400), Phase.PAPERS)) is not None:
        found.append(due)
    return found


def test_a_visit_goes_from_answer_to_leave_and_then_only_rounds_are_left() -> None:
    agenda = _agenda()
    expected = [None, Deed.ANSWER, Deed.DEPART, Deed.ARRIVE, Deed.LEAVE, None]
    for (event, at), deed in zip(_life(_request(agenda)), expected, strict=True):
        agenda.hear(event, at)
        if deed is not None:
            assert agenda.has(deed)
    left = {due.deed for due in _all(agenda)}
    assert left <= {Deed.RATE, Deed.CALL_BACK, Deed.NIGHT, Deed.SWEEP}
    assert Deed.NIGHT in left


@pytest.mark.parametrize("cut", range(1, 7))
def test_a_killed_agenda_is_found_again_from_the_log(cut: int) -> None:
    told = _life(_request(whole := _agenda()))
    again = _agenda()
    again.placed = dict(whole.placed)
    for event, at in told[:cut]:
        whole.hear(event, at)
    for event, at in told[:cut]:
        again.hear(event, at)
    now = told[cut - 1][1]
    again.resume(now)
    for event, at in told[cut:]:
        whole.hear(event, at)
        again.hear(event, at)
    assert [due for due in _all(again) if due.deed is not Deed.SWEEP] == [
        due for due in _all(whole) if due.deed is not Deed.SWEEP
    ]


def test_nobody_is_at_two_doors_at_once() -> None:
    agenda = _agenda()
    first, second = _life(_request(agenda, 0)), _life(_request(agenda, 1))
    for event, at in first[:5]:
        agenda.hear(event, at)
    for event, at in second[:4]:
        agenda.hear(event, at)
    waits = next(due for due in _all(agenda) if due.deed is Deed.ARRIVE and due.call == 1)
    assert waits.trip is not None
    assert agenda.may_arrive(waits.trip) > NOON + timedelta(hours=2, minutes=30)


def test_looking_again_ends_a_day_after_everybodys_hours() -> None:
    agenda = _agenda()
    request_id = _request(agenda)
    agenda.hear(_requested(request_id), NOON)
    nobody = NobodyFound(
        district="130999", request_id=request_id, attempt=1, urgent=True, relaxation="none", parameters={}
    )
    agenda.hear(nobody, NOON)
    assert agenda.has(Deed.LOOK_AGAIN)
    late = NOON + timedelta(days=3)
    assert agenda.pop(late, Phase.PAPERS) is not None
    while agenda.pop(late, Phase.PAPERS) is not None:
        pass
    agenda.turned(late)
    assert agenda.next_at() is None


def test_the_grid_rounds_up_and_leaves_full_steps() -> None:
    assert grid(NOON) == NOON
    assert grid(NOON + timedelta(seconds=1)) == NOON + GRID


def test_draws_depend_on_their_words_alone() -> None:
    dice = Dice(5)
    assert dice.unit("a", 1) == Dice(5).unit("a", 1)
    assert dice.unit("a", 1) != dice.unit("a", 2) != Dice(6).unit("a", 2)
    assert {dice.whole(1, 3, number) for number in range(200)} == {1, 2, 3}
    shares = [dice.weighted((("often", 9), ("seldom", 1)), number) for number in range(2000)]
    assert 0.85 < shares.count("often") / 2000 < 0.95
