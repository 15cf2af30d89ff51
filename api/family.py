"""What the family sees of one visit: the operator makes a link, and whoever has it follows the visit and rates it."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request

from api.acting import Route, actor_if_any, doing, works_of
from api.errors import responses
from api.shapes import visits as shapes
from dispatch.visits import family_link
from events.work import Work
from kit.access.actor import SYSTEM
from providers.satisfaction import operations as satisfaction
from providers.satisfaction import queries as ratings
from registry import queries as registry

router = APIRouter(tags=["visits"], route_class=Route)

Token = Annotated[str, Path(min_length=1, max_length=80, description="the last part of the link's path")]


@router.post(
    "/visits/{visit_id}/family-link",
    status_code=201,
    summary="A link for the family",
    responses=responses(404, 409),
)
async def make_family_link(visit_id: UUID, work: Annotated[Work, doing("visits.codes")]) -> shapes.FamilyLink:
    """Return a link that shows this visit alone and takes one rating; it is recorded, and its maker may not rate."""
    link = await family_link.make(work, visit_id=visit_id)
    await satisfaction.note_reader(work, visit_id=visit_id)
    await registry.record_reading(work, [link.person_id], purpose="family link", fields=["family_link"])
    return shapes.FamilyLink(path=f"/my/{link.token}", ends_at=link.ends_at)


@router.get("/my/{token}", summary="Follow a visit by the family's link", responses=responses(404))
async def get_family_visit(token: Token, request: Request) -> shapes.FamilyVisit:
    """Return who comes, when and what for, and how far it is; open to whoever has the link, until it ends."""
    async with works_of(request)(SYSTEM("family")) as work:
        visit = await family_link.follow(work, token)
        may_rate, rated = await ratings.standing(work, visit.visit_id)
    facts = {name: value for name, value in asdict(visit).items() if name != "visit_id"}
    return shapes.FamilyVisit(**facts, may_rate=may_rate, rated=rated)


@router.post(
    "/my/{token}/rating",
    status_code=204,
    summary="Rate a visit by the family's link",
    responses=responses(403, 404, 409),
)
async def rate_family_visit(token: Token, form: shapes.FamilyRating, request: Request) -> None:
    """Rate once; a visit that is rated already answers 409."""
    actor = await actor_if_any(request)
    async with works_of(request)(SYSTEM("family")) as work:
        visit = await family_link.follow(work, token)
        await satisfaction.give_by_link(
            work, visit_id=visit.visit_id, score=form.score, by=actor.label if actor is not None else None
        )
