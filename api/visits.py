"""Offers and visits: what a company is asked, what it answers, what happened at the door."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.acting import Route, Unchanged, doing
from api.errors import responses
from api.files import Pdf, attached
from api.forms import Day
from api.paging import Listing, Page, Rows
from api.shapes import visits as shapes
from dispatch.matching import arrivals, colleagues
from dispatch.matching.colleagues import Colleague
from dispatch.visits import home_card, operations, queries
from dispatch.visits.model import Act, Visit
from dispatch.visits.queries import DoorNote, SpokenCode
from dispatch.visits.transitions import OfferState
from events.work import Work
from kit.access.scope import Division
from kit.clock import day_of
from providers.roster import spoken
from providers.roster.spoken import Called

router = APIRouter(tags=["visits"], route_class=Route)

Answering = Annotated[Work, doing("offers.answer")]
Acting = Annotated[Work, doing("visits.act")]
Deciding = Annotated[Work, doing("visits.decide")]


@router.get("/offers", summary="List offers")
async def list_offers(
    work: Annotated[Work, doing("offers.read")],
    page: Page,
    state: OfferState | None = OfferState.OPEN,
    day: Day | None = None,
) -> Listing[shapes.Offer]:
    """Return the open offers, or those of another state, made on a day where one is named; a company reads its own."""
    offers = await queries.offers_of(work, state=state, day=day, after=page.after, limit=page.limit)
    items = [
        shapes.Offer(
            id=offer.id,
            state=offer.state,
            made_at=offer.made_at,
            deadline=offer.deadline,
            attempt=None if work.actor.company else offer.attempt,
            answered_at=offer.answered_at,
            reason=offer.reason,
            note=offer.note,
            visit=shapes.Visit.model_validate(visit, from_attributes=True),
        )
        for offer, visit in offers
    ]
    return Listing(items=items, next=page.next(work, queries.OFFERS, offers))


@router.post(
    "/offers/{offer_id}/acceptance",
    response_model=shapes.Visit,
    summary="Accept an offer",
    responses=responses(404, 409),
)
async def accept_offer(offer_id: UUID, work: Answering, form: shapes.OfferAcceptance | None = None) -> Visit:
    """Promise the visit, also with another worker of the company; the elder's address and telephone open to it."""
    return await colleagues.accept(work, offer_id=offer_id, worker_id=form.worker_id if form else None)


@router.post(
    "/offers/{offer_id}/refusal",
    response_model=shapes.Visit,
    summary="Refuse an offer",
    responses=responses(404, 409, 422),
)
async def refuse_offer(offer_id: UUID, form: shapes.OfferRefusal, work: Answering) -> Visit:
    """Refuse with a reason; the next best is asked at once."""
    return await operations.refuse(work, offer_id=offer_id, reason=form.reason, note=form.note)


@router.get("/visits", summary="List visits")
async def list_visits(
    work: Annotated[Work, doing("visits.read")],
    page: Page,
    day: Day | None = None,
    person_id: UUID | None = None,
    request_id: UUID | None = None,
) -> Listing[shapes.VisitLine]:
    """Return visits by day, person or request, with who comes and when; a company's people see their own."""
    visits = await queries.visits(
        work, person_id=person_id, request_id=request_id, day=day, after=page.after, limit=page.limit
    )
    called: dict[UUID, Called] = {}
    at: dict[UUID, datetime] = {}
    if not isinstance(work.actor.scope, Division):  # towns and sections read no worker
        called = await spoken.called(work, {visit.worker_id for visit in visits})
        at = await arrivals.expected(work, visits)
    items = [shapes.VisitLine.of(visit, called.get(visit.worker_id), at.get(visit.id)) for visit in visits]
    return Listing(items=items, next=page.next(work, queries.VISITS, visits))


@router.get("/visits/mine", response_model=Listing[shapes.Visit], summary="My visits of a day")
async def list_my_visits(work: Acting, day: Day | None = None) -> Rows[Visit]:
    """Return the signed-in worker's visits of today or another day, in order."""
    company = work.actor.company
    if company is None or company.worker_id is None:
        return Rows([])
    visits = await queries.day_of(work, worker_id=company.worker_id, day=day or day_of(work.now))
    return Rows(visits)


