"""What care requests, decision records and standing orders look like over HTTP."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from api.errors import RefusalAhead
from api.forms import Form, Id, Instant
from dispatch.matching import model, quoting
from dispatch.matching.decide.relaxation import RelaxationChange
from dispatch.matching.fleet.candidates import RuledOutReason
from dispatch.matching.model import DecisionOutcome
from dispatch.matching.queries import OwnPart
from dispatch.requests.model import CancelledBy, Channel, RequestState
from kit.china.identifiers import Sex
from providers.catalogue.model import Skill


class _Wanted(Form):
    person_id: Id
    item_code: str = Field(max_length=8, examples=["B01"])
    earliest: Instant = Field(examples=["2026-11-02T09:00:00+08:00"])
    latest: Instant = Field(examples=["2026-11-02T11:00:00+08:00"])
    quantity: int = Field(default=1, ge=1, le=24)
    urgent: bool = False
    override_duplicate: bool = False
    accept_own_cost: bool = False
    sex_wanted: Sex | None = None


class NewCareRequest(_Wanted):
    """What an elder asks for; the window bounds the worker's arrival."""

    asked_at: Instant | None = None
    channel: Channel = Channel.PHONE
    source_key: str | None = Field(default=None, max_length=120)
    note: str | None = Field(default=None, max_length=500)
    call_id: Id | None = Field(default=None, description="the telephone call in which it is asked for; null: in none")


class QuotedRequest(_Wanted):
    """What an elder would ask for; the window bounds the worker's arrival."""


class CareRequest(BaseModel):
    """One care request; amounts in fen. `case_no` is what people speak."""

    id: UUID
    case_no: str
    person_id: UUID
    item_code: str
    quantity: int
    minutes: int
    earliest: datetime
    latest: datetime
    urgent: bool
    state: RequestState
    reason: str | None
    price_fen: int
    quota_held_fen: int
    own_fen: int
    entered_at: datetime


class Candidate(BaseModel):
    """One way to serve the request, with the parts of its price."""

    worker_number: int
    second_worker_number: int | None
    start_seconds: int
    points: int
    travel_points: int
    wait_points: int
    continuity_points: int
    share_points: int

    @classmethod
    def of(cls, row: list[int]) -> Self:
        """Return a stored row with names; the order of its numbers is that of `dispatch.matching.fleet.score`."""
        worker, second, start, points, travel, wait, continuity, share = row
        return cls(
            worker_number=worker,
            second_worker_number=second or None,
            start_seconds=start,
            points=points,
            travel_points=travel,
            wait_points=wait,
            continuity_points=continuity,
            share_points=share,
        )


class RuledOut(BaseModel):
    """The workers that one rule kept out."""

    reason: RuledOutReason
    worker_numbers: list[int]

    @classmethod
    def list_of(cls, stored: Mapping[str, list[int]]) -> list[Self]:
        """Return a stored mapping from reasons to workers as rows."""
        return [cls(reason=RuledOutReason(reason), worker_numbers=numbers) for reason, numbers in stored.items()]


