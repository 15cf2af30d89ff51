"""What an elder has agreed to pay for a request, when that must be asked again, and what the quota bears instead.

A request's price and held quota are those of the last consent: what the operator told the elder. Nothing that is
recorded later makes the elder's own part greater; it falls on the quota as far as money is free, and beyond that on
the people who decide what the public purse bears.
"""

from datetime import datetime
from uuid import UUID

from dispatch.enrolment import queries as enrolment
from dispatch.enrolment import wallet
from dispatch.requests import checks, intake
from dispatch.requests.changes import locked
from dispatch.requests.model import CareRequest
from events.work import Work
from kit import clock
from kit.money import show
from providers.catalogue import queries as catalogue


async def agree(
    work: Work,
    *,
    request_id: UUID,
    earliest: datetime,
    latest: datetime,
    accept_own_cost: bool,
    quantity: int | None = None,
) -> CareRequest:
    """Let a request be served in another window or quantity, to which the elder has agreed; hold its quota by them.

    Where the new day has another month or price, or the quantity is another, the quota is held again by its terms.
    Refuses `request.not_found`, `.window_invalid`, `.quantity_invalid`, `.past`, `.too_far`, `.item_unknown`,
    `.outside_window`, `.item_cap`, `.item_month_cap`, `.not_enrolled`, and `.over_quota` where the elder would pay more
    than was told and has not accepted it.
    """
    request = await locked(work, request_id)
    quantity = request.quantity if quantity is None else quantity
    await checks.check_window(work, earliest, latest, quantity, None)
    item, price = await checks.offered(work, request.item_code, earliest)
    if not request.urgent:
        checks.check_item_hours(item, earliest, latest)
    if clock.day_of(earliest) != clock.day_of(request.earliest):
        await checks.check_caps(work, request.person_id, request.item_code, earliest, but=request_id)
    if quantity != request.quantity:
        request.quantity, request.minutes = quantity, intake.minutes_of(item, quantity)
    same_month = clock.month_of(earliest) == clock.month_of(request.earliest)
    if not same_month or price * quantity != request.price_fen:
        await hold_anew(work, request, earliest=earliest, accept_own_cost=accept_own_cost)
    request.earliest, request.latest = earliest, latest
    return request


async def hold_anew(work: Work, request: CareRequest, *, earliest: datetime, accept_own_cost: bool) -> None:
    """Hold a request's quota by the price and the terms of a day.

    Refuses `request.item_unknown`, `.not_enrolled`, and `.over_quota` where the elder would pay more than was told and
    has not accepted it.
    """
    _, price = await checks.offered(work, request.item_code, earliest)
    terms = await enrolment.terms_if_any(work, request.person_id, clock.month_of(earliest))
    if terms is None:
        raise checks.NotEnrolled(state="none")
    fen, told_fen = price * request.quantity, request.own_fen
    holding = await wallet.hold_again(
        work, terms=terms, person_id=request.person_id, request_id=request.id, fen=fen, beyond=True
    )
    if holding.own_fen > told_fen and not accept_own_cost:
        raise wallet.OverQuota(left=show(holding.held_fen), price=show(fen), own=show(holding.own_fen))
    request.price_fen, request.quota_held_fen = fen, holding.held_fen
    request.category, request.level, request.copay_percent = holding.category, holding.level, holding.copay_percent
    request.over_quota = holding.missing_fen > 0


async def cover(work: Work, request_id: UUID, planned_start: datetime) -> int:
    """Return the fen that the quota of a visit's month has for it, once more is held for what the elder was not told.

    That is the rise of a price recorded after the consent, and the whole public part where the visit lies in another
    month than the hold.
    """
    request = await work.session.get_one(CareRequest, request_id)
    price = await catalogue.price(work, request.item_code, planned_start)
    fen = request.price_fen if price is None else price * request.quantity
    month = clock.month_of(planned_start)
    if month == clock.month_of(request.earliest) and fen <= request.price_fen:
        return request.quota_held_fen
    return await wallet.cover(
        work, person_id=request.person_id, month=month, request_id=request.id, fen=max(0, fen - request.own_fen)
    )
