"""The services that may be asked for, and what each costs from which day on."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from kit.database import FOR_ALL, Base, Fen
from kit.ids import new_id


class ItemCategory(StrEnum):
    """The five top categories of the district's work report, and the urgent help that stands outside them."""

    MEALS = "A"  # 营养餐配送
    DAILY_LIVING = "B"  # 生活照料
    REHABILITATION = "C"  # 康复保健
    NURSING = "D"  # 护理
    MEDICAL_ERRANDS = "E"  # 助医
    URGENT = "U"  # 上门急助


class Skill(StrEnum):
    """What a worker must be certified for."""

    GENERAL = "S0"  # general, with a health certificate
    CARE = "S1"  # care worker grade 5
    CARE_SENIOR = "S2"  # care worker grade 4 and up
    THERAPIST = "S3"  # rehabilitation or Chinese-medicine practitioner
    NURSE = "S4"  # registered nurse
    ESCORT = "S5"  # medical escort
    TRADE = "S6"  # tradesman or barber
    SOCIAL = "S7"  # social worker


class Item(Base):
    """One service of the catalogue; its code is its name everywhere and is never given to another service.

    `window_from` and `window_to` bound the arrival, in minutes of the district's day; `two_person_from_level` is the
    ability level from which two workers must come (0 means always).
    """

    __tablename__ = "item"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("0 <= window_from and window_from < window_to and window_to <= 1440", name="window"),
        {"info": FOR_ALL},
    )

    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    category: Mapped[ItemCategory]
    name: Mapped[str] = mapped_column(String(60))
    unit: Mapped[str] = mapped_column(String(10))
    minutes: Mapped[int] = mapped_column(SmallInteger)
    skill: Mapped[Skill]
    two_person_from_level: Mapped[int | None] = mapped_column(SmallInteger)
    window_from: Mapped[int] = mapped_column(SmallInteger)
    window_to: Mapped[int] = mapped_column(SmallInteger)
    medical: Mapped[bool]
    counted: Mapped[bool]
    active_from: Mapped[date]
    active_to: Mapped[date | None]


class Price(Base):
    """What one unit of an item costs in a window of days, as recorded at one instant; the latest record of a day wins.

    Rows are only added: a price that turns out wrong is answered by another row, so that what was known when a month
    was settled can always be asked again.
    """

    __tablename__ = "price"
    __table_args__ = (
        CheckConstraint("fen >= 0", name="fen"),
        CheckConstraint("valid_to is null or valid_to > valid_from", name="window"),
        Index("ix_price_item_code_recorded_at", "item_code", "recorded_at"),
        {"info": {**FOR_ALL, "append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    item_code: Mapped[str] = mapped_column(ForeignKey("item.code"))
    fen: Mapped[Fen]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
