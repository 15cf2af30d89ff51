"""What a change that waits for a second person looks like over HTTP."""

from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from kit.rules import model
from kit.rules.model import ChangeKind, ChangeState


class PendingChange(BaseModel):
    """One change about money or proof: proposed, confirmed by another person, or taken back."""

    id: UUID
    kind: ChangeKind = Field(description="what changes")
    subject: str = Field(description="the rule's name, the item's code, or the company's id", examples=["B01"])
    content: dict[str, Any] = Field(description="the proposed value; of a bank account the last four digits")
    state: ChangeState = Field(description="whether it waits, is in force, or was taken back")
    proposed_by: str = Field(description="who proposed it", examples=["account:01890a5d-ac96-774b-bcce-b302099a8057"])
    proposed_at: datetime = Field(description="when it was proposed")
    confirmable_from: datetime = Field(description="from when on somebody else may confirm it")

    @classmethod
    def of(cls, change: model.PendingChange, wait: timedelta) -> Self:
        """Return a change as a desk may see it."""
        return cls(
            id=change.id,
            kind=change.kind,
            subject=change.subject,
            content={name: value for name, value in change.content.items() if name != "sealed"},
            state=change.state,
            proposed_by=change.proposed_by,
            proposed_at=change.proposed_at,
            confirmable_from=change.proposed_at + wait,
        )
