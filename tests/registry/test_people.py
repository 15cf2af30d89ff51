"""People: sealed, found, read under audit, moved, disclosed, deceased, erased."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError

from events.work import Work, Works
from kit import geo
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from kit.china import identifiers, phone
from kit.china.identifiers import Sex
from kit.clock import FixedClock
from kit.geo import Datum, Point
from kit.ids import new_id
from registry import operations, queries
from registry.divisions import listing
from registry.model import Address, ContactKind, DivisionKind, MaskedField, Person
from registry.operations import ContactFacts, NewPerson

HOME = Point(38.31, 116.84)
OPERATOR = Actor(role=Role.OPERATOR, label="话务员一", account_id=new_id())
MANAGER = Actor(role=Role.MANAGER, label="主管", account_id=new_id())


def elder(sequence: int = 1, **more: Any) -> NewPerson:
    facts = NewPerson(
        name=f"测试{sequence}",
        id_no=identifiers.compose_resident_id(area="130999", born_on=date(1940, 5, 6), sequence=sequence),
        phone=f"1390000{sequence:04d}",
        address=f"颐和庄园{sequence}号楼1单元",
        division_code="130903001007",
        latitude=HOME.latitude,
        longitude=HOME.longitude,
        contacts=(ContactFacts(ContactKind.FAMILY, "0317-2345678", "女儿"),),
        health_note="青霉素过敏",
        bank_account="6222 0000 1111 2222",
    )
    return replace(facts, **more)


async def district(work: Work) -> None:
    entries = [
        ("130903", "运河区", DivisionKind.DISTRICT, None),
        ("130903001", "水月寺街街道", DivisionKind.STREET, "130903"),
        ("130903001007", "大化社区", DivisionKind.COMMUNITY, "130903001"),
        ("130903001009", "一中前街社区", DivisionKind.COMMUNITY, "130903001"),
    ]
    await listing.add_divisions(work, [listing.NewDivision(code=a, name=b, kind=c, parent=d) for a, b, c, d in entries])


async def registered(work: Work, *people: NewPerson) -> list[UUID]:
    await district(work)
    return await operations.register_people(work, people or [elder()])


async def test_a_registered_person_is_found_by_number_and_by_telephone(works: Works, system: Actor) -> None:
    async with works(system) as work:
        (person_id,) = await registered(work)
        assert [row.type for row in work.emitted] == ["people.person_registered.v1"]
    async with works(OPERATOR) as work:
        person, division_code = await queries.person_by_id_no(work, elder().id_no.lower())
        assert division_code == "130903001007"
        assert (person.id, person.sex, person.born_on) == (person_id, Sex.MALE, date(1940, 5, 6))
        assert [row.person_id for row in await queries.people_by_phone(work, "+86 139-0000-0001")] == [person_id]
        (daughter,) = await queries.people_by_phone(work, "(0317)2345678")
        assert (daughter.kind, daughter.relation) == (ContactKind.FAMILY, "女儿")
        place = await queries.place_of(work, person_id)
        assert place == queries.Place(38.31, 116.84, "130903001007", "130903")
        with pytest.raises(phone.PhoneShape):
            await queries.people_by_phone(work, "123")


async def test_nothing_personal_lies_open_in_the_database(works: Works, system: Actor) -> None:
    secrets = [elder().id_no, "13900000001", "2345678", "颐和庄园", "青霉素", "622200001111"]
    async with works(system) as work:
        await registered(work)
    async with works(system) as work:
        tables = (await work.session.execute(text("select tablename from pg_tables where schemaname = 'public'"))).all()
        assert len(tables) > 20
        for (table,) in tables:
            for (row,) in await work.session.execute(text(f"select t::text from {table} t")):
                for secret in secrets:
                    assert secret not in row
                    assert secret.encode().hex() not in row


async def test_every_reading_of_a_card_leaves_a_row(works: Works, system: Actor) -> None:
    async with works(system) as work:
        (person_id,) = await registered(work)
    async with works(OPERATOR) as work:
        card = await queries.card(work, person_id, "接听来电")
        assert (card.name, card.age, card.division_name) == ("测试1", 85, "大化社区")
        assert [contact.phone for contact in card.contacts] == ["13900000001", "03172345678"]
        assert (card.address, card.health_note) == ("颐和庄园1号楼1单元", "青霉素过敏")
        assert card.id_no == "**************" + elder().id_no[-4:]
        assert card.bank_account is None
    async with works(MANAGER) as work:
        assert (await queries.card(work, person_id, "复核")).bank_account == "************2222"
        assert await queries.reveal(work, person_id, field=MaskedField.ID_NO, purpose="核对死亡证明") == elder().id_no
    async with works(system) as work:
        latest, middle, first = await queries.audit_of(work, person_id)
        assert (first.role, first.reader, first.account_id, first.purpose) == (
            "operator",
            "话务员一",
            OPERATOR.account_id,
            "接听来电",
        )
        assert set(first.fields) == {"address", "born_on", "contacts", "health_note", "id_no", "name", "sex"}
        assert "bank_account" in middle.fields
        assert latest.fields == ["id_no:whole"]


async def test_what_was_read_cannot_be_forgotten(works: Works, system: Actor) -> None:
    async with works(system) as work:
        (person_id,) = await registered(work)
    async with works(OPERATOR) as work:
        await queries.card(work, person_id, "看看")
    with pytest.raises(DBAPIError):
        async with works(system) as work:
            await work.session.execute(text("delete from read_audit"))
    async with works(system) as work:
        assert len(await queries.audit_of(work, person_id)) == 1


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (Role.FINANCE, {"id_no", "bank_account"}),
        (Role.OPERATOR, {"id_no", "address", "contacts", "health_note"}),
        (Role.MANAGER, {"id_no", "address", "contacts", "health_note", "bank_account"}),
    ],
)
async def test_each_desk_sees_what_its_work_needs(works: Works, system: Actor, role: Role, sees: set[str]) -> None:
    async with works(system) as work:
        (person_id,) = await registered(work)
    async with works(Actor(role=role, label="x")) as work:
        card = await queries.card(work, person_id, "工作")
        sealed = ("id_no", "address", "contacts", "health_note", "bank_account")
        assert {name for name in sealed if getattr(card, name)} == sees
        if "bank_account" not in sees:
            with pytest.raises(queries.NotForThisDesk):
                await queries.reveal(work, person_id, field=MaskedField.BANK_ACCOUNT, purpose="好奇")


async def test_administrators_read_no_record(works: Works, system: Actor) -> None:
    async with works(system) as work:
        (person_id,) = await registered(work)
    async with works(Actor(role=Role.ADMINISTRATOR, label="管理员")) as work:
        with pytest.raises(queries.NotForThisDesk):
            await queries.card(work, person_id, "好奇")


async def test_a_company_sees_a_person_while_the_disclosure_is_open(works: Works, system: Actor) -> None:
    mine, theirs = new_id(), new_id()
    async with works(system) as work:
        person_id, two = await registered(work, elder(1), elder(2))
        await operations.disclose(work, person_id=person_id, provider_id=mine, purpose="上门服务")
        await operations.disclose(work, person_id=person_id, provider_id=mine, purpose="上门服务")
        await operations.disclose(work, person_id=two, provider_id=theirs, purpose="上门服务")
        assert len(await queries.disclosures_of(work, person_id)) == 1
    people = Actor(role=Role.PROVIDER, label="调度", scope=Company(mine))
    async with works(people) as work:
        card = await queries.card(work, person_id, "上门")
        assert (card.address, card.contacts[0].phone) == ("颐和庄园1号楼1单元", "13900000001")
        assert (card.id_no, card.health_note, card.bank_account) == (None, None, None)
        assert [person.id for person, _ in await queries.people(work)] == [person_id]
        assert await queries.people_by_phone(work, elder(2).phone or "") == []
        for hidden in (two, new_id()):
            with pytest.raises(queries.PersonNotFound):
                await queries.card(work, hidden, "上门")
            with pytest.raises(queries.PersonNotFound):
                await queries.place_of(work, hidden)
        (audit,) = await queries.audit_of(work, person_id)
        assert audit.provider_id == mine
    async with works(system) as work:
        await operations.close_disclosure(work, person_id=person_id, provider_id=mine)
    async with works(people) as work:
        with pytest.raises(queries.PersonNotFound):
            await queries.card(work, person_id, "上门")


async def test_a_company_cannot_disclose_to_itself(works: Works, system: Actor) -> None:
    mine = new_id()
    async with works(system) as work:
        (person_id,) = await registered(work)
    with pytest.raises(DBAPIError):
        async with works(Actor(role=Role.PROVIDER, label="调度", scope=Company(mine))) as work:
            await operations.disclose(work, person_id=person_id, provider_id=mine, purpose="x")


async def test_a_move_keeps_the_old_address_with_its_end(works: Works, system: Actor, clock: FixedClock) -> None:
    async with works(system) as work:
        (person_id,) = await registered(work)
    clock.advance(timedelta(days=3))
    shown = geo.from_wgs84(Point(38.33, 116.86), Datum.BD09)
    async with works(system) as work:
        await operations.move_person(
            work,
            person_id=person_id,
            address="新家",
            division_code="130903001009",
            latitude=shown.latitude,
            longitude=shown.longitude,
            datum=Datum.BD09,
        )
        assert [row.type for row in work.emitted] == ["people.person_moved.v1"]
    async with works(system) as work:
        place = await queries.place_of(work, person_id)
        assert geo.metres(Point(place.latitude, place.longitude), Point(38.33, 116.86)) < 0.01
        query = select(Address).where(Address.person_id == person_id).order_by(Address.valid_from)
        old, new = (await work.session.execute(query)).scalars()
        assert old.valid_to == new.valid_from == clock.now()
        assert (new.division_code, new.datum, new.valid_to) == ("130903001009", Datum.BD09, None)


async def test_a_death_takes_two_keys(works: Works, system: Actor) -> None:
    async with works(system) as work:
        (person_id,) = await registered(work)
    died_on = date(2026, 3, 1)
    async with works(OPERATOR) as work:
        with pytest.raises(operations.DeathNotReported):
            await operations.confirm_death(work, person_id=person_id)
        await operations.report_death(work, person_id=person_id, died_on=died_on, source="家属")
        assert [row.type for row in work.emitted] == ["people.person_death_reported.v1"]
        with pytest.raises(operations.DeathNeedsSecondPerson):
            await operations.confirm_death(work, person_id=person_id)
    async with works(MANAGER) as work:
        assert (await queries.vital(work, person_id)).death_reported_on == died_on
        await operations.confirm_death(work, person_id=person_id)
        assert [row.type for row in work.emitted] == ["people.person_deceased.v1"]
    async with works(OPERATOR) as work:
        assert (await queries.vital(work, person_id)).died_on == died_on
        assert await queries.people_by_phone(work, "13900000001") == []
        assert (await queries.card(work, person_id, "查阅")).age == 85
        with pytest.raises(operations.PersonDead):
            await operations.report_death(work, person_id=person_id, died_on=died_on, source="村")


async def test_a_wrong_report_of_death_is_taken_back(works: Works, system: Actor) -> None:
    async with works(system) as work:
        (person_id,) = await registered(work)
        for impossible in (date(2026, 3, 3), date(1940, 5, 5)):
            with pytest.raises(operations.DeathImpossible):
                await operations.report_death(work, person_id=person_id, died_on=impossible, source="x")
        await operations.report_death(work, person_id=person_id, died_on=date(2026, 3, 2), source="x")
        await operations.withdraw_death_report(work, person_id=person_id)
        assert (await queries.vital(work, person_id)).death_reported_on is None
        assert [row.type for row in work.emitted][-1] == "people.person_death_report_withdrawn.v1"


async def test_a_confirmed_death_is_corrected_to_another_day_or_to_none(works: Works, system: Actor) -> None:
    async with works(system) as work:
        (person_id,) = await registered(work)
    async with works(OPERATOR) as work:
        await operations.report_death(work, person_id=person_id, died_on=date(2026, 3, 1), source="x")
    async with works(MANAGER) as work:
        with pytest.raises(operations.DeathNotConfirmed):
            await operations.correct_death(work, person_id=person_id, died_on=None, source="x")
        await operations.confirm_death(work, person_id=person_id)
        for impossible in (date(2026, 3, 3), date(1940, 5, 5)):
            with pytest.raises(operations.DeathImpossible):
                await operations.correct_death(work, person_id=person_id, died_on=impossible, source="x")
        await operations.correct_death(work, person_id=person_id, died_on=date(2026, 2, 28), source="派出所")
        assert (await queries.vital(work, person_id)).died_on == date(2026, 2, 28)
        await operations.correct_death(work, person_id=person_id, died_on=None, source="派出所")
        vital = await queries.vital(work, person_id)
        assert (vital.died_on, vital.death_reported_on) == (None, None)
        assert [row.data["died_on"] for row in work.emitted][-2:] == ["2026-02-28", None]


async def test_destroying_the_key_erases_a_person_for_good(works: Works, system: Actor) -> None:
    async with works(system) as work:
        (person_id,) = await registered(work)
        before = await work.session.get_one(Person, person_id)
        key, sealed = before.data_key, before.id_sealed
        address = (await work.session.execute(select(Address))).scalar_one()
    async with works(MANAGER) as work:
        await operations.erase_person(work, person_id=person_id)
    async with works(MANAGER) as work:
        card = await queries.card(work, person_id, "查阅")
        assert (card.name, card.id_no, card.contacts, card.address, card.bank_account) == ("", None, (), None, None)
        assert card.division_code == "130903001007"
        with pytest.raises(queries.PersonNotFound):
            await queries.person_by_id_no(work, elder().id_no)
        assert await queries.people(work) == []
        kept = await work.session.get_one(Address, address.id)
        other_key = work.vault.new_key()
        with pytest.raises(InvalidTag):
            work.vault.open(other_key, f"address|text_sealed|{kept.id}", kept.text_sealed)
        with pytest.raises(queries.PersonNotFound):
            await operations.note_health(work, person_id=person_id, note="x")
        # and the number may be registered anew
        assert key is not None
        assert sealed is not None
        await operations.register_people(work, [elder()])


@pytest.mark.parametrize(
    ("people", "refusal"),
    [
        ([elder(1), elder(1)], operations.PersonTaken),
        ([elder(division_code="130903001999")], operations.DivisionUnknown),
        ([elder(phone="123")], phone.PhoneShape),
        ([elder(latitude=99.0)], geo.PlaceOutOfRange),
        ([elder(id_no="130999194005060010")], identifiers.ResidentIdChecksum),
        (
            [elder(id_no=identifiers.compose_resident_id(area="130999", born_on=date(2026, 3, 3), sequence=1))],
            operations.PersonNotBorn,
        ),
    ],
)
async def test_one_bad_row_registers_nobody(
    works: Works, system: Actor, people: list[NewPerson], refusal: type[Exception]
) -> None:
    async with works(system) as work:
        await district(work)
    with pytest.raises(refusal):
        async with works(system) as work:
            await operations.register_people(work, [elder(7), *people])
    async with works(SYSTEM("count")) as work:
        assert await queries.people(work) == []


async def test_people_are_listed_page_by_page_by_name_and_by_place(works: Works, system: Actor) -> None:
    async with works(system) as work:
        await registered(work, *(elder(number) for number in range(1, 6)))
    async with works(OPERATOR) as work:
        first = [person for person, _ in await queries.people(work, limit=3)]
        place = queries.PEOPLE.place(work.vault, first[-1])
        second = [person for person, _ in await queries.people(work, after=place, limit=3)]
        numbers = [person.number for person in first + second]
        assert (len(first), len(second), numbers) == (3, 2, sorted(numbers))
        ((third, code),) = await queries.people(work, name="测试3")
        assert (third.id, code) == (first[2].id, "130903001007")
        assert await queries.people(work, name="%") == []
        assert len(await queries.people(work, division_code="130903001000")) == 5
        assert await queries.people(work, division_code="130903002000") == []


async def test_contacts_and_account_are_replaced_from_now_on(works: Works, system: Actor, clock: FixedClock) -> None:
    async with works(system) as work:
        (person_id,) = await registered(work)
    clock.advance(timedelta(days=1))
    async with works(MANAGER) as work:
        await operations.set_contacts(work, person_id=person_id, phone="13911112222")
        await operations.set_bank_account(work, person_id=person_id, number="6222 9999")
        await operations.note_health(work, person_id=person_id, note="髋关节置换")
    async with works(MANAGER) as work:
        card = await queries.card(work, person_id, "复核")
        assert [contact.phone for contact in card.contacts] == ["13911112222"]
        assert (card.bank_account, card.health_note) == ("****9999", "髋关节置换")
        assert await queries.people_by_phone(work, "13900000001") == []


async def test_hundreds_are_registered_in_a_handful_of_statements(works: Works, system: Actor) -> None:
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    async with works(system) as work:
        await district(work)
    half = [elder(number, phone=f"1390000{number:04d}" if number % 2 else None) for number in range(900)]
    async with works(system) as work:
        connection = await work.session.connection()
        event.listen(connection.sync_connection, "before_cursor_execute", count)
        ids = await operations.register_people(work, half)
    assert len(set(ids)) == 900
    assert statements < 15
