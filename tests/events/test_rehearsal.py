"""A rehearsal: decided while nothing has happened, put forward for everybody at once, and never a real district."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import rehearsal
from events.contracts.people import PersonMoved
from events.work import Works
from kit import clock
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from kit.clock import RehearsalClock
from kit.vault import Vault

EIGHT = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
"""Monday, eight in the morning in the district."""


async def _begun(works: Works) -> Works:
    async with works(SYSTEM("test")) as work:
        await rehearsal.begin(work)
    return Works(works.database, RehearsalClock(), works.vault, routes={})


async def test_everybody_hears_of_a_clock_put_forward_before_their_next_act(works: Works, vault: Vault) -> None:
    first_works = await _begun(works)
    second_works = Works(works.database, RehearsalClock(), vault, routes={})
    company = Actor(Role.PROVIDER, "company", scope=Company(UUID(int=1)))
    async with first_works(SYSTEM("test")) as work:
        to = await rehearsal.put_forward(work, to=work.now + timedelta(days=31))
    for works_of_another in (first_works, second_works):
        async with works_of_another(company) as work:
            assert to <= work.now < to + timedelta(minutes=5)


async def test_what_happened_can_never_become_a_rehearsal(works: Works) -> None:
    async with works(SYSTEM("test")) as work:
        work.emit(PersonMoved(person_id=UUID(int=1), division_code="1"))
    with pytest.raises(rehearsal.AlreadyReal):
        await _begun(works)
    async with works(SYSTEM("test")) as work:
        with pytest.raises(rehearsal.NotARehearsal):
            await rehearsal.put_forward(work, to=work.now + timedelta(days=1))


async def test_a_rehearsal_stays_one_and_begins_once(works: Works) -> None:
    practising = await _begun(works)
    async with practising(SYSTEM("test")) as work:
        await rehearsal.put_forward(work, to=work.now + timedelta(hours=1))
        work.emit(PersonMoved(person_id=UUID(int=1), division_code="1"))
    again = await _begun(works)
    async with again(SYSTEM("test")) as work:
        assert work.now > datetime.now(UTC) + timedelta(minutes=59)


@pytest.mark.parametrize("step", [timedelta(), timedelta(seconds=-1), timedelta(days=367)])
async def test_the_clock_goes_forward_and_by_a_year_at_most(works: Works, step: timedelta) -> None:
    practising = await _begun(works)
    async with practising(SYSTEM("test")) as work:
        with pytest.raises(rehearsal.NotForward):
            await rehearsal.put_forward(work, to=work.now + step)


@pytest.mark.parametrize(
    ("word", "at"),
    [
        ("+45m", EIGHT + timedelta(minutes=45)),
        ("+3h", EIGHT + timedelta(hours=3)),
        ("+2d", EIGHT + timedelta(days=2)),
        ("08:30", EIGHT + timedelta(minutes=30)),
        ("08:00", EIGHT + timedelta(days=1)),
        ("07:59", EIGHT + timedelta(days=1, minutes=-1)),
        ("2026-04-01T09:00", datetime(2026, 4, 1, 1, 0, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_the_district_would_say_it(word: str, at: datetime) -> None:
    assert rehearsal.read(word, EIGHT) == at


@pytest.mark.parametrize("word", ["", "soon", "45m", "+45", "+m", "24:00", "08:60", "8:30", "2026-02-30T09:00", "-1d"])
def test_what_is_no_time_is_refused(word: str) -> None:
    with pytest.raises(rehearsal.Unreadable):
        rehearsal.read(word, EIGHT)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)), st.integers(0, 1439))  # noqa: DTZ001 - hypothesis wants bare bounds and adds the zone
def test_a_time_of_day_is_always_the_next(now: datetime, minute: int) -> None:
    at = rehearsal.read(f"{minute // 60:02d}:{minute % 60:02d}", now)
    assert timedelta() < at - now <= timedelta(days=1)
    assert (clock.local(at).hour * 60 + clock.local(at).minute, clock.local(at).second) == (minute, 0)
