"""What people and their cards look like over HTTP."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from api.forms import Day, Form
from kit.china.identifiers import Sex
from kit.geo import Datum
from registry import queries
from registry.model import ContactKind, MaskedField, Person


class NewContact(Form):
    """One telephone number of a person or of somebody near."""

    kind: ContactKind = Field(examples=["family"])
    phone: str = Field(max_length=40, examples=["13800001234"])
    relation: str | None = Field(default=None, max_length=20, examples=["女儿"])


class NewPerson(Form):
    """A person to be entered; typed coordinates are taken as they are, in the datum named."""

    name: str = Field(min_length=1, max_length=60, examples=["测试老人"])
    id_no: str = Field(max_length=40, examples=["130999194503021240"])
    phone: str | None = Field(default=None, max_length=40, examples=["0317-2020202"])
    address: str = Field(min_length=1, max_length=200, examples=["水月寺街道某小区3号楼2单元101"])
    division_code: str = Field(max_length=12, examples=["130903001001"])
    latitude: float = Field(ge=-90, le=90, examples=[38.3045])
    longitude: float = Field(ge=-180, le=180, examples=[116.8388])
    datum: Datum = Datum.WGS84
    contacts: list[NewContact] = Field(default=[], max_length=10)
    health_note: str | None = Field(default=None, max_length=2000)
    bank_account: str | None = Field(default=None, max_length=40)


class RegisteredPerson(BaseModel):
    """The new person's id and number."""

    person_id: UUID
    number: int


class Caller(BaseModel):
    """One person who may be calling; the name in full, for the operator must greet."""

    person_id: UUID
    number: int
    name: str
    sex: Sex
    born_on: date
    kind: ContactKind
    relation: str | None


class Contact(BaseModel):
    """One telephone number on a card."""

    kind: ContactKind
    relation: str | None
    phone: str


class PersonCard(BaseModel):
    """A person's record as this role may see it; what it may not see is null."""

    person_id: UUID
    number: int
    name: str
    sex: Sex
    born_on: date
    age: int
    id_no: str | None
    contacts: list[Contact]
    address: str | None
    division_code: str | None
    division_name: str | None
    latitude: float | None
    longitude: float | None
    health_note: str | None
    bank_account: str | None
    death_reported_on: date | None
    died_on: date | None


class NewContacts(Form):
    """All telephone numbers of a person: the own one, then the family's."""

    phone: str | None = Field(default=None, max_length=40, examples=["0317-2020202"])
    contacts: list[NewContact] = Field(default=[], max_length=10)


class NewHealthNote(Form):
    """What a visitor must know."""

    note: str = Field(min_length=1, max_length=2000, examples=["hard of hearing; diabetic"])


class NewBenefitAccount(Form):
    """Where benefits are paid from now on."""

    number: str = Field(min_length=8, max_length=40, pattern="^[0-9 ]+$", examples=["6222 0000 0000 0000"])


class RevealOrder(Form):
    """Which masked field is wanted whole, and what for."""

    field: MaskedField
    purpose: str = Field(min_length=2, max_length=80, examples=["the bank asks for it"])


class RevealedField(BaseModel):
    """The whole value; null where there is none."""

    value: str | None


class NewAddress(Form):
    """A new address."""

    address: str = Field(min_length=1, max_length=200, examples=["水月寺街道另一小区1号楼1单元102"])
    division_code: str = Field(max_length=12, examples=["130903001001"])
    latitude: float = Field(ge=-90, le=90, examples=[38.3101])
    longitude: float = Field(ge=-180, le=180, examples=[116.8402])
    datum: Datum = Datum.WGS84


class DeathReport(Form):
    """A death that one source reports."""

    died_on: Day
    source: str = Field(min_length=1, max_length=40, examples=["family"])


class Reading(BaseModel):
    """One recorded reading of a person's record."""

    read_at: datetime
    role: str
    reader: str
    provider_id: UUID | None
    purpose: str
    fields: list[str]


class PersonLine(BaseModel):
    """One person in a list: the name masked but for its first character."""

    person_id: UUID
    number: int
    name: str
    sex: Sex
    born_on: date
    division_code: str | None
    died_on: date | None

    @classmethod
    def of(cls, person: Person, division_code: str | None) -> Self:
        """Show a person with the division where they live."""
        return cls(
            person_id=person.id,
            number=person.number,
            name=queries.mask_name(person.name),
            sex=person.sex,
            born_on=person.born_on,
            division_code=division_code,
            died_on=person.died_on,
        )


class PersonLookup(Form):
    """Whom to look for."""

    id_no: str = Field(min_length=15, max_length=20, examples=["13099919400506124X"])


class Disclosure(BaseModel):
    """One company's right to see a person's name, telephone and door."""

    provider_id: UUID
    purpose: str
    from_at: datetime
    opened_by: str
    closed_at: datetime | None = Field(description="when the right ended; null while it holds")
