"""The rules that people decide, as dated rows: what holds, what held, what will hold, and who decided it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api.acting import Route, doing
from api.errors import responses
from api.forms import Form, Instant, Json
from api.paging import Listing, Rows
from events.work import Work
from kit import rules

router = APIRouter(tags=["rules"], route_class=Route)

Name = Annotated[str, Path(max_length=80, examples=["offer.deadline_minutes"])]


class Rule(BaseModel):
    """One value of one rule from an instant on, as it was recorded."""

    name: str
    value: Any
    valid_from: datetime
    recorded_at: datetime
    recorded_by: str
    source: str


class NewValue(Form):
    """What a rule says from an instant on; it is announced at least a minute ahead."""

    value: Json = Field(examples=[45])
    valid_from: Instant = Field(examples=["2026-12-01T00:00:00+08:00"])
    source: str = Field(min_length=1, max_length=400, examples=["decision of the bureau of 20 November 2026"])


@router.get("/rules", response_model=Listing[Rule], summary="List the rules and what they ever said")
async def list_rules(
    work: Annotated[Work, doing("rules.read")], name: Annotated[str | None, Query(max_length=80)] = None
) -> Rows[rules.Rule]:
    """Return the recorded values, oldest first, of one rule or of all."""
    return Rows(await rules.history(work.session, name))


@router.post("/rules/{name}", status_code=204, summary="Decide a rule anew", responses=responses(404))
async def change_rule(name: Name, form: NewValue, work: Annotated[Work, doing("rules.change")]) -> None:
    """Record a new value from an instant on, of the shape that the rule has; what holds until then stays."""
    await rules.change(
        work.session,
        name,
        form.value,
        valid_from=form.valid_from,
        now=work.now,
        by=work.actor.label,
        source=form.source,
    )
