"""What is left in the lived district at its end: benefits, registers and funds, a call, a sealed log, dead letters."""

from uuid import UUID

from civil import modules
from civil.blocks.benefits import operations as pay_runs
from civil.blocks.cases import operations as civil_cases
from civil.blocks.fund import operations as funds
from civil.blocks.register import operations as registers
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
from kit.china import identifiers
from kit.ids import new_id
from tests.api.lives import AREA, FINANCE, MANAGER, OPERATOR, OWN, Lives


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


async def keep_registers(lives: Lives) -> None:
    """Register an inspected institution in each company's town, and fill a reserve fund of which more is asked."""
    module, register = modules.register("institutions.institution")
    own, kind = modules.fund("relief.reserve")
    assert register.inspecting is not None
    looked = registers.read_facts(register.inspecting.facts, register.name, {"fire_safety": True})
    for company in lives.companies:
        facts = {
            "name": f"{company.mark} home",
            "uscc": identifiers.compose_uscc(area=AREA, sequence=8100 + company.place),
            "legal_form": "private",
            "beds": 30,
            "nursing_beds": 10,
        }
        town = OWN[company.place]
        async with lives.works(MANAGER) as work:
            home = await registers.add(
                work,
                register,
                section=module.section,
                facts=registers.read_facts(register.facts, register.name, facts),
                division_code=town,
            )
            await registers.move(work, register, record_id=home.id, to="filed")
            await registers.inspect(work, register, record_id=home.id, passed=True, facts=looked)
            fund = await funds.open_fund(work, kind, section=own.section, division_code=town)
            year = clock.day_of(work.now).year
            await funds.plan_year(work, kind, fund_id=fund.id, year=year, fen=3_000_000, source=company.mark)
        async with lives.works(FINANCE) as work:
            await funds.put_in(work, kind, fund_id=fund.id, replenishes=False, fen=1_000_000, reference=company.mark)
            await funds.ask_consent(work, fund_id=fund.id, subject_id=home.id, fen=2_000_000)
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