class Relaxation(BaseModel):
    """The smallest change with which somebody could come; `more` holds the changes that it takes as well."""

    change: RelaxationChange
    minutes: int | None = None
    worker_number: int | None = None
    company_number: int | None = None
    like_worker_number: int | None = None
    skills: list[Skill] = []
    attempts: int | None = None
    more: list["Relaxation"] = []

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return a stored relaxation with named fields."""
        return cls(
            change=RelaxationChange(stored["change"]),
            minutes=stored.get("minutes"),
            worker_number=stored.get("worker"),
            company_number=stored.get("company"),
            like_worker_number=stored.get("like"),
            skills=[Skill(skill) for skill in stored.get("skills", "").split(",") if skill],
            attempts=stored.get("attempts"),
            more=[cls.of(other) for other in stored.get("with", ())],
        )


class DecisionWeights(BaseModel):
    """The dated rule `matching.weights` as it held, in points; 100 points are a second of travel."""

    travel_points_per_second: float
    wait_points_per_second: float
    continuity_points: float
    share_points_per_visit: float
    share_cap_points: float


class DecisionRecord(BaseModel):
    """One decision record (派单凭证): who was chosen, who else could have come, which rule ruled out whom."""

    id: UUID
    attempt: int
    decided_at: datetime
    outcome: DecisionOutcome
    provider_id: UUID | None
    worker_number: int | None
    second_worker_number: int | None
    starts_at: datetime | None
    engine: str
    weights: DecisionWeights
    candidates: list[Candidate]
    beaten: list[int]
    ruled_out: list[RuledOut]
    wanted: list[UUID] = Field(
        description="the workers whom the elder asked for; preferred in place of the familiar ones"
    )
    relaxation: Relaxation | None
    snapshot_hash: str
    decided_by: str | None = Field(description="the person who chose the company or the worker; null: the rules did")
    reason: str | None = Field(description="why that person did so")

    @classmethod
    def of(cls, record: model.DecisionRecord) -> Self:
        """Return a stored record with named fields; what it holds as rows and mappings is compact."""
        return cls(
            id=record.id,
            attempt=record.attempt,
            decided_at=record.decided_at,
            outcome=record.outcome,
            provider_id=record.provider_id,
            worker_number=record.worker_number,
            second_worker_number=record.second_worker_number,
            starts_at=record.starts_at,
            engine=record.engine,
            weights=DecisionWeights.model_validate(record.weights),
            candidates=[Candidate.of(row) for row in record.candidates],
            beaten=record.beaten,
            ruled_out=RuledOut.list_of(record.ruled_out),
            wanted=record.ask.get("wanted", []),
            relaxation=None if record.relaxation is None else Relaxation.of(record.relaxation),
            snapshot_hash=record.snapshot_hash,
            decided_by=record.decided_by,
            reason=record.reason,
        )


class CompanyExplanation(BaseModel):
    """What one decision says about one company's workers (为什么没派给我们), and nothing about anybody else's."""

    attempt: int | None
    decided_at: datetime
    chosen: bool
    rank: int | None
    gap_points: int | None
    beaten: list[int]
    ruled_out: list[RuledOut]
    others_wanted: bool = Field(description="true: the elder asked for workers, and none of this company")

    @classmethod
    def of(cls, part: OwnPart, *, told_to_company: bool = False) -> Self:
        """Return what the room answers, with the reasons as rows; a company is not told how many were asked before."""
        return cls(
            attempt=None if told_to_company else part.attempt,
            decided_at=part.decided_at,
            chosen=part.chosen,
            rank=part.rank,
            gap_points=part.gap_points,
            beaten=part.beaten,
            ruled_out=RuledOut.list_of(part.ruled_out),
            others_wanted=part.others_wanted,
        )


class QuotedCompany(BaseModel):
    """A company that would be asked, with the worker and the hour that it would be asked for."""

    provider_id: UUID
    company_called: str = Field(description="the company without its legal form", examples=["康宁护理"])
    worker_called: str = Field(description="the worker as people say it, surname and 师傅", examples=["李师傅"])
    second_worker_called: str | None = Field(description="who comes along; null where one worker is enough")
    starts_at: datetime = Field(description="when the worker would be there")
    familiar: bool = Field(description="true: the worker has been with the elder lately")
    wanted: bool = Field(description="true: the elder asks for this worker")
    travel_minutes: int | None = Field(
        description="by how much the worker's way of that day becomes longer, in minutes; null where ways cost nothing"
    )


class RequestQuote(BaseModel):
    """What placing a request would come to now; amounts in fen, null where who is served or what is done is unknown."""

    price_fen: int | None
    quota_held_fen: int | None
    own_fen: int | None
    quota_left_fen: int | None = Field(description="what is left of the quota of the request's month after it, in fen")
    refusals: list[RefusalAhead] = Field(
        description="why it would be refused, the first one first; `request.duplicate` and `request.over_quota` can be"
        " overridden"
    )
    arrives_from: datetime | None = Field(description="the earliest arrival that a company can still promise")
    arrives_until: datetime | None = Field(description="the latest arrival")
    companies: list[QuotedCompany] = Field(
        description="who would be asked, and after a refusal or silence the next, at most three; empty where nobody can"
        " come or something is refused that cannot be overridden"
    )
    relaxation: Relaxation | None = Field(
        description="where nobody can come: the smallest change that would help; null otherwise, or where none would"
    )

    @classmethod
    def of(cls, quote: quoting.Quote, language: str) -> Self:
        """Return a quote with its refusals in a language."""
        request = quote.request
        return cls(
            price_fen=request.price_fen if request else None,
            quota_held_fen=request.quota_held_fen if request else None,
            own_fen=request.own_fen if request else None,
            quota_left_fen=quote.quota_left_fen,
            refusals=[RefusalAhead.of(refusal, language) for refusal in quote.refusals],
            arrives_from=quote.arrives_from,
            arrives_until=quote.arrives_until,
            companies=[QuotedCompany.model_validate(row, from_attributes=True) for row in quote.companies],
            relaxation=None if quote.relaxation is None else Relaxation.of(quote.relaxation),
        )


class RequestNote(BaseModel):
    """What an operator wrote down, if anything."""

    note: str | None


class RequestCancellation(Form):
    """Who withdraws a request, and why."""

    by: CancelledBy = CancelledBy.ELDER
    reason: str = Field(min_length=1, max_length=80, examples=["her daughter is visiting"])


class RequestDispatch(Form):
    """How to search again for a request that found nobody."""

    ask_again: bool = Field(
        default=False, description="also ask the companies that refused, were silent or did not come"
    )
    accept_own_cost: bool = Field(default=False, description="the elder pays what the quota no longer bears")


class RequestRelaxation(Form):
    """Which decision's proposal the elder has agreed to."""

    decision_id: Id
    accept_own_cost: bool = Field(default=False, description="the elder pays what the quota no longer bears")


