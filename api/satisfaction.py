"""What elders say: ratings by code, call-backs that hide the company, complaints, live rates."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from api.acting import Route, doing, works_of
from api.errors import responses
from api.forms import DIVISION, MONTH, Day, Form, Id
from api.paging import Page
from events.work import Work
from kit.access.actor import SYSTEM
from providers.satisfaction import complaints, draws, operations, queries, rates
from providers.satisfaction.model import CallBackReason, CallState, Channel, ComplaintState

router = APIRouter(tags=["satisfaction"], route_class=Route)

Handling = Annotated[Work, doing("complaints.decide")]
Calling = Annotated[Work, doing("callbacks.record")]


class RatingByCode(Form):
    """The elder's six digits and a score, 5 very satisfied to 1 very dissatisfied."""

    code: str = Field(max_length=12, examples=["048213"])
    score: int = Field(ge=1, le=5, examples=[5])
    channel: Literal["code", "family"] = "code"


class CodeAnswer(BaseModel):
    """Whether the code was right; a visit that nobody had, or that has heard too many wrong codes, answers alike."""

    accepted: bool


class Call(BaseModel):
    """One elder to be asked about one visit; nothing here says which company came."""

    id: UUID
    person_id: UUID
    item_code: str
    reason: CallBackReason
    due_at: datetime
    tries: int


class CallAnswers(Form):
    """What the elder said; `score` null where no opinion could be given."""

    came: bool = Field(examples=[True])
    stayed_minutes: int | None = Field(default=None, ge=0, le=1440, examples=[55])
    goods_instead: bool = False
    score: int | None = Field(default=None, ge=1, le=5, examples=[5])


class Revealed(BaseModel):
    """What may be seen once the answers are saved."""

    visit_id: UUID
    provider_id: UUID
    complaint_id: UUID | None


class NewComplaint(Form):
    """A complaint about a visit; a visit not known here needs its company named."""

    visit_id: Id
    words: str = Field(min_length=1, max_length=2000, examples=["nobody came, and nobody called"])
    provider_id: Id | None = None


class Complaint(BaseModel):
    """One complaint as the desk sees it in lists: without its words."""

    id: UUID
    number: int
    visit_id: UUID
    provider_id: UUID
    state: ComplaintState
    received_at: datetime
    due_at: datetime | None
    upheld: bool | None
    deduction_percent: int


class Words(BaseModel):
    """What a complaint says."""

    words: str


class PublishedDraw(BaseModel):
    """A day's draw as anybody may check it: the seed and the list once the list is frozen."""

    day: date
    seed_hash: str
    list_hash: str | None
    seed: str | None
    percent: int | None
    visits: list[UUID]


class Step(Form):
    """The next step of a complaint; `decide` names what was decided."""

    step: Literal["acknowledge", "investigated", "decide", "remedied", "close", "appeal"]
    upheld: bool = False
    deduction_percent: int = Field(default=0, ge=0, le=100)


class Rate(BaseModel):
    """A rate with everything that belongs beside it; `percent` is null when n is too small to say."""

    provider_id: UUID | None
    item_code: str | None
    division: str | None
    month: str | None
    numerator: int
    denominator: int
    n: int
    excluded: dict[str, int]
    asked: int
    percent: float | None
    interval: list[float] = Field(min_length=2, max_length=2, description="the 95 % interval in percent")
    coverage: float | None
    reach: float | None


class Draw(BaseModel):
    """A day's draw, which anybody can draw again from the seed and the list."""

    day: date
    seed_hash: str
    visits: int | None
    drawn: int | None
    list_hash: str | None


@router.post(
    "/visits/{visit_id}/rating",
    operation_id="rate_by_code",
    summary="Rate a visit by the elder's code",
    responses=responses(409),
)
async def rate_by_code(visit_id: UUID, form: RatingByCode, request: Request) -> CodeAnswer:
    """Rate once; open to whoever holds the six digits, five tries, after which the elder is called instead."""
    try:
        async with works_of(request)(SYSTEM("elder")) as work:
            found = await operations.give_by_code(
                work, visit_id=visit_id, code=form.code, score=form.score, channel=Channel(form.channel)
            )
    except (operations.UnknownVisit, operations.CodeLocked):
        # Whoever does not hold the code is not told whether there was such a visit.
        return CodeAnswer(accepted=False)
    return CodeAnswer(accepted=found.accepted)


@router.get("/visits/{visit_id}/rating-code", operation_id="rating_code", summary="The code to read to the elder")
async def rating_code(visit_id: UUID, work: Annotated[Work, doing("visits.codes")]) -> dict[str, str]:
    """Return the six digits; the operator reads them to the elder, never to a company."""
    return {"code": operations.feedback_code(work.vault, visit_id)}


@router.get("/call-backs", operation_id="call_backs", summary="Which elders to call")
async def call_backs(work: Annotated[Work, doing("callbacks.read")], page: Page) -> list[Call]:
    """Return the call-backs to make, the most pressing first."""
    found = await queries.calls_due(work, after=page.after, limit=page.limit)
    page.told(work, queries.CALLS, found)
    return [Call.model_validate(one, from_attributes=True) for one in found]


