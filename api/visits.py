"""Offers and visits: what a company is asked, what it answers, what happened at the door."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.acting import Route, doing
from api.errors import responses
from api.forms import Day, Form, Id, Instant
from api.paging import Page
from dispatch.visits import attendance, operations, queries
from dispatch.visits.transitions import ActKind, OfferState, State
from events.work import Work
from kit.clock import day_of

router = APIRouter(tags=["visits"], route_class=Route)

Answering = Annotated[Work, doing("offers.answer")]
Acting = Annotated[Work, doing("visits.act")]
Deciding = Annotated[Work, doing("visits.decide")]


class Visit(BaseModel):
    """One visit; the elder's name and address are on the person's card, open to the company once it has accepted."""

    id: UUID
    request_id: UUID
    person_id: UUID
    provider_id: UUID
    worker_id: UUID
    second_worker_id: UUID | None
    item_code: str
    planned_start: datetime
    planned_end: datetime
    minutes: int
    urgent: bool
    state: State
    arrived_at: datetime | None
    left_at: datetime | None
    grade: str | None
    flags: list[str]
    reason: str | None


class Offer(BaseModel):
    """One offer and the visit it is about; how many were asked before (`attempt`) is for the desk alone."""

    id: UUID
    state: OfferState
    made_at: datetime
    deadline: datetime
    attempt: int | None
    visit: Visit


class Reason(Form):
    """Why."""

    reason: str = Field(min_length=1, max_length=200, examples=["no_worker"])


class Act(Form):
    """Something that happened at the door, emitted by the phone: its own id makes a repeat harmless."""

    id: Id
    claimed_at: Instant
    sequence: int | None = Field(default=None, ge=0, le=1_000_000)
    offline: bool = False
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    accuracy_metres: float | None = Field(default=None, ge=0, le=100_000)
    fix_age_seconds: float | None = Field(default=None, ge=0, le=1_000_000)
    mocked: bool = False
    code: str | None = Field(default=None, max_length=12, description="the code that the elder says")
    home: str | None = Field(default=None, max_length=64, description="what the QR code at the door holds")
    device: str | None = Field(default=None, max_length=80)
    reason: str | None = Field(default=None, max_length=200)
    anchor: str | None = Field(default=None, max_length=200)
    elapsed_seconds: float | None = Field(default=None, ge=0, le=1_000_000)

    def facts(self) -> attendance.ActIn:
        """Return what the room takes."""
        return attendance.ActIn(**self.model_dump())


class Decision(Form):
    """Whether a held visit stands, and why; corrected times where the evidence was wrong."""

    stands: bool = Field(examples=[True])
    reason: str = Field(min_length=1, max_length=200, examples=["the family confirms the visit"])
    arrived_at: Instant | None = None
    left_at: Instant | None = None


class Rescheduling(Form):
    """Another hour for a promised visit; `agreed_to` is the new latest arrival, where the elder agreed to one."""

    starts_at: Instant = Field(examples=["2026-11-02T14:00:00+08:00"])
    agreed_to: Instant | None = None
    reason: str = Field(min_length=1, max_length=200, examples=["the elder is at the doctor's until noon"])


class Replacement(Form):
    """Which other worker of the company goes."""

    worker_id: Id
    reason: str = Field(min_length=1, max_length=200, examples=["ill"])


class BackFill(Form):
    """When a visit took place that no phone reported."""

    arrived_at: Instant = Field(examples=["2026-11-02T09:05:00+08:00"])
    left_at: Instant = Field(examples=["2026-11-02T10:05:00+08:00"])
    reason: str = Field(min_length=1, max_length=200, examples=["the phone fell into the water"])


class Report(BaseModel):
    """One act as the phone reported it: the evidence of a visit. Positions are told as distances from the door."""

    id: UUID
    kind: ActKind
    sequence: int
    at: datetime
    claimed_at: datetime
    received_at: datetime
    offline: bool
    distance_metres: float | None
    accuracy_metres: float | None
    mocked: bool
    code_matches: bool | None
    home_matches: bool | None
    reason: str | None


class Anchor(BaseModel):
    """A mark in time, for acts made later without a signal."""

    anchor: str


class Spoken(BaseModel):
    """A code for the operator to read to the elder."""

    visit_id: UUID
    planned_start: datetime
    item_code: str
    code: str


@router.get("/offers", operation_id="offers", summary="List offers")
async def offers(
    work: Annotated[Work, doing("offers.read")], page: Page, state: OfferState | None = OfferState.OPEN
) -> list[Offer]:
    """Return the open offers (or those of another state), a company's own people only theirs."""
    found = await queries.offers_of(work, state=state, after=page.after, limit=page.limit)
    page.told(work, queries.OFFERS, found)
    return [
        Offer(
            id=offer.id,
            state=offer.state,
            made_at=offer.made_at,
            deadline=offer.deadline,
            attempt=None if work.actor.company else offer.attempt,
            visit=Visit.model_validate(visit, from_attributes=True),
        )
        for offer, visit in found
    ]


