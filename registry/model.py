"""Who lives here: divisions, people and their facts, households, addresses, and who has read whose record."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary, SmallInteger, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from kit.access.scope import Section
from kit.china.identifiers import Sex
from kit.database import FOR_ALL, IN_DIVISION, Base, Long
from kit.geo import Datum
from kit.ids import new_id


class Level(StrEnum):
    """The three floors of a district."""

    DISTRICT = "district"
    TOWNSHIP = "township"
    COMMUNITY = "community"


class DivisionKind(StrEnum):
    """What a division is called by law."""

    DISTRICT = "district"  # 区县
    STREET = "street"  # 街道
    TOWN = "town"  # 镇
    TOWNSHIP = "township"  # 乡
    COMMUNITY = "community"  # 社区居民委员会
    VILLAGE = "village"  # 村民委员会


LEVEL_OF = {
    DivisionKind.DISTRICT: Level.DISTRICT,
    DivisionKind.STREET: Level.TOWNSHIP,
    DivisionKind.TOWN: Level.TOWNSHIP,
    DivisionKind.TOWNSHIP: Level.TOWNSHIP,
    DivisionKind.COMMUNITY: Level.COMMUNITY,
    DivisionKind.VILLAGE: Level.COMMUNITY,
}


class Area(StrEnum):
    """The statistical split between town and country; a counting split only, standards are the same."""

    URBAN = "urban"
    RURAL = "rural"


class MaskedField(StrEnum):
    """What a card shows in part only."""

    ID_NO = "id_no"
    BANK_ACCOUNT = "bank_account"


class ContactKind(StrEnum):
    """Whose telephone it is."""

    OWN = "own"
    FAMILY = "family"
    GUARDIAN = "guardian"


class HouseholdKind(StrEnum):
    """Two groupings that differ and are never merged: the household register and those who live as one family."""

    REGISTER = "register"  # 户口簿
    FAMILY = "family"  # 共同生活家庭


class FactKind(StrEnum):
    """What is kept of a person as dated rows; the codes of each kind stand in `registry.people.facts`."""

    HUKOU_NATURE = "hukou_nature"  # 户口性质
    HUKOU_PLACE = "hukou_place"  # 户籍地
    EDUCATION = "education"  # 文化程度
    MARITAL = "marital"  # 婚姻状况


# A company's people see an elder's rows while a disclosure to their company is open.
_DISCLOSED = (
    "exists (select from disclosure d where d.person_id = {column}"
    " and d.provider_id = nowalls_provider() and d.closed_at is null)"
)


def lives_in_division(column: str, section: Section | None = None) -> str:
    """Return the row policy of clerks for a table about people: the person in a column lives in their division now.

    What happened to a person elsewhere is seen where the person lives, and no longer where they lived. With a section,
    the clerk also works for that section.
    """
    here = f"exists (select from address a where a.person_id = {column} and a.valid_to is null and a.{IN_DIVISION})"
    return here if section is None else f"'{section.value}' = any(nowalls_sections()) and {here}"


_OWN = "person_id = nowalls_person()"


class Division(Base):
    """One division as it was from one day to another; what it became stands in `successors` (several after a split)."""

    __tablename__ = "division"
    __table_args__ = (
        CheckConstraint("valid_to is null or valid_to > valid_from", name="window"),
        {"info": FOR_ALL},
    )

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    level: Mapped[Level]
    kind: Mapped[DivisionKind]
    area_class: Mapped[Area]
    parent: Mapped[str | None] = mapped_column(String(12), index=True)
    valid_to: Mapped[date | None]
    successors: Mapped[list[str]] = mapped_column(default=list)


class DivisionChange(Base):
    """One act that renamed, re-coded, merged or split divisions (撤乡设镇); `successors` maps old codes to new ones."""

    __tablename__ = "division_change"
    __table_args__ = ({"info": {"append_only": True, "clerk_sees": "true"}},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    valid_from: Mapped[date]
    document: Mapped[str] = mapped_column(String(120))
    successors: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))


class Person(Base):
    """One person; what must be secret is sealed under the person's own data key, and destroying the key erases it."""

    __tablename__ = "person"
    __table_args__ = (
        Index("ix_person_death_reported", "id", postgresql_where=text("death_reported_on is not null")),
        {
            "info": {
                "provider_sees": _DISCLOSED.format(column="person.id"),
                "clerk_sees": lives_in_division("person.id"),
                "own_sees": "id = nowalls_person()",
            }
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[Long] = mapped_column(BigInteger, Identity(always=True), unique=True)
    data_key: Mapped[bytes | None]
    name: Mapped[str] = mapped_column(String(60), index=True)
    pinyin: Mapped[str | None]  # each way to type the name, after a blank; null: not made yet
    sex: Mapped[Sex]
    born_on: Mapped[date]
    id_sealed: Mapped[bytes | None]
    id_blind: Mapped[bytes | None] = mapped_column(unique=True)
    registered_at: Mapped[datetime]
    death_reported_on: Mapped[date | None]  # the day of death that a source names, not yet believed
    death_source: Mapped[str | None] = mapped_column(String(40))
    death_reported_at: Mapped[datetime | None]
    death_reported_by: Mapped[str | None] = mapped_column(String(80))
    died_on: Mapped[date | None]
    death_confirmed_at: Mapped[datetime | None]
    death_confirmed_by: Mapped[str | None] = mapped_column(String(80))
    erased_at: Mapped[datetime | None]


class Contact(Base):
    """One telephone number at which a person, the family or a guardian is reached; `position` 0 is called first."""

    __tablename__ = "contact"
    __table_args__ = ({"info": {"provider_sees": _DISCLOSED.format(column="contact.person_id"), "own_sees": _OWN}},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[ContactKind]
    relation: Mapped[str | None] = mapped_column(String(20))
    phone_sealed: Mapped[bytes]
    phone_blind: Mapped[bytes] = mapped_column(index=True)
    tail_blind: Mapped[bytes | None] = mapped_column(index=True)
    position: Mapped[int] = mapped_column(SmallInteger)


class PersonFact(Base):
    """One fact of a person from a day on, as one source says; of two rows for one day the later recorded one holds."""

    __tablename__ = "person_fact"
    __table_args__ = (
        Index("ix_person_fact_person_id_kind", "person_id", "kind", "valid_from"),
        {"info": {"clerk_sees": lives_in_division("person_fact.person_id"), "own_sees": _OWN}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[FactKind]
    code: Mapped[str] = mapped_column(String(20))
    valid_from: Mapped[date]
    source: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))


class Household(Base):
    """A group of people under one roof or one register book; members and past divisions stand in dated rows."""

    __tablename__ = "household"
    __table_args__ = ({"info": {"clerk_sees": IN_DIVISION}},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[Long] = mapped_column(BigInteger, Identity(always=True), unique=True)
    kind: Mapped[HouseholdKind]
    division_code: Mapped[str] = mapped_column(String(12), index=True)
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]


class HouseholdDivision(Base):
    """A division that a household belonged to before its present one, from one day to another."""

    __tablename__ = "household_division"
    __table_args__ = (
        {
            "info": {
                "clerk_sees": "exists (select from household h where h.id = household_division.household_id"
                f" and h.{IN_DIVISION})"
            }
        },
    )

    household_id: Mapped[UUID] = mapped_column(ForeignKey("household.id"), primary_key=True)
    valid_to: Mapped[date] = mapped_column(primary_key=True)
    division_code: Mapped[str] = mapped_column(String(12))


class HouseholdMember(Base):
    """One person in one household from one day to another; `relation` is to the head, as GB/T 4761 words it."""

    __tablename__ = "household_member"
    __table_args__ = (
        CheckConstraint("valid_to is null or valid_to > valid_from", name="window"),
        {"info": {"clerk_sees": lives_in_division("household_member.person_id"), "own_sees": _OWN}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    household_id: Mapped[UUID] = mapped_column(ForeignKey("household.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    relation: Mapped[str] = mapped_column(String(20))
    head: Mapped[bool]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))


class Address(Base):
    """Where a person lives in a window of time: the words as typed, the place in WGS-84, the datum it came in."""

    __tablename__ = "address"
    __table_args__ = (
        Index("uq_address_current", "person_id", unique=True, postgresql_where=text("valid_to is null")),
        Index("ix_address_door", "door_terms", postgresql_using="gin", postgresql_where=text("valid_to is null")),
        {
            "info": {
                "provider_sees": _DISCLOSED.format(column="address.person_id"),
                "clerk_sees": f"valid_to is null and {IN_DIVISION}",
                "own_sees": _OWN,
            }
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    text_sealed: Mapped[bytes]
    door_terms: Mapped[list[bytes] | None] = mapped_column(ARRAY(LargeBinary))
    division_code: Mapped[str] = mapped_column(String(12), index=True)
    latitude: Mapped[float]
    longitude: Mapped[float]
    datum: Mapped[Datum]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class UndecidedAddress(Base):
    """A person whose division was split: until someone says which part they live in, any of `successors` may serve.

    So do the clerks of every part see the row, and once it is decided those of that part alone.
    """

    __tablename__ = "undecided_address"
    __table_args__ = (
        Index("uq_undecided_address_open", "person_id", unique=True, postgresql_where=text("decided_at is null")),
        {
            "info": {
                "clerk_sees": "case when decided_at is null"
                " then exists (select from jsonb_array_elements_text(successors) as part (division_code)"
                f" where part.{IN_DIVISION}) else {IN_DIVISION.replace('division_code', 'decided_code')} end"
            }
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    change_id: Mapped[UUID] = mapped_column(ForeignKey("division_change.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    division_code: Mapped[str] = mapped_column(String(12))
    successors: Mapped[list[str]]
    since: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_code: Mapped[str | None] = mapped_column(String(12))


class HealthNote(Base):
    """What a visitor must know of a person's health; the newest note counts."""

    __tablename__ = "health_note"
    __table_args__ = ({"info": {"provider_sees": _DISCLOSED.format(column="health_note.person_id"), "own_sees": _OWN}},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    text_sealed: Mapped[bytes]
    noted_at: Mapped[datetime]
    noted_by: Mapped[str] = mapped_column(String(80))


class BankAccount(Base):
    """The account that benefits are paid to; a changed one is a new row."""

    __tablename__ = "bank_account"
    __table_args__ = (
        Index("uq_bank_account_current", "person_id", unique=True, postgresql_where=text("valid_to is null")),
        {"info": {"own_sees": _OWN}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    number_sealed: Mapped[bytes]
    number_blind: Mapped[bytes] = mapped_column(index=True)
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class ReadAudit(Base):
    """One reading of one person's record: who, when, what for, and which fields; kept 400 days and more."""

    __tablename__ = "read_audit"
    __table_args__ = (
        {
            "info": {
                "append_only": True,
                "provider_sees": "provider_id = nowalls_provider()",
                "provider_may": "select, insert",
                "clerk_sees": lives_in_division("read_audit.person_id"),
                "clerk_may": "insert",
                "own_sees": _OWN,
                "own_may": "select, insert",
                "auditor_may": "select, insert",
            }
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(index=True)
    read_at: Mapped[datetime] = mapped_column(index=True)
    role: Mapped[str] = mapped_column(String(20))
    reader: Mapped[str] = mapped_column(String(80))
    account_id: Mapped[UUID | None]
    provider_id: Mapped[UUID | None]
    purpose: Mapped[str] = mapped_column(String(200))
    fields: Mapped[list[str]]


class Disclosure(Base):
    """One company's right to see one person's name, telephone and door, while it is open; kept three years and more."""

    __tablename__ = "disclosure"
    __table_args__ = (
        Index(
            "uq_disclosure_open",
            "person_id",
            "provider_id",
            unique=True,
            postgresql_where=text("closed_at is null"),
        ),
        {"info": {"provider_sees": "provider_id = nowalls_provider()", "own_sees": _OWN}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    provider_id: Mapped[UUID]
    purpose: Mapped[str] = mapped_column(String(200))
    from_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(80))
    closed_at: Mapped[datetime | None]
