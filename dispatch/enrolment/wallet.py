"""The verbs of the quota wallet: grant a month, hold for a request, capture what was charged, release, carry, expire.

Locks are always taken from the earlier month to the later one, so that no two works can wait for each other.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import insert

from dispatch.enrolment import queries, quota
from dispatch.enrolment.model import SIDES, EntryKind, Wallet, WalletAccount, WalletEntry
from dispatch.enrolment.rules import CarryPercent
from events.work import Work
from kit import clock
from kit.ids import new_id
from kit.money import show
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules


class OverQuota(Refusal):
    """The month's quota does not cover the public share, and paying the difference was not accepted."""

    code = "request.over_quota"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Holding:
    """The money promised to a request, in fen: the held part of its price, the elder's own part, and the terms.

    `missing_fen` is the part of `own_fen` that the quota would have borne had it been there.
    """

    held_fen: int
    own_fen: int
    missing_fen: int
    copay_percent: int
    category: str
    level: int


_COLUMN: Final = {
    WalletAccount.FREE: "free_fen",
    WalletAccount.HELD: "held_fen",
    WalletAccount.SPENT: "spent_fen",
    WalletAccount.EXPIRED: "expired_fen",
}

_HOLD: Final = text("""
with moved as (
  update wallet
  set free_fen = free_fen - least(free_fen, :public_fen), held_fen = held_fen + least(free_fen, :public_fen)
  where person_id = :person_id and month = :month
  returning old.free_fen - new.free_fen as fen
), entered as (
  insert into wallet_entry (id, person_id, month, kind, from_account, to_account, fen, request_id, recorded_at)
  select :id, :person_id, :month, 'hold', 'free', 'held', fen, :request_id, :now from moved where fen > 0
)
select fen from moved
""").bindparams(*(bindparam(name, type_=Uuid()) for name in ("id", "person_id", "request_id")))


async def hold(
    work: Work, *, terms: queries.Terms, person_id: UUID, request_id: UUID, fen: int, beyond: bool
) -> Holding:
    """Hold the public share of a price in the month of `terms`; refuse `request.over_quota` unless `beyond`.

    With `beyond`, what is left is held and the rest is the elder's own. Concurrent holds wait for one another on the
    wallet's row, so that together they never exceed it.
    """
    public = quota.share(fen, terms.copay_percent, fen).held_fen
    held = await _take(work, terms, person_id, request_id, public) if public else 0
    return _holding(terms, fen, held, missing_fen=public - held, beyond=beyond)


def would_hold(*, terms: queries.Terms, fen: int, free_fen: int, beyond: bool) -> Holding:
    """Return what `hold` would give with this much free, and refuse what it refuses."""
    share = quota.share(fen, terms.copay_percent, free_fen)
    return _holding(terms, fen, share.held_fen, missing_fen=share.missing_fen, beyond=beyond)


def _holding(terms: queries.Terms, fen: int, held: int, *, missing_fen: int, beyond: bool) -> Holding:
    if missing_fen and not beyond:
        raise OverQuota(left=show(held), price=show(fen), own=show(fen - held))
    return Holding(
        held_fen=held,
        own_fen=fen - held,
        missing_fen=missing_fen,
        copay_percent=terms.copay_percent,
        category=terms.category,
        level=terms.level,
    )


async def _take(work: Work, terms: queries.Terms, person_id: UUID, request_id: UUID, public: int) -> int:
    facts = {
        "public_fen": public,
        "person_id": person_id,
        "month": terms.month,
        "id": new_id(),
        "request_id": request_id,
        "now": work.now,
    }
    held = (await work.session.execute(_HOLD, facts)).scalar()
    if held is None:
        await open_month(work, person_id=person_id, month=terms.month, terms=terms)
        held = (await work.session.execute(_HOLD, facts)).scalar_one()
    return int(held)


async def hold_again(
    work: Work, *, terms: queries.Terms, person_id: UUID, request_id: UUID, fen: int, beyond: bool
) -> Holding:
    """Release what a request holds, and hold the public share of a price in the month of `terms` instead.

    Refuses what `hold` refuses.
    """
    await _locked(work, person_id, min([terms.month, *(money.month for money in await _held(work, request_id))]))
    await release(work, request_id=request_id)
    return await hold(work, terms=terms, person_id=person_id, request_id=request_id, fen=fen, beyond=beyond)