@router.post(
    "/offers/{offer_id}/acceptance",
    operation_id="accept_offer",
    summary="Accept an offer",
    responses=responses(404, 409),
)
async def accept_offer(offer_id: UUID, work: Answering) -> Visit:
    """Promise the visit; the elder's address and telephone open to the company."""
    return Visit.model_validate(await operations.accept(work, offer_id=offer_id), from_attributes=True)


@router.post(
    "/offers/{offer_id}/refusal",
    operation_id="refuse_offer",
    summary="Refuse an offer",
    responses=responses(404, 409, 422),
)
async def refuse_offer(offer_id: UUID, form: Reason, work: Answering) -> Visit:
    """Refuse with a reason; the next best is asked at once."""
    found = await operations.refuse(work, offer_id=offer_id, reason=form.reason)
    return Visit.model_validate(found, from_attributes=True)


@router.get("/visits", operation_id="visits", summary="List visits")
async def visits(
    work: Annotated[Work, doing("visits.read")],
    page: Page,
    day: Day | None = None,
    person_id: UUID | None = None,
    request_id: UUID | None = None,
) -> list[Visit]:
    """Return visits by day, person or request; a company's people see their own."""
    found = await queries.visits(
        work, person_id=person_id, request_id=request_id, day=day, after=page.after, limit=page.limit
    )
    page.told(work, queries.VISITS, found)
    return [Visit.model_validate(one, from_attributes=True) for one in found]


@router.get("/visits/mine", operation_id="my_day", summary="My visits of a day")
async def my_day(work: Acting, day: Day | None = None) -> list[Visit]:
    """Return the signed-in worker's visits of today or another day, in order."""
    company = work.actor.company
    if company is None or company.worker_id is None:
        return []
    found = await queries.day_of(work, worker_id=company.worker_id, day=day or day_of(work.now))
    return [Visit.model_validate(one, from_attributes=True) for one in found]


@router.get("/visits/{visit_id}", operation_id="visit", summary="Read one visit", responses=responses(404))
async def visit(visit_id: UUID, work: Annotated[Work, doing("visits.read")]) -> Visit:
    """Return one visit; another company's id answers like a missing one."""
    return Visit.model_validate(await queries.visit(work, visit_id), from_attributes=True)


@router.post("/visits/{visit_id}/departure", operation_id="depart", summary="Set out", responses=responses(404, 409))
async def depart(visit_id: UUID, form: Act, work: Acting) -> Visit:
    """Tell that the worker is on the way."""
    found = await operations.depart(work, visit_id=visit_id, act=form.facts())
    return Visit.model_validate(found, from_attributes=True)


@router.post("/visits/{visit_id}/arrival", operation_id="arrive", summary="Sign in", responses=responses(404, 409))
async def arrive(visit_id: UUID, form: Act, work: Acting) -> Visit:
    """Sign in at the door with evidence: two of position, the elder's code and the QR code at home."""
    found = await operations.arrive(work, visit_id=visit_id, act=form.facts())
    return Visit.model_validate(found, from_attributes=True)


@router.post("/visits/{visit_id}/leaving", operation_id="leave", summary="Sign out", responses=responses(404, 409))
async def leave(visit_id: UUID, form: Act, work: Acting) -> Visit:
    """Sign out; the evidence is graded and the visit verified, or held for a person."""
    found = await operations.leave(work, visit_id=visit_id, act=form.facts())
    return Visit.model_validate(found, from_attributes=True)


