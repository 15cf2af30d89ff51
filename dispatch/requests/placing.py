"""Taking in a care request: who may be served, with what, when, and who pays; placed, or only said."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from dispatch.calls import queries as calls
from dispatch.enrolment import queries as enrolment
from dispatch.enrolment import wallet
from dispatch.requests import backlog, checks, intake
from dispatch.requests.model import CareRequest, Channel, RequestState
from events.contracts.care_requests import CareRequested
from events.work import Work
from kit.china.identifiers import Sex
from kit.ids import new_id
from kit.refusal import Refusal
from providers.catalogue.model import Item
from registry import queries as registry

_BULK: Final = (Channel.STANDING, Channel.IMPORT)
"""Where requests come from that nobody waits for at a telephone: they wait as a whole, before the first is placed."""
CONFIRMABLE: Final = (checks.Duplicate, wallet.OverQuota)
"""What an elder who has been told of it may want all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """What is asked for, by whom, for whom; `earliest` and `latest` bound the worker's arrival."""

    person_id: UUID
    item_code: str
    earliest: datetime
    latest: datetime
    quantity: int = 1
    urgent: bool = False
    asked_at: datetime | None = None
    channel: Channel = Channel.PHONE
    source_key: str | None = None
    override_duplicate: bool = False
    accept_own_cost: bool = False
    sex_wanted: Sex | None = None
    note: str | None = None
    standing_order_id: UUID | None = None
    call_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """What a request rests on when it is placed."""

    terms: enrolment.Terms
    place: registry.Place
    item: Item
    price_fen: int  # of one unit


@dataclass(frozen=True, slots=True)
class Quoted:
    """What placing a request would come to: the request as it would be, and why it would be refused.

    `request` is in no session, and null where who is served or what is done is not known; `refusals` stand in the order
    in which placing gives them. `quota_left_fen` is free in the month of the request once it is held.
    """

    request: CareRequest | None
    refusals: list[Refusal]
    quota_left_fen: int | None

    @property
    def may_be_placed(self) -> bool:
        """Tell whether nothing is refused but what the elder may want all the same."""
        return self.request is not None and all(isinstance(refusal, CONFIRMABLE) for refusal in self.refusals)


@dataclass(slots=True)
class _Verdict:
    """The refusals of one request in the order of the checks, and the basis where all of it is known.

    `with verdict:` keeps the refusal that ends the block, and goes on after it.
    """

    refusals: list[Refusal] = field(default_factory=list)
    basis: Basis | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, Refusal):
            self.refusals.append(error)
        return isinstance(error, Refusal)


async def place(work: Work, *, wanted: NewRequest) -> CareRequest:
    """Put a request on record, with its quota held, and tell CareRequested; a source key seen before gives its request.

    Refuses `call.not_found` and `request.` window_invalid, quantity_invalid,
    call_in_future, past, too_far, not_enrolled, suspended, deceased, death_reported, item_unknown, outside_window,
    duplicate (unless overridden), item_cap, item_month_cap, over_quota (unless the elder pays), source_key_taken,
    source_key_differs, backlog. Urgent help comes at any hour and is never refused for quota or backlog: what the
    quota does not bear is the elder's own and `over_quota` says so. One elder's requests are judged one after
    the other.
    """
    standing = await enrolment.standing(work, wanted.person_id, wanted.earliest, lock=True)
    existing, earlier = await checks.earlier_requests(
        work, wanted.person_id, wanted.item_code, wanted.earliest, wanted.source_key
    )
    if existing is not None:
        return _as_before(existing, wanted)
    verdict = await _judge(work, wanted, standing, earlier)
    if verdict.refusals or verdict.basis is None:
        raise verdict.refusals[0]
    if wanted.call_id is not None:
        await calls.check_call(work, wanted.call_id)
    request_id, basis = new_id(), verdict.basis
    holding = await wallet.hold(
        work,
        terms=basis.terms,
        person_id=wanted.person_id,
        request_id=request_id,
        fen=basis.price_fen * wanted.quantity,
        beyond=wanted.accept_own_cost or wanted.urgent,
    )
    request = _request(work, request_id, wanted, basis, holding)
    request.note_sealed = await seal_note(work, wanted.person_id, request_id, wanted.note)
    work.session.add(request)
    await work.session.flush()
    work.emit(
        CareRequested(
            request_id=request_id,
            district=request.district,
            person_id=wanted.person_id,
            division_code=request.division_code,
            item_code=wanted.item_code,
            earliest=wanted.earliest,
            latest=wanted.latest,
            urgent=wanted.urgent,
        )
    )
    return request


