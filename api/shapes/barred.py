"""What is kept of who is not sent to whom, over HTTP."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from api.forms import Form, Id


class _Bar(BaseModel):
    reason: str
    since: datetime
    set_by: str = Field(description="who recorded it")


class BarredWorker(_Bar):
    """A worker who is not sent to an elder."""

    worker_id: UUID


class BarredCompany(_Bar):
    """A company that is not sent to an elder."""

    provider_id: UUID


class _NewBar(Form):
    reason: str = Field(min_length=1, max_length=200, examples=["the elder asks for somebody else"])


class NewBarredWorker(_NewBar):
    """Whom not to send, and why."""

    worker_id: Id


class NewBarredCompany(_NewBar):
    """Which company not to send, and why."""

    provider_id: Id