@router.post(
    "/visits/{visit_id}/nobody-home", operation_id="nobody_home", summary="Nobody opened", responses=responses(404, 409)
)
async def nobody_home(visit_id: UUID, form: Act, work: Acting) -> Visit:
    """Tell that nobody opened after the wait; somebody will ask after the elder."""
    found = await operations.nobody_home(work, visit_id=visit_id, act=form.facts())
    return Visit.model_validate(found, from_attributes=True)


@router.post(
    "/visits/{visit_id}/abort", operation_id="abort_visit", summary="Break off", responses=responses(404, 409, 422)
)
async def abort_visit(visit_id: UUID, form: Act, work: Acting) -> Visit:
    """Break the visit off, for a reason."""
    found = await operations.abort(work, visit_id=visit_id, act=form.facts())
    return Visit.model_validate(found, from_attributes=True)


@router.get(
    "/visits/{visit_id}/anchor",
    operation_id="anchor",
    summary="A mark in time for acts without signal",
    responses=responses(404),
)
async def anchor(visit_id: UUID, work: Acting) -> Anchor:
    """Return this instant signed for one visit; the phone puts it into acts that it makes without a signal."""
    return Anchor(anchor=await queries.anchor(work, visit_id))


@router.get("/visits/{visit_id}/acts", operation_id="acts", summary="What the phone reported", responses=responses(404))
async def acts(visit_id: UUID, work: Annotated[Work, doing("visits.evidence")]) -> list[Report]:
    """Return the evidence of a visit in its order."""
    return [Report.model_validate(one, from_attributes=True) for one in await queries.acts_of(work, visit_id)]


@router.post(
    "/visits/{visit_id}/rescheduling",
    operation_id="reschedule",
    summary="Agree on another hour",
    responses=responses(404),
)
async def reschedule(visit_id: UUID, form: Rescheduling, work: Annotated[Work, doing("visits.change")]) -> Visit:
    """Move a promised visit to another hour; the same worker goes."""
    found = await operations.reschedule(work, visit_id=visit_id, **form.model_dump())
    return Visit.model_validate(found, from_attributes=True)


@router.put(
    "/visits/{visit_id}/worker", operation_id="change_worker", summary="Send another worker", responses=responses(404)
)
async def change_worker(visit_id: UUID, form: Replacement, work: Annotated[Work, doing("visits.reassign")]) -> Visit:
    """Send another worker of the same company at the same hour."""
    found = await operations.change_worker(work, visit_id=visit_id, **form.model_dump())
    return Visit.model_validate(found, from_attributes=True)


@router.post(
    "/visits/{visit_id}/back-fill",
    operation_id="back_fill",
    summary="Write a visit down afterwards",
    responses=responses(404),
)
async def back_fill(visit_id: UUID, form: BackFill, work: Annotated[Work, doing("visits.change")]) -> Visit:
    """Write down a visit that no phone reported; it is held until somebody else has decided."""
    found = await operations.back_fill(work, visit_id=visit_id, **form.model_dump())
    return Visit.model_validate(found, from_attributes=True)


@router.post(
    "/visits/{visit_id}/decision",
    operation_id="decide_visit",
    summary="Decide on a held visit",
    responses=responses(403, 404, 409),
)
async def decide_visit(visit_id: UUID, form: Decision, work: Deciding) -> Visit:
    """Let a held visit stand, or void it; whoever back-filled it may not decide."""
    found = await operations.decide_held(work, visit_id=visit_id, **form.model_dump())
    return Visit.model_validate(found, from_attributes=True)


@router.get(
    "/people/{person_id}/codes", operation_id="codes", summary="Codes to read to the elder", responses=responses(404)
)
async def codes(person_id: UUID, work: Annotated[Work, doing("visits.codes")]) -> list[Spoken]:
    """Return the codes of the promised visits; the operator reads them to the elder, never to a company."""
    return [Spoken.model_validate(one, from_attributes=True) for one in await queries.codes_of(work, person_id)]
