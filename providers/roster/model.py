"""Who can come: companies, their contracts, their workers with certificates, shifts and absences."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.china.identifiers import Sex
from kit.database import Base, Long
from kit.geo import Datum
from kit.ids import new_id
from providers.catalogue.model import Skill


class CompanyState(StrEnum):
    """Where a company stands in the programme (civil-affairs rule M07)."""

    ADMITTED = "admitted"  # 准入: papers and site checked, no visits yet
    ACTIVE = "active"  # 常驻
    SUSPENDED = "suspended"  # 暂停: no new visits
    EXITED = "exited"  # 退出
    BLACKLISTED = "blacklisted"


COMPANY_MOVES: dict[CompanyState, frozenset[CompanyState]] = {
    CompanyState.ADMITTED: frozenset({CompanyState.ACTIVE, CompanyState.EXITED, CompanyState.BLACKLISTED}),
    CompanyState.ACTIVE: frozenset({CompanyState.SUSPENDED, CompanyState.EXITED, CompanyState.BLACKLISTED}),
    CompanyState.SUSPENDED: frozenset({CompanyState.ACTIVE, CompanyState.EXITED, CompanyState.BLACKLISTED}),
    CompanyState.EXITED: frozenset({CompanyState.BLACKLISTED}),
    CompanyState.BLACKLISTED: frozenset(),
}


class Transport(StrEnum):
    """How a worker travels between homes."""

    CAR = "car"
    EBIKE = "ebike"
    WALK = "walk"


class WorkerState(StrEnum):
    """Whether a worker still works for the company."""

    ACTIVE = "active"
    LEFT = "left"


_OWN = "provider_id = nowalls_provider()"


class Company(Base):
    """A service company that was ever admitted; the bank account is sealed under the company's own data key.

    The person who set the account (`bank_set_by`) may not pay to it (`settlement.operations.pay`).
    """

    __tablename__ = "company"
    __table_args__ = ({"info": {"provider_sees": "id = nowalls_provider()"}},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[Long] = mapped_column(BigInteger, Identity(always=True), unique=True)
    uscc: Mapped[str] = mapped_column(String(18), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    state: Mapped[CompanyState]
    state_reason: Mapped[str | None] = mapped_column(String(200))
    grade: Mapped[str | None] = mapped_column(String(1))
    medical_licence: Mapped[str | None] = mapped_column(String(40))
    medical_licence_until: Mapped[date | None]
    phone: Mapped[str | None] = mapped_column(String(20))
    data_key: Mapped[bytes]
    bank_sealed: Mapped[bytes | None]
    bank_blind: Mapped[bytes | None]
    bank_set_by: Mapped[str | None] = mapped_column(String(80))
    bank_set_at: Mapped[datetime | None]
    admitted_at: Mapped[datetime]
    exited_at: Mapped[datetime | None]


class Contract(Base):
    """What a company has agreed to in a window of days: how much a month, and which share of the whole it is meant for.

    `share_target` is a fraction of all visits, 0 to 1; what it covers stands in its `ContractItem` rows.
    """

    __tablename__ = "contract"
    __table_args__ = (
        CheckConstraint("valid_to > valid_from", name="window"),
        CheckConstraint("monthly_capacity >= 0", name="capacity"),
        CheckConstraint("share_target between 0 and 1", name="share"),
        {"info": {"provider_sees": _OWN}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("company.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    monthly_capacity: Mapped[int]
    share_target: Mapped[float]
    signed_at: Mapped[datetime]
    ended_on: Mapped[date | None]


class ContractItem(Base):
    """One service that a contract covers in one division and everything below it (`division_code` has 12 digits)."""

    __tablename__ = "contract_item"
    __table_args__ = (
        Index("uq_contract_item_contract_id", "contract_id", "item_code", "division_code", unique=True),
        {"info": {"provider_sees": _OWN}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    provider_id: Mapped[UUID]
    item_code: Mapped[str] = mapped_column(ForeignKey("item.code"))
    division_code: Mapped[str] = mapped_column(String(12))


class DivisionStep(Base):
    """One step of a division's code by one act (撤乡设镇), which contracts follow; what was signed stays.

    `whole`: the old division became the new one and nothing else did, so that all below follows; `split`: the old one
    became several, so that an elder who has not been placed yet may be served from any of them.
    """

    __tablename__ = "roster_division_step"

    change_id: Mapped[UUID] = mapped_column(primary_key=True)
    old_code: Mapped[str] = mapped_column(String(12), primary_key=True)
    new_code: Mapped[str] = mapped_column(String(12), primary_key=True)
    whole: Mapped[bool]
    split: Mapped[bool]


NUMBERS_PER_COMPANY = 1_000_000


class Worker(Base):
    """One person working for one company; a person who changes companies is another worker.

    `number` is the company's number and, in its last six digits, a count within the company.
    `latitude` and `longitude` (WGS-84) are where the day starts and ends; `max_minutes` bounds a day's work. The blind
    index of the resident ID is unique among a company's active workers, and no wider: a company that was refused would
    know that the person works for another. The bureau is told who works for two (`dispatch.escalation`).
    """

    __tablename__ = "worker"
    __table_args__ = (
        CheckConstraint("max_minutes between 1 and 1440", name="max_minutes"),
        Index("uq_worker_id_blind", "id_blind", "provider_id", unique=True, postgresql_where=text("state = 'active'")),
        {"info": {"provider_sees": _OWN, "provider_may": "select, insert, update"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[Long] = mapped_column(BigInteger, unique=True)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("company.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    sex: Mapped[Sex]
    latitude: Mapped[float]
    longitude: Mapped[float]
    datum: Mapped[Datum]
    transport: Mapped[Transport]
    max_minutes: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[WorkerState]
    data_key: Mapped[bytes]
    id_sealed: Mapped[bytes | None]
    id_blind: Mapped[bytes | None]
    phone_sealed: Mapped[bytes | None]
    phone_blind: Mapped[bytes | None] = mapped_column(index=True)
    hired_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class Certificate(Base):
    """A paper that allows a worker one skill from one day to another, both days included, as papers are printed.

    One paper under two companies is told to the bureau, as one person is.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        CheckConstraint("expires_on >= valid_from", name="window"),
        Index("uq_certificate_skill", "skill", "number", "provider_id", unique=True),
        {"info": {"provider_sees": _OWN, "provider_may": "select, insert"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    worker_id: Mapped[UUID] = mapped_column(ForeignKey("worker.id"), index=True)
    provider_id: Mapped[UUID]
    skill: Mapped[Skill]
    number: Mapped[str] = mapped_column(String(40))
    valid_from: Mapped[date]
    expires_on: Mapped[date]
    noticed_at: Mapped[datetime | None]  # when the bureau was told that it runs out


class Shift(Base):
    """Weekly working hours: a bit mask of weekdays (bit 0 is Monday) and minutes of the district's day.

    `to_minute` over 1440 is past midnight; the break lies inside; the days are half-open, no end is open-ended.
    """

    __tablename__ = "shift"
    __table_args__ = (
        CheckConstraint("weekdays between 1 and 127", name="weekdays"),
        CheckConstraint("0 <= from_minute and from_minute < 1440", name="begin"),
        CheckConstraint("from_minute < to_minute and to_minute <= from_minute + 1440", name="end"),
        CheckConstraint(
            "(break_from is null) = (break_to is null)"
            " and (break_from is null or (from_minute <= break_from and break_from < break_to"
            " and break_to <= to_minute))",
            name="break",
        ),
        CheckConstraint("valid_to is null or valid_to > valid_from", name="window"),
        {"info": {"provider_sees": _OWN, "provider_may": "select, insert, update"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    worker_id: Mapped[UUID] = mapped_column(ForeignKey("worker.id"), index=True)
    provider_id: Mapped[UUID]
    weekdays: Mapped[int] = mapped_column(SmallInteger)
    from_minute: Mapped[int] = mapped_column(SmallInteger)
    to_minute: Mapped[int] = mapped_column(SmallInteger)
    break_from: Mapped[int | None] = mapped_column(SmallInteger)
    break_to: Mapped[int | None] = mapped_column(SmallInteger)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Absence(Base):
    """A half-open window in which a worker does not work, whatever the shifts say."""

    __tablename__ = "absence"
    __table_args__ = (
        CheckConstraint("until_at > from_at", name="window"),
        {"info": {"provider_sees": _OWN, "provider_may": "select, insert, update"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    worker_id: Mapped[UUID] = mapped_column(ForeignKey("worker.id"), index=True)
    provider_id: Mapped[UUID]
    from_at: Mapped[datetime] = mapped_column(index=True)
    until_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(200))
    reported_at: Mapped[datetime]
    reported_by: Mapped[str] = mapped_column(String(80))


class RosterRevision(Base):
    """How often anything of a company's roster or contracts has changed; read by `roster_mark`."""

    __tablename__ = "roster_revision"
    __table_args__ = ({"info": {"provider_sees": _OWN, "provider_may": "select, insert, update"}},)

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("company.id"), primary_key=True)
    revision: Mapped[Long]
