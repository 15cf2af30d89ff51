"""Service companies, their contracts, workers and shifts; a company's people see their own company only."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.acting import Route, doing
from api.errors import responses
from api.forms import Day, Form, Instant
from api.paging import Page
from events.work import Work
from kit.china.identifiers import Sex
from providers.catalogue.model import Skill
from providers.roster import calendar, hiring, operations, queries
from providers.roster.model import CompanyState, Transport, WorkerState

router = APIRouter(tags=["companies"], route_class=Route)

Reading = Annotated[Work, doing("companies.read")]
Changing = Annotated[Work, doing("companies.change")]
Staffing = Annotated[Work, doing("workers.change")]


class Company(BaseModel):
    """One service company."""

    id: UUID
    number: int
    uscc: str
    name: str
    state: CompanyState
    grade: str | None


class NewCompany(Form):
    """A company to be admitted."""

    uscc: str = Field(max_length=40, examples=["911309990000000078"])
    name: str = Field(min_length=2, max_length=100, examples=["示例居家养老服务公司"])
    grade: str | None = Field(default=None, pattern="^[ABCD]$")
    medical_licence: str | None = Field(default=None, max_length=40)
    medical_licence_until: Day | None = None
    phone: str | None = Field(default=None, max_length=20)
    bank_account: str | None = Field(default=None, max_length=40)


class NewContract(Form):
    """Which items in which divisions (any level), how many visits a month, which share is meant."""

    valid_from: Day = Field(examples=["2026-01-01"])
    valid_to: Day = Field(examples=["2027-01-01"])
    monthly_capacity: int = Field(ge=1, le=1_000_000, examples=[600])
    share_target: float = Field(ge=0, le=1, examples=[0.05])
    item_codes: list[str] = Field(min_length=1, max_length=100, examples=[["B01", "B03"]])
    division_codes: list[str] = Field(min_length=1, max_length=200, examples=[["130903"]])


class Made(BaseModel):
    """The id of what was made."""

    id: UUID


class Reason(Form):
    """Why."""

    reason: str = Field(min_length=1, max_length=200, examples=["licence under review"])


class Worker(BaseModel):
    """One worker of a company."""

    id: UUID
    number: int
    provider_id: UUID
    name: str
    sex: Sex
    transport: Transport
    max_minutes: int
    state: WorkerState


class NewPaper(Form):
    """One certificate."""

    skill: Skill
    number: str = Field(min_length=1, max_length=40, examples=["HLY-2026-0117"])
    valid_from: Day = Field(examples=["2026-01-01"])
    expires_on: Day = Field(examples=["2028-12-31"])


class NewHours(Form):
    """A weekly shift: bit 0 is Monday; minutes of the district's day, past 1440 is after midnight."""

    weekdays: int = Field(ge=1, le=127, examples=[31])
    from_minute: int = Field(ge=0, lt=1440, examples=[480])
    to_minute: int = Field(gt=0, le=2880, examples=[1020])
    break_from: int | None = Field(default=None, ge=0, le=2880)
    break_to: int | None = Field(default=None, ge=0, le=2880)
    valid_from: Day = Field(examples=["2026-01-01"])


class NewWorker(Form):
    """A worker to be hired, with certificates and shifts."""

    name: str = Field(min_length=1, max_length=60, examples=["示例服务员"])
    sex: Sex
    latitude: float = Field(ge=-90, le=90, examples=[38.3045])
    longitude: float = Field(ge=-180, le=180, examples=[116.8388])
    transport: Transport = Transport.EBIKE
    max_minutes: int = Field(default=480, ge=30, le=720)
    id_no: str | None = Field(default=None, max_length=40)
    phone: str | None = Field(default=None, max_length=40)
    papers: list[NewPaper] = Field(default=[], max_length=20)
    shifts: list[NewHours] = Field(default=[], max_length=20)


class Leaving(Form):
    """Why a company or a worker goes."""

    reason: str = Field(min_length=1, max_length=200, examples=["retired"])


class Exit(Leaving):
    """Why a company leaves the programme, and whether it may come back."""

    blacklist: bool = False


class Contract(BaseModel):
    """One contract of a company."""

    id: UUID
    provider_id: UUID
    valid_from: date
    valid_to: date
    monthly_capacity: int
    share_target: float
    ended_on: date | None


