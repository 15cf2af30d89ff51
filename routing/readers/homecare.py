"""Home-care instances as published: patients, caregivers, what they cost. One set of classes for both file formats."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from kit.refusal import Refusal


class Unreadable(Refusal):
    """Refuse a file that is not the format it is read as."""

    code: ClassVar[str] = "homecare.unreadable"


class Unsupported(Refusal):
    """Refuse an instance whose cost or rule this reader knows of and the solver does not."""

    code: ClassVar[str] = "homecare.unsupported"


class Tie(StrEnum):
    """How a patient's two services hang together."""

    INDEPENDENT = "independent"
    SIMULTANEOUS = "simultaneous"
    SEQUENTIAL = "sequential"


@dataclass(frozen=True, slots=True, kw_only=True)
class CareService:
    """One service that a patient needs."""

    name: str
    duration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A patient; `windows` are for the beginning of each service."""

    name: str
    row: int  # of the distance matrix
    windows: tuple[tuple[float, float], ...]
    services: tuple[CareService, ...]
    tie: Tie = Tie.INDEPENDENT
    gap: tuple[float, float] = (0.0, 0.0)
    optional: bool = False
    preferred: frozenset[str] | None = None
    incompatible: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caregiver:
    """A caregiver and what she or he can do."""

    name: str
    abilities: frozenset[str]
    start_row: int
    end_row: int
    shift: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a plan costs; None is a hard rule, 0 is free."""

    travel: float
    late: float | None
    worst_late: float | None
    overtime: float | None
    skipped: float | None = None
    not_preferred: float | None = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CareInstance:
    """A published instance. With `at_end` a service must end, not begin, before its window closes."""

    name: str
    patients: tuple[Patient, ...]
    caregivers: tuple[Caregiver, ...]
    distances: npt.NDArray[np.float64]
    prices: Prices
    at_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CareCall:
    """One service of a plan as it is carried out."""

    patient: str
    service: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CareSchedule:
    """A plan for an instance: each caregiver's calls in order of time, and the patients in an order of planning."""

    routes: dict[str, tuple[CareCall, ...]]
    ordering: tuple[str, ...] = ()
