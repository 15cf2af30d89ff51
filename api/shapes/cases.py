"""What cases look like over HTTP."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from api.forms import Form
from api.shapes.requests import Relaxation
from dispatch.escalation.model import CaseKind, CaseState
from dispatch.visits.transitions import VisitState
from kit.access.roles import Role
from providers.catalogue.model import Skill


class CaseFacts(BaseModel):
    """What a case says beside its subject; each kind has fields of its own, and the others are null."""

    relaxation: Relaxation | None = None
    urgent: bool | None = None
    reasons: list[str] = []
    fen: int | None = None
    absences: int | None = None
    outcome: VisitState | None = None
    promised: int | None = None
    alive: bool | None = None
    withdrawn_requests: int | None = None
    worker_number: int | None = None
    worker_numbers: list[int] = []
    skill: Skill | None = None
    expires_on: date | None = None
    messages: int | None = None
    year: int | None = None
    percent: int | None = None
    cap_fen: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, stored: Mapping[str, Any]) -> Mapping[str, Any]:
        """Put a stored relaxation and its parameters together."""
        if not isinstance(stored.get("relaxation"), str):
            return stored
        return {**stored, "relaxation": Relaxation.of({"change": stored["relaxation"], **stored["parameters"]})}


class Case(BaseModel):
    """One thing that waits longer than its rule allows."""

    id: UUID
    kind: CaseKind
    subject_id: UUID
    since: datetime
    due_at: datetime
    owner_role: Role
    owner_id: UUID | None
    state: CaseState
    facts: CaseFacts


class CaseClosing(Form):
    """What was done."""

    reason: str = Field(min_length=1, max_length=200, examples=["called the family; the neighbour has the key"])
