"""Companies, contracts and workers, and what the router is told of them."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from events.work import Work, Works
from kit import clock, geo
from kit.access import scope
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.china import identifiers
from kit.china.identifiers import Sex
from kit.clock import FixedClock
from kit.geo import Datum, Point
from providers.catalogue import operations as catalogue
from providers.catalogue.model import Skill
from providers.roster import hiring, operations, queries
from providers.roster.calendar import Hours
from providers.roster.hiring import NewWorker, Paper
from providers.roster.model import NUMBERS_PER_COMPANY, Company, CompanyState, Worker, WorkerState
from providers.roster.operations import NewCompany, NewContract

MONDAY = date(2026, 3, 2)
DAY = Hours(0b0011111, 8 * 60, 17 * 60, 12 * 60, 13 * 60, date(2026, 1, 1), None)


def company(sequence: int, *, bank_account: str | None = None) -> NewCompany:
    code = identifiers.compose_uscc(area="130999", sequence=sequence)
    return NewCompany(uscc=code, name=f"企业{sequence}", bank_account=bank_account)


def paper(number: str, skill: Skill = Skill.CARE, expires_on: date = date(2027, 1, 1)) -> Paper:
    return Paper(skill=skill, number=number, valid_from=date(2025, 1, 1), expires_on=expires_on)


def worker(provider_id: UUID, sequence: int = 1, **more: Any) -> NewWorker:
    sex = Sex.MALE if sequence % 2 else Sex.FEMALE
    facts = NewWorker(
        provider_id=provider_id,
        name=f"员工{sequence}",
        sex=sex,
        latitude=38.31,
        longitude=116.84,
        id_no=identifiers.compose_resident_id(area="130999", born_on=date(1980, 1, 1), sequence=sequence),
        phone=f"1380000{sequence:04d}",
        papers=(paper(f"P{sequence}"),),
        shifts=(DAY,),
    )
    return replace(facts, **more)


async def admitted(work: Work, *facts: NewCompany) -> list[UUID]:
    ids = await operations.admit_companies(work, facts)
    await operations.activate_companies(work, provider_ids=ids)
    return ids


def span(day: date = MONDAY, days: int = 1) -> dict[str, datetime]:
    return {"from_at": clock.at_local(day, 0), "until_at": clock.at_local(day + timedelta(days=days), 0)}


async def test_the_roster_tells_who_can_come_when_and_for_what(works: Works, system: Actor) -> None:
    async with works(system) as work:
        (provider_id,) = await admitted(work, company(1))
        senior = (paper("X", Skill.CARE_SENIOR), paper("Y", Skill.NURSE, MONDAY))
        await hiring.hire_workers(
            work, [worker(provider_id, 1), worker(provider_id, 2, papers=senior), worker(provider_id, 3, shifts=())]
        )
    async with works(system) as work:
        first, second = await queries.roster(work, **span())
        assert (first.number, second.number) == (NUMBERS_PER_COMPANY + 1, NUMBERS_PER_COMPANY + 2)
        assert first.provider_number == (await queries.company(work, provider_id)).number
        assert first.skills == {Skill.CARE}
        assert second.skills == {Skill.CARE, Skill.CARE_SENIOR, Skill.NURSE}
        _, second = await queries.roster(work, **span(MONDAY + timedelta(days=1)))
        assert second.skills == {Skill.CARE, Skill.CARE_SENIOR}  # the nurse's paper ran out on Monday
        at = [clock.at_local(MONDAY, hour * 60) for hour in (8, 12, 13, 17)]
        assert first.windows == [(at[0], at[1]), (at[2], at[3])]
        assert await queries.roster(work, **span(date(2026, 3, 7))) == []  # a Saturday


async def test_a_suspended_company_is_offered_nothing_and_comes_back(works: Works, system: Actor) -> None:
    async with works(system) as work:
        (provider_id,) = await admitted(work, company(1))
        await hiring.hire_worker(work, facts=worker(provider_id))
    async with works(system) as work:
        await operations.suspend_company(work, provider_id=provider_id, reason="整改")
        assert [row.type for row in work.emitted] == ["roster.roster_changed.v1", "roster.company_suspended.v1"]
    async with works(system) as work:
        assert await queries.roster(work, **span()) == []
        await operations.activate_company(work, provider_id=provider_id)
    async with works(system) as work:
        assert len(await queries.roster(work, **span())) == 1


@pytest.mark.parametrize("path", [["exit", "activate"], ["exit", "suspend"], ["suspend", "suspend"], ["activate"]])
async def test_a_company_moves_only_as_the_table_of_moves_says(works: Works, system: Actor, path: list[str]) -> None:
    async with works(system) as work:
        (provider_id,) = await admitted(work, company(1))
        *before, last = path
        for step in before:
            await _step(work, provider_id, step)
        with pytest.raises(operations.CompanyCannotMove):
            await _step(work, provider_id, last)


async def _step(work: Work, provider_id: UUID, step: str) -> None:
    if step == "activate":
        await operations.activate_company(work, provider_id=provider_id)
    elif step == "suspend":
        await operations.suspend_company(work, provider_id=provider_id, reason="x")
    else:
        await operations.exit_company(work, provider_id=provider_id, reason="x")


async def test_an_absence_is_cut_out_and_told(works: Works, system: Actor) -> None:
    async with works(system) as work:
        (provider_id,) = await admitted(work, company(1))
        hired = await hiring.hire_worker(work, facts=worker(provider_id))
        until = clock.at_local(MONDAY, 15 * 60)
        absence = await operations.report_absence(
            work, worker_id=hired.id, from_at=work.now, until_at=until, reason="病假"
        )
        assert "roster.worker_unavailable.v1" in [row.type for row in work.emitted]
    async with works(system) as work:
        (row,) = await queries.roster(work, **span())
        at = [clock.at_local(MONDAY, hour * 60) for hour in (8, 9, 15, 17)]
        assert row.windows == [(at[0], at[1]), (at[2], at[3])]
        await operations.shorten_absence(work, absence_id=absence.id, until_at=clock.at_local(MONDAY, 14 * 60))
        with pytest.raises(operations.AbsenceInvalid):
            await operations.shorten_absence(work, absence_id=absence.id, until_at=until)
    async with works(system) as work:
        (row,) = await queries.roster(work, **span())
        assert row.windows[1][0] == clock.at_local(MONDAY, 14 * 60)


async def test_every_change_moves_the_mark(works: Works, system: Actor) -> None:
    marks = set()

    async def mark() -> None:
        async with works(SYSTEM("mark")) as work:
            roster_mark = await queries.roster_mark(work)
        assert roster_mark not in marks
        marks.add(roster_mark)

    await mark()
    async with works(system) as work:
        await catalogue.ship_catalogue(work)
        (provider_id,) = await admitted(work, company(1))
    await mark()
    async with works(system) as work:
        hired = await hiring.hire_worker(work, facts=worker(provider_id))
    await mark()
    async with works(system) as work:
        await hiring.certify(work, worker_id=hired.id, paper=paper("N", Skill.GENERAL))
    await mark()
    async with works(system) as work:
        saturday = replace(DAY, weekdays=0b0100000)
        shift = await hiring.set_shift(work, worker_id=hired.id, hours=saturday)
    await mark()
    async with works(system) as work:
        await hiring.end_shift(work, shift_id=shift.id, on=date(2026, 4, 1))
    await mark()
    async with works(system) as work:
        contract = await operations.sign_contract(work, terms=terms(provider_id))
    await mark()
    async with works(system) as work:
        await operations.end_contract(work, contract_id=contract.id, on=date(2026, 6, 1))
    await mark()
    async with works(system) as work:
        await hiring.let_go(work, worker_id=hired.id, reason="辞职")
    await mark()


def terms(provider_id: UUID, **more: Any) -> NewContract:
    facts = NewContract(
        provider_id=provider_id,
        valid_from=date(2026, 1, 1),
        valid_to=date(2027, 1, 1),
        monthly_capacity=500,
        share_target=0.2,
        item_codes=("A01", "B01"),
        division_codes=("130903001", "130903100201"),
    )
    return replace(facts, **more)


async def test_a_contract_covers_its_items_in_its_divisions_and_below(works: Works, system: Actor) -> None:
    async with works(system) as work:
        await catalogue.ship_catalogue(work)
        first_id, second_id = await admitted(work, company(1), company(2))
        await operations.sign_contracts(
            work, [terms(first_id), terms(second_id, division_codes=("130903",), valid_from=date(2026, 5, 1))]
        )
    async with works(system) as work:
        (only,) = await queries.contracts(work, on=MONDAY)
        assert (only.provider_id, only.monthly_capacity, only.share_target) == (first_id, 500, 0.2)
        assert only.covers("A01", "130903001007")
        assert only.covers("B01", "130903100201")
        assert not only.covers("B01", "130903100202")
        assert not only.covers("A02", "130903001007")
        assert [row.provider_id for row in await queries.contracts(work, on=date(2026, 5, 1))] == [first_id, second_id]
        assert await queries.contracts(work, on=date(2027, 1, 1)) == []


async def test_medical_items_need_a_licence_and_end_with_it(works: Works, system: Actor) -> None:
    licence = replace(company(1), medical_licence="130999-001", medical_licence_until=date(2026, 3, 31))
    async with works(system) as work:
        await catalogue.ship_catalogue(work)
        licensed, plain = await admitted(work, licence, company(2))
        await operations.sign_contract(work, terms=terms(licensed, item_codes=("D03", "B01")))
        with pytest.raises(operations.ContractUnlicensed):
            await operations.sign_contract(work, terms=terms(plain, item_codes=("D03",)))
    async with works(system) as work:
        (then,) = await queries.contracts(work, on=date(2026, 3, 31))
        (after,) = await queries.contracts(work, on=date(2026, 4, 1))
        assert then.covers("D03", "130903001007")
        assert not after.covers("D03", "130903001007")
        assert after.covers("B01", "130903001007")


async def test_an_exited_company_keeps_no_contract(works: Works, system: Actor) -> None:
    async with works(system) as work:
        await catalogue.ship_catalogue(work)
        (provider_id,) = await admitted(work, company(1))
        contract = await operations.sign_contract(work, terms=terms(provider_id))
    async with works(system) as work:
        await operations.exit_company(work, provider_id=provider_id, reason="退出")
        assert "roster.company_exited.v1" in [row.type for row in work.emitted]
    async with works(system) as work:
        (kept,) = await queries.contracts_of(work, provider_id)
        assert (kept.id, kept.ended_on) == (contract.id, MONDAY)
        assert (await queries.company(work, provider_id)).state is CompanyState.EXITED


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"valid_to": date(2026, 1, 1)}, operations.ContractInvalid),
        ({"share_target": 1.5}, operations.ContractInvalid),
        ({"item_codes": ()}, operations.ContractInvalid),
        ({"item_codes": ("Z99",)}, operations.ContractItemUnknown),
        ({"division_codes": ("13090",)}, identifiers.DivisionCodeShape),
    ],
)
async def test_a_contract_that_contradicts_itself_is_refused(
    works: Works, system: Actor, more: dict[str, Any], refusal: type[Exception]
) -> None:
    async with works(system) as work:
        await catalogue.ship_catalogue(work)
        (provider_id,) = await admitted(work, company(1))
        with pytest.raises(refusal):
            await operations.sign_contract(work, terms=terms(provider_id, **more))


async def test_nobody_works_for_two_companies_under_one_name(works: Works, system: Actor) -> None:
    async with works(system) as work:
        first_id, second_id = await admitted(work, company(1), company(2))
        hired = await hiring.hire_worker(work, facts=worker(first_id))
        with pytest.raises(hiring.WorkerTaken):
            await hiring.hire_worker(work, facts=worker(second_id, papers=()))
        await hiring.let_go(work, worker_id=hired.id, reason="跳槽")
        again = await hiring.hire_worker(work, facts=worker(second_id, papers=()))
        assert (again.provider_id, again.state) == (second_id, WorkerState.ACTIVE)
        with pytest.raises(hiring.WorkerGone):
            await hiring.certify(work, worker_id=hired.id, paper=paper("late"))


NEW = Hours(0b0100000, 600, 900, None, None, date(2026, 1, 1), None)


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"sex": Sex.FEMALE}, hiring.WorkerSexContradicts),
        ({"papers": (paper("E", expires_on=date(2026, 3, 1)),)}, hiring.CertificateExpired),
        ({"papers": (paper("E"), paper("E"))}, hiring.CertificateTaken),
        ({"shifts": (DAY, replace(NEW, weekdays=1))}, hiring.ShiftOverlaps),
        ({"shifts": (replace(NEW, to_minute=600),)}, hiring.ShiftInvalid),
        ({"shifts": (replace(NEW, break_from=500, break_to=700),)}, hiring.ShiftInvalid),
        ({"shifts": (replace(NEW, weekdays=128),)}, hiring.ShiftInvalid),
        ({"latitude": 99.0}, geo.PlaceOutOfRange),
    ],
)
async def test_papers_and_hours_that_contradict_themselves_are_refused(
    works: Works, system: Actor, more: dict[str, Any], refusal: type[Exception]
) -> None:
    async with works(system) as work:
        (provider_id,) = await admitted(work, company(1))
        with pytest.raises(refusal):
            await hiring.hire_worker(work, facts=replace(worker(provider_id), **more))


async def test_a_base_given_on_a_chinese_map_is_kept_in_wgs84(works: Works, system: Actor) -> None:
    at = Point(38.31, 116.84)
    shown = geo.from_wgs84(at, Datum.GCJ02)
    async with works(system) as work:
        (provider_id,) = await admitted(work, company(1))
        facts = worker(provider_id, latitude=shown.latitude, longitude=shown.longitude, datum=Datum.GCJ02)
        hired = await hiring.hire_worker(work, facts=facts)
        assert geo.metres(Point(hired.latitude, hired.longitude), at) < 0.01


async def test_a_companys_people_see_and_change_their_own_roster_only(works: Works, system: Actor) -> None:
    async with works(system) as work:
        own_id, other_id = await admitted(work, company(1), company(2))
        await hiring.hire_workers(work, [worker(own_id, 1), worker(other_id, 2)])
        (theirs,) = await queries.workers(work, provider_id=other_id)
    people = Actor(role=Role.PROVIDER, label="调度", scope=scope.Company(own_id))
    async with works(people) as work:
        assert [row.id for row in (await work.session.execute(select(Company))).scalars()] == [own_id]
        assert [row.provider_id for row in (await work.session.execute(select(Worker))).scalars()] == [own_id]
        assert {row.provider_id for row in await queries.roster(work, **span())} == {own_id}
        with pytest.raises(queries.WorkerNotFound):
            await queries.worker(work, theirs.id)
        await hiring.hire_worker(work, facts=worker(own_id, 3))
    with pytest.raises(DBAPIError):
        async with works(people) as work:
            await hiring.hire_worker(work, facts=worker(other_id, 5))


async def test_an_account_number_is_sealed_and_found_by_its_blind_index(works: Works, system: Actor) -> None:
    async with works(system) as work:
        (provider_id,) = await admitted(work, company(1, bank_account="6222 0000 0000 1234"))
        company_row = await queries.company(work, provider_id)
        assert company_row.bank_sealed is not None
        assert b"6222" not in company_row.bank_sealed
        opened = work.vault.open(company_row.data_key, f"company|bank_sealed|{provider_id}", company_row.bank_sealed)
        assert opened == "6222000000001234"
        assert company_row.bank_blind == work.vault.blind("bank_account", opened)
        with pytest.raises(operations.CompanyTaken):
            await operations.admit_company(work, facts=company(1))


async def test_papers_that_run_out_are_listed_soonest_first(works: Works, system: Actor, clock: FixedClock) -> None:
    async with works(system) as work:
        (provider_id,) = await admitted(work, company(1))
        papers = tuple(paper(str(day), expires_on=date(2026, 4, day)) for day in (9, 3, 20))
        hired = await hiring.hire_worker(work, facts=worker(provider_id, papers=papers))
        certificates = await queries.expiring(work, provider_id=provider_id, until=date(2026, 4, 9))
        assert [row.number for row in certificates] == ["3", "9"]
        assert [row.number for row in await queries.certificates_of(work, hired.id)] == ["20", "9", "3"]
        assert (await queries.roster(work, **span(date(2026, 4, 20))))[0].skills == {Skill.CARE}
        assert (await queries.roster(work, **span(date(2026, 4, 21))))[0].skills == frozenset()
