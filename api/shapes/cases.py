"""What cases look like over HTTP."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from api.forms import Form
from dispatch.escalation.model import CaseKind, CaseState
from kit.access.roles import Role


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
    facts: dict[str, Any]


class CaseClosing(Form):
    """What was done."""

    reason: str = Field(min_length=1, max_length=200, examples=["called the family; the neighbour has the key"])
