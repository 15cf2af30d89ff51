"""Whom an elder asks for and who is not sent to whom, over HTTP."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from api.forms import Day, Form, Id
from dispatch.visits import model
from dispatch.visits.model import SaidBy
from providers.roster.spoken import Called


class _Bar(BaseModel):
    reason: str
    said_by: SaidBy | None = Field(description="who said so; null where it was not written down")
    since: datetime
    until: date | None = Field(description="the first day on which it holds no longer; null: until it is lifted")
    set_by: str = Field(description="who recorded it")


class _WorkerBar(_Bar):
    worker_id: UUID
    worker_called: str = Field(description="the worker as people say it, surname and 师傅", examples=["李师傅"])
    company_called: str = Field(description="the worker's company without its legal form", examples=["康宁护理"])

    @classmethod
    def of(cls, wish: model.Barred | model.WantedWorker, worker_id: UUID, called: Called) -> Self:
        """Return a wish about a worker with how the worker is called."""
        return cls(
            worker_id=worker_id,
            worker_called=called.worker_called,
            company_called=called.company_called,
            reason=wish.reason,
            said_by=wish.said_by,
            since=wish.since,
            until=wish.until,
            set_by=wish.set_by,
        )


class BarredWorker(_WorkerBar):
    """A worker who is not sent to an elder."""


class BarredCompany(_Bar):
    """A company that is not sent to an elder."""

    provider_id: UUID


class WantedWorker(_WorkerBar):
    """A worker whom an elder asks for."""


class _NewBar(Form):
    reason: str = Field(min_length=1, max_length=200, examples=["the elder asks for somebody else"])
    said_by: SaidBy | None = Field(default=None, description="who said so")
    until: Day | None = Field(default=None, description="the first day on which it holds no longer; null: until lifted")


class NewWantedWorker(Form):
    """Whom an elder asks for, who said so, and why."""

    worker_id: Id
    reason: str = Field(min_length=1, max_length=200, examples=["she knows how to wash her hair"])
    said_by: SaidBy = Field(description="who said so")
    until: Day | None = Field(default=None, description="the first day on which it holds no longer; null: until lifted")


class NewBarredWorker(_NewBar):
    """Whom not to send, and why."""

    worker_id: Id


class NewBarredCompany(_NewBar):
    """Which company not to send, and why."""

    provider_id: Id
