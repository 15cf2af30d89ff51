"""What elders say: ratings by code, call-backs that hide the company, complaints, live rates."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field

from api.acting import Route, actor_if_any, doing, works_of
from api.errors import responses
from api.forms import DIVISION, MONTH, Day
from api.paging import Listing, Page, Rows
from api.shapes import satisfaction as shapes
from events.work import Work
from kit.access.actor import SYSTEM
from providers.satisfaction import complaints, draws, operations, queries
from providers.satisfaction.control import ControlChart
from providers.satisfaction.model import (
    CallBack,
    CallBackDraw,
    Channel,
    Complaint,
    ComplaintAction,
    ComplaintState,
    ComplaintStep,
)
from providers.satisfaction.queries import PublishedDraw
from providers.satisfaction.rates import Always, Rate
from registry import queries as registry

router = APIRouter(tags=["satisfaction"], route_class=Route)

Handling = Annotated[Work, doing("complaints.decide")]
Calling = Annotated[Work, doing("callbacks.record")]


@router.post(
    "/visits/{visit_id}/rating",
    summary="Rate a visit by the elder's code",
    responses=responses(403, 409),
)
async def rate_visit(visit_id: UUID, form: shapes.NewRating, request: Request) -> shapes.RatingAnswer:
    """Rate once; open to anybody who has the six digits, five tries, after which the elder is called instead."""
    actor = await actor_if_any(request)
    try:
        async with works_of(request)(SYSTEM("elder")) as work:
            rating = await operations.give_by_code(
                work,
                visit_id=visit_id,
                code=form.code,
                score=form.score,
                channel=Channel(form.channel),
                by=actor.label if actor is not None else None,
            )
    except (operations.UnknownVisit, operations.CodeLocked):
        # Without the code nobody learns whether there was such a visit.
        return shapes.RatingAnswer(accepted=False)
    return shapes.RatingAnswer(accepted=rating.accepted)


@router.get("/visits/{visit_id}/rating-code", summary="The code to read to the elder", responses=responses(404))
async def get_rating_code(visit_id: UUID, work: Annotated[Work, doing("visits.codes")]) -> shapes.RatingCode:
    """Return the six digits to say to the elder; the reading is recorded, and its reader may not rate."""
    code, person_id = await operations.read_code(work, visit_id=visit_id)
    await registry.record_reading(work, [person_id], purpose="rating", fields=["rating_code"])
    return shapes.RatingCode(code=code)


@router.get("/call-backs", response_model=Listing[shapes.CallBack], summary="Which elders to call")
async def list_call_backs(work: Annotated[Work, doing("callbacks.read")], page: Page) -> Rows[CallBack]:
    """Return the call-backs to make, the most pressing first."""
    call_backs = await queries.calls_due(work, after=page.after, limit=page.limit)
    return page.rows(work, queries.CALLS, call_backs)


@router.post(
    "/call-backs/{call_back_id}/answers",
    summary="Save an elder's answers",
    responses=responses(404, 409, 422),
)
async def save_call_back_answers(
    call_back_id: UUID, form: shapes.CallBackAnswers, work: Calling
) -> shapes.CallBackResult:
    """Save the answers; only then is the company shown."""
    answers = operations.Answers(form.came, form.stayed_minutes, form.goods_instead, form.score)
    call_back = await operations.record_call_back(work, call_back_id=call_back_id, answers=answers)
    return shapes.CallBackResult(
        visit_id=call_back.visit_id, provider_id=call_back.provider_id, complaint_id=call_back.complaint_id
    )


@router.post(
    "/call-backs/{call_back_id}/no-answer",
    summary="Nobody answered the call",
    responses=responses(404, 409),
)
async def record_no_answer(call_back_id: UUID, work: Calling) -> shapes.CallBackState:
    """Record a call that was not answered; after three at other hours the elder counts as not reached."""
    return shapes.CallBackState(state=await operations.record_no_answer(work, call_back_id=call_back_id))


@router.get(
    "/call-back-draws/{day}",
    response_model=shapes.PublishedDraw,
    summary="A day's draw, to be drawn again",
    responses=responses(404),
)
async def get_draw(day: Day, work: Annotated[Work, doing("draws.read")]) -> PublishedDraw:
    """Return what a draw may be checked by; the list and the seed only once the list is frozen."""
    draw = await queries.draw(work, day)
    if draw is None:
        raise draws.DrawNotFound(day=day.isoformat())
    return draw


@router.post(
    "/call-back-draws/{day}",
    status_code=201,
    summary="Commit a day's seed",
    responses=responses(409),
)
async def commit_draw(day: Day, work: Annotated[Work, doing("complaints.decide")]) -> shapes.DrawCommitment:
    """Publish the hash of the seed before the list is known."""
    return shapes.DrawCommitment(seed_hash=await draws.commit_seed(work, day=day))


@router.post(
    "/call-back-draws/{day}/drawing",
    response_model=shapes.CallBackDraw,
    summary="Draw a day's call-backs",
    responses=responses(409),
)
async def draw_call_backs(day: Day, work: Annotated[Work, doing("complaints.decide")]) -> CallBackDraw:
    """Freeze the list and draw; a second time returns the first draw."""
    return await draws.draw_call_backs(work, day=day)


@router.post(
    "/complaints",
    response_model=shapes.Complaint,
    status_code=201,
    summary="Take a complaint",
    responses=responses(404, 409, 422),
)
async def receive_complaint(form: shapes.NewComplaint, work: Annotated[Work, doing("complaints.receive")]) -> Complaint:
    """Take a complaint; it is acknowledged within two hours."""
    return await complaints.receive(work, **form.model_dump())


@router.get(
    "/complaints", response_model=Listing[shapes.Complaint], summary="Complaints that wait for a step, or of a state"
)
async def list_complaints(
    work: Annotated[Work, doing("complaints.read")], page: Page, state: ComplaintState | None = None
) -> Rows[Complaint]:
    """Return the complaints with a deadline, the most pressing first; of a state all of them, the newest first."""
    if state is None:
        pressing = await queries.complaints(work, after=page.after, limit=page.limit)
        return page.rows(work, queries.COMPLAINTS, pressing)
    complaints = await queries.complaints_of(work, state=state, after=page.after, limit=page.limit)
    return page.rows(work, queries.COMPLAINTS_OF_A_STATE, complaints)


@router.get(
    "/complaints/{complaint_id}/steps",
    response_model=Listing[shapes.ComplaintStepTaken],
    summary="A complaint's steps and their deadlines",
    responses=responses(404),
)
async def list_complaint_steps(
    complaint_id: UUID, work: Annotated[Work, doing("complaints.read")]
) -> Rows[ComplaintStep]:
    """Return the steps taken, in their order, each with the deadline of the next."""
    return Rows(await queries.steps(work, complaint_id))


@router.get(
    "/complaints/{complaint_id}/words",
    summary="Read a complaint",
    responses=responses(404),
)
async def get_complaint_words(
    complaint_id: UUID, work: Annotated[Work, doing("complaints.read")]
) -> shapes.ComplaintWords:
    """Return a complaint's words, for the desk that handles it."""
    return shapes.ComplaintWords(words=complaints.words(work, await queries.complaint(work, complaint_id)))


