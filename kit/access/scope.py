"""Whose rows an actor may see: everybody's, one company's, one division's, or one person's own.

PostgreSQL enforces the scope: each of the four works under a database role of its own (`kit.database`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID


class Section(StrEnum):
    """The sections of a district's civil affairs bureau that records belong to."""

    ELDERCARE = "eldercare"  # 养老服务
    ASSISTANCE = "assistance"  # 社会救助
    DISABILITY = "disability"  # 残疾人福利
    MINORS = "minors"  # 儿童福利、未成年人保护
    GRASSROOTS = "grassroots"  # 基层政权
    DIVISIONS = "divisions"  # 区划地名
    ORGANISATIONS = "organisations"  # 社会组织
    MARRIAGE = "marriage"  # 婚姻登记


@dataclass(frozen=True, slots=True)
class Everything:
    """All rows."""


@dataclass(frozen=True, slots=True)
class Company:
    """The rows of one service company; with `worker_id` only what that worker is sent to."""

    id: UUID
    worker_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Division:
    """The rows of the people who live in one division (a 12-digit code) or below it, of the sections named."""

    code: str
    sections: frozenset[Section]


@dataclass(frozen=True, slots=True)
class Own:
    """The rows about one person."""

    person_id: UUID


Scope = Everything | Company | Division | Own
EVERYTHING: Final = Everything()
