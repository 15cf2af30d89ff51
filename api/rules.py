"""The rules that people decide, as dated rows: what holds, what held, what will hold, and who decided it."""

from datetime import datetime
from itertools import groupby
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from api.acting import Route, doing, rules_in
from api.errors import responses
from api.forms import Form, Instant, Json
from api.paging import Listing, Rows
from api.shapes.changes import PendingChange
from events.contracts.rules import RuleRecorded
from events.work import Work
from kit.rules import operations, queries
from kit.rules.model import RuleRow
from kit.rules.typed import DatedRule
from providers.settlement.rules import ChangeWaitHours

router = APIRouter(tags=["rules"], route_class=Route)

Name = Annotated[str, Path(max_length=80, description="the rule's name", examples=["offer.deadline_minutes"])]


class Title(BaseModel):
    """What a form shows above the rule."""

    zh: str = Field(examples=["企业答复普通派单的时限"])
    en: str = Field(examples=["Minutes that a company has to answer an offer that is not urgent"])


class RecordedValue(BaseModel):
    """One value of a rule from an instant on, as it was recorded."""

    value: Any = Field(description="the JSON value", examples=[30])
    valid_from: datetime = Field(description="from when on it is valid, until the next one is")
    recorded_at: datetime
    recorded_by: str = Field(examples=["proposal"])
    source: str = Field(description="the paper or reason behind it")
    fits: bool = Field(description="whether it fits the rule; one that does not is passed over for the one before")


class Rule(BaseModel):
    """A rule: what it is, what it says now, what it ever said, and the form of what it may say."""

    name: str = Field(examples=["offer.deadline_minutes"])
    title: Title
    unit: str = Field(examples=["minutes"])
    source: str = Field(description="where the proposed value comes from")
    proposed: Any = Field(description="the proposed value", examples=[30])
    value: Any = Field(description="the value in force now", examples=[30])
    second_person: bool = Field(description="whether a second person confirms each new value after a waiting time")
    history: list[RecordedValue] = Field(description="every recorded value, the earliest valid first")
    form: dict[str, Any] = Field(
        description="the JSON Schema of a value, from which a page can draw a form",
        examples=[{"type": "integer", "minimum": 1, "maximum": 1440}],
    )


class NewValue(Form):
    """What a rule says from an instant on; it is announced at least a minute ahead."""

    value: Json = Field(examples=[45])
    valid_from: Instant = Field(examples=["2026-12-01T00:00:00+08:00"])
    source: str = Field(min_length=1, max_length=400, examples=["decision of the bureau of 20 November 2026"])


class LateValue(Form):
    """What a rule says from a past instant on, by a paper that came late."""

    value: Json = Field(examples=[45])
    valid_from: Instant = Field(examples=["2026-01-01T00:00:00+08:00"])
    source: str = Field(min_length=1, max_length=400, examples=["paper of 3 November 2026, valid since 1 January"])


@router.get("/rules", response_model=Listing[Rule], summary="List the rules, what they say and what they ever said")
async def list_rules(
    request: Request,
    work: Annotated[Work, doing("rules.read")],
    name: Annotated[str | None, Query(max_length=80)] = None,
) -> Rows[Rule]:
    """Return all rules by name, or the one that is named, each with its history and the JSON Schema of a value."""
    rows = groupby(await queries.history(work.session, name), key=lambda row: row.name)
    history = {rule_name: list(group) for rule_name, group in rows}
    wanted = sorted(rules_in(request), key=lambda rule: rule.about.name)
    return Rows(
        [
            await _shown(work, rule, history.get(rule.about.name, []))
            for rule in wanted
            if name is None or rule.about.name == name
        ]
    )


async def _shown(work: Work, rule: type[DatedRule], history: list[RuleRow]) -> Rule:
    return Rule(
        name=rule.about.name,
        title=Title(zh=rule.about.zh, en=rule.about.en),
        unit=rule.about.unit,
        source=rule.about.source,
        proposed=rule.about.proposed,
        second_person=rule.about.second_person,
        value=(await queries.read(work.session, rule, at=work.now)).content,
        history=[
            RecordedValue(
                value=row.value,
                valid_from=row.valid_from,
                recorded_at=row.recorded_at,
                recorded_by=row.recorded_by,
                source=row.source,
                fits=rule.fits(row.value),
            )
            for row in history
        ],
        form=rule.model_json_schema(),
    )


_PROPOSED: Final[dict[int | str, dict[str, Any]]] = {
    202: {"description": "A rule about money or proof: a second person confirms the value", "model": PendingChange}
}


@router.post(
    "/rules/{name}",
    status_code=204,
    summary="Decide a rule anew",
    responses=_PROPOSED | responses(404),
    response_model=None,
)
async def change_rule(
    request: Request, name: Name, form: NewValue, work: Annotated[Work, doing("rules.change")]
) -> Response:
    """Record a new value from an instant on; what holds until then stays.

    A rule about money or proof is only proposed (202), and takes effect after the waiting time. A value that does not
    fit the rule is refused as `rule.invalid`, and `errors` names every field at fault.
    """
    return await _recorded(request, work, name, form, backdated=False)


@router.post(
    "/rules/{name}/backdate",
    status_code=204,
    summary="Record a late paper",
    responses=_PROPOSED | responses(404),
    response_model=None,
)
async def backdate_rule(
    request: Request, name: Name, form: LateValue, work: Annotated[Work, doing("rules.backdate")]
) -> Response:
    """Record a value that is valid from a past instant on; what was paid is adjusted, never rewritten.

    A rule about money or proof is only proposed (202). Refused: `rule.invalid`, and `rule.not_past` where the instant
    is still to come.
    """
    return await _recorded(request, work, name, form, backdated=True)


async def _recorded(
    request: Request, work: Work, name: str, form: NewValue | LateValue, *, backdated: bool
) -> Response:
    rule = queries.named(rules_in(request), name)
    more: dict[str, Any] = {
        "valid_from": form.valid_from,
        "now": work.now,
        "by": work.actor.label,
        "source": form.source,
    }
    if not rule.about.second_person:
        verb = operations.backdate if backdated else operations.decide
        row = await verb(work.session, rule.of(form.value), **more)
        work.emit(RuleRecorded.of(row))
        return Response(status_code=204)
    wait = (await queries.read(work.session, ChangeWaitHours, at=work.now)).span
    change = await operations.announce(work.session, rule.of(form.value), **more, wait=wait, backdated=backdated)
    return JSONResponse(PendingChange.of(change, wait).model_dump(mode="json"), status_code=202)