class EndOfContract(Form):
    """From which day a contract holds no longer."""

    on: Day


class Shift(BaseModel):
    """One weekly pattern of a worker."""

    id: UUID
    weekdays: int
    from_minute: int
    to_minute: int
    break_from: int | None
    break_to: int | None
    valid_from: date
    valid_to: date | None


class NewAbsence(Form):
    """When a worker cannot work, and why."""

    from_at: Instant = Field(examples=["2026-11-02T08:00:00+08:00"])
    until_at: Instant = Field(examples=["2026-11-04T18:00:00+08:00"])
    reason: str = Field(min_length=1, max_length=200, examples=["sick"])


@router.get("/companies", operation_id="companies", summary="List the companies")
async def companies(work: Reading, state: CompanyState | None = None) -> list[Company]:
    """Return the companies, a company's own people only theirs."""
    return [Company.model_validate(one, from_attributes=True) for one in await queries.companies(work, state=state)]


@router.get("/companies/{provider_id}", operation_id="company", summary="Read one company", responses=responses(404))
async def company(provider_id: UUID, work: Reading) -> Company:
    """Return one company; another company's id answers like a missing one."""
    return Company.model_validate(await queries.company(work, provider_id), from_attributes=True)


@router.post(
    "/companies",
    status_code=201,
    operation_id="admit_company",
    summary="Admit a company",
    responses=responses(409, 422),
)
async def admit_company(form: NewCompany, work: Changing) -> Company:
    """Admit a company; it is offered nothing before it is activated and has a contract."""
    found = await operations.admit_company(work, facts=operations.NewCompany(**form.model_dump()))
    return Company.model_validate(found, from_attributes=True)


@router.post(
    "/companies/{provider_id}/activation",
    operation_id="activate_company",
    summary="Activate a company",
    responses=responses(404, 409),
)
async def activate_company(provider_id: UUID, work: Changing) -> Company:
    """Let offers go to the company."""
    found = await operations.activate_company(work, provider_id=provider_id)
    return Company.model_validate(found, from_attributes=True)


@router.post(
    "/companies/{provider_id}/suspension",
    operation_id="suspend_company",
    summary="Suspend a company",
    responses=responses(404, 409, 422),
)
async def suspend_company(provider_id: UUID, form: Reason, work: Changing) -> Company:
    """Stop offers to the company, for a reason."""
    found = await operations.suspend_company(work, provider_id=provider_id, reason=form.reason)
    return Company.model_validate(found, from_attributes=True)


@router.post(
    "/companies/{provider_id}/contracts",
    status_code=201,
    operation_id="sign_contract",
    summary="Sign a contract",
    responses=responses(404, 409, 422),
)
async def sign_contract(provider_id: UUID, form: NewContract, work: Changing) -> Made:
    """Record a contract: items by divisions, capacity, share, dates."""
    terms = operations.NewContract(
        provider_id=provider_id,
        valid_from=form.valid_from,
        valid_to=form.valid_to,
        monthly_capacity=form.monthly_capacity,
        share_target=form.share_target,
        item_codes=tuple(form.item_codes),
        division_codes=tuple(form.division_codes),
    )
    return Made(id=(await operations.sign_contract(work, terms=terms)).id)


@router.post(
    "/companies/{provider_id}/exit",
    operation_id="exit_company",
    summary="End a company's part",
    responses=responses(404),
)
async def exit_company(provider_id: UUID, form: Exit, work: Changing) -> Company:
    """Let the company leave: its contracts end today and its open visits go to others."""
    found = await operations.exit_company(work, provider_id=provider_id, reason=form.reason, blacklist=form.blacklist)
    return Company.model_validate(found, from_attributes=True)


@router.get(
    "/companies/{provider_id}/contracts",
    operation_id="contracts",
    summary="List a company's contracts",
    responses=responses(404),
)
async def contracts(provider_id: UUID, work: Annotated[Work, doing("contracts.read")]) -> list[Contract]:
    """Return a company's contracts, newest first."""
    await queries.company(work, provider_id)
    return [Contract.model_validate(one, from_attributes=True) for one in await queries.contracts_of(work, provider_id)]


