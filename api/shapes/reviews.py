"""What the draws of statements for review look like over HTTP."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field


class ReviewDraw(BaseModel):
    """How a company's month is drawn for review: the hash of the seed beforehand, the seed once the list is frozen."""

    provider_id: UUID
    month: str
    seed_hash: str = Field(description="SHA-256 of the seed, which the event log holds since `committed_at`")
    committed_at: datetime = Field(description="when the hash was committed in the log")
    statement_id: UUID | None = Field(description="the statement whose list is frozen; null before")
    seed: str | None = Field(description="the seed, 32 bytes in hexadecimal; null before the list is frozen")
    percent: int | None = Field(description="which part of the visits is drawn, rounded up; null before")
    visits: int | None = Field(description="how many visits are listed; null before")
    drawn: int | None = Field(description="how many of them are drawn; null before")
    list_hash: str | None = Field(description="SHA-256 of the listed visits, sorted, one a line; null before")
    frozen_at: datetime | None = Field(description="when the list was frozen; null before")