@router.post(
    "/call-backs/{call_back_id}/answers",
    operation_id="save_answers",
    summary="Save an elder's answers",
    responses=responses(404, 409, 422),
)
async def save_answers(call_back_id: UUID, form: CallAnswers, work: Calling) -> Revealed:
    """Save the answers; only then is the company shown."""
    answers = operations.Answers(form.came, form.stayed_minutes, form.goods_instead, form.score)
    found = await operations.record_call_back(work, call_back_id=call_back_id, answers=answers)
    return Revealed(visit_id=found.visit_id, provider_id=found.provider_id, complaint_id=found.complaint_id)


@router.post(
    "/call-backs/{call_back_id}/no-answer",
    operation_id="no_answer",
    summary="Nobody answered the call",
    responses=responses(404, 409),
)
async def no_answer(call_back_id: UUID, work: Calling) -> dict[str, CallState]:
    """Record a try in vain; after three at other hours the elder counts as not reached."""
    return {"state": await operations.record_no_answer(work, call_back_id=call_back_id)}


@router.get(
    "/call-back-draws/{day}",
    operation_id="published_draw",
    summary="A day's draw, to be drawn again",
    responses=responses(404),
)
async def published_draw(day: Day, work: Annotated[Work, doing("draws.read")]) -> PublishedDraw:
    """Return what a draw may be checked by; the list and the seed only once the list is frozen."""
    found = await queries.draw(work, day)
    if found is None:
        raise draws.DrawNotFound(day=day.isoformat())
    return PublishedDraw.model_validate(found, from_attributes=True)


@router.post(
    "/call-back-draws/{day}",
    status_code=201,
    operation_id="commit_draw",
    summary="Commit a day's seed",
    responses=responses(409),
)
async def commit_draw(day: Day, work: Annotated[Work, doing("complaints.decide")]) -> dict[str, str]:
    """Publish the hash of the seed before the list is known."""
    return {"seed_hash": await draws.commit_seed(work, day=day)}


@router.post(
    "/call-back-draws/{day}/drawing",
    operation_id="draw_call_backs",
    summary="Draw a day's call-backs",
    responses=responses(409),
)
async def draw_call_backs(day: Day, work: Annotated[Work, doing("complaints.decide")]) -> Draw:
    """Freeze the list and draw; a second time returns the first draw."""
    return Draw.model_validate(await draws.draw_call_backs(work, day=day), from_attributes=True)


@router.post(
    "/complaints",
    status_code=201,
    operation_id="receive_complaint",
    summary="Take a complaint",
    responses=responses(404, 422),
)
async def receive_complaint(form: NewComplaint, work: Annotated[Work, doing("complaints.receive")]) -> Complaint:
    """Take a complaint; it is acknowledged within two hours."""
    found = await complaints.receive(work, visit_id=form.visit_id, words=form.words, provider_id=form.provider_id)
    return Complaint.model_validate(found, from_attributes=True)


@router.get("/complaints", operation_id="complaints", summary="Complaints that wait for a step")
async def list_complaints(work: Annotated[Work, doing("complaints.read")], page: Page) -> list[Complaint]:
    """Return the open complaints, the most pressing first."""
    found = await queries.complaints(work, after=page.after, limit=page.limit)
    page.told(work, queries.COMPLAINTS, found)
    return [Complaint.model_validate(one, from_attributes=True) for one in found]


@router.get(
    "/complaints/{complaint_id}/words",
    operation_id="complaint_words",
    summary="Read a complaint",
    responses=responses(404),
)
async def complaint_words(complaint_id: UUID, work: Annotated[Work, doing("complaints.read")]) -> Words:
    """Return a complaint's words, for the desk that handles it."""
    return Words(words=complaints.words(work, await queries.complaint(work, complaint_id)))


@router.post(
    "/complaints/{complaint_id}/steps",
    operation_id="step_complaint",
    summary="Take a complaint's next step",
    responses=responses(403, 404, 409, 422),
)
async def step_complaint(complaint_id: UUID, form: Step, work: Handling) -> Complaint:
    """Take the next step; an upheld decision corrects the charge."""
    if form.step == "decide":
        found = await complaints.decide(
            work, complaint_id=complaint_id, upheld=form.upheld, deduction_percent=form.deduction_percent
        )
    else:
        found = await getattr(complaints, form.step)(work, complaint_id=complaint_id)
    return Complaint.model_validate(found, from_attributes=True)


@router.get("/rates", operation_id="rate", summary="The satisfaction rate of a group")
async def rate(
    work: Annotated[Work, doing("rates.read")],
    provider_id: UUID | None = None,
    item_code: Annotated[str | None, Query(max_length=8)] = None,
    division: Annotated[str | None, Query(pattern=DIVISION)] = None,
    month: Annotated[str | None, Query(pattern=MONTH)] = None,
) -> Rate:
    """Return the rate as it stands this moment, with n, interval, exclusions and reach; a company sees its own."""
    company_id = work.actor.company.id if work.actor.company else provider_id
    return _shown(await queries.rate(work, provider_id=company_id, item_code=item_code, division=division, month=month))


@router.get("/rates/companies", operation_id="rates_by_company", summary="Each company's rate of a month")
async def rates_by_company(
    work: Annotated[Work, doing("rates.read")], month: Annotated[str, Query(pattern=MONTH)]
) -> list[Rate]:
    """Return the companies' rates, a company's own people only theirs."""
    return [_shown(found) for found in await queries.rates_by_company(work, month=month)]


def _shown(found: rates.Rate) -> Rate:
    return Rate.model_validate(found, from_attributes=True)