class RequestAssignment(Form):
    """Whom a person chose to ask, and why."""

    provider_id: Id
    worker_id: Id | None = Field(default=None, description="null: the company's best worker is asked")
    reason: str = Field(min_length=1, max_length=200, examples=["the company rang and has a worker next door"])
    accept_own_cost: bool = Field(default=False, description="the elder pays what the quota no longer bears")


AMENDED = ("earliest", "latest", "quantity", "note", "follow_address")
"""What an amendment changes; the other fields say how."""


class RequestAmendment(Form):
    """What of a request is to be another, as the elder has agreed; what is null stays as it is."""

    earliest: Instant | None = Field(default=None, description="the new earliest arrival")
    latest: Instant | None = Field(default=None, description="the new latest arrival")
    quantity: int | None = Field(default=None, ge=1, le=24, description="how many units from now on")
    note: str | None = Field(
        default=None, max_length=500, description="the new note for the worker who comes; empty: none any more"
    )
    follow_address: bool = Field(default=False, description="true: the worker goes where the elder is registered now")
    reason: str = Field(min_length=1, max_length=200, examples=["the elder is at the doctor's until noon"])
    override_duplicate: bool = False
    accept_own_cost: bool = Field(default=False, description="the elder pays what the quota does not bear")
    release: bool = Field(
        default=False,
        description="true: a promise that cannot be kept then is taken back and others are asked; false: it is refused",
    )


class DecisionReplay(BaseModel):
    """What deciding once more gives."""

    attempt: int
    same_facts: bool = Field(description="true: roster, contracts, bookings and rules are those of the record")
    same_choice: bool = Field(description="true: the same workers at the same hour are chosen again")
    worker_number: int | None = Field(description="who is chosen this time; null where nobody can come")
    second_worker_number: int | None = Field(description="who comes along this time; null where one worker is enough")