async def cover(work: Work, *, person_id: UUID, month: str, request_id: UUID, fen: int) -> int:
    """Bring what a month's quota has for a request, held or spent, up to `fen` as far as money is free; return it.

    What another month holds for the request is released: a visit is paid out of the quota of its own month. A month
    that nobody has opened yet is opened.
    """
    other = [money for money in await _held(work, request_id) if money.month != month]
    if other:
        await _locked(work, person_id, min(month, other[0].month))
        await release(work, request_id=request_id)
    rows = await queries.money_of(work, request_id)
    has = sum(money.held_fen + money.spent_fen for money in rows if money.month == month)
    if has >= fen:
        return has
    wallet = await queries.wallet(work, person_id, month)
    terms = await queries.terms_if_any(work, person_id, month)
    if terms is None or (wallet is None and month < clock.month_of(work.now)):
        return has
    return has + await _take(work, terms, person_id, request_id, fen - has)


async def release(work: Work, *, request_id: UUID) -> int:
    """Release the money still held for a request; return the fen, 0 if nothing is held."""
    released = 0
    for money in await _held(work, request_id):
        wallet = await _locked(work, money.person_id, money.month)
        held = await _held_in(work, request_id, money.month)
        assert wallet is not None  # noqa: S101 - its entries are there
        _move(work, wallet, EntryKind.RELEASE, held, request_id=request_id)
        await _settle(work, wallet)
        released += held
    return released


async def capture(work: Work, *, person_id: UUID, month: str, request_id: UUID, charge_id: UUID, fen: int) -> None:
    """Spend `fen` of a month's quota on a charge and set free what else was held for its request.

    What another month holds for the request is set free: a visit takes nothing from another month's quota. A
    correcting charge brings the difference. A negative one is refunded where it was spent. A positive one is taken
    from what is free and, where that does not suffice, from a late grant: the charge has already said that the public
    purse pays.
    """
    rows = await queries.money_of(work, request_id)
    if fen < 0:
        month = next((money.month for money in rows if money.spent_fen > 0), month)
    if any(money.month != month and money.held_fen > 0 for money in rows):
        await _locked(work, person_id, min(month, rows[0].month))
        await release(work, request_id=request_id)
    wallet = await _locked(work, person_id, month)
    if wallet is None:
        return
    held = await _held_in(work, request_id, month)
    beyond = max(0, fen - held)
    _move(work, wallet, EntryKind.GRANT, max(0, beyond - wallet.free_fen), charge_id=charge_id)
    _move(work, wallet, EntryKind.HOLD, beyond, request_id=request_id, charge_id=charge_id)
    _move(work, wallet, EntryKind.CAPTURE, max(0, fen), request_id=request_id, charge_id=charge_id)
    _move(work, wallet, EntryKind.REFUND, max(0, -fen), request_id=request_id, charge_id=charge_id)
    _move(work, wallet, EntryKind.RELEASE, held + beyond - max(0, fen), request_id=request_id)
    await _settle(work, wallet)


async def open_month(
    work: Work, *, person_id: UUID, month: str, first_day: date | None = None, terms: queries.Terms | None = None
) -> None:
    """Grant a month's quota once; with `first_day`, the part of the month that is left from that day on.

    A month before it that is already over is closed first, so that its carry-over is there. A month that an earlier
    enrolment's end has closed is opened again with the new grant. `terms` are those of the month, where known.
    """
    terms = terms or await queries.terms(work, person_id, month)
    before = await _locked(work, person_id, quota.preceding(month))
    made = insert(Wallet).values(
        person_id=person_id,
        month=month,
        granted_fen=0,
        carried_in_fen=0,
        free_fen=0,
        held_fen=0,
        spent_fen=0,
        carried_out_fen=0,
        expired_fen=0,
    )
    fresh = (await work.session.execute(made.on_conflict_do_nothing().returning(Wallet))).scalar_one_or_none()
    wallet = fresh or await _locked(work, person_id, month)
    assert wallet is not None  # noqa: S101 - just made, or there before
    if fresh is not None or wallet.closed_at is not None:
        wallet.closed_at = None
        _move(work, wallet, EntryKind.GRANT, quota.pro_rata(terms.monthly_fen, month, first_day=first_day))
    if before is not None and before.closed_at is None and clock.month_of(work.now) >= month:
        await _close(work, before, wallet)
    await work.session.flush()


async def regrant(work: Work, *, person_id: UUID, month: str) -> None:
    """Adjust an open month to the quota of its latest terms; held and spent money is not taken back."""
    wallet = await _locked(work, person_id, month)
    if wallet is None or wallet.closed_at is not None:
        return
    target = (await queries.terms(work, person_id, month)).monthly_fen
    _move(work, wallet, EntryKind.GRANT, max(0, target - wallet.granted_fen))
    _move(work, wallet, EntryKind.CUT, min(wallet.free_fen, max(0, wallet.granted_fen - target)))


