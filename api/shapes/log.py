"""What the event log and its verification look like over HTTP."""

from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field


class LogEntry(BaseModel):
    """One event of the log as who looks for it sees it: what happened to whom and by whom, without its data."""

    position: int = Field(description="its place in the log", examples=[4711])
    id: UUID
    type: str
    subject: str = Field(description="the id of what it is about")
    occurred_at: AwareDatetime = Field(description="when it happened")
    actor: str = Field(description="who did it", examples=["account:01890a5d-ac96-774b-bcce-b302099a8057"])
    correlation: UUID = Field(description="the X-Request-Id of the request that led to it")
    causation: UUID | None = Field(description="the event that it follows from; null where a person acted")


class LogHead(BaseModel):
    """The end of the event log's chain."""

    head: str
    signed: str | None = Field(
        description="the newest head kept outside the database: instant, NUMBER:HASH, Ed25519 signature; null: none yet"
    )
    public_key: str = Field(description="the key that checks the signatures, 64 hexadecimal digits")


class LogVerification(BaseModel):
    """What walking the chain again found."""

    head: str
    unsealed: int
    first_bad: int | None
    why: str
    signed: str | None = Field(
        description="the newest signed head, with which the chain was compared too; null: none has been signed yet"
    )
