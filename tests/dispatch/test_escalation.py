"""Nobody is left waiting unseen: one open case for each thing, whatever raises it and however often."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest

import dispatch.escalation.handlers
from dispatch.escalation import operations, queries
from dispatch.escalation.model import CaseKind
from events.contracts.offers import NobodyFound
from events.contracts.visits import VisitHeld
from events.delivery import dead_letters
from events.delivery.bus import Handlers
from events.delivery.inbox import Forged
from events.delivery.message import Message
from events.model import DeadLetterCause
from events.work import Works
from kit import clock as clocks
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.clock import FixedClock
from kit.ids import new_id
from providers.catalogue.model import Skill
from providers.roster import hiring
from providers.roster import operations as companies
from providers.roster import queries as roster
from providers.roster.hiring import Paper
from tests.conftest import HANDLERS
from tests.dispatch.stage import AREA, set_stage

GROUP = dispatch.escalation.handlers.GROUP


@pytest.fixture
def handlers() -> Handlers:
    """Deliver to this room only: the events here are about visits that no other room knows."""
    return {GROUP: HANDLERS[GROUP]}


async def test_a_request_and_a_visit_that_wait_too_long_are_each_raised_once(works: Works, clock: FixedClock) -> None:
    stage = await set_stage(works, clock, elders=2)
    waiting = await stage.add_request(elder=0, urgent=True)
    promised = await stage.add_request(elder=1)
    visit_id = await stage.promised(promised)
    clock.advance(timedelta(minutes=6))
    async with works(SYSTEM("ticker")) as work:
        assert await operations.sweep(work) == 1
    clock.advance(timedelta(hours=4))
    async with works(SYSTEM("ticker")) as work:
        await operations.sweep(work)
    async with works(SYSTEM("ticker")) as work:
        assert await operations.sweep(work) == 0
        (case,) = await queries.cases_of(work, waiting.id)
        assert (case.kind, case.owner_role) == (CaseKind.REQUEST_WAITING, Role.OPERATOR)
        (late,) = await queries.cases_of(work, visit_id)
        assert late.kind is CaseKind.VISIT_NOT_STARTED


async def test_who_is_told_of_what_and_a_closed_case_stays_closed(
    works: Works, drain: Callable[[], Awaitable[int]]
) -> None:
    request_id, visit_id = new_id(), new_id()
    nobody = NobodyFound(
        request_id=request_id, district=AREA, attempt=1, urgent=True, relaxation="window", parameters={"minutes": 20}
    )
    held = VisitHeld(visit_id=visit_id, request_id=request_id, provider_id=new_id(), reasons=["no_place"])
    async with works(SYSTEM("test")) as work:
        for event in (nobody, nobody, held):
            work.emit(event)
    await drain()
    async with works(SYSTEM("test")) as work:
        (case,) = await queries.cases_of(work, request_id)
        assert case.facts["parameters"] == {"minutes": 20}
        (other,) = await queries.open_cases(work, owner_role=Role.MANAGER)
        assert other.subject_id == visit_id
        await operations.assign(work, case_id=case.id, owner_id=new_id())
        await operations.close(work, case_id=case.id, reason="改约下午")
    with pytest.raises(operations.CaseIsClosed):
        async with works(SYSTEM("test")) as work:
            await operations.close(work, case_id=case.id, reason="again")


async def test_messages_that_the_log_does_not_know_are_one_case_until_more_come(works: Works) -> None:
    async def forge() -> None:
        async with works(SYSTEM("test")) as work:
            await dead_letters.add(
                work,
                group="settlement",
                message=Message.of({"ce_type": "visits.visit_verified.v1"}, b"{}"),
                event_id=None,
                error=Forged(),
                cause=DeadLetterCause.FORGED,
                tries=1,
            )

    async def sweep() -> int:
        async with works(SYSTEM("ticker")) as work:
            return await operations.sweep(work)

    await forge()
    await forge()
    assert [await sweep(), await sweep()] == [1, 0]
    async with works(SYSTEM("test")) as work:
        (case,) = await queries.open_cases(work, owner_role=Role.MANAGER)
        assert (case.kind, case.facts) == (CaseKind.MESSAGE_FORGED, {"messages": 2})
        await operations.close(work, case_id=case.id, reason="access withdrawn")
    assert await sweep() == 0
    await forge()
    assert await sweep() == 1


async def test_a_certificate_that_runs_out_is_noticed_once_and_not_where_another_follows(
    works: Works, clock: FixedClock, drain: Callable[[], Awaitable[int]]
) -> None:
    stage = await set_stage(works, clock)
    renewed, other = stage.workers[0]
    paper = Paper(skill=Skill.CARE, number="NEW-1", valid_from=date(2026, 6, 1), expires_on=date(2028, 1, 1))
    async with works(SYSTEM("test")) as work:
        await hiring.certify(work, worker_id=renewed, paper=paper)
    for day, count in ((date(2026, 12, 1), 0), (date(2026, 12, 2), 2 * len(Skill) - 1), (date(2026, 12, 3), 0)):
        clock.set(clocks.at_local(day, 540))
        async with works(SYSTEM("ticker")) as work:
            assert await hiring.notice_expiring(work) == count
        await drain()
    async with works(SYSTEM("test")) as work:
        cases = await queries.open_cases(work, owner_role=Role.MANAGER)
        papers = {worker: await roster.certificates_of(work, worker) for worker in (renewed, other)}
    by_paper = {case.subject_id: case for case in cases if case.kind is CaseKind.CERTIFICATE_EXPIRING}
    assert by_paper.keys() == {
        row.id for worker, rows in papers.items() for row in rows if worker == other or row.skill is not Skill.CARE
    }
    facts = {"worker_number": stage.numbers[other], "skill": "S1", "expires_on": "2027-01-01"}
    assert facts in [case.facts for case in by_paper.values()]


async def test_nobody_is_told_of_a_certificate_of_who_has_left(works: Works, clock: FixedClock) -> None:
    stage = await set_stage(works, clock)
    async with works(SYSTEM("test")) as work:
        await hiring.let_go(work, worker_id=stage.workers[0][0], reason="退休")
    clock.set(clocks.at_local(date(2026, 12, 20), 540))
    async with works(SYSTEM("ticker")) as work:
        assert await hiring.notice_expiring(work) == len(Skill)
    await stage.add_company()
    async with works(SYSTEM("test")) as work:
        await companies.exit_company(work, provider_id=stage.companies[1], reason="退出")
    async with works(SYSTEM("ticker")) as work:
        assert await hiring.notice_expiring(work) == 0
