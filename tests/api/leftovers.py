"""What is left in the lived district at its end: the bureau's other benefits, a call, a sealed log, dead letters."""

from uuid import UUID

from civil import modules
from civil.blocks.benefits import operations as pay_runs
from civil.blocks.cases import operations as civil_cases
from dispatch.calls import newcomers
from dispatch.calls import operations as calls
from dispatch.calls.model import PhoneCallState
from events import log
from events.delivery import dead_letters
from events.delivery.message import Message
from events.model import DeadLetterCause
from kit import clock
from kit.access import scope
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.ids import new_id
from tests.api.lives import FINANCE, MANAGER, OPERATOR, OWN, Lives


async def draw_benefits(lives: Lives) -> None:
    """Grant each company's first elder an allowance, let the second's application wait, and approve a month's run."""
    module, kind = modules.case_kind("oldage.application")
    facts = civil_cases.read_facts(kind, {"alone": True})
    for company in lives.companies:
        town = scope.Division(OWN[company.place], frozenset({module.section}))
        clerk = Actor(Role.CLERK, f"{company.mark} clerk", UUID(int=80 + company.place), town)
        async with lives.works(clerk) as work:
            first, _ = [
                await civil_cases.open_case(work, kind, section=module.section, person_id=elder, facts=facts)
                for elder in company.elders
            ]
            await civil_cases.move(work, kind, case_id=first.id, to="seen", note=f"{company.mark} was at home")
        async with lives.works(MANAGER) as work:
            await civil_cases.move(work, kind, case_id=first.id, to="confirmed")
        await lives.drain()
    async with lives.works(FINANCE) as work:
        run = await pay_runs.compute(work, modules.programme("oldage"), month=clock.month_of(work.now))
    async with lives.works(MANAGER) as work:
        await pay_runs.approve(work, run_id=run.id)
    await lives.drain()


async def leave_calls(lives: Lives) -> None:
    """Let a telephone ring that is nobody's, and somebody wait to be registered."""
    async with lives.works(SYSTEM("test")) as work:
        await calls.report_call(work, source_key="left ringing", state=PhoneCallState.RINGING, number="13700001111")
    async with lives.works(OPERATOR) as work:
        await newcomers.enter_newcomer(work, name="qznewcomer", phone="13700002222", address="qznewcomer house")
    await lives.drain()


async def leave_dead_letters(lives: Lives) -> None:
    """Seal the log and leave a message of each company that no handler could take; nothing is drained after that."""
    async with lives.works(SYSTEM("test")) as work:
        await log.seal_all(work)
        for company in lives.companies:
            await dead_letters.add(
                work,
                group="matching",
                message=Message.of({"ce_id": str(new_id()), "ce_type": "x"}, company.mark.encode()),
                event_id=None,
                cause=DeadLetterCause.FAILED,
                tries=3,
                error=ValueError(company.mark),
            )
