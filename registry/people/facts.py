"""Hukou, education and marital status: coded facts of a person as dated rows, readable as of any day.

Marital status: GB/T 2261.2-2003. Education: GB/T 4658-2006, first digit (the stage of the last school attended). For
the nature of a hukou the household register has words and no national code: 农业 and 非农业 until 国发〔2014〕25号 made
every household a 居民户; the words here are those of the book. The place of a hukou is a GB/T 2260 code of 6 digits,
or the 9 or 12 digits below it, anywhere in China.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select

from events.contracts.people import PersonFactsChanged
from events.work import Work
from kit import clock
from kit.china.identifiers import read_division_code
from kit.refusal import Refusal
from registry.model import FactKind, Person, PersonFact
from registry.people.addresses import living
from registry.people.directory import PersonNotFound
from registry.people.readings import record_reading


class HukouNature(StrEnum):
    """户口性质: the nature of a hukou, as the household register words it."""

    AGRICULTURAL = "agricultural"  # 农业家庭户
    NON_AGRICULTURAL = "non_agricultural"  # 非农业家庭户
    RESIDENT = "resident"  # 居民家庭户
    COLLECTIVE = "collective"  # 集体户


class Marital(StrEnum):
    """婚姻状况, GB/T 2261.2-2003."""

    UNMARRIED = "10"
    MARRIED = "20"
    FIRST_MARRIAGE = "21"
    REMARRIED = "22"
    RESTORED = "23"  # 复婚: with the same spouse again
    WIDOWED = "30"
    DIVORCED = "40"
    NOT_STATED = "90"


class Education(StrEnum):
    """学历, GB/T 4658-2006: the first digit, the stage of the last school attended."""

    POSTGRADUATE = "10"  # 研究生教育
    BACHELOR = "20"  # 大学本科教育
    COLLEGE = "30"  # 大学专科教育
    VOCATIONAL = "40"  # 中等职业教育
    HIGH_SCHOOL = "60"  # 普通高级中学教育
    MIDDLE_SCHOOL = "70"  # 初级中学教育
    PRIMARY = "80"  # 小学教育
    OTHER = "90"


CODES: Final[Mapping[FactKind, type[StrEnum]]] = {
    FactKind.HUKOU_NATURE: HukouNature,
    FactKind.EDUCATION: Education,
    FactKind.MARITAL: Marital,
}


class FactCodeUnknown(Refusal):
    """The code is none of the kind's list."""

    code = "fact.code_unknown"


class FactDayImpossible(Refusal):
    """A fact holds from a day between the person's birth and today."""

    code = "fact.day_impossible"


async def record_facts(
    work: Work, *, person_id: UUID, facts: Mapping[FactKind, str], valid_from: date, source: str
) -> None:
    """Record what holds of a person from a day on, as a source says; earlier rows stay as they are.

    Refuses `person.not_found`, `person.dead`, `fact.code_unknown`, `fact.day_impossible`, `division_code.shape`.
    """
    person, _ = await living(work, person_id)
    if not person.born_on <= valid_from <= clock.day_of(work.now):
        raise FactDayImpossible
    work.session.add_all(
        PersonFact(
            person_id=person_id,
            kind=kind,
            code=read_code(kind, code),
            valid_from=valid_from,
            source=source,
            recorded_at=work.now,
            recorded_by=work.actor.label,
        )
        for kind, code in facts.items()
    )
    await work.session.flush()
    if facts:
        fields = sorted(kind.value for kind in facts)
        work.emit(PersonFactsChanged(person_id=person_id, fields=fields, valid_from=valid_from))


def read_code(kind: FactKind, code: str) -> str:
    """Return a kind's code as it is kept; refuses `fact.code_unknown` and, for a place, `division_code.shape`."""
    if kind is FactKind.HUKOU_PLACE:
        return read_division_code(code)
    if code not in {member.value for member in CODES[kind]}:
        raise FactCodeUnknown(kind=kind, code=code)
    return code


async def facts_on(
    work: Work, person_id: UUID, day: date, *, purpose: str, recorded_by: datetime | None = None
) -> dict[FactKind, PersonFact]:
    """Return what held of a person on a day, by kind, and leave an audit row; refuses `person.not_found`.

    With `recorded_by`, as it was known at that instant: rows recorded later are left out.
    """
    if await work.session.get(Person, person_id) is None:
        raise PersonNotFound
    query = select(PersonFact).where(PersonFact.person_id == person_id, PersonFact.valid_from <= day)
    if recorded_by is not None:
        query = query.where(PersonFact.recorded_at <= recorded_by)
    query = query.order_by(PersonFact.valid_from, PersonFact.recorded_at, PersonFact.id)
    rows: Sequence[PersonFact] = (await work.session.execute(query)).scalars().all()
    facts = {row.kind: row for row in rows}
    await record_reading(work, [person_id], purpose=purpose, fields=[kind.value for kind in FactKind])
    return facts
