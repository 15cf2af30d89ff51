"""A small district to send workers about in: companies, workers, elders, requests."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from dispatch.requests.model import CareRequest, Channel, RequestState
from dispatch.visits import operations as visits
from dispatch.visits import visit_codes
from dispatch.visits.operations import Choice, Offered, VisitOrder
from events.work import Work, Works
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from kit.china import identifiers
from kit.clock import FixedClock
from kit.ids import new_id
from providers.catalogue import operations as catalogue
from providers.catalogue.model import Skill
from providers.roster import hiring
from providers.roster import operations as roster
from providers.roster.calendar import Hours
from providers.roster.hiring import NewWorker, Paper
from providers.roster.operations import NewCompany, NewContract
from registry import operations as registry
from registry.divisions import listing
from registry.divisions.listing import NewDivision
from registry.model import DivisionKind
from registry.operations import NewPerson

AREA = "130999"
DISTRICT = "130999000000"
HOME = (38.3, 116.8)
NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Where `clock` stands: Monday, nine in the district."""
SYSTEM_ACTOR = SYSTEM("test")
MANAGER = Actor(Role.MANAGER, "manager", account_id=UUID(int=501))
ITEMS = ("A01", "B01", "B03", "D03", "U01")
FULL_DAY = Hours(127, 480, 1140, 720, 750, date(2026, 1, 1), None)
"""Eight to seven with half an hour at noon."""


@dataclass(slots=True)
class Stage:
    """Who is there; workers and companies in the order of their numbers."""

    works: Works
    clock: FixedClock
    companies: list[UUID] = field(default_factory=list)
    workers: list[list[UUID]] = field(default_factory=list)
    numbers: dict[UUID, int] = field(default_factory=dict)
    elders: list[UUID] = field(default_factory=list)

    def begin(self) -> AbstractAsyncContextManager[Work]:
        """Open a unit of work of the platform itself."""
        return self.works(SYSTEM_ACTOR)

    def person_of(self, company: int, worker: int | None = None) -> Actor:
        """Give a company's dispatcher, or one of its workers."""
        worker_id = None if worker is None else self.workers[company][worker]
        role = Role.PROVIDER if worker is None else Role.WORKER
        return Actor(
            role,
            f"{role} {company}",
            account_id=UUID(int=600 + company),
            scope=Company(self.companies[company], worker_id),
        )

    async def add_company(
        self,
        workers: Sequence[NewWorker] | int = 2,
        *,
        items: tuple[str, ...] = ITEMS,
        divisions: tuple[str, ...] = (DISTRICT,),
        capacity: int = 1000,
        share: float = 0.0,
    ) -> UUID:
        """Admit a company under a contract for this year, with workers near HOME of every skill and a full day."""
        place = len(self.companies)
        async with self.works(SYSTEM_ACTOR) as work:
            uscc = identifiers.compose_uscc(area=AREA, sequence=place + 1)
            facts = NewCompany(
                uscc=uscc,
                name=f"company {place}",
                grade="A",
                medical_licence="licence",
                medical_licence_until=date(2027, 1, 1),
                bank_account=f"6222{place:012d}",
            )
            company = await roster.admit_company(work, facts=facts)
            await roster.activate_company(work, provider_id=company.id)
            terms = NewContract(
                provider_id=company.id,
                valid_from=date(2026, 1, 1),
                valid_to=date(2027, 1, 1),
                monthly_capacity=capacity,
                share_target=share,
                item_codes=items,
                division_codes=divisions,
            )
            await roster.sign_contract(work, terms=terms)
            rows = [self.worker(place * 100 + n) for n in range(workers)] if isinstance(workers, int) else workers
            hired = []
            for row in rows:
                worker = await hiring.hire_worker(work, facts=replace(row, provider_id=company.id))
                hired.append(worker.id)
                self.numbers[worker.id] = worker.number
        self.companies.append(company.id)
        self.workers.append(hired)
        return company.id

    @staticmethod
    def worker(
        number: int,
        *,
        sex: identifiers.Sex = identifiers.Sex.FEMALE,
        skills: Sequence[Skill] = tuple(Skill),
        place: tuple[float, float] | None = None,
        hours: Hours = FULL_DAY,
        max_minutes: int = 480,
    ) -> NewWorker:
        """Make up a worker; the company is filled in by `add_company`."""
        at = place or (HOME[0] + number % 10 * 0.001, HOME[1])
        return NewWorker(
            provider_id=UUID(int=0),
            name=f"worker {number}",
            sex=sex,
            latitude=at[0],
            longitude=at[1],
            max_minutes=max_minutes,
            papers=tuple(
                Paper(skill=skill, number=f"{number}-{skill}", valid_from=date(2026, 1, 1), expires_on=date(2027, 1, 1))
                for skill in skills
            ),
            shifts=(hours,),
        )

    async def add_elder(self, *, place: tuple[float, float] = HOME, division: str = DISTRICT) -> UUID:
        """Register an elder at a place."""
        number = len(self.elders)
        id_no = identifiers.compose_resident_id(area=AREA, born_on=date(1940, 1, 1), sequence=number * 2 % 1000)
        async with self.works(SYSTEM_ACTOR) as work:
            facts = NewPerson(
                name=f"elder {number}",
                id_no=id_no,
                phone=None,
                address="door",
                division_code=division,
                latitude=place[0],
                longitude=place[1],
            )
            (person_id,) = await registry.register_people(work, [facts])
        self.elders.append(person_id)
        return person_id

    async def add_request(
        self,
        *,
        elder: int = 0,
        item: str = "B01",
        skill: str = "S0",
        earliest: datetime = NINE + timedelta(hours=1),
        minutes_wide: int = 120,
        minutes: int = 60,
        urgent: bool = False,
        persons: int = 1,
        sex: identifiers.Sex | None = None,
        place: tuple[float, float] = HOME,
    ) -> CareRequest:
        """Put an eligible request on record, as `requests.place` leaves it; nobody is told."""
        row = CareRequest(
            id=new_id(),
            person_id=self.elders[elder],
            district=AREA,
            division_code=DISTRICT,
            latitude=place[0],
            longitude=place[1],
            item_code=item,
            quantity=1,
            minutes=minutes,
            skill=skill,
            persons=persons,
            sex_wanted=sex,
            earliest=earliest,
            latest=earliest + timedelta(minutes=minutes_wide),
            urgent=urgent,
            asked_at=self.clock.now(),
            entered_at=self.clock.now(),
            channel=Channel.PHONE,
            category="D",
            level=2,
            copay_percent=0,
            price_fen=3000,
            quota_held_fen=3000,
            over_quota=False,
            state=RequestState.WAITING,
            state_since=self.clock.now(),
        )
        async with self.works(SYSTEM_ACTOR) as work:
            work.session.add(row)
        return row

    async def offer(self, request: CareRequest, *, company: int = 0, worker: int = 0, attempt: int = 1) -> Offered:
        """Offer the visit to one worker at the earliest hour."""
        async with self.works(SYSTEM_ACTOR) as work:
            return await offer(work, self, request, company=company, worker=worker, attempt=attempt)

    async def promised(self, request: CareRequest, *, company: int = 0, worker: int = 0, attempt: int = 1) -> UUID:
        """Offer and accept; return the visit."""
        offered = await self.offer(request, company=company, worker=worker, attempt=attempt)
        async with self.works(self.person_of(company)) as work:
            await visits.accept(work, offer_id=offered.offer_id)
        return offered.visit_id