@router.post(
    "/contracts/{contract_id}/end", operation_id="end_contract", summary="End a contract", responses=responses(404)
)
async def end_contract(contract_id: UUID, form: EndOfContract, work: Changing) -> Contract:
    """End a contract before its time."""
    found = await operations.end_contract(work, contract_id=contract_id, on=form.on)
    return Contract.model_validate(found, from_attributes=True)


@router.get(
    "/companies/{provider_id}/workers",
    operation_id="workers",
    summary="List a company's workers",
    responses=responses(404),
)
async def workers(
    provider_id: UUID, work: Annotated[Work, doing("workers.read")], page: Page, state: WorkerState | None = None
) -> list[Worker]:
    """Return a company's workers, by number."""
    await queries.company(work, provider_id)
    found = await queries.workers(work, provider_id=provider_id, state=state, after=page.after, limit=page.limit)
    page.told(work, queries.WORKERS, found)
    return [Worker.model_validate(one, from_attributes=True) for one in found]


@router.post(
    "/companies/{provider_id}/workers",
    status_code=201,
    operation_id="hire_worker",
    summary="Hire a worker",
    responses=responses(404, 409, 422),
)
async def hire_worker(provider_id: UUID, form: NewWorker, work: Staffing) -> Worker:
    """Enter a worker with certificates and shifts."""
    await queries.company(work, provider_id)
    facts = hiring.NewWorker(
        provider_id=provider_id,
        **form.model_dump(exclude={"papers", "shifts"}),
        papers=tuple(hiring.Paper(**paper.model_dump()) for paper in form.papers),
        shifts=tuple(calendar.Hours(**hours.model_dump(), valid_to=None) for hours in form.shifts),
    )
    return Worker.model_validate(await hiring.hire_worker(work, facts=facts), from_attributes=True)


@router.post(
    "/workers/{worker_id}/certificates",
    status_code=201,
    operation_id="certify",
    summary="Add a certificate",
    responses=responses(404, 409, 422),
)
async def certify(worker_id: UUID, form: NewPaper, work: Staffing) -> Made:
    """Add a certificate; what it allows is used from its first day on."""
    return Made(id=(await hiring.certify(work, worker_id=worker_id, paper=hiring.Paper(**form.model_dump()))).id)


@router.post(
    "/workers/{worker_id}/absences",
    status_code=201,
    operation_id="report_absence",
    summary="Report a worker absent",
    responses=responses(404, 422),
)
async def report_absence(worker_id: UUID, form: NewAbsence, work: Annotated[Work, doing("workers.absence")]) -> Made:
    """Report sickness or leave; promised visits in that time go to others."""
    found = await operations.report_absence(
        work, worker_id=worker_id, from_at=form.from_at, until_at=form.until_at, reason=form.reason
    )
    return Made(id=found.id)


@router.post("/workers/{worker_id}/leaving", operation_id="let_go", summary="Let a worker go", responses=responses(404))
async def let_go(worker_id: UUID, form: Leaving, work: Staffing) -> Worker:
    """Record that a worker has left: the sessions end at once, and what was promised goes to others."""
    found = await hiring.let_go(work, worker_id=worker_id, reason=form.reason)
    return Worker.model_validate(found, from_attributes=True)


@router.get(
    "/workers/{worker_id}/shifts", operation_id="shifts", summary="When does a worker work?", responses=responses(404)
)
async def shifts(worker_id: UUID, work: Annotated[Work, doing("workers.read")]) -> list[Shift]:
    """Return a worker's weekly patterns, earliest first."""
    await queries.worker(work, worker_id)
    return [Shift.model_validate(one, from_attributes=True) for one in await queries.shifts_of(work, worker_id)]


@router.post(
    "/workers/{worker_id}/shifts",
    status_code=201,
    operation_id="set_shift",
    summary="Add a weekly shift",
    responses=responses(404),
)
async def set_shift(worker_id: UUID, form: NewHours, work: Staffing) -> Shift:
    """Add a weekly pattern."""
    hours = calendar.Hours(**form.model_dump(), valid_to=None)
    return Shift.model_validate(await hiring.set_shift(work, worker_id=worker_id, hours=hours), from_attributes=True)
