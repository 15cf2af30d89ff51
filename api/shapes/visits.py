"""What offers and visits look like over HTTP."""

import hashlib
from dataclasses import asdict
from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from api.forms import EXAMPLE_ID, Form, Id, Instant
from api.shapes.people import Contact
from dispatch.matching.fleet.candidates import RuledOutReason
from dispatch.visits import attendance, model
from dispatch.visits.flags import Flag, Grade
from dispatch.visits.queries import PackedVisit
from dispatch.visits.transitions import ActKind, OfferRefusalReason, OfferState, VisitState
from kit import geo
from kit.china.identifiers import Sex
from providers.roster.spoken import Called


class Visit(BaseModel):
    """One visit; the elder's name and address are on the person's card, open to the company once it has accepted."""

    id: UUID
    request_id: UUID
    person_id: UUID
    provider_id: UUID
    worker_id: UUID
    second_worker_id: UUID | None
    item_code: str
    quantity: int
    division_code: str
    planned_start: datetime
    planned_end: datetime
    minutes: int
    urgent: bool
    state: VisitState
    arrived_at: datetime | None
    left_at: datetime | None
    grade: Grade | None
    flags: list[Flag]
    reason: str | None


class VisitLine(Visit):
    """One visit of a list, with how its worker and company are called and when the worker is expected."""

    worker_called: str | None = Field(
        description="the worker as people say it, surname and 师傅; null for towns and sections", examples=["李师傅"]
    )
    company_called: str | None = Field(
        description="the company without its legal form; null for towns and sections", examples=["康宁护理"]
    )
    company_phone: str | None = Field(description="the company's telephone; null where none is known")
    arrives_at: datetime | None = Field(
        description="when the worker is expected, by the plan or by the way that is left; null before the promise and"
        " once the visit is over"
    )

    @classmethod
    def of(cls, visit: model.Visit, called: Called | None, arrives_at: datetime | None) -> Self:
        """Return a visit with its names."""
        facts = Visit.model_validate(visit, from_attributes=True).model_dump()
        names = asdict(called) if called else dict.fromkeys(("worker_called", "company_called", "company_phone"))
        return cls(**facts, **names, arrives_at=arrives_at)


class Offer(BaseModel):
    """One offer and the visit it is about; how many were asked before (`attempt`) is for the desk alone."""

    id: UUID
    state: OfferState
    made_at: datetime
    deadline: datetime
    attempt: int | None
    answered_at: datetime | None
    reason: str | None = Field(description="why it was refused or taken back, a code; null where it was not")
    note: str | None = Field(description="what a company that refused added in its own words; null where nothing")
    visit: Visit


class OfferAcceptance(Form):
    """Who goes."""

    worker_id: Id | None = Field(
        default=None, description="null: the worker whom the platform asked for", examples=[str(EXAMPLE_ID)]
    )


class OfferRefusal(Form):
    """Why, from the list; `other` wants a note."""

    reason: OfferRefusalReason = Field(examples=["no_worker"])
    note: str | None = Field(
        default=None, min_length=1, max_length=200, description="more in words, for the bureau; `other` needs it"
    )


class VisitCandidate(BaseModel):
    """One worker of the visit's company, who may go in place of the chosen one unless a rule forbids it."""

    worker_id: UUID
    worker_number: int
    chosen: bool = Field(description="whether it is the worker who goes as things stand")
    familiar: bool = Field(description="whether the worker has visited this elder lately")
    wanted: bool = Field(description="whether the elder asks for the worker")
    forbidden_by: RuledOutReason | None = Field(
        description="the first rule that keeps the worker from going; null: may go"
    )
    travel_minutes: int | None = Field(
        description="minutes on the road that the visit adds to the worker's day; null where the worker may not go"
    )


class NewAct(Form):
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


class VisitDecision(Form):
    """Whether a held visit stands, and why; corrected times where the evidence was wrong."""

    stands: bool = Field(examples=[True])
    reason: str = Field(min_length=1, max_length=200, examples=["the family confirms the visit"])
    arrived_at: Instant | None = None
    left_at: Instant | None = None


class VisitVoiding(Form):
    """Why a verified visit is void."""

    reason: str = Field(min_length=1, max_length=200, examples=["the elder was in hospital"])


class VisitRework(Form):
    """The hour of the second visit, to which the elder has agreed."""

    starts_at: Instant = Field(examples=["2026-11-03T14:00:00+08:00"])


class VisitRescheduling(Form):
    """Another hour for a promised visit; `agreed_to` is the new latest arrival, where the elder agreed to one.

    With `accept_own_cost` the elder has agreed to pay more than was told before.
    """

    starts_at: Instant = Field(examples=["2026-11-02T14:00:00+08:00"])
    agreed_to: Instant | None = None
    accept_own_cost: bool = False
    reason: str = Field(min_length=1, max_length=200, examples=["the elder is at the doctor's until noon"])


