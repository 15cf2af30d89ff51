"""Read what one cell of a company's table says: certificates, weekly hours, transport, skills.

`S1 HLY-0001 2025-01-01 2027-12-31；护士 N-77 2024-06-01 2026-05-31` is two certificates; `周一至周五 08:00-17:00
休12:00-13:00；周六 22:00-次日06:00` is two weekly patterns.
"""

import re
import unicodedata
from datetime import date

from kit.imports import readers
from kit.imports.readers import NotAChoice, reads
from kit.lookalikes import folded, narrow_signs
from kit.refusal import Refusal
from providers.catalogue.model import Skill
from providers.roster.calendar import Hours
from providers.roster.hiring import Paper
from providers.roster.model import Transport


class SkillUnknown(Refusal):
    """No such skill."""

    code = "skill.unknown"


class CertificateUnreadable(Refusal):
    """Not a skill, a number and two days."""

    code = "certificate.unreadable"


class ShiftUnreadable(Refusal):
    """Not weekdays and hours."""

    code = "shift.unreadable"


_SKILLS = {
    "普通": Skill.GENERAL,
    "健康证": Skill.GENERAL,
    "护理员": Skill.CARE,
    "养老护理员五级": Skill.CARE,
    "养老护理员四级": Skill.CARE_SENIOR,
    "康复师": Skill.THERAPIST,
    "中医师": Skill.THERAPIST,
    "护士": Skill.NURSE,
    "陪诊员": Skill.ESCORT,
    "理发师": Skill.TRADE,
    "维修工": Skill.TRADE,
    "社工": Skill.SOCIAL,
} | {member.value: member for member in Skill}
_SKILL_WORDS = {folded(word): member for word, member in _SKILLS.items()}

transport = readers.choice(
    {"汽车": Transport.CAR, "轿车": Transport.CAR, "电动车": Transport.EBIKE, "步行": Transport.WALK}
    | {member.value: member for member in Transport}
)


@reads("技能：" + "、".join(_SKILLS), "a skill: " + ", ".join(member.value for member in Skill), SkillUnknown.code)
def skill(word: str) -> Skill:
    """Read a skill by its code or its Chinese name; refuses `skill.unknown`."""
    member = _SKILL_WORDS.get(folded(word))
    if member is None:
        raise SkillUnknown(skill=word[:20])
    return member


def _entries(cell: str) -> list[str]:
    return [entry.strip() for entry in re.split(r"[;；\n]", cell) if entry.strip()]


@reads(
    "证书：技能 编号 起始日 截止日，以空格分开；几个证书用“；”分开",
    "certificates: skill, number, first day, last day, with blanks between; several with “；” between",
    CertificateUnreadable.code,
    SkillUnknown.code,
    *readers.day.refuses,
)
def certificates(cell: str) -> tuple[Paper, ...]:
    """Read certificates: skill, number, first day, last day, parted by blanks; refuses `certificate.unreadable`."""
    papers = []
    for entry in _entries(readers.narrow(cell)):
        parts = entry.split()
        if len(parts) != 4:
            raise CertificateUnreadable
        papers.append(
            Paper(
                skill=skill(parts[0]),
                number=parts[1][:40],
                valid_from=readers.day(parts[2]),
                expires_on=readers.day(parts[3]),
            )
        )
    return tuple(papers)


_DAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6} | {
    str(day + 1): day for day in range(7)
}
_HOURS = re.compile(r"(\S+)\s+(\S+?)\s*[-~至]\s*(\S+?)(?:\s*[（(]?休(?:息)?\s*(\S+?)\s*[-~至]\s*(\S+?)[)）]?)?")


def weekdays(word: str) -> int:
    """Read weekdays into a bit mask: 每天, 工作日, 周一至周五, 周一三五, 1-5, 6; refuses `shift.unreadable`."""
    if word in {"每天", "每日"}:
        return 0b1111111
    if word == "工作日":
        return 0b0011111
    letters = re.sub(r"周|星期|[、,，]", "", word)
    mask = 0
    for run in re.finditer(r"(\w)(?:[-~至](\w))?", letters):
        first, last = _DAYS.get(run[1]), _DAYS.get(run[2] or run[1])
        if first is None or last is None or last < first:
            raise ShiftUnreadable
        mask |= sum(1 << day for day in range(first, last + 1))
    if not mask or re.search(r"[^\w~至-]", letters):
        raise ShiftUnreadable
    return mask


ALWAYS = date(2020, 1, 1)
"""From when a pattern without a date holds: before anything the platform plans."""


@reads(
    "班次，如“周一至周五 08:00-17:00 休12:00-13:00；周六 22:00-次日06:00”",
    "weekly hours such as “周一至周五 08:00-17:00 休12:00-13:00；周六 22:00-次日06:00”",
    ShiftUnreadable.code,
    *readers.minute.refuses,
)
def shifts(cell: str) -> tuple[Hours, ...]:
    """Read weekly patterns that hold until they are changed; refuses `shift.unreadable`, `cell.impossible_time`.

    An end that is not after the beginning lies on the next day; a break that lies before the beginning as well.
    """
    return tuple(_hours(entry) for entry in _entries(unicodedata.normalize("NFKC", readers.narrow(cell))))


def _hours(entry: str) -> Hours:
    match = _HOURS.fullmatch(entry)
    if match is None:
        raise ShiftUnreadable
    begin, end = readers.minute(match[2]), readers.minute(match[3])
    end += 1440 * (end <= begin)
    pause: tuple[int | None, int | None] = (None, None)
    if match[4]:
        rest = readers.minute(match[4])
        rest += 1440 * (rest < begin)
        back = readers.minute(match[5])
        pause = (rest, back + 1440 * (back <= rest))
    return Hours(weekdays(match[1]), begin, end, *pause, ALWAYS, None)


@reads("一天内的时段，如 10:30-12:30", "hours of one day such as 10:30-12:30", *readers.minute.refuses)
def window(cell: str) -> tuple[int, int]:
    """Read hours of one day, such as 10:30-12:30; refuses `cell.impossible_time`."""
    first, dash, last = re.sub(r"[~～至到]", "-", re.sub(r"\s", "", narrow_signs(cell))).partition("-")
    begin, end = readers.minute(first), readers.minute(last if dash else "")
    if not begin < end <= 1440:
        raise readers.ImpossibleTime
    return begin, end


@reads("份额，20% 或 0.2", "a share, 20% or 0.2", *readers.decimal(0, 1).refuses)
def share(cell: str) -> float:
    """Read a share of the whole, 20% or 0.2; refuses `cell.out_of_bounds`."""
    if cell.endswith(("%", "％")):
        return float(percent(cell))
    return float(readers.decimal(0, 1)(cell))


@reads("份额（%），20 或 20%", "a share in percent, 20 or 20%", *readers.decimal(0, 1).refuses)
def percent(cell: str) -> float:
    """Read a share in percent, where the header or the cell says so; refuses `cell.out_of_bounds`."""
    return float(readers.decimal(0, 100)(cell.removesuffix("%").removesuffix("％").strip())) / 100


@reads("A、B、C、D 之一", "one of A, B, C, D", NotAChoice.code)
def grade(cell: str) -> str:
    """Read a company's grade, A to D; refuses `cell.not_a_choice`."""
    letter = folded(cell).upper()
    if letter not in {"A", "B", "C", "D"}:
        raise NotAChoice(choices="A、B、C、D")
    return letter
