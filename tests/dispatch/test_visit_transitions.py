"""The table of moves: every pair of states is either listed or refused."""

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from dispatch.visits import lifecycle
from dispatch.visits.model import Visit
from dispatch.visits.transitions import BEGUN, OPEN, PROMISED, RELEASED, TRANSITIONS, VisitState
from events.work import Work
from kit.access.actor import SYSTEM
from kit.vault import Vault

ALLOWED = {
    VisitState.OFFERED: "accepted refused lapsed withdrawn cancelled",
    VisitState.ACCEPTED: "departed arrived finished nobody_home aborted withdrawn cancelled missed held",
    VisitState.DEPARTED: "arrived finished nobody_home aborted withdrawn cancelled missed held",
    VisitState.ARRIVED: "finished nobody_home aborted held",
    VisitState.FINISHED: "verified held",
    VisitState.NOBODY_HOME: "verified held",
    VisitState.ABORTED: "held",
    VisitState.MISSED: "held",
    VisitState.VERIFIED: "held voided",
    VisitState.HELD: "verified voided",
    VisitState.CANCELLED: "",
    VisitState.REFUSED: "",
    VisitState.LAPSED: "",
    VisitState.WITHDRAWN: "",
    VisitState.VOIDED: "",
}


@pytest.fixture
def still() -> Work:
    """Give a work whose database is not to be touched."""
    nowhere = cast("AsyncSession", None)
    moment = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    return Work(nowhere, moment, SYSTEM("test"), Vault(bytes(64)), UUID(int=1))


@pytest.mark.parametrize("before", list(VisitState))
@pytest.mark.parametrize("after", list(VisitState))
def test_a_visit_moves_only_where_the_table_says(before: VisitState, after: VisitState, still: Work) -> None:
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
    reached = {VisitState.OFFERED}
    while more := {after for before in reached for after in TRANSITIONS[before]} - reached:
        reached |= more
    assert reached == set(VisitState)


def test_a_visit_that_released_its_hours_is_never_open_again() -> None:
    for state in RELEASED:
        assert not TRANSITIONS[state] & OPEN
    assert BEGUN < PROMISED < OPEN
