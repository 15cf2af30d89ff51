"""What ratings, call-backs, complaints and rates look like over HTTP."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field

from api.forms import Form, Id
from providers.satisfaction.model import CallBackReason, CallState, ComplaintAction, ComplaintState, RatingChannel


class NewRating(Form):
    """The elder's six digits and a score, 5 very satisfied to 1 very dissatisfied."""

    code: str = Field(max_length=12, examples=["048213"])
    score: int = Field(ge=1, le=5, examples=[5])
    channel: RatingChannel = RatingChannel.CODE


class RatingAnswer(BaseModel):
    """Whether the code was right; a visit that nobody had, or that has heard too many wrong codes, answers alike."""

    accepted: bool


class CallBack(BaseModel):
    """One elder to be asked about one visit; nothing here says which company came."""

    id: UUID
    person_id: UUID
    item_code: str
    reason: CallBackReason
    due_at: datetime
    tries: int


class CallBackAnswers(Form):
    """What the elder said; `score` null where no opinion could be given."""

    came: bool = Field(examples=[True])
    stayed_minutes: int | None = Field(default=None, ge=0, le=1440, examples=[55])
    goods_instead: bool = False
    score: int | None = Field(default=None, ge=1, le=5, examples=[5])


class CallBackResult(BaseModel):
    """What may be seen once the answers are saved."""

    visit_id: UUID
    provider_id: UUID
    complaint_id: UUID | None


class NewComplaint(Form):
    """A complaint about a visit; a visit not known here needs its company named."""

    visit_id: Id
    words: str = Field(min_length=1, max_length=2000, examples=["nobody came, and nobody called"])
    provider_id: Id | None = None
    override_duplicate: bool = False


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


class ComplaintStepTaken(BaseModel):
    """One step of a complaint."""

    state: ComplaintState = Field(description="the state to which the step led")
    at: datetime = Field(description="when the step was taken")
    by: str = Field(description="who took it", examples=["account:01890a5d-ac96-774b-bcce-b302099a8057"])
    due_at: datetime | None = Field(description="until when the next step is due; null where none is")


class ComplaintWords(BaseModel):
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


class ComplaintStep(Form):
    """The next step of a complaint; `decide` names what was decided."""

    step: ComplaintAction
    upheld: bool = False
    deduction_percent: int = Field(default=0, ge=0, le=100)


class NotCounted(BaseModel):
    """How many ratings and call-backs are not in the denominator, by cause."""

    auto: int
    invalid: int
    silent: int
    not_reached: int


class SatisfactionRate(BaseModel):
    """A rate with everything that belongs beside it; `percent` is null when n is too small to say."""

    provider_id: UUID | None
    item_code: str | None
    division: str | None
    month: str | None
    numerator: int
    denominator: int
    n: int
    excluded: NotCounted
    asked: int
    percent: float | None
    interval: list[float] = Field(min_length=2, max_length=2, description="the 95 % interval in percent")
    coverage: float | None
    reach: float | None


class RatePoint(BaseModel):
    """One month of a control chart."""

    rate: SatisfactionRate = Field(description="the month's rate")
    lower: float | None = Field(description="the lower control limit in percent; null where nobody rated")
    upper: float | None = Field(description="the upper control limit in percent; null where nobody rated")
    outside: bool = Field(description="whether the rate is beyond a limit, with enough ratings to say so")


class RateSeries(BaseModel):
    """A p'-chart of a rate: what scatters within the limits is chance."""

    centre: float | None = Field(description="the rate of all months together, in percent; null without ratings")
    spread: float = Field(description="how much wider than chance alone the limits are, at least 1")
    points: list[RatePoint] = Field(description="one for each month, the earliest first")


class CallBackDraw(BaseModel):
    """A day's draw, which anybody can draw again from the seed and the list."""

    day: date
    seed_hash: str
    visits: int | None
    drawn: int | None
    list_hash: str | None


class RatingCode(BaseModel):
    """The six digits with which the elder may rate a visit."""

    code: str


class CallBackState(BaseModel):
    """Where a call-back stands after a call that was not answered."""

    state: CallState


class DrawCommitment(BaseModel):
    """The published hash of a day's seed."""

    seed_hash: str


class AlwaysAbove(BaseModel):
    """What may be said of "always above" over several months: the worst month decides, and it needs enough ratings."""

    months: int
    percent: float | None
    worst: SatisfactionRate | None
    too_small: list[str]
