"""Changes about money or proof that wait for a second person: rules, prices, companies' bank accounts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request

from api.acting import Route, doing, rules_in
from api.errors import responses
from api.paging import Listing, Page
from api.shapes.changes import PendingChange
from events.contracts.rules import RuleRecorded
from events.work import Work
from kit.rules import operations as rules
from kit.rules import pending
from kit.rules import queries as rule_values
from kit.rules.model import ChangeKind
from providers.catalogue import operations as catalogue
from providers.roster import bank_accounts
from providers.settlement.rules import ChangeWaitHours

router = APIRouter(tags=["rules"], route_class=Route)

Deciding = Annotated[Work, doing("changes.decide")]


@router.get("/pending-changes", summary="Which changes wait for a second person?")
async def list_pending_changes(work: Annotated[Work, doing("changes.read")], page: Page) -> Listing[PendingChange]:
    """Return the proposed rules, prices and bank accounts that nobody has confirmed yet, the oldest first."""
    query = pending.WAITING.page(pending.waiting(), work.vault, after=page.after, limit=page.limit)
    rows = (await work.session.execute(query)).scalars().all()
    wait = (await rule_values.read(work.session, ChangeWaitHours, at=work.now)).span
    return Listing(items=[PendingChange.of(row, wait) for row in rows], next=page.next(work, pending.WAITING, rows))


@router.post(
    "/pending-changes/{change_id}/confirmation", summary="Confirm a change", responses=responses(403, 404, 409, 422)
)
async def confirm_change(change_id: UUID, request: Request, work: Deciding) -> PendingChange:
    """Put a change in force, as somebody else than who proposed it and once the waiting time is over."""
    wait = (await rule_values.read(work.session, ChangeWaitHours, at=work.now)).span
    by = work.actor.label
    change = await pending.confirm(work.session, change_id=change_id, by=by, now=work.now, wait=wait)
    match change.kind:
        case ChangeKind.PRICE:
            await catalogue.confirm_price(work, change)
        case ChangeKind.BANK_ACCOUNT:
            await bank_accounts.confirm_bank_account(work, change)
        case _:
            row = await rules.put_in_force(work.session, change, rules_in(request), now=work.now, by=by)
            work.emit(RuleRecorded.of(row))
    return PendingChange.of(change, wait)


@router.post("/pending-changes/{change_id}/withdrawal", summary="Take a change back", responses=responses(404, 409))
async def withdraw_change(change_id: UUID, work: Deciding) -> PendingChange:
    """Take back a proposed change, one's own or another's."""
    wait = (await rule_values.read(work.session, ChangeWaitHours, at=work.now)).span
    change = await pending.withdraw(work.session, change_id=change_id, by=work.actor.label, now=work.now)
    return PendingChange.of(change, wait)
