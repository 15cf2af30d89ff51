"""Service companies, their contracts, workers and shifts; a company's people see their own company only."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from api.acting import Route, doing
from api.errors import responses
from api.forms import Day, Instant
from api.paging import Listing, Page, Rows
from api.shapes import companies as shapes
from api.shapes.changes import PendingChange
from events.work import Work
from kit.rules import queries as rules
from providers.roster import bank_accounts, calendar, hiring, operations, queries
from providers.roster.model import Absence, Certificate, Company, CompanyState, Contract, Shift, Worker, WorkerState
from providers.settlement.rules import ChangeWaitHours

router = APIRouter(tags=["companies"], route_class=Route)

Reading = Annotated[Work, doing("companies.read")]
Changing = Annotated[Work, doing("companies.change")]
Staffing = Annotated[Work, doing("workers.change")]


@router.get("/companies", response_model=Listing[shapes.Company], summary="List the companies")
async def list_companies(work: Reading, state: CompanyState | None = None) -> Rows[Company]:
    """Return the companies, a company's own people only theirs."""
    return Rows(await queries.companies(work, state=state))


@router.get(
    "/companies/{provider_id}", response_model=shapes.Company, summary="Read one company", responses=responses(404)
)
async def get_company(provider_id: UUID, work: Reading) -> Company:
    """Return one company; another company's id answers like a missing one."""
    return await queries.company(work, provider_id)


@router.post(
    "/companies",
    response_model=shapes.Company,
    status_code=201,
    summary="Admit a company",
    responses=responses(409, 422),
)
async def admit_company(form: shapes.NewCompany, work: Changing) -> Company:
    """Admit a company; it is offered nothing before it is activated and has a contract."""
    return await operations.admit_company(work, facts=operations.NewCompany(**form.model_dump()))


@router.get("/companies/{provider_id}/bank-account", summary="Where a company is paid", responses=responses(404))
async def get_company_account(
    provider_id: UUID, work: Annotated[Work, doing("companies.account.read")]
) -> shapes.CompanyAccount:
    """Return the last four digits; the whole number is in the payment file alone."""
    company = await queries.company(work, provider_id)
    return shapes.CompanyAccount(number=bank_accounts.masked(work, company), set_at=company.bank_set_at)


@router.put(
    "/companies/{provider_id}/bank-account",
    status_code=202,
    summary="Propose where a company is paid",
    responses=responses(404, 409, 422),
)
async def propose_company_account(
    provider_id: UUID, form: shapes.NewBankAccount, work: Annotated[Work, doing("companies.account.change")]
) -> PendingChange:
    """Propose the account, for a second person to confirm; neither of the two pays the company's statements."""
    change = await bank_accounts.propose_bank_account(work, provider_id=provider_id, number=form.number)
    return PendingChange.of(change, (await rules.read(work.session, ChangeWaitHours, at=work.now)).span)


@router.post(
    "/companies/{provider_id}/activation",
    response_model=shapes.Company,
    summary="Activate a company",
    responses=responses(404, 409),
)
async def activate_company(provider_id: UUID, work: Changing) -> Company:
    """Let offers go to the company."""
    return await operations.activate_company(work, provider_id=provider_id)


@router.post(
    "/companies/{provider_id}/suspension",
    response_model=shapes.Company,
    summary="Suspend a company",
    responses=responses(404, 409, 422),
)
async def suspend_company(provider_id: UUID, form: shapes.CompanySuspension, work: Changing) -> Company:
    """Stop offers to the company, for a reason."""
    return await operations.suspend_company(work, provider_id=provider_id, reason=form.reason)


@router.post(
    "/companies/{provider_id}/contracts",
    status_code=201,
    summary="Sign a contract",
    responses=responses(404, 409, 422),
)
async def sign_contract(provider_id: UUID, form: shapes.NewContract, work: Changing) -> shapes.Created:
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
    return shapes.Created(id=(await operations.sign_contract(work, terms=terms)).id)


@router.post(
    "/companies/{provider_id}/exit",
    response_model=shapes.Company,
    summary="End a company's part",
    responses=responses(404),
)
async def exit_company(provider_id: UUID, form: shapes.CompanyExit, work: Changing) -> Company:
    """Let the company leave: its contracts end today and its open visits go to others."""
    return await operations.exit_company(work, provider_id=provider_id, reason=form.reason, blacklist=form.blacklist)


@router.get(
    "/companies/{provider_id}/contracts",
    response_model=Listing[shapes.Contract],
    summary="List a company's contracts",
    responses=responses(404),
)
async def list_contracts(provider_id: UUID, work: Annotated[Work, doing("contracts.read")]) -> Rows[Contract]:
    """Return a company's contracts, newest first."""
    await queries.company(work, provider_id)
    return Rows(await queries.contracts_of(work, provider_id))


@router.post(
    "/contracts/{contract_id}/end", response_model=shapes.Contract, summary="End a contract", responses=responses(404)
)
async def end_contract(contract_id: UUID, form: shapes.ContractEnding, work: Changing) -> Contract:
    """End a contract before its time."""
    return await operations.end_contract(work, contract_id=contract_id, on=form.on)


@router.get(
    "/companies/{provider_id}/workers",
    response_model=Listing[shapes.Worker],
    summary="List a company's workers",
    responses=responses(404),
)
async def list_workers(
    provider_id: UUID, work: Annotated[Work, doing("workers.read")], page: Page, state: WorkerState | None = None
) -> Rows[Worker]:
    """Return a company's workers, by number."""
    await queries.company(work, provider_id)
    workers = await queries.workers(work, provider_id=provider_id, state=state, after=page.after, limit=page.limit)
    return page.rows(work, queries.WORKERS, workers)


