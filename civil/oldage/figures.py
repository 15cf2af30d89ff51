"""The figures of the old-age and the longevity allowance: who draws them, who began, who ended, what was paid."""

from typing import Final

from civil.blocks.benefits import figures as benefits
from civil.blocks.figures.figure import Figure, FigureSpan, FigureSubject, FigureUnit
from civil.oldage.rules import OldageMonthly

OLDAGE: Final = "oldage"
LONGEVITY: Final = "longevity"


def _movements(programme: str, prefix: str, ended: str, zh: str, en: str) -> tuple[Figure, ...]:
    """Return stock, new, ended and paid of one allowance."""
    return (
        benefits.people(
            f"{prefix}.ACTIVE",
            f"领取{zh}的人：当日在享、在世的人",
            f"the living who draw the {en} on the day",
            benefits.drawn_by(programme),
        ),
        Figure(
            code=f"{prefix}.NEW",
            zh=f"全年新增领取{zh}的人：首个享受月份在当年",
            en=f"grants of the {en} whose first month lies in the year",
            unit=FigureUnit.PEOPLE,
            span=FigureSpan.IN_YEAR,
            subject=FigureSubject.GRANT,
            room=benefits.ROOM_NAME,
            rows=benefits.began_in_year(programme),
        ),
        Figure(
            code=f"{prefix}.{ended}",
            zh=f"全年不再领取{zh}的人：年初在享或当年新增，而当日已不在享，按原因列明",
            en=f"grants of the {en} drawn in the year and no longer drawn on the day, with the reason",
            unit=FigureUnit.PEOPLE,
            span=FigureSpan.IN_YEAR,
            subject=FigureSubject.GRANT,
            room=benefits.ROOM_NAME,
            rows=benefits.ended_in_year(programme),
        ),
        benefits.money(
            f"{prefix}.AMT",
            f"全年发放的{zh}，不含银行退回",
            f"{en} paid in the year, without what the bank returned",
            programme,
        ),
    )


FIGURES: Final = (
    *_movements(OLDAGE, "GL", "CANCEL", "高龄津贴", "old-age allowance"),
    *_movements(LONGEVITY, "CS", "DEC", "长寿补贴", "longevity allowance"),
    Figure(
        code="GL.AGE",
        zh="开始领取高龄津贴的年龄",
        en="the age from which the old-age allowance is paid",
        unit=FigureUnit.YEARS,
        span=FigureSpan.ON_DAY,
        subject=FigureSubject.RULE,
        room="civil.oldage",
        said=lambda at: min(band.age for band in at.rule(OldageMonthly).root),
        rules=(OldageMonthly,),
    ),
    Figure(
        code="GL.FULL",
        zh="当年被银行退回、尚未补发的高龄津贴（0为足额发放）",
        en="old-age allowances of the year that the bank returned and nobody has sent again; 0: paid in full",
        unit=FigureUnit.EXCEPTIONS,
        span=FigureSpan.IN_YEAR,
        subject=FigureSubject.PAYMENT,
        room=benefits.ROOM_NAME,
        rows=benefits.unpaid(OLDAGE),
    ),
)
CONTRADICTIONS: Final = (
    *benefits.contradictions(OLDAGE, "GL.ACTIVE", "GL.NEW", "GL.CANCEL"),
    *benefits.contradictions(LONGEVITY, "CS.ACTIVE", "CS.NEW", "CS.DEC"),
    benefits.both(LONGEVITY, OLDAGE, "GL.ACTIVE", "CS.ACTIVE"),
)
