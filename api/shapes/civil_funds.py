"""What the funds of the companion modules look like over HTTP."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field

from api.forms import EXAMPLE_ID, Form
from api.shapes.about import AboutPerson
from civil.blocks.fund.model import FundEntryKind
from civil.blocks.fund.queries import FundStanding
from kit.access.scope import Section

Amount = Annotated[int, Field(ge=1, le=100_000_000_000)]
"""An amount in fen, at most a thousand million yuan."""


class NewFund(Form):
    """Which fund of which division to open."""

    kind: str = Field(
        min_length=1, max_length=40, description="a fund of GET /civil/modules", examples=["relief.reserve"]
    )
    division_code: str = Field(
        pattern="^[0-9]{12}$", description="the division that holds it, 12 digits", examples=["130999001000"]
    )


class Fund(BaseModel):
    """One fund, and where it stands in this year."""

    fund_id: UUID = Field(description="the fund")
    number: int = Field(description="the number that people speak")
    kind: str = Field(description="its kind; GET /civil/modules says what a screen calls it")
    division_code: str = Field(description="the division that holds it, 12 digits")
    section: Section = Field(description="the section it belongs to")
    year: int = Field(description="this year")
    plan_fen: int = Field(description="what it may spend in the year, in fen; 0 while nothing is planned")
    paid_fen: int = Field(description="what it has paid in the year, net of what came back, in fen")
    balance_fen: int = Field(description="the sum of all its entries, in fen")
    left_fen: int = Field(description="what may be paid without a second person's consent, in fen")
    low: bool = Field(description="whether the balance is below what the rule asks for")

    @classmethod
    def of(cls, standing: FundStanding, low_below: int | None) -> Self:
        """Show a fund with where it stands."""
        fund = standing.fund
        return cls(
            fund_id=fund.id,
            number=fund.number,
            kind=fund.kind,
            division_code=fund.division_code,
            section=fund.section,
            year=standing.year,
            plan_fen=standing.plan_fen,
            paid_fen=standing.paid_fen,
            balance_fen=standing.balance_fen,
            left_fen=standing.left_fen,
            low=low_below is not None and standing.balance_fen < low_below,
        )


class NewFundPlan(Form):
    """What a fund may spend in a year, by which paper."""

    year: int = Field(ge=2000, le=2199, description="this year or the next", examples=[2026])
    fen: int = Field(ge=0, le=100_000_000_000, description="in fen", examples=[5_000_000])
    source: str = Field(min_length=1, max_length=80, description="the paper", examples=["云财〔2026〕3号"])


class FundPlan(BaseModel):
    """What a fund may spend in a year; of several for one year the latest holds."""

    year: int = Field(description="the year")
    fen: int = Field(description="what may be spent, in fen")
    source: str = Field(description="the paper")
    recorded_at: datetime = Field(description="when it was recorded")
    recorded_by: str = Field(description="the account's name")


class NewFundMoney(Form):
    """Money that comes into a fund."""

    fen: Amount = Field(description="in fen", examples=[2_000_000])
    replenishes: bool = Field(default=False, description="true: because the fund is low", examples=[False])
    reference: str = Field(min_length=1, max_length=80, description="the paper", examples=["云财拨〔2026〕7号"])


class FundEntry(AboutPerson):
    """Money that came into a fund or left it; never changed."""

    fund_entry_id: UUID = Field(validation_alias="id", description="the entry")
    kind: FundEntryKind = Field(description="why; a reversal has the kind of what it reverses")
    fen: int = Field(description="in fen; negative where it left the fund")
    entered_on: date = Field(description="on which day")
    subject_id: UUID | None = Field(description="the case or record that was paid for; null: money came in")
    person_id: UUID | None = Field(description="who was paid; null: nobody, or no person")
    reference: str | None = Field(description="the paper, or why it was reversed; null: the matter says it")
    consent_id: UUID | None = Field(description="the consent to more than was left; null: none was needed")
    reverses_id: UUID | None = Field(description="the entry that this undoes; null: none")
    recorded_by: str = Field(description="the account's name")


class FundReversal(Form):
    """Why an entry is undone."""

    reason: str = Field(min_length=1, max_length=80, description="why", examples=["entered twice"])


class NewFundConsent(Form):
    """What shall be paid for beyond what is left."""

    subject_id: UUID = Field(description="the case or record to pay for", examples=[str(EXAMPLE_ID)])
    fen: Amount = Field(description="the most that may be paid for it, in fen", examples=[200_000])


class FundConsent(BaseModel):
    """What was asked beyond what was left, and what a second person said to it."""

    consent_id: UUID = Field(validation_alias="id", description="the consent")
    subject_id: UUID = Field(description="the case or record to pay for")
    fen: int = Field(description="the most that may be paid for it, in fen")
    asked_at: datetime = Field(description="when it was asked")
    asked_by: str = Field(description="who asked")
    agreed: bool | None = Field(description="what the second person said; null: nothing yet")
    decided_by: str | None = Field(description="the second person; null: nobody yet")


class FundConsentDecision(Form):
    """What the second person says."""

    agreed: bool = Field(description="whether more than is left may be paid", examples=[True])
