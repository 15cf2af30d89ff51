"""What closed months and the year's budget look like over HTTP."""

from datetime import datetime

from pydantic import BaseModel, Field


class ClosedMonth(BaseModel):
    """A month that is closed, and with it every month before; amounts in fen."""

    month: str
    statements: int = Field(description="how many statements the month has")
    payable_fen: int = Field(description="what the companies were owed by them, in fen")
    subsidised_fen: int = Field(description="the public share of that, in fen")
    closed_by: str = Field(description="who closed it, as an account's label")
    closed_at: datetime = Field(description="when it was closed")


class Budget(BaseModel):
    """How far the budget of a year is charged, by the visits of the year; amounts in fen."""

    year: int = Field(description="the year of the visits", examples=[2026])
    cap_fen: int = Field(description="the year's budget, in fen (rule `budget.year_fen`)")
    spent_fen: int = Field(description="the public share of all charges of the year's visits, in fen")
    percent: int = Field(description="how many whole per cent of the budget that is")
    reported: list[int] = Field(description="the shares of this budget, in percent, that were reported as reached")