@router.get(
    "/visits/mine/pack",
    summary="My day for the phone",
    responses={304: {"description": "What `If-None-Match` names is still current"}},
)
async def get_my_pack(request: Request, response: Response, work: Acting, day: Day | None = None) -> shapes.DayPack:
    """Return the signed-in worker's visits with all that is needed at the doors; the readings are recorded.

    With `If-None-Match`, what the phone has already is answered 304, and no reading is recorded.
    """
    company, day = work.actor.company, day or day_of(work.now)
    rows = []
    if company is not None and company.worker_id is not None:
        rows = await queries.pack(work, worker_id=company.worker_id, day=day)
    pack = shapes.DayPack(day=day, visits=[shapes.VisitOfDay.of(row) for row in rows])
    if request.headers.get("if-none-match") == pack.etag:
        raise Unchanged(pack.etag)
    response.headers["ETag"] = pack.etag
    return pack


@router.get("/visits/{visit_id}", response_model=shapes.Visit, summary="Read one visit", responses=responses(404))
async def get_visit(visit_id: UUID, work: Annotated[Work, doing("visits.read")]) -> Visit:
    """Return one visit; another company's id answers like a missing one."""
    return await queries.visit(work, visit_id)


@router.get(
    "/visits/{visit_id}/candidates",
    response_model=Listing[shapes.VisitCandidate],
    summary="Who else of the company may go?",
    responses=responses(404, 409),
)
async def list_visit_candidates(visit_id: UUID, work: Annotated[Work, doing("visits.candidates")]) -> Rows[Colleague]:
    """Return the company's workers with the rule that forbids each, as a decision would check them; nothing changes."""
    return Rows(await colleagues.colleagues(work, visit_id=visit_id))


@router.post(
    "/visits/{visit_id}/departure", response_model=shapes.Visit, summary="Set out", responses=responses(404, 409)
)
async def report_departure(visit_id: UUID, form: shapes.NewAct, work: Acting) -> Visit:
    """Tell that the worker is on the way."""
    return await operations.depart(work, visit_id=visit_id, act=form.facts())


@router.post(
    "/visits/{visit_id}/arrival", response_model=shapes.Visit, summary="Sign in", responses=responses(404, 409)
)
async def report_arrival(visit_id: UUID, form: shapes.NewAct, work: Acting) -> Visit:
    """Sign in at the door with evidence: two of position, the elder's code and the QR code at home."""
    return await operations.arrive(work, visit_id=visit_id, act=form.facts())


@router.post(
    "/visits/{visit_id}/leaving", response_model=shapes.Visit, summary="Sign out", responses=responses(404, 409)
)
async def report_leaving(visit_id: UUID, form: shapes.NewAct, work: Acting) -> Visit:
    """Sign out; the evidence is graded and the visit verified, or held for a person."""
    return await operations.leave(work, visit_id=visit_id, act=form.facts())


@router.post(
    "/visits/{visit_id}/nobody-home",
    response_model=shapes.Visit,
    summary="Nobody opened",
    responses=responses(404, 409),
)
async def report_nobody_home(visit_id: UUID, form: shapes.NewAct, work: Acting) -> Visit:
    """Tell that nobody opened after the wait; somebody will ask after the elder."""
    return await operations.nobody_home(work, visit_id=visit_id, act=form.facts())


@router.post(
    "/visits/{visit_id}/abort", response_model=shapes.Visit, summary="Break off", responses=responses(404, 409, 422)
)
async def abort_visit(visit_id: UUID, form: shapes.NewAct, work: Acting) -> Visit:
    """Break the visit off, for a reason."""
    return await operations.abort(work, visit_id=visit_id, act=form.facts())


@router.get(
    "/visits/{visit_id}/anchor",
    summary="A mark in time for acts without signal",
    responses=responses(404),
)
async def get_anchor(visit_id: UUID, work: Acting) -> shapes.Anchor:
    """Return this instant signed for one visit; the phone puts it into acts that it makes without a signal."""
    return shapes.Anchor(anchor=await queries.anchor(work, visit_id))


@router.get(
    "/visits/{visit_id}/door-note",
    response_model=shapes.DoorNote,
    summary="The note for the worker who comes",
    responses=responses(404, 409),
)
async def get_door_note(visit_id: UUID, work: Annotated[Work, doing("visits.door_note")]) -> DoorNote:
    """Return the operator's note and the health note to the promised worker and the dispatcher; it is recorded."""
    return await queries.door_note(work, visit_id)


