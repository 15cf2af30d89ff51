"""The table of moves: every pair of states is either listed or refused."""

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from dispatch.visits import lifecycle
from dispatch.visits.model import Visit
from dispatch.visits.transitions import BEGUN, OPEN, PROMISED, RELEASED, TRANSITIONS, State
from events.work import Work
from kit.access.actor import SYSTEM
from kit.vault import Vault

ALLOWED = {
    State.OFFERED: "accepted refused lapsed withdrawn cancelled",
    State.ACCEPTED: "departed arrived finished nobody_home aborted withdrawn cancelled missed held",
    State.DEPARTED: "arrived finished nobody_home aborted withdrawn cancelled missed held",
    State.ARRIVED: "finished nobody_home aborted held",
    State.FINISHED: "verified held",
    State.NOBODY_HOME: "verified held",
    State.ABORTED: "held",
    State.MISSED: "held",
    State.VERIFIED: "held voided",
    State.HELD: "verified voided",
    State.CANCELLED: "",
    State.REFUSED: "",
    State.LAPSED: "",
    State.WITHDRAWN: "",
    State.VOIDED: "",
}


@pytest.fixture
def still() -> Work:
    """Give a work whose database is not to be touched."""
    nowhere = cast("AsyncSession", None)
    moment = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    return Work(nowhere, moment, SYSTEM("test"), Vault(bytes(64)), UUID(int=1))


@pytest.mark.parametrize("before", list(State))
@pytest.mark.parametrize("after", list(State))
def test_a_visit_moves_only_where_the_table_says(before: State, after: State, still: Work) -> None:
    visit = Visit(state=before)
    if after.value in ALLOWED[before].split():
        lifecycle.move(visit, after, still)
        assert visit.state is after
        assert (visit.closed_at is None) is (after in OPEN)
    else:
        with pytest.raises(lifecycle.VisitNotAllowed):
            lifecycle.move(visit, after, still)
        assert visit.state is before


def test_every_state_but_the_first_can_be_reached_from_the_offer() -> None:
    reached = {State.OFFERED}
    while more := {after for before in reached for after in TRANSITIONS[before]} - reached:
        reached |= more
    assert reached == set(State)


def test_a_visit_that_released_its_hours_is_never_open_again() -> None:
    for state in RELEASED:
        assert not TRANSITIONS[state] & OPEN
    assert BEGUN < PROMISED < OPEN