_STEPS = {
    ComplaintAction.ACKNOWLEDGE: complaints.acknowledge,
    ComplaintAction.INVESTIGATED: complaints.investigated,
    ComplaintAction.REMEDIED: complaints.remedied,
    ComplaintAction.CLOSE: complaints.close,
    ComplaintAction.APPEAL: complaints.appeal,
}
"""Every step but the decision, which needs to say what was decided."""


@router.post(
    "/complaints/{complaint_id}/steps",
    response_model=shapes.Complaint,
    summary="Take a complaint's next step",
    responses=responses(403, 404, 409, 422),
)
async def advance_complaint(complaint_id: UUID, form: shapes.ComplaintStep, work: Handling) -> Complaint:
    """Take the next step; an upheld decision corrects the charge."""
    if form.step is ComplaintAction.DECIDE:
        return await complaints.decide(
            work, complaint_id=complaint_id, upheld=form.upheld, deduction_percent=form.deduction_percent
        )
    return await _STEPS[form.step](work, complaint_id=complaint_id)


@router.get("/rates", response_model=shapes.SatisfactionRate, summary="The satisfaction rate of a group")
async def get_rate(
    work: Annotated[Work, doing("rates.read")],
    provider_id: UUID | None = None,
    item_code: Annotated[str | None, Query(max_length=8)] = None,
    division: Annotated[str | None, Query(pattern=DIVISION)] = None,
    month: Annotated[str | None, Query(pattern=MONTH)] = None,
) -> Rate:
    """Return the rate as it stands this moment, with n, interval, exclusions and reach; a company sees its own."""
    company_id = work.actor.company.id if work.actor.company else provider_id
    return await queries.rate(work, provider_id=company_id, item_code=item_code, division=division, month=month)


@router.get("/rates/always", response_model=shapes.AlwaysAbove, summary="The worst month's rate of a group")
async def get_worst_rate(
    work: Annotated[Work, doing("rates.read")],
    month: Annotated[list[Annotated[str, Field(pattern=MONTH)]], Query(min_length=1, max_length=36)],
    provider_id: UUID | None = None,
    item_code: Annotated[str | None, Query(max_length=8)] = None,
    division: Annotated[str | None, Query(pattern=DIVISION)] = None,
) -> Always:
    """Return the minimum over the months asked for (始终…以上), never the average; a company sees its own."""
    company_id = work.actor.company.id if work.actor.company else provider_id
    months = sorted(set(month))
    return await queries.always(work, months=months, provider_id=company_id, item_code=item_code, division=division)


@router.get("/rates/series", response_model=shapes.RateSeries, summary="A rate month by month, with control limits")
async def get_rate_series(
    work: Annotated[Work, doing("rates.read")],
    month: Annotated[list[Annotated[str, Field(pattern=MONTH)]], Query(min_length=1, max_length=36)],
    provider_id: UUID | None = None,
    item_code: Annotated[str | None, Query(max_length=8)] = None,
    division: Annotated[str | None, Query(pattern=DIVISION)] = None,
) -> ControlChart:
    """Return a p'-chart: the months' rates, their common centre and each month's limits; a company sees its own."""
    company_id = work.actor.company.id if work.actor.company else provider_id
    months = sorted(set(month))
    return await queries.series(work, months=months, provider_id=company_id, item_code=item_code, division=division)


@router.get(
    "/rates/companies", response_model=Listing[shapes.SatisfactionRate], summary="Each company's rate of a month"
)
async def list_company_rates(
    work: Annotated[Work, doing("rates.read")], month: Annotated[str, Query(pattern=MONTH)]
) -> Rows[Rate]:
    """Return the companies' rates, a company's own people only theirs."""
    return Rows(await queries.rates_by_company(work, month=month))