async def offer(
    work: Work, stage: Stage, request: CareRequest, *, company: int = 0, worker: int = 0, attempt: int = 1
) -> Offered:
    """Offer within a work that is under way."""
    return await visits.offer(
        work,
        order=order_of(request),
        choice=Choice(
            provider_id=stage.companies[company],
            worker_id=stage.workers[company][worker],
            worker_number=stage.numbers[stage.workers[company][worker]],
            starts_at=request.earliest,
            attempt=attempt,
        ),
    )


def order_of(request: CareRequest) -> VisitOrder:
    """Take from a request what a visit copies."""
    return VisitOrder(
        request_id=request.id,
        person_id=request.person_id,
        district=request.district,
        division_code=request.division_code,
        latitude=request.latitude,
        longitude=request.longitude,
        item_code=request.item_code,
        quantity=request.quantity,
        minutes=request.minutes,
        latest=request.latest,
        urgent=request.urgent,
    )


async def set_stage(works: Works, clock: FixedClock, *, companies: int = 1, elders: int = 1) -> Stage:
    """Lay out a district with the shipped catalogue."""
    stage = Stage(works, clock)
    async with works(SYSTEM_ACTOR) as work:
        division = NewDivision(code=DISTRICT, name="district", kind=DivisionKind.DISTRICT, parent=None)
        await listing.add_divisions(work, [division])
        await catalogue.ship_catalogue(work)
    for _ in range(companies):
        await stage.add_company()
    for _ in range(elders):
        await stage.add_elder()
    return stage


def code_of(work: Work, visit_id: UUID) -> str:
    """Read the elder's code, as the call centre does."""
    return visit_codes.code(work, visit_id)