async def quote(work: Work, *, wanted: NewRequest) -> Quoted:
    """Return what `place` would come to now, with all its refusals; nothing is written and no row is locked.

    Refuses `person.not_found` alone: there is nothing else to say of nobody.
    """
    standing = await enrolment.standing(work, wanted.person_id, wanted.earliest)
    _, earlier = await checks.earlier_requests(work, wanted.person_id, wanted.item_code, wanted.earliest, None)
    verdict = await _judge(work, wanted, standing, earlier)
    for refusal in verdict.refusals:
        if isinstance(refusal, registry.PersonNotFound):
            raise refusal
    basis = verdict.basis
    if basis is None or standing is None or wanted.quantity < 1:
        return Quoted(None, verdict.refusals, None)
    fen, free_fen = basis.price_fen * wanted.quantity, standing.quota_left_fen
    with verdict:
        beyond = wanted.accept_own_cost or wanted.urgent
        wallet.would_hold(terms=basis.terms, fen=fen, free_fen=free_fen, beyond=beyond)
    holding = wallet.would_hold(terms=basis.terms, fen=fen, free_fen=free_fen, beyond=True)
    request = _request(work, new_id(), wanted, basis, holding)
    return Quoted(request, verdict.refusals, free_fen - holding.held_fen)


async def _judge(
    work: Work, wanted: NewRequest, standing: enrolment.Standing | None, earlier: list[intake.Earlier]
) -> _Verdict:
    """Check all that `place` refuses but the quota, which only holding it decides."""
    verdict = _Verdict()
    terms = place_of = item = None
    price_fen = 0
    if not wanted.urgent and wanted.channel not in _BULK:
        with verdict:
            await backlog.check(work)
    with verdict:
        await checks.check_window(work, wanted.earliest, wanted.latest, wanted.quantity, wanted.asked_at)
    with verdict:
        terms, place_of = await checks.check_elder(work, wanted.person_id, standing)
    with verdict:
        item, price_fen = await checks.offered(work, wanted.item_code, wanted.earliest)
        if not wanted.urgent:
            checks.check_item_hours(item, wanted.earliest, wanted.latest)
    if not wanted.override_duplicate:
        with verdict:
            await checks.check_same(work, earlier, wanted.earliest)
    with verdict:
        await checks.check_excess(work, earlier, wanted.earliest, wanted.item_code)
    if terms is not None and item is not None:
        with verdict:
            if place_of is None:
                raise registry.PersonNotFound
            verdict.basis = Basis(terms, place_of, item, price_fen)
    return verdict


def _as_before(existing: CareRequest, wanted: NewRequest) -> CareRequest:
    """Return the request of a source key seen before; refuse `request.source_key_differs`."""
    for name in ("item_code", "earliest", "latest", "quantity", "urgent", "sex_wanted"):
        if getattr(existing, name) != getattr(wanted, name):
            raise checks.SourceKeyDiffers(case_no=existing.case_no)
    return existing


def _request(work: Work, request_id: UUID, wanted: NewRequest, basis: Basis, holding: wallet.Holding) -> CareRequest:
    """Return the request as it is put on record, not yet in a session and without its note."""
    item, two_from = basis.item, basis.item.two_person_from_level
    return CareRequest(
        id=request_id,
        person_id=wanted.person_id,
        district=basis.place.district,
        division_code=basis.place.division_code,
        latitude=basis.place.latitude,
        longitude=basis.place.longitude,
        item_code=wanted.item_code,
        quantity=wanted.quantity,
        minutes=intake.minutes_of(item, wanted.quantity),
        skill=item.skill,
        persons=2 if two_from is not None and holding.level >= two_from else 1,
        sex_wanted=wanted.sex_wanted,
        earliest=wanted.earliest,
        latest=wanted.latest,
        urgent=wanted.urgent,
        asked_at=wanted.asked_at or work.now,
        entered_at=work.now,
        channel=wanted.channel,
        call_id=wanted.call_id,
        source_key=wanted.source_key,
        standing_order_id=wanted.standing_order_id,
        category=holding.category,
        level=holding.level,
        copay_percent=holding.copay_percent,
        price_fen=basis.price_fen * wanted.quantity,
        quota_held_fen=holding.held_fen,
        over_quota=holding.missing_fen > 0,
        state=RequestState.WAITING,
        state_since=work.now,
    )


async def seal_note(work: Work, person_id: UUID, request_id: UUID, note: str | None) -> bytes | None:
    """Return a note for the worker who comes, encrypted with the elder's key; null for none."""
    if not note:
        return None
    key = await registry.data_key(work, person_id)
    return work.vault.seal(key, f"care_request|note_sealed|{request_id}", note)
