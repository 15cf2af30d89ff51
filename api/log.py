"""The event log: its events searched, its end, its chain verified."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.acting import Route, doing
from api.errors import responses
from api.forms import Day
from api.paging import Listing, Page, Rows
from api.shapes import log as shapes
from events import log
from events.model import LoggedEvent
from events.work import Work

router = APIRouter(tags=["platform"], route_class=Route)


class LogFilter:
    """Which events of the log are looked for."""

    def __init__(
        self,
        begins: Annotated[
            str | None, Query(max_length=80, alias="type", description="how the type begins", examples=["offers."])
        ] = None,
        subject: Annotated[str | None, Query(max_length=80, description="the id of what the events are about")] = None,
        actor: Annotated[str | None, Query(max_length=80, description="who did it, as `actor` says it")] = None,
        day: Day | None = None,
    ) -> None:
        self.begins, self.subject, self.actor, self.day = begins, subject, actor, day


@router.get(
    "/log/events",
    response_model=Listing[shapes.LogEntry],
    summary="What happened, and who did it?",
)
async def list_log_events(
    work: Annotated[Work, doing("log.search")], page: Page, filters: Annotated[LogFilter, Depends()]
) -> Rows[LoggedEvent]:
    """Return the events of the log that all filters fit, the newest first; what they say of people is not shown."""
    rows = await log.search(
        work,
        begins=filters.begins,
        subject=filters.subject,
        actor=filters.actor,
        day=filters.day,
        after=page.after,
        limit=page.limit,
    )
    return page.rows(work, log.NEWEST, rows)


@router.get("/log/head", summary="Read the end of the event log's chain", responses=responses(422))
async def get_log_head(work: Annotated[Work, doing("log.head")]) -> shapes.LogHead:
    """Return what is printed on paper: a later verification that is given it shows whether history was changed."""
    signed = await log.signed_head(work)
    return shapes.LogHead(
        head=str(await log.head(work)),
        signed=str(signed) if signed else None,
        public_key=work.vault.public_key.hex(),
    )


@router.get("/log/verification", summary="Was history changed?", responses=responses(422))
async def get_log_verification(work: Annotated[Work, doing("log.verify")]) -> shapes.LogVerification:
    """Walk the whole chain again; this reads every event and writes nothing, so that an auditor may ask for it."""
    verification = await log.verify(work)
    return shapes.LogVerification(
        head=str(verification.head),
        unsealed=verification.unsealed,
        first_bad=verification.first_bad,
        why=verification.why,
        signed=str(verification.signed) if verification.signed else None,
    )