@router.post(
    "/companies/{provider_id}/workers",
    response_model=shapes.Worker,
    status_code=201,
    summary="Hire a worker",
    responses=responses(404, 409, 422),
)
async def hire_worker(provider_id: UUID, form: shapes.NewWorker, work: Staffing) -> Worker:
    """Enter a worker with certificates and shifts."""
    await queries.company(work, provider_id)
    facts = hiring.NewWorker(
        provider_id=provider_id,
        **form.model_dump(exclude={"papers", "shifts"}),
        papers=tuple(hiring.Paper(**paper.model_dump()) for paper in form.papers),
        shifts=tuple(calendar.Hours(**hours.model_dump(), valid_to=None) for hours in form.shifts),
    )
    return await hiring.hire_worker(work, facts=facts)


@router.get(
    "/companies/{provider_id}/certificates",
    response_model=Listing[shapes.Certificate],
    summary="Which certificates run out?",
    responses=responses(404),
)
async def list_expiring_certificates(
    provider_id: UUID, until: Day, work: Annotated[Work, doing("workers.read")]
) -> Rows[Certificate]:
    """Return the active workers' certificates that run out up to and including a day, soonest first."""
    await queries.company(work, provider_id)
    return Rows(await queries.expiring(work, provider_id=provider_id, until=until))


@router.get(
    "/workers/{worker_id}/certificates",
    response_model=Listing[shapes.Certificate],
    summary="What is a worker certified for?",
    responses=responses(404),
)
async def list_certificates(worker_id: UUID, work: Annotated[Work, doing("workers.read")]) -> Rows[Certificate]:
    """Return all certificates that a worker ever had, the longest valid first."""
    await queries.worker(work, worker_id)
    return Rows(await queries.certificates_of(work, worker_id))


@router.post(
    "/workers/{worker_id}/certificates",
    response_model=shapes.Certificate,
    status_code=201,
    summary="Add a certificate",
    responses=responses(404, 409, 422),
)
async def certify_worker(worker_id: UUID, form: shapes.NewCertificate, work: Staffing) -> Certificate:
    """Add a certificate; what it allows is used from its first day on."""
    return await hiring.certify(work, worker_id=worker_id, paper=hiring.Paper(**form.model_dump()))


@router.get(
    "/workers/{worker_id}/absences",
    response_model=Listing[shapes.Absence],
    summary="When is a worker away?",
    responses=responses(404),
)
async def list_absences(
    worker_id: UUID, work: Annotated[Work, doing("workers.read")], since: Instant | None = None
) -> Rows[Absence]:
    """Return the absences that end after an instant, now unless one is named, earliest first."""
    await queries.worker(work, worker_id)
    return Rows(await queries.absences_of(work, worker_id, from_at=since or work.now))


@router.post(
    "/workers/{worker_id}/absences",
    response_model=shapes.Absence,
    status_code=201,
    summary="Report a worker absent",
    responses=responses(404, 422),
)
async def report_absence(
    worker_id: UUID, form: shapes.NewAbsence, work: Annotated[Work, doing("workers.absence")]
) -> Absence:
    """Report sickness or leave; promised visits in that time go to others."""
    return await operations.report_absence(
        work, worker_id=worker_id, from_at=form.from_at, until_at=form.until_at, reason=form.reason
    )


@router.post(
    "/absences/{absence_id}/return",
    response_model=shapes.Absence,
    summary="Bring a worker back earlier",
    responses=responses(404, 422),
)
async def shorten_absence(
    absence_id: UUID, form: shapes.EarlierReturn, work: Annotated[Work, doing("workers.absence")]
) -> Absence:
    """End an absence earlier; the hours given back serve the requests that are matched next."""
    return await operations.shorten_absence(work, absence_id=absence_id, until_at=form.until_at)


@router.post(
    "/workers/{worker_id}/leaving", response_model=shapes.Worker, summary="Let a worker go", responses=responses(404)
)
async def release_worker(worker_id: UUID, form: shapes.WorkerLeaving, work: Staffing) -> Worker:
    """Record that a worker has left: the sessions end at once, and what was promised goes to others."""
    return await hiring.let_go(work, worker_id=worker_id, reason=form.reason)


@router.get(
    "/workers/{worker_id}/shifts",
    response_model=Listing[shapes.Shift],
    summary="When does a worker work?",
    responses=responses(404),
)
async def list_shifts(worker_id: UUID, work: Annotated[Work, doing("workers.read")]) -> Rows[Shift]:
    """Return a worker's weekly patterns, earliest first."""
    await queries.worker(work, worker_id)
    return Rows(await queries.shifts_of(work, worker_id))


@router.post(
    "/workers/{worker_id}/shifts",
    response_model=shapes.Shift,
    status_code=201,
    summary="Add a weekly shift",
    responses=responses(404),
)
async def add_shift(worker_id: UUID, form: shapes.NewShift, work: Staffing) -> Shift:
    """Add a weekly pattern."""
    hours = calendar.Hours(**form.model_dump(), valid_to=None)
    return await hiring.set_shift(work, worker_id=worker_id, hours=hours)


@router.post(
    "/shifts/{shift_id}/end", response_model=shapes.Shift, summary="End a weekly shift", responses=responses(404, 422)
)
async def end_shift(shift_id: UUID, form: shapes.ShiftEnding, work: Staffing) -> Shift:
    """Let a weekly pattern end before a day; visits promised in its hours from then on go to others."""
    return await hiring.end_shift(work, shift_id=shift_id, on=form.on)
