"""Three companies that live through whole lives side by side, every word of each marked with the company's own mark."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from dispatch.enrolment import operations as enrolment
from dispatch.enrolment import wallet
from dispatch.enrolment.model import AssessmentOccasion, Category
from dispatch.escalation import operations as escalation
from dispatch.escalation.model import CaseKind
from dispatch.requests import operations as requests
from dispatch.requests.model import CancelledBy, CareRequest, Channel
from dispatch.requests.standing import Wanted
from dispatch.visits import operations as visits
from dispatch.visits import queries as offered
from dispatch.visits import visit_codes
from dispatch.visits.model import Offer, Visit
from events.work import Works
from kit import clock as clocks
from kit.access import scope
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.china import identifiers
from kit.clock import FixedClock
from kit.ids import new_id
from providers.catalogue import operations as catalogue
from providers.catalogue.model import Skill
from providers.roster import bank_accounts, hiring
from providers.roster import operations as roster
from providers.roster.calendar import Hours
from providers.roster.hiring import NewWorker, Paper
from providers.roster.operations import NewCompany, NewContract
from providers.satisfaction import complaints, draws
from providers.satisfaction import operations as satisfaction
from providers.satisfaction import queries as rated
from providers.settlement import operations as settlement
from providers.settlement import queries as owed
from registry import operations as registry
from registry.divisions import listing
from registry.divisions.listing import NewDivision
from registry.households import operations as households
from registry.model import ContactKind, DivisionKind, HouseholdKind
from registry.operations import ContactFacts, NewPerson
from tests.api.acts import HOME, at_the_door
from tests.providers.handled import look_at_all

MARKS = ("qzalder", "qzbirch", "qzcedar")
PASSWORD = "river stone lantern 7"
AREA = "130999"
DISTRICT, SHARED = "130999000000", "130999900000"
OWN = ("130999001000", "130999002000", "130999003000")
VILLAGES = tuple((f"{code[:9]}001", f"{code[:9]}002") for code in OWN)
"""In each company's own town two villages, with one of the company's two elders in each."""
ITEMS = ("B01", "B07", "B06")
"""Where all companies work, each has one service of its own, so that one elder is visited by all of them."""
OPERATOR, MANAGER = Actor(Role.OPERATOR, "operator", UUID(int=11)), Actor(Role.MANAGER, "manager", UUID(int=12))
FINANCE, CASHIER = Actor(Role.FINANCE, "drawer"), Actor(Role.FINANCE, "cashier")
Drain = Callable[[], Awaitable[int]]


@dataclass(slots=True)
class Company:
    """One company, its people, and the elders that only it has ever visited."""

    mark: str
    place: int
    id: UUID = field(default_factory=new_id)
    workers: list[UUID] = field(default_factory=list)
    elders: list[UUID] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    id_numbers: list[str] = field(default_factory=list)

    @property
    def dispatcher(self) -> Actor:
        return Actor(Role.PROVIDER, self.mark, UUID(int=60 + self.place), scope.Company(self.id))

    def worker(self, worker_id: UUID) -> Actor:
        return Actor(Role.WORKER, self.mark, new_id(), scope.Company(self.id, worker_id))


@dataclass(slots=True)
class Lives:
    """The district while it is lived in."""

    works: Works
    clock: FixedClock
    drain: Drain
    companies: list[Company] = field(default_factory=list)
    shared: UUID = field(default_factory=new_id)
    born: int = 0

    async def live(self) -> None:
        """Let everything happen that happens in two months; at the end something of every kind is still open."""
        await self._begin()
        for company in self.companies:
            await self.march(company)
        self._morning(date(2026, 4, 2))
        await self._close("2026-03", pay=True)
        for company in self.companies:
            await self._april(company)
        self._morning(date(2026, 5, 5))
        await self._close("2026-04", pay=False)
        for company in self.companies:
            await self._now(company)
        await self.drain()

    async def _begin(self) -> None:
        async with self.works(SYSTEM("test")) as work:
            rows = [NewDivision(code=DISTRICT, name="district", kind=DivisionKind.DISTRICT, parent=None)]
            rows += [
                NewDivision(code=code, name=f"street {code}", kind=DivisionKind.STREET, parent=DISTRICT)
                for code in (*OWN, SHARED)
            ]
            rows += [
                NewDivision(code=code, name=f"village {code}", kind=DivisionKind.VILLAGE, parent=town)
                for town, villages in zip(OWN, VILLAGES, strict=True)
                for code in villages
            ]
            await listing.add_divisions(work, rows)
            await catalogue.ship_catalogue(work)
            await draws.commit_seed(work, day=clocks.day_of(self.clock.now()))
        self.shared = await self.elder("qzshared", SHARED)
        for place, mark in enumerate(MARKS):
            self.companies.append(await self.admit(mark, place))
        await self.drain()

    async def admit(self, mark: str, place: int) -> Company:
        """Admit a company with two workers and two elders of its own."""
        made = Company(mark, place)
        async with self.works(SYSTEM("test")) as work:
            uscc = identifiers.compose_uscc(area=AREA, sequence=7100 + self._number())
            facts = NewCompany(
                uscc=uscc,
                name=f"{mark} company",
                grade="A",
                medical_licence=f"{mark} licence",
                phone=self._phone(made),
                bank_account=f"6222{self._number():012d}",
            )
            made.id = (await roster.admit_company(work, facts=facts)).id
            await roster.activate_company(work, provider_id=made.id)
            for items, division in (
                (tuple(dict.fromkeys((*ITEMS, "A01", "B05"))), OWN[place]),
                ((ITEMS[place],), SHARED),
            ):
                terms = NewContract(
                    provider_id=made.id,
                    valid_from=date(2026, 1, 1),
                    valid_to=date(2027, 1, 1),
                    monthly_capacity=900,
                    share_target=0.3,
                    item_codes=items,
                    division_codes=(division,),
                )
                await roster.sign_contract(work, terms=terms)
            for _ in range(2):
                made.workers.append((await hiring.hire_worker(work, facts=self.applicant(made))).id)
        for village in VILLAGES[place]:
            made.elders.append(await self.elder(mark, village, made))
        first, second = made.elders
        async with self.works(OPERATOR) as work:
            await households.open_household(
                work,
                kind=HouseholdKind.FAMILY,
                division_code=VILLAGES[place][0],
                head=first,
                members=[(second, "配偶")],
            )
        return made

    def applicant(self, company: Company) -> NewWorker:
        """Make up a worker with papers and hours."""
        number = self._number()
        id_no = identifiers.compose_resident_id(area=AREA, born_on=date(1980, 1, 1), sequence=number * 2)
        company.id_numbers.append(id_no)
        return NewWorker(
            provider_id=company.id,
            name=f"{company.mark} worker {number}",
            sex=identifiers.Sex.FEMALE,
            latitude=HOME[0] + number * 1e-4,
            longitude=HOME[1],
            id_no=id_no,
            phone=self._phone(company),
            papers=tuple(
                Paper(
                    skill=skill,
                    number=f"{company.mark}-{number}-{skill}",
                    valid_from=date(2026, 1, 1),
                    expires_on=date(2027, 1, 1),
                )
                for skill in (Skill.GENERAL, Skill.CARE)
            ),
            shifts=(Hours(127, 480, 1140, 720, 750, date(2026, 1, 1), None),),
        )

    async def elder(self, mark: str, division: str, company: Company | None = None) -> UUID:
        """Register an elder, active from now on, with everything that a record can hold."""
        number = self._number()
        id_no = identifiers.compose_resident_id(area=AREA, born_on=date(1940, 1, 1), sequence=number * 2)
        if company is not None:
            company.id_numbers.append(id_no)
        facts = NewPerson(
            name=f"{mark} elder {number}",
            id_no=id_no,
            phone=self._phone(company),
            address=f"{mark} house {number}",
            division_code=division,
            latitude=HOME[0],
            longitude=HOME[1],
            health_note=f"{mark} note {number}",
            contacts=(ContactFacts(ContactKind.FAMILY, self._phone(company), f"{mark} son"),),
            bank_account=f"6217{number:012d}",
        )
        async with self.works(SYSTEM("test")) as work:
            (person_id,) = await registry.register_people(work, [facts])
            member = enrolment.Member(person_id, AREA, Category.LOW_INCOME, 2)
            await enrolment.take_over(work, members=[member])
        return person_id

    def _number(self) -> int:
        self.born += 1
        return self.born

    def _phone(self, company: Company | None) -> str:
        number = f"1390000{self._number():04d}"
        if company is not None:
            company.phones.append(number)
        return number

    def _morning(self, day: date | None = None) -> None:
        """Go on to nine o'clock of a day, or of the next one."""
        following = clocks.day_of(self.clock.now()) + timedelta(days=1)
        self.clock.set(clocks.at_local(day or following, 540))

    async def ask(
        self, company: Company, elder: UUID, item: str, *, hours: int = 1, minutes_wide: int = 120
    ) -> CareRequest:
        """Take a call; whoever works there is offered the visit by the time this returns."""
        now = self.clock.now()
        async with self.works(OPERATOR) as work:
            placed = await requests.place(
                work,
                wanted=requests.NewRequest(
                    person_id=elder,
                    item_code=item,
                    earliest=now + timedelta(hours=hours),
                    latest=now + timedelta(hours=hours, minutes=minutes_wide),
                    note=f"{company.mark} asks",
                    source_key=f"{company.mark}-{new_id()}",
                    override_duplicate=True,
                    channel=Channel.PHONE,
                    accept_own_cost=True,
                ),
            )
        await self.drain()
        return placed

    async def offer(self, company: Company, request: CareRequest) -> tuple[Offer, Visit]:
        """Return the open offer of a request, which is this company's."""
        async with self.works(company.dispatcher) as work:
            (pair_offered,) = [pair for pair in await offered.offers_of(work) if pair[0].request_id == request.id]
        return pair_offered

    async def visit(
        self, company: Company, elder: UUID, item: str, *, late: int = 0, mocked: bool = False, score: int | None = 5
    ) -> UUID:
        """Go all the way from a call to a rated visit; with `mocked` the evidence is bad and the visit held."""
        offer, visit = await self.offer(company, await self.ask(company, elder, item))
        async with self.works(company.dispatcher) as work:
            await visits.accept(work, offer_id=offer.id)
        await self.drain()
        worker = company.worker(visit.worker_id)
        self.clock.set(visit.planned_start + timedelta(minutes=late))
        for verb, minutes in ((visits.depart, 0), (visits.arrive, visit.minutes + 1), (visits.leave, 90)):
            async with self.works(worker) as work:
                code = visit_codes.code(work, visit.id)
                await verb(
                    work, visit_id=visit.id, act=at_the_door(self.clock.now(), company.mark, code, mocked=mocked)
                )
            await self.drain()
            self.clock.advance(timedelta(minutes=minutes))
        if score is not None:
            async with self.works(SYSTEM("elder")) as work:
                digits = satisfaction.feedback_code(work.vault, visit.id)
                await satisfaction.give_by_code(work, visit_id=visit.id, code=digits, score=score)
            await self.drain()
        return visit.id

    async def march(self, company: Company) -> None:
        self._morning()
        first, second = company.elders
        bad = await self.visit(company, first, ITEMS[0], late=35, score=1)
        self._morning()
        await self.visit(company, self.shared, ITEMS[company.place])
        self._morning()
        async with self.works(MANAGER) as work:
            complaint = await complaints.receive(work, visit_id=bad, words=f"{company.mark} was rude")
            await complaints.acknowledge(work, complaint_id=complaint.id)
            await complaints.investigated(work, complaint_id=complaint.id)
            await complaints.decide(work, complaint_id=complaint.id, upheld=True, deduction_percent=50)
        await self.drain()
        offer, _ = await self.offer(company, await self.ask(company, second, ITEMS[1]))
        async with self.works(company.dispatcher) as work:
            await visits.refuse(work, offer_id=offer.id, reason=f"{company.mark} has nobody")
        await self.drain()
        offer, _ = await self.offer(company, await self.ask(company, second, ITEMS[0]))
        self.clock.set(offer.deadline)
        async with self.works(SYSTEM("ticker")) as work:
            await visits.lapse(work, offer_id=offer.id)
        await self.drain()
        request = await self.ask(company, second, ITEMS[2], hours=4)
        async with self.works(OPERATOR) as work:
            await requests.cancel(work, request_id=request.id, by=CancelledBy.ELDER, reason=company.mark)
            calls = [call for call in await rated.calls_due(work) if call.visit_id == bad]
            answers = satisfaction.Answers(came=True, stayed_minutes=20, goods_instead=False, score=2)
            await satisfaction.record_call_back(work, call_back_id=calls[0].id, answers=answers)
        await self.drain()

    async def _april(self, company: Company) -> None:
        self._morning()
        visit = await self.visit(company, company.elders[0], ITEMS[2], score=None)
        self._morning()
        await self.visit(company, self.shared, ITEMS[company.place], mocked=True, score=4)
        async with self.works(MANAGER) as work:
            await complaints.receive(work, visit_id=visit, words=f"{company.mark} broke a cup")
        await self.drain()

    async def _close(self, month: str, *, pay: bool) -> None:
        async with self.works(SYSTEM("ticker")) as work:
            await wallet.turn_months(work)
        async with self.works(FINANCE) as work:
            papers = {paper.provider_id: paper for paper in await settlement.draw_up(work, month=month)}
        for company in self.companies:
            paper = papers[company.id]
            async with self.works(company.dispatcher) as work:
                lines = await owed.lines(work, paper.id)
                dispute = await settlement.dispute(work, line_id=lines[0][0].id, reason=f"{company.mark} disagrees")
            if pay:
                async with self.works(MANAGER) as work:
                    note = f"{company.mark} is not right"
                    await settlement.decide_dispute(work, dispute_id=dispute.id, upheld=False, note=note)
                async with self.works(company.dispatcher) as work:
                    await settlement.confirm(work, statement_id=paper.id)
                approver = Actor(Role.FINANCE, "approver")
                await look_at_all(self.works, paper.id, by=approver)
                async with self.works(approver) as work:
                    await settlement.approve(work, statement_id=paper.id)
                async with self.works(CASHIER) as work:
                    await settlement.pay(work, statement_id=paper.id, reference=f"{company.mark} paid")
        await self.drain()

    async def _now(self, company: Company) -> None:
        """Leave something of every kind open: offers, a promise, a day's absence, a case, a dead letter."""
        first, second = company.elders
        offer, _ = await self.offer(company, await self.ask(company, first, ITEMS[0], hours=2, minutes_wide=10))
        async with self.works(company.dispatcher) as work:
            await visits.accept(work, offer_id=offer.id)
            hired = await hiring.hire_worker(work, facts=self.applicant(company))
            company.workers.append(hired.id)
            await roster.report_absence(
                work,
                worker_id=hired.id,
                from_at=self.clock.now(),
                until_at=self.clock.now() + timedelta(days=2),
                reason=f"{company.mark} is ill",
            )
        await self.drain()
        async with self.works(MANAGER) as work:
            number = f"6222{self._number():012d}"
            await bank_accounts.propose_bank_account(work, provider_id=company.id, number=number)
        # At the same hour, so that somebody else must go.
        request = await self.ask(company, second, ITEMS[1], hours=2, minutes_wide=10)
        async with self.works(OPERATOR) as work:
            await enrolment.book_assessment(
                work,
                person_id=second,
                occasion=AssessmentOccasion.YEARLY,
                booked_for=work.now,
                assessors=(new_id(), new_id()),
            )
            wanted = Wanted(item_code="A01", weekdays=31, from_minute=630, to_minute=750, starts_on=date(2026, 6, 1))
            await requests.place_standing_order(work, person_id=second, wanted=wanted)
            facts = {"mark": company.mark}
            await escalation.raise_case(
                work, kind=CaseKind.REQUEST_WAITING, subject_id=request.id, since=work.now, facts=facts
            )
