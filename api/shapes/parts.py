"""What dead letters and the log's verification look like over HTTP."""

from uuid import UUID

from pydantic import BaseModel, Field

from api.forms import Form


class DeadLetter(BaseModel):
    """One message that waits for a person; its content is not shown, for it may be anything."""

    id: UUID
    group: str
    type: str
    error: str
    tries: int


class DeadLetterDrop(Form):
    """Why a message is given up."""

    reason: str = Field(min_length=1, max_length=500, examples=["told before the rule it names"])


class LogVerification(BaseModel):
    """What walking the chain again found."""

    head: str
    unsealed: int
    first_bad: int | None
    why: str