async def close_all(work: Work, *, person_id: UUID, first_day: date, last_day: date) -> None:
    """End an elder's quota: cut the last month to its days and later months to nothing; free money expires.

    Held money stays, for the charges of visits that took place.
    """
    query = select(Wallet).where(Wallet.person_id == person_id, Wallet.closed_at.is_(None)).order_by(Wallet.month)
    for wallet in (await work.session.execute(query.with_for_update())).scalars().all():
        monthly = (await queries.terms(work, person_id, wallet.month)).monthly_fen
        target = quota.pro_rata(monthly, wallet.month, first_day=first_day, last_day=last_day)
        if wallet.month >= f"{last_day:%Y-%m}":
            _move(work, wallet, EntryKind.CUT, min(wallet.free_fen, max(0, wallet.granted_fen - target)))
        await _close(work, wallet, None)


async def turn_months(work: Work, *, limit: int = 200) -> int:
    """Close up to `limit` wallets of months that are over: carry what may be carried, expire the rest; return how many.

    Call it again until it returns 0; several callers share the work. Quotas end with the fiscal year, 31 December.
    """
    current = clock.month_of(work.now)
    query = select(Wallet).where(Wallet.closed_at.is_(None), Wallet.month < current)
    query = query.order_by(Wallet.month, Wallet.person_id).limit(limit).with_for_update(skip_locked=True)
    wallets = (await work.session.execute(query)).scalars().all()
    for wallet in wallets:
        month = quota.following(wallet.month)
        successor = await _locked(work, wallet.person_id, month)
        if successor is None and month == current:
            await open_month(work, person_id=wallet.person_id, month=month)
        elif wallet.closed_at is None:
            await _close(work, wallet, successor)
    await work.session.flush()
    return len(wallets)


async def _held(work: Work, request_id: UUID) -> list[queries.RequestMoney]:
    """Return the months that hold money for a request, earliest first."""
    return [money for money in await queries.money_of(work, request_id) if money.held_fen > 0]


async def _held_in(work: Work, request_id: UUID, month: str) -> int:
    """Return what a month holds for a request; its wallet must be locked, or another work may change it."""
    return sum(money.held_fen for money in await queries.money_of(work, request_id) if money.month == month)


async def _locked(work: Work, person_id: UUID, month: str) -> Wallet | None:
    # Refreshing the row would lose changes that are not flushed yet.
    await work.session.flush()
    return await work.session.get(Wallet, (person_id, month), with_for_update=True, populate_existing=True)


async def _close(work: Work, wallet: Wallet, successor: Wallet | None) -> None:
    wallet.closed_at = work.now
    await _dispose(work, wallet, successor)


async def _settle(work: Work, wallet: Wallet) -> None:
    """Pass on what has become free in a month that is already closed."""
    if wallet.closed_at is not None and wallet.free_fen > 0:
        await _dispose(work, wallet, await _locked(work, wallet.person_id, quota.following(wallet.month)))
    await work.session.flush()


async def _dispose(work: Work, wallet: Wallet, successor: Wallet | None) -> None:
    percent = 0
    if successor is not None and successor.closed_at is None:
        percent = (await rules.read(work.session, CarryPercent, at=clock.month_bounds(wallet.month)[0])).value
    left = quota.rest(wallet.free_fen, wallet.granted_fen, wallet.carried_out_fen, wallet.month, percent)
    if successor is not None:
        _move(work, wallet, EntryKind.CARRY_OUT, left.carry_fen)
        _move(work, successor, EntryKind.CARRY_IN, left.carry_fen)
    _move(work, wallet, EntryKind.EXPIRE, left.expire_fen)


def _move(
    work: Work,
    wallet: Wallet,
    kind: EntryKind,
    fen: int,
    *,
    request_id: UUID | None = None,
    charge_id: UUID | None = None,
) -> None:
    """Book one movement and keep the balance in step; a movement of nothing is not booked."""
    if fen == 0:
        return
    source, target = SIDES[kind]
    for account, signed in ((source, -fen), (target, fen)):
        match account:
            case WalletAccount.BUDGET:
                wallet.granted_fen -= signed
            case WalletAccount.CARRIED if signed > 0:
                wallet.carried_out_fen += fen
            case WalletAccount.CARRIED:
                wallet.carried_in_fen += fen
            case _:
                setattr(wallet, _COLUMN[account], getattr(wallet, _COLUMN[account]) + signed)
    work.session.add(
        WalletEntry(
            person_id=wallet.person_id,
            month=wallet.month,
            kind=kind,
            from_account=source,
            to_account=target,
            fen=fen,
            request_id=request_id,
            charge_id=charge_id,
            recorded_at=work.now,
        )
    )
