"""What companies, contracts, workers and shifts look like over HTTP."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field

from api.forms import Day, Form, Instant
from kit.china.identifiers import Sex
from providers.catalogue.model import Skill
from providers.roster.model import CompanyState, Transport, WorkerState


class Company(BaseModel):
    """One service company."""

    id: UUID
    number: int
    uscc: str
    name: str
    state: CompanyState
    grade: str | None


class NewCompany(Form):
    """A company to be admitted."""

    uscc: str = Field(max_length=40, examples=["911309990000000078"])
    name: str = Field(min_length=2, max_length=100, examples=["示例居家养老服务公司"])
    grade: str | None = Field(default=None, pattern="^[ABCD]$")
    medical_licence: str | None = Field(default=None, max_length=40)
    medical_licence_until: Day | None = None
    phone: str | None = Field(default=None, max_length=20)
    bank_account: str | None = Field(default=None, max_length=40)


class NewBankAccount(Form):
    """Where a company is paid from now on."""

    number: str = Field(min_length=8, max_length=40, examples=["6222 0000 0000 1234"])


class CompanyAccount(BaseModel):
    """A company's account: the last four digits, and since when it holds."""

    number: str | None = Field(examples=["************1234"])
    set_at: datetime | None


class NewContract(Form):
    """Which items in which divisions (any level), how many visits a month, which share is meant."""

    valid_from: Day = Field(examples=["2026-01-01"])
    valid_to: Day = Field(examples=["2027-01-01"])
    monthly_capacity: int = Field(ge=1, le=1_000_000, examples=[600])
    share_target: float = Field(ge=0, le=1, examples=[0.05])
    item_codes: list[str] = Field(min_length=1, max_length=100, examples=[["B01", "B03"]])
    division_codes: list[str] = Field(min_length=1, max_length=200, examples=[["130903"]])


class Created(BaseModel):
    """The id of what was made."""

    id: UUID


class CompanySuspension(Form):
    """Why."""

    reason: str = Field(min_length=1, max_length=200, examples=["licence under review"])


class Worker(BaseModel):
    """One worker of a company."""

    id: UUID
    number: int
    provider_id: UUID
    name: str
    sex: Sex
    transport: Transport
    max_minutes: int
    state: WorkerState


class NewCertificate(Form):
    """One certificate."""

    skill: Skill
    number: str = Field(min_length=1, max_length=40, examples=["HLY-2026-0117"])
    valid_from: Day = Field(examples=["2026-01-01"])
    expires_on: Day = Field(examples=["2028-12-31"])


class Certificate(BaseModel):
    """A paper that allows a worker one skill, both days included."""

    id: UUID
    worker_id: UUID
    skill: Skill
    number: str
    valid_from: date
    expires_on: date


class NewShift(Form):
    """A weekly shift: bit 0 is Monday; minutes of the district's day, past 1440 is after midnight."""

    weekdays: int = Field(ge=1, le=127, examples=[31])
    from_minute: int = Field(ge=0, lt=1440, examples=[480])
    to_minute: int = Field(gt=0, le=2880, examples=[1020])
    break_from: int | None = Field(default=None, ge=0, le=2880)
    break_to: int | None = Field(default=None, ge=0, le=2880)
    valid_from: Day = Field(examples=["2026-01-01"])


class NewWorker(Form):
    """A worker to be hired, with certificates and shifts."""

    name: str = Field(min_length=1, max_length=60, examples=["示例服务员"])
    sex: Sex
    latitude: float = Field(ge=-90, le=90, examples=[38.3045])
    longitude: float = Field(ge=-180, le=180, examples=[116.8388])
    transport: Transport = Transport.EBIKE
    max_minutes: int = Field(default=480, ge=30, le=720)
    id_no: str | None = Field(default=None, max_length=40)
    phone: str | None = Field(default=None, max_length=40)
    papers: list[NewCertificate] = Field(default=[], max_length=20)
    shifts: list[NewShift] = Field(default=[], max_length=20)


class WorkerLeaving(Form):
    """Why a company or a worker goes."""

    reason: str = Field(min_length=1, max_length=200, examples=["retired"])


class CompanyExit(WorkerLeaving):
    """Why a company leaves the programme, and whether it may come back."""

    blacklist: bool = False


class Contract(BaseModel):
    """One contract of a company."""

    id: UUID
    provider_id: UUID
    valid_from: date
    valid_to: date
    monthly_capacity: int
    share_target: float
    ended_on: date | None


class ContractEnding(Form):
    """From which day a contract holds no longer."""

    on: Day


class Shift(BaseModel):
    """One weekly pattern of a worker."""

    id: UUID
    weekdays: int
    from_minute: int
    to_minute: int
    break_from: int | None
    break_to: int | None
    valid_from: date
    valid_to: date | None


class ShiftEnding(Form):
    """From which day a weekly shift holds no longer."""

    on: Day = Field(examples=["2026-12-01"])


class Absence(BaseModel):
    """A window in which a worker does not work, and why."""

    id: UUID
    worker_id: UUID
    from_at: datetime
    until_at: datetime
    reason: str
    reported_at: datetime


class EarlierReturn(Form):
    """When a worker is back, earlier than was reported."""

    until_at: Instant = Field(examples=["2026-11-03T12:00:00+08:00"])


class NewAbsence(Form):
    """When a worker cannot work, and why."""

    from_at: Instant = Field(examples=["2026-11-02T08:00:00+08:00"])
    until_at: Instant = Field(examples=["2026-11-04T18:00:00+08:00"])
    reason: str = Field(min_length=1, max_length=200, examples=["sick"])