class WorkerReplacement(Form):
    """Which other worker of the company goes."""

    worker_id: Id
    reason: str = Field(min_length=1, max_length=200, examples=["ill"])


class VisitBackFill(Form):
    """When a visit took place that no phone reported."""

    arrived_at: Instant = Field(examples=["2026-11-02T09:05:00+08:00"])
    left_at: Instant = Field(examples=["2026-11-02T10:05:00+08:00"])
    reason: str = Field(min_length=1, max_length=200, examples=["the phone fell into the water"])


class VisitAct(BaseModel):
    """One act as the phone reported it: the evidence of a visit. Positions are given as distances from the door."""

    id: UUID
    kind: ActKind
    sequence: int
    at: datetime
    claimed_at: datetime
    received_at: datetime
    offline: bool
    certain: bool | None = Field(description="whether `at` is the server's or its anchor's time, or only claimed")
    distance_metres: float | None
    accuracy_metres: float | None
    mocked: bool
    code_matches: bool | None
    home_matches: bool | None
    reason: str | None


class Anchor(BaseModel):
    """A mark in time, for acts made later without a signal."""

    anchor: str


class DoorNote(BaseModel):
    """What the worker who comes must know; null where nothing was written down."""

    note: str | None = Field(
        description="what the operator wrote for the worker who comes", examples=["the bell is broken"]
    )
    health_note: str | None = Field(description="what a visitor must know of the elder's health")


class DoorCard(BaseModel):
    """Who is behind the door and how to find it: what a worker needs who is promised to come."""

    name: str
    sex: Sex
    age: int
    contacts: list[Contact]
    address: str | None
    latitude: float | None
    longitude: float | None
    gcj02_latitude: float | None = Field(description="the same place for maps sold in China")
    gcj02_longitude: float | None = Field(description="the same place for maps sold in China")
    note: str | None = Field(description="what the operator wrote for the worker who comes")
    health_note: str | None


class VisitOfDay(BaseModel):
    """One visit of a worker's day; `card` and `anchor` are there while the visit is promised."""

    visit: Visit
    item_name: str | None = Field(description="what is done there, as the catalogue calls it")
    sequence: int = Field(description="the highest number among the acts that were reported; 0 where none was")
    card: DoorCard | None = Field(description="who is behind the door; null before the promise and after the visit")
    anchor: str | None

    @classmethod
    def of(cls, packed: PackedVisit) -> "VisitOfDay":
        """Return one visit of the pack."""
        person, door, mapped = packed.person, packed.door, None
        if person is not None and person.latitude is not None and person.longitude is not None:
            mapped = geo.from_wgs84(geo.Point(person.latitude, person.longitude), geo.Datum.GCJ02)
        return cls(
            visit=Visit.model_validate(packed.visit, from_attributes=True),
            item_name=packed.item_name,
            sequence=packed.sequence,
            card=None
            if person is None
            else DoorCard(
                name=person.name,
                sex=person.sex,
                age=person.age,
                contacts=[Contact.model_validate(contact, from_attributes=True) for contact in person.contacts],
                address=person.address,
                latitude=person.latitude,
                longitude=person.longitude,
                gcj02_latitude=None if mapped is None else mapped.latitude,
                gcj02_longitude=None if mapped is None else mapped.longitude,
                note=None if door is None else door.note,
                health_note=None if door is None else door.health_note,
            ),
            anchor=packed.anchor,
        )


class DayPack(BaseModel):
    """A worker's day in one answer, to be kept on the phone."""

    day: date
    visits: list[VisitOfDay]

    @property
    def etag(self) -> str:
        """Return what stays the same while nothing but the anchors changes."""
        content = self.model_dump_json(exclude={"visits": {"__all__": {"anchor"}}})
        return f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'


class VisitCode(BaseModel):
    """A code for the operator to read to the elder."""

    visit_id: UUID
    planned_start: datetime
    item_code: str
    code: str


class FamilyLink(BaseModel):
    """A link to hand to the family."""

    path: str = Field(description="the page's path on this host", examples=["/my/AZABCDEF"])
    ends_at: datetime = Field(description="the last second at which the link opens")


class FamilyVisit(BaseModel):
    """What a family's link shows of its visit."""

    state: VisitState
    planned_start: datetime
    item_name: str
    worker_called: str = Field(description="the worker as spoken of: surname and 师傅")
    departed_at: datetime | None = Field(description="when the worker set out; null before")
    arrived_at: datetime | None
    left_at: datetime | None
    may_rate: bool = Field(description="whether the visit can be rated now")
    rated: bool = Field(description="whether somebody has rated the visit")


class FamilyRating(Form):
    """The family's score, 5 very satisfied to 1 very dissatisfied."""

    score: int = Field(ge=1, le=5, examples=[5])
