"""A link by which the family follows one visit and rates it, without an account: it is signed, and it ends.

Nothing of it is stored: the link itself holds the visit, its last second, and a mark that only this installation makes.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from dispatch.visits import queries
from dispatch.visits.model import Visit
from dispatch.visits.rules import FamilyLinkDays
from dispatch.visits.transitions import PROMISED, VisitState
from events.work import Work
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from providers.catalogue import queries as catalogue
from providers.roster import queries as roster
from providers.roster import spoken

_FOLLOWED: Final = PROMISED | {
    VisitState.FINISHED,
    VisitState.VERIFIED,
    VisitState.HELD,
    VisitState.NOBODY_HOME,
    VisitState.ABORTED,
}
"""The states in which there is something to follow or to rate."""
_BODY: Final = 28
"""The length of the signed part: a visit's 16 bytes and 5 of the last second, in base64."""


class LinkInvalid(Refusal):
    """Not a link of this installation, or one that has ended; nobody learns which."""

    code = "visit.link_invalid"
    kind = Kind.NOT_FOUND


class NothingToFollow(Refusal):
    """Nobody has promised to come, or the visit is off."""

    code = "visit.nothing_to_follow"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class FamilyLink:
    """What the family is given, and when it ends."""

    token: str
    person_id: UUID
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class FollowedVisit:
    """What a link shows: who comes, when and what for, and how far it is; neither the elder nor the door."""

    visit_id: UUID
    state: VisitState
    planned_start: datetime
    item_name: str
    worker_called: str
    departed_at: datetime | None
    arrived_at: datetime | None
    left_at: datetime | None


async def make(work: Work, *, visit_id: UUID) -> FamilyLink:
    """Make a link that ends some days after the visit; refuse `visit.not_found`, `visit.nothing_to_follow`."""
    visit = await queries.visit(work, visit_id)
    if visit.state not in _FOLLOWED:
        raise NothingToFollow
    span = (await rules.read(work.session, FamilyLinkDays, at=work.now)).span
    ends_at = (max(visit.planned_end, work.now) + span).replace(microsecond=0)
    body = base64.urlsafe_b64encode(visit.id.bytes + int(ends_at.timestamp()).to_bytes(5)).decode()
    return FamilyLink(body + _mark(work, body), visit.person_id, ends_at)


async def follow(work: Work, token: str) -> FollowedVisit:
    """Return what a link shows now; refuse `visit.link_invalid`."""
    visit = await work.session.get(Visit, _read(work, token))
    if visit is None:
        raise LinkInvalid
    item = await catalogue.item(work, visit.item_code, visit.planned_start)
    worker = await roster.worker(work, visit.worker_id)
    return FollowedVisit(
        visit_id=visit.id,
        state=visit.state,
        planned_start=visit.planned_start,
        item_name=item.name if item else visit.item_code,
        worker_called=spoken.worker_called(worker.name),
        departed_at=visit.departed_at,
        arrived_at=visit.arrived_at,
        left_at=visit.left_at,
    )


def _read(work: Work, token: str) -> UUID:
    body, mark = token[:_BODY], token[_BODY:]
    if not hmac.compare_digest(_mark(work, body).encode(), mark.encode()):
        raise LinkInvalid
    try:
        content = base64.urlsafe_b64decode(body)
    except binascii.Error as error:  # nobody signs such a body
        raise LinkInvalid from error
    if work.now > datetime.fromtimestamp(int.from_bytes(content[16:]), UTC):
        raise LinkInvalid
    return UUID(bytes=content[:16])


def _mark(work: Work, body: str) -> str:
    return work.vault.token("family-link", body)
