"""What draws, and the lines that are reviewed, look like over HTTP."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from api.forms import Form
from providers.settlement.review.drawing import ReviewReason


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
    grades: str | None = Field(description="the grades of evidence whose visits are all reviewed; null before")
    amount_fen: int | None = Field(description="from which price on a visit is reviewed, in fen; null before")
    reviews: int | None = Field(description="how many lines are reviewed, drawn or by rule; null before")
    frozen_at: datetime | None = Field(description="when the list was frozen; null before")


class LineReview(BaseModel):
    """One line that a person looks at before the approval, and what was said of it."""

    line_id: UUID
    statement_id: UUID
    visit_id: UUID
    reasons: list[ReviewReason] = Field(description="why it is reviewed")
    stands: bool | None = Field(
        description="false: the next statement takes the line back; null: nobody has looked yet"
    )
    note: str | None = Field(description="the reason of the decision; null before")
    decided_by: str | None = Field(description="who looked at it, as an account's label; null before")
    decided_at: datetime | None


class LineReviewDecision(Form):
    """Whether the line stands, and why."""

    stands: bool = Field(description="false: the money is taken back and the visit looked at again", examples=[True])
    note: str = Field(
        description="why, for the company and for auditors",
        min_length=1,
        max_length=400,
        examples=["called back on the landline: the elder was helped for an hour"],
    )
