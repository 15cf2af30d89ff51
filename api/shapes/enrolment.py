"""What enrolments, assessments and quotas look like over HTTP."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from api.forms import Day, Form, Id, Instant
from dispatch.enrolment import assessment as scoring
from dispatch.enrolment.model import (
    AssessmentOccasion,
    Category,
    EndReason,
    EnrolmentState,
    EntryKind,
    SuspendReason,
    WalletAccount,
)


class EnrolmentApplication(Form):
    """On whose account an elder applies."""

    category: Category


class EnrolmentSuspension(Form):
    """Why an elder is not served for now."""

    reason: SuspendReason


class EnrolmentEnding(Form):
    """Why and from which day an elder leaves."""

    reason: EndReason
    ended_on: Day


class Enrolment(BaseModel):
    """Where an elder stands in the programme."""

    person_id: UUID
    category: Category
    state: EnrolmentState


class PastEnrolment(BaseModel):
    """One membership of the programme, from application to end."""

    id: UUID
    person_id: UUID
    category: Category
    level: int | None
    state: EnrolmentState
    applied_at: datetime
    first_active_at: datetime | None
    suspended_at: datetime | None
    suspend_reason: SuspendReason | None
    reassess_on: date | None
    ended_on: date | None
    end_reason: EndReason | None


class DueReassessment(BaseModel):
    """One enrolment whose next assessment is due, with the day since when it is."""

    person_id: UUID
    category: Category
    state: EnrolmentState
    level: int | None
    reassess_on: date


class Standing(BaseModel):
    """Whether an elder may be served, and what is left of this month's quota, in fen."""

    state: EnrolmentState
    category: str
    level: int | None
    monthly_fen: int | None
    quota_left_fen: int
    copay_percent: int | None


class AssessmentBooking(Form):
    """When which two assessors come, and why."""

    occasion: AssessmentOccasion
    booked_for: Instant
    first_assessor_id: Id = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    second_assessor_id: Id = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8058"])


class AssessmentFindings(Form):
    """What two assessors found on site (GB/T 42195-2022): 26 scores and what the standard lets weigh beside them."""

    scores: dict[Annotated[str, Field(max_length=24)], Annotated[int, Field(ge=0, le=10)]] = Field(
        min_length=len(scoring.ITEMS),
        max_length=len(scoring.ITEMS),
        examples=[{name: item.most for name, item in scoring.ITEMS.items()}],
    )
    coma: bool = False
    dementia: bool = False
    mental_disorder: bool = False
    risk_events: int = Field(default=0, ge=0, le=999)


class Assessment(BaseModel):
    """One assessment, booked or made; its findings stay sealed, the level is shown."""

    id: UUID
    person_id: UUID
    occasion: AssessmentOccasion
    booked_for: datetime
    first_assessor_id: UUID
    second_assessor_id: UUID
    assessed_at: datetime | None
    level: int | None


class Wallet(BaseModel):
    """One month's quota of an elder; amounts in fen."""

    person_id: UUID
    month: str
    granted_fen: int
    carried_in_fen: int
    free_fen: int
    held_fen: int
    spent_fen: int
    carried_out_fen: int
    expired_fen: int


class MonthOfQuota(BaseModel):
    """One month's quota of an elder, begun or to come; amounts in fen.

    A month to come that no request has touched shows what it will grant by the terms recorded today.
    """

    month: str
    granted_fen: int
    held_fen: int
    spent_fen: int
    free_fen: int


class WalletEntry(BaseModel):
    """One movement of a month's quota between two accounts, in fen."""

    kind: EntryKind
    from_account: WalletAccount
    to_account: WalletAccount
    fen: int
    request_id: UUID | None
    charge_id: UUID | None
    recorded_at: datetime
