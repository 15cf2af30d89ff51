"""Tables of a simulation: what it plays, which people take part, and which calls were refused."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from kit.database import Base, Long


class PartKind(StrEnum):
    """The kind of a simulated member."""

    ELDER = "elder"
    COMPANY = "company"
    WORKER = "worker"


class Simulation(Base):
    """The one simulation that a database plays; it is begun once and only ever continued."""

    __tablename__ = "simulation"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    plan: Mapped[dict[str, Any]]
    begun_at: Mapped[datetime]


class SimulatedPart(Base):
    """Who plays the n-th elder, company or worker: the same number is the same person whenever the seed is the same."""

    __tablename__ = "simulated_part"

    kind: Mapped[PartKind] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(unique=True)


class RefusedCall(Base):
    """A call that the platform refused, with the refusal's code: a refusal leaves no other trace."""

    __tablename__ = "refused_call"

    number: Mapped[Long] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(60))
    refused_at: Mapped[datetime]
