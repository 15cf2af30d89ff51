"""Make up a district from a seed: its companies, workers and elders, all invented.

Surnames are common ones, given names are the sixty pairs of the sexagenary cycle behind 某 ("a certain"), resident IDs
use the unassigned area 130999. Everybody enters through the verbs that the desks use.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import insert, select

from dispatch.enrolment import operations as enrolment
from dispatch.enrolment.model import Category, SuspendReason
from events.work import Work
from kit import clock
from kit.access.actor import Actor
from kit.access.roles import Role
from kit.china import identifiers
from kit.china.identifiers import Sex
from providers.catalogue import operations as catalogue
from providers.catalogue.model import Skill
from providers.catalogue.operations import ItemFacts
from providers.roster import hiring
from providers.roster import operations as roster
from providers.roster.calendar import Hours
from providers.roster.hiring import NewWorker, Paper
from providers.roster.model import Transport
from providers.roster.operations import NewCompany, NewContract
from registry import operations as registry
from registry.divisions import listing
from registry.divisions.listing import NewDivision
from registry.model import DivisionKind, Person
from registry.operations import NewPerson
from simulations.model import PartKind, SimulatedPart
from simulations.sampling import Sampler

DIVISIONS_FILE = Path(__file__).resolve().parent.parent / "registry" / "data" / "yunhe-divisions.csv"
AREA = "130999"
_CENTRE = (38.3037, 116.8388)  # the middle of Yunhe district
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶"
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_COMPANY_WORDS = ("康乐", "安颐", "福寿", "松鹤", "晚晴", "和顺", "乐龄", "颐年", "常青", "暖阳")
_COMPANY_KINDS = ("居家养老服务有限公司", "家政服务有限公司", "护理服务有限公司")
_STREETS = ("光明路", "新华路", "解放路", "建设街", "团结巷", "槐荫里")
_CATEGORIES = (
    (Category.DESTITUTE, 6),
    (Category.LOW_INCOME, 16),
    (Category.NEAR_LOW_INCOME, 12),
    (Category.KEY_GROUP, 50),
    (Category.SELF_PAID, 16),
)
_LEVELS = ((0, 30), (1, 34), (2, 18), (3, 11), (4, 7))
_SKILLS = (
    (Skill.CARE, 0.85),
    (Skill.CARE_SENIOR, 0.4),
    (Skill.THERAPIST, 0.15),
    (Skill.NURSE, 0.2),
    (Skill.ESCORT, 0.35),
    (Skill.TRADE, 0.25),
    (Skill.SOCIAL, 0.15),
)
_SHIFTS = (((420, 1140), 70), ((660, 1380), 22), ((1260, 1860), 8))
"""Day, late and night shift, in minutes of the day, with how many in a hundred work it."""
_TRANSPORT = ((Transport.EBIKE, 80), (Transport.CAR, 15), (Transport.WALK, 5))
_NOT_ENROLLED, _SUSPENDED, _DECEASED = 0.02, 0.02, 0.01


@dataclass(frozen=True, slots=True)
class Size:
    """How many there are of each."""

    elders: int = 5000
    companies: int = 30
    workers: int = 600


@dataclass(frozen=True, slots=True)
class Home:
    """A door: where it is, and in which division of the lowest level."""

    latitude: float
    longitude: float
    division: str


@dataclass(frozen=True, slots=True)
class Territory:
    """Where a district is played: its divisions, the doors that are given, and how further doors are found."""

    divisions: tuple[NewDivision, ...]
    townships: tuple[str, ...]
    homes: tuple[Home, ...]
    further: Callable[[Sampler, int], Home]


def yunhe() -> Territory:
    """Return the ground of the real Yunhe district: true divisions, made-up doors around them."""
    with DIVISIONS_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    divisions = tuple(
        NewDivision(code=row["code"], name=row["name"], kind=DivisionKind(row["level"]), parent=row["parent"] or None)
        if row["level"] != "district"
        else NewDivision(code=row["code"], name=row["name"], kind=DivisionKind.DISTRICT, parent=None)
        for row in rows
    )
    townships = tuple(row["code"] for row in rows if row["parent"] == "130903")
    leaves = tuple(row["code"] for row in rows if row["parent"] in townships)

    def further(sampler: Sampler, number: int) -> Home:
        leaf = sampler.pick(leaves, "leaf", number)
        place = townships.index(next(code for code in townships if leaf.startswith(code)))
        # Townships lie around the centre like the hours of a clock; communities within them by chance of their own.
        ring = 0.012 + 0.035 * (place / len(townships))
        turn = Sampler(0)
        latitude = (
            _CENTRE[0] + ring * (2 * turn.unit("lat", leaf[:9]) - 1) * 1.6 + 0.012 * (turn.unit("lat", leaf) - 0.5)
        )
        longitude = (
            _CENTRE[1] + ring * (2 * turn.unit("lon", leaf[:9]) - 1) * 2.0 + 0.015 * (turn.unit("lon", leaf) - 0.5)
        )
        spread = 0.004
        return Home(
            latitude=round(latitude + spread * (sampler.unit("lat", number) - 0.5), 6),
            longitude=round(longitude + spread * (sampler.unit("lon", number) - 0.5), 6),
            division=leaf,
        )

    return Territory(divisions, townships, (), further)


async def create_district(work: Work, *, territory: Territory, size: Size, seed: int) -> None:
    """Bring a whole district to life in one piece of work: either all of it is there afterwards, or nothing."""
    sampler = Sampler(seed)
    today = clock.day_of(work.now)
    since = date(today.year - 1, 1, 1)
    await listing.add_divisions(work, territory.divisions, valid_from=since)
    items = catalogue.shipped_items()
    await catalogue.add_items(work, items, active_from=since)
    homes = [*territory.homes[: size.elders]]
    homes += [territory.further(sampler, number) for number in range(len(homes), size.elders)]
    companies = await _companies(work, sampler, territory, items=items, size=size, since=since)
    workers = await _workers(work, sampler, homes, companies=companies, size=size, since=since)
    elders = await _elders(work, sampler, homes, today)
    for kind, ids in ((PartKind.COMPANY, companies), (PartKind.WORKER, workers), (PartKind.ELDER, elders)):
        rows = [{"kind": kind, "number": number, "id": member_id} for number, member_id in enumerate(ids)]
        if rows:
            await work.session.execute(insert(SimulatedPart), rows)


async def parts(work: Work, kind: PartKind) -> list[UUID]:
    """Return who plays the elders, the companies or the workers, by number."""
    query = select(SimulatedPart.id).where(SimulatedPart.kind == kind).order_by(SimulatedPart.number)
    return list((await work.session.execute(query)).scalars())


@cache
def _cycle(number: int) -> str:
    return _STEMS[number % 10] + _BRANCHES[number % 12]


def _name(sampler: Sampler, kind: str, number: int) -> str:
    return f"{sampler.pick(_SURNAMES, kind, 'surname', number)}某{_cycle(sampler.whole(0, 59, kind, 'given', number))}"


async def _companies(
    work: Work, sampler: Sampler, territory: Territory, *, items: Sequence[ItemFacts], size: Size, since: date
) -> list[UUID]:
    until = since.replace(year=since.year + 12)
    facts = []
    for number in range(size.companies):
        medical = number % 3 == 0
        word = _COMPANY_WORDS[number % 10] + ("" if number < 10 else _STEMS[number // 10 % 10])
        facts.append(
            NewCompany(
                uscc=identifiers.compose_uscc(area=AREA, sequence=number + 1),
                name=word + _COMPANY_KINDS[2 if medical else number % 2],
                grade=sampler.weighted((("A", 4), ("B", 5), ("C", 1)), "grade", number),
                medical_licence=f"PDY{AREA}{number:04d}" if medical else None,
                medical_licence_until=until if medical else None,
                bank_account=f"6222{AREA}{number:08d}",
            )
        )
    ids = await roster.admit_companies(work, facts)
    for provider_id in ids:
        await roster.activate_company(work, provider_id=provider_id)
    await roster.sign_contracts(
        work,
        [
            NewContract(
                provider_id=provider_id,
                valid_from=since,
                valid_to=until,
                monthly_capacity=20_000,
                share_target=1 / len(ids),
                item_codes=tuple(item.code for item in items if number % 3 == 0 or not item.medical),
                division_codes=_area(sampler, territory, number),
            )
            for number, provider_id in enumerate(ids)
        ],
    )
    return ids


def _area(sampler: Sampler, territory: Territory, number: int) -> tuple[str, ...]:
    """Every fourth company serves the whole district; the others about half of its townships, and at least one."""
    if number % 4 == 0:
        return territory.townships
    chosen = tuple(code for code in territory.townships if sampler.chance(0.5, "area", number, code))
    return chosen or (sampler.pick(territory.townships, "area", number),)


async def _workers(
    work: Work, sampler: Sampler, homes: Sequence[Home], *, companies: Sequence[UUID], size: Size, since: date
) -> list[UUID]:
    until = since.replace(year=since.year + 12)
    rows = []
    for number in range(size.workers):
        sex = Sex.FEMALE if sampler.chance(0.75, "worker sex", number) else Sex.MALE
        home = sampler.pick(homes, "worker home", number)
        # The nurse's certificate is worth nothing without the company's licence, so that only its people have it.
        medical = number % len(companies) % 3 == 0
        skills = [Skill.GENERAL] + [
            skill
            for skill, share in _SKILLS
            if (medical or skill is not Skill.NURSE) and sampler.chance(share, "skill", number, skill)
        ]
        (begins, ends) = sampler.weighted(_SHIFTS, "shift", number)
        middle = (begins + ends) // 2
        rows.append(
            NewWorker(
                provider_id=companies[number % len(companies)],
                name=_name(sampler, "worker", number),
                sex=sex,
                latitude=round(home.latitude + 0.01 * (sampler.unit("worker lat", number) - 0.5), 6),
                longitude=round(home.longitude + 0.01 * (sampler.unit("worker lon", number) - 0.5), 6),
                transport=sampler.weighted(_TRANSPORT, "transport", number),
                papers=tuple(
                    Paper(skill=skill, number=f"{AREA}-{number:05d}-{skill}", valid_from=since, expires_on=until)
                    for skill in skills
                ),
                shifts=(Hours(127, begins, ends, middle, middle + 30, since, None),),
            )
        )
    return await hiring.hire_workers(work, rows)


async def _elders(work: Work, sampler: Sampler, homes: Sequence[Home], today: date) -> list[UUID]:
    people, taken = [], set[str]()
    for number, home in enumerate(homes):
        born_on = today - timedelta(days=sampler.whole(61 * 366, 97 * 365, "born", number))
        sequence = sampler.whole(0, 999, "sequence", number)
        while (id_no := identifiers.compose_resident_id(area=AREA, born_on=born_on, sequence=sequence % 1000)) in taken:
            sequence += 1
        taken.add(id_no)
        door = (
            f"{sampler.pick(_STREETS, 'street', number)}{sampler.whole(1, 199, 'house', number)}号{number % 6 + 1}单元"
        )
        people.append(
            NewPerson(
                name=_name(sampler, "elder", number),
                id_no=id_no,
                phone=f"0317{2_000_000 + number:07d}",
                address=f"{door}{sampler.whole(1, 6, 'floor', number)}0{number % 2 + 1}室",
                division_code=home.division,
                latitude=home.latitude,
                longitude=home.longitude,
            )
        )
    ids = await registry.register_people(work, people)
    standings = {person_id: _standing(sampler, number) for number, person_id in enumerate(ids)}
    await enrolment.take_over(
        work,
        members=[
            enrolment.Member(
                person_id,
                home.division[:6],
                sampler.weighted(_CATEGORIES, "category", number),
                sampler.weighted(_LEVELS, "level", number),
            )
            for number, (person_id, home) in enumerate(zip(ids, homes, strict=True))
            if standings[person_id] != "not enrolled"
        ],
    )
    for person_id, standing in standings.items():
        if standing == "suspended":
            await enrolment.suspend(work, person_id=person_id, reason=SuspendReason.HOSPITAL)
        elif standing == "deceased":
            await registry.report_death(work, person_id=person_id, died_on=today, source="simulation")
    return ids


def _standing(sampler: Sampler, number: int) -> str:
    mark = sampler.unit("fate", number)
    for standing, share in (("not enrolled", _NOT_ENROLLED), ("suspended", _SUSPENDED), ("deceased", _DECEASED)):
        if mark < share:
            return standing
        mark -= share
    return "well"


async def confirm_deaths(work: Work) -> None:
    """Confirm, as a second person, the deaths that `lay_out` reported; where all are confirmed nothing happens."""
    query = select(Person.id).where(Person.death_reported_on.is_not(None), Person.died_on.is_(None))
    for person_id in (await work.session.execute(query.order_by(Person.number))).scalars():
        await registry.confirm_death(work, person_id=person_id)


def staff(role: Role, name: str) -> Actor:
    """Give a person of the bureau; the same name is the same account."""
    return Actor(role, name, account_id=account_id_of(name))


def account_id_of(name: str) -> UUID:
    """Give the made-up account id of a made-up person, the same for the same name."""
    return UUID(int=Sampler(0).whole(0, 2**48, "account", name))
