"""What dead letters look like over HTTP."""

from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from api.forms import Form
from events.model import DeadLetterCause


class DeadLetter(BaseModel):
    """One message that waits for a person; its content is not shown, for it may be anything."""

    id: UUID
    group: str
    type: str
    cause: DeadLetterCause = Field(description="why it could not be handled")
    error: str
    tries: int
    dead_at: AwareDatetime
    place: str | None = Field(description="topic/partition/offset where Kafka delivered it, else null")
    digest: str | None = Field(description="length and SHA-256 of a body that is too large to keep, else null")


class DeadLetterDrop(Form):
    """Why a message is given up."""

    reason: str = Field(min_length=1, max_length=500, examples=["told before the rule it names"])
