"""What a town, a section and the bureau of the demo have done before a visitor signs in, by the verbs of the modules.

Modules are asked for by name: without one of them the demo has less to look at.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from civil import modules
from civil.blocks.benefits import operations as pay_runs
from civil.blocks.cases import operations as cases
from civil.blocks.cases import queries as civil_cases
from civil.blocks.fund import operations as funds
from civil.blocks.register import operations as registers
from events.work import Work, Works
from kit import clock
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.china import identifiers
from registry.model import Address, Person

_OLDAGE, _DIBAO, _HOME, _RESERVE = (
    "oldage.application",
    "dibao.application",
    "institutions.institution",
    "relief.reserve",
)
_ELDERS = 12
_AGE = 80


async def busiest_town(work: Work) -> str:
    """Return the code of the town where most of the demo's people live."""
    town = func.left(Address.division_code, 9)
    query = select(town).where(Address.valid_to.is_(None)).group_by(town).order_by(func.count().desc(), town).limit(1)
    return f"{(await work.session.execute(query)).scalar_one()}000"


async def lay_out(works: Works, actors: Mapping[Role, Actor], town: str) -> None:
    """Let the desks have applications on their way, a month's run, a home and a reserve fund; done once."""
    async with works(SYSTEM("demo")) as work:
        elders = await _elders(work, town)
    if _OLDAGE in modules.KINDS:
        await _allowances(works, actors, elders[:-2])
    if _DIBAO in modules.KINDS:
        await _guarantee(works, actors[Role.CLERK], elders[-2:])
    if _HOME in modules.REGISTERS:
        await _home(works, actors[Role.SECTION], town)
    if _RESERVE in modules.FUNDS:
        await _fund(works, actors, town)


async def _elders(work: Work, town: str) -> list[UUID]:
    today = clock.day_of(work.now)
    query = (
        select(Person.id)
        .join(Address, Address.person_id == Person.id)
        .where(
            Address.valid_to.is_(None),
            Address.division_code.startswith(town[:9]),
            Person.born_on < date(today.year - _AGE, 1, 1),
            Person.death_reported_on.is_(None),
        )
        .order_by(Person.number)
        .limit(_ELDERS)
    )
    return list((await work.session.execute(query)).scalars())


async def _allowances(works: Works, actors: Mapping[Role, Actor], elders: list[UUID]) -> None:
    """Bring every other application to the section, and half of those to a grant; then draw up the month."""
    module, kind = modules.case_kind(_OLDAGE)
    confirmed = 0
    for place, person_id in enumerate(elders):
        case_id = await _application(works, actors[Role.CLERK], person_id, alone=place % 3 == 0)
        if place % 2 == 0:
            async with works(actors[Role.CLERK]) as work:
                await cases.move(work, kind, case_id=case_id, to="seen", note="在家见到本人")
        if place % 4 == 0:
            async with works(actors[Role.SECTION]) as work:
                await cases.move(work, kind, case_id=case_id, to="confirmed")
            confirmed += 1
    if not confirmed:
        return
    async with works(actors[Role.FINANCE]) as work:
        run = await pay_runs.compute(work, modules.programme(module.name), month=clock.month_of(work.now))
    async with works(actors[Role.MANAGER]) as work:
        await pay_runs.approve(work, run_id=run.id)


async def _application(works: Works, clerk: Actor, person_id: UUID, *, alone: bool) -> UUID:
    """Open an elder's application and return it, or the one that the module's own listing has opened meanwhile."""
    module, kind = modules.case_kind(_OLDAGE)
    with suppress(cases.CivilCaseTaken):
        async with works(clerk) as work:
            facts = cases.read_facts(kind, {"alone": alone})
            case = await cases.open_case(work, kind, section=module.section, person_id=person_id, facts=facts)
        return case.id
    async with works(clerk) as work:
        (case,) = await civil_cases.cases(work, kind=kind.name, person_id=person_id, closed=False)
    return case.id


async def _guarantee(works: Works, clerk: Actor, elders: list[UUID]) -> None:
    """Publicise an application of one elder and leave another's as it was taken."""
    module, kind = modules.case_kind(_DIBAO)
    for place, person_id in enumerate(elders):
        facts: dict[str, Any] = {"members": [{"person_id": str(person_id), "income_fen": 15_000}]}
        async with works(clerk) as work:
            read = cases.read_facts(kind, facts)
            case = await cases.open_case(work, kind, section=module.section, person_id=person_id, facts=read)
            if place:
                continue
            await cases.move(work, kind, case_id=case.id, to="checked")
            visited = cases.read_facts(kind, facts | {"surveyors": 2})
            await cases.move(work, kind, case_id=case.id, to="surveyed", facts=visited, note="两人入户，属实")
            await cases.move(work, kind, case_id=case.id, to="publicised")


async def _home(works: Works, section: Actor, town: str) -> None:
    """Register a home for elders with an invented name, file it and inspect it."""
    module, register = modules.register(_HOME)
    facts = {
        "name": "示例康宁养老院",
        "uscc": identifiers.compose_uscc(area="130999", sequence=9900),
        "legal_form": "private",
        "beds": 60,
        "nursing_beds": 20,
    }
    async with works(section) as work:
        home = await registers.add(
            work,
            register,
            section=module.section,
            facts=registers.read_facts(register.facts, register.name, facts),
            division_code=town,
        )
        await registers.move(work, register, record_id=home.id, to="filed")
        if register.inspecting is not None:
            looked = {"fire_safety": True, "food_safety": True}
            seen = registers.read_facts(register.inspecting.facts, register.name, looked)
            await registers.inspect(work, register, record_id=home.id, passed=True, facts=seen)


async def _fund(works: Works, actors: Mapping[Role, Actor], town: str) -> None:
    """Open the town's reserve fund, plan its year and let money in."""
    module, kind = modules.fund(_RESERVE)
    async with works(actors[Role.MANAGER]) as work:
        fund = await funds.open_fund(work, kind, section=module.section, division_code=town)
        year = clock.day_of(work.now).year
        await funds.plan_year(work, kind, fund_id=fund.id, year=year, fen=3_000_000, source="演示文件1号")
    async with works(actors[Role.FINANCE]) as work:
        await funds.put_in(work, kind, fund_id=fund.id, replenishes=False, fen=2_000_000, reference="演示文件2号")