@router.get(
    "/visits/{visit_id}/acts",
    response_model=Listing[shapes.VisitAct],
    summary="What the phone reported",
    responses=responses(404),
)
async def list_acts(visit_id: UUID, work: Annotated[Work, doing("visits.evidence")]) -> Rows[Act]:
    """Return the evidence of a visit in its order."""
    return Rows(await queries.acts_of(work, visit_id))


@router.post(
    "/visits/{visit_id}/rescheduling",
    response_model=shapes.Visit,
    summary="Agree on another hour",
    responses=responses(404),
)
async def reschedule_visit(
    visit_id: UUID, form: shapes.VisitRescheduling, work: Annotated[Work, doing("visits.change")]
) -> Visit:
    """Move a promised visit to another hour; the same worker goes."""
    return await operations.reschedule(work, visit_id=visit_id, **form.model_dump())


@router.put(
    "/visits/{visit_id}/worker", response_model=shapes.Visit, summary="Send another worker", responses=responses(404)
)
async def change_worker(
    visit_id: UUID, form: shapes.WorkerReplacement, work: Annotated[Work, doing("visits.reassign")]
) -> Visit:
    """Send another worker of the same company at the same hour."""
    return await operations.change_worker(work, visit_id=visit_id, **form.model_dump())


@router.post(
    "/visits/{visit_id}/back-fill",
    response_model=shapes.Visit,
    summary="Write a visit down afterwards",
    responses=responses(404),
)
async def back_fill_visit(
    visit_id: UUID, form: shapes.VisitBackFill, work: Annotated[Work, doing("visits.change")]
) -> Visit:
    """Write down a visit that no phone reported; it is held until somebody else has decided."""
    return await operations.back_fill(work, visit_id=visit_id, **form.model_dump())


@router.post(
    "/visits/{visit_id}/decision",
    response_model=shapes.Visit,
    summary="Decide on a held visit",
    responses=responses(403, 404, 409),
)
async def decide_visit(visit_id: UUID, form: shapes.VisitDecision, work: Deciding) -> Visit:
    """Let a held visit stand, or void it; the person who back-filled it may not decide."""
    return await operations.decide_held(work, visit_id=visit_id, **form.model_dump())


@router.post(
    "/visits/{visit_id}/voiding",
    response_model=shapes.Visit,
    summary="Void a verified visit",
    responses=responses(403, 404, 409),
)
async def void_visit(visit_id: UUID, form: shapes.VisitVoiding, work: Deciding) -> Visit:
    """Void a verified visit; its charge is reversed and the quota is given back."""
    return await operations.void(work, visit_id=visit_id, reason=form.reason)


@router.post(
    "/visits/{visit_id}/rework",
    response_model=shapes.Visit,
    status_code=201,
    summary="Order a second visit without pay",
    responses=responses(404, 409, 422),
)
async def rework_visit(visit_id: UUID, form: shapes.VisitRework, work: Deciding) -> Visit:
    """Offer the same company and workers an unpaid second visit; return that visit."""
    offered = await operations.rework(work, visit_id=visit_id, starts_at=form.starts_at)
    return await queries.visit(work, offered.visit_id)


@router.get(
    "/people/{person_id}/codes",
    response_model=Listing[shapes.VisitCode],
    summary="Codes to read to the elder",
    responses=responses(404),
)
async def list_visit_codes(person_id: UUID, work: Annotated[Work, doing("visits.codes")]) -> Rows[SpokenCode]:
    """Return the codes of the promised visits; the operator reads them to the elder, never to a company."""
    return Rows(await queries.codes_of(work, person_id))


@router.get(
    "/people/{person_id}/home-card",
    response_class=Pdf,
    summary="The card for the elder's wall",
    responses=responses(404),
)
async def get_home_card(person_id: UUID, work: Annotated[Work, doing("visits.codes")]) -> Pdf:
    """Return a page of A6 with the code that is scanned at the door; the reading is recorded."""
    card = await home_card.of(work, person_id)
    return attached(Pdf, home_card.pdf(card), plain=f"home-card-{card.number}", name=f"签到卡-{card.number}")
