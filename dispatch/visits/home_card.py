"""The card that hangs in an elder's home: whoever comes scans its code when signing in at the door."""

from dataclasses import dataclass
from uuid import UUID

from reportlab.lib.pagesizes import A6
from reportlab.platypus import Spacer

from dispatch.visits import queries
from events.work import Work
from kit.printing import QrCode, pages, text
from registry import queries as registry

_SIDE = 190
"""The side of the code in points: 67 mm, read by any telephone from an arm's length."""


@dataclass(frozen=True, slots=True)
class HomeCard:
    """What stands on a card: whose it is, as a list would say it, and the content of its code."""

    number: int
    name: str
    token: str


async def of(work: Work, person_id: UUID) -> HomeCard:
    """Return an elder's card, and leave an audit row; refuse `person.not_found`, and what `home_token` refuses."""
    token = queries.home_token(work, person_id)
    number, name = await registry.number_and_masked_name(work, person_id)
    await registry.record_reading(work, [person_id], purpose="home card", fields=["home_token"])
    return HomeCard(number, name, token)


def pdf(card: HomeCard) -> bytes:
    """Set a card on one page of A6; a card that is lost tells nobody's name, telephone or address."""
    code = QrCode(card.token, _SIDE)
    code.hAlign = "CENTER"
    story = [
        text("上门签到卡", 24, middle=True),
        Spacer(1, 4),
        text(f"{card.name}　档案 {card.number}", 14, middle=True),
        Spacer(1, 2),
        code,
        Spacer(1, 2),
        text("师傅到了、走的时候，", 17, middle=True),
        text("请他用手机扫这个码。", 17, middle=True),
        Spacer(1, 6),
        text("贴在门口里面，不要拍照发给别人。", 11, middle=True),
    ]
    return pages(story, title=f"上门签到卡 {card.number}", size=A6, foot=None)
