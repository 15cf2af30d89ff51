"""Queries of accounts: the account of a token, the list of accounts, their sessions and refused actions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, or_, select, update

from api.accounts.model import Account, AccountSession, RefusedAction, SessionKind
from api.accounts.tokens import IDLE, actor_of, hash_of
from events.work import Work
from kit.access.actor import Actor
from kit.pages import SortOrder
from providers.roster.model import Worker, WorkerState
from registry import queries as registry

ACCOUNTS = SortOrder("accounts", Account.username)
REFUSED = SortOrder("refused actions", RefusedAction.minute, RefusedAction.id, falling=2)


def _lasting(now: object, seen_after: object) -> tuple[ColumnElement[bool], ...]:
    """Say when a session lives: it has an end, and at a desk also ends when nobody touches it."""
    return (
        AccountSession.ended_at.is_(None),
        AccountSession.ends_at > now,
        or_(AccountSession.kind != SessionKind.DESK, AccountSession.seen_at > seen_after),
    )


# Every request asks this; to build the statement anew took a third of the time of asking.
_LIVE = (
    select(Account, AccountSession.seen_at, AccountSession.kind, AccountSession.public_key)
    .join(AccountSession, AccountSession.account_id == Account.id)
    .outerjoin(Worker, Worker.id == Account.worker_id)
    .where(
        AccountSession.token_hash == bindparam("token_hash"),
        *_lasting(bindparam("now"), bindparam("seen_after")),
        Account.closed_at.is_(None),
        or_(Account.worker_id.is_(None), Worker.state == WorkerState.ACTIVE),
    )
)


@dataclass(frozen=True, slots=True)
class LiveSession:
    """Who acts in a session, its kind, and the key of the phone that it belongs to."""

    actor: Actor
    kind: SessionKind
    public_key: bytes | None


async def session_behind(work: Work, token: str) -> LiveSession | None:
    """Return the live session of a token; None when it is unknown, ended, idle or too old.

    Nor does a worker who has left the company act any more.
    """
    session = (await work.session.execute(_LIVE, _of(work, token))).first()
    if session is None:
        return None
    # A write for every read would cost more than the read; a minute's grain is enough for a 30-minute limit.
    if (work.now - session.seen_at).total_seconds() > 60:
        await work.session.execute(
            update(AccountSession).where(AccountSession.token_hash == hash_of(token)).values(seen_at=work.now)
        )
    account: Account = session.Account
    division = account.division_code
    if division is not None:
        # A town that was renamed or merged is served by the same clerks.
        division = await registry.current_code(work, division, work.now)
    return LiveSession(actor_of(account, division_code=division), session.kind, session.public_key)


async def anybody_since(work: Work, instant: datetime) -> bool:
    """Tell whether anybody who has not signed out has asked for something after an instant."""
    seen = select(AccountSession.id).where(AccountSession.ended_at.is_(None), AccountSession.seen_at > instant)
    return (await work.session.execute(seen.limit(1))).first() is not None


async def alive(work: Work, token: str) -> bool:
    """Tell whether a token's session still lives, without keeping it alive by asking."""
    return (await work.session.execute(_LIVE, _of(work, token))).first() is not None


def _of(work: Work, token: str) -> dict[str, bytes | datetime]:
    return {"token_hash": hash_of(token), "now": work.now, "seen_after": work.now - IDLE}


async def sessions(work: Work, account_id: UUID) -> Sequence[AccountSession]:
    """Return an account's live sessions, newest first."""
    query = (
        select(AccountSession)
        .where(AccountSession.account_id == account_id, *_lasting(work.now, work.now - IDLE))
        .order_by(AccountSession.begun_at.desc(), AccountSession.id.desc())
    )
    return (await work.session.execute(query)).scalars().all()


async def accounts(work: Work, *, after: str | None = None, limit: int = 100) -> Sequence[Account]:
    """Return accounts by name, a page at a time."""
    page = ACCOUNTS.page(select(Account), work.vault, after=after, limit=limit)
    return (await work.session.execute(page)).scalars().all()


async def account(work: Work, account_id: UUID) -> Account | None:
    """Return one account."""
    return await work.session.get(Account, account_id)


async def refused(work: Work, *, after: str | None = None, limit: int = 100) -> Sequence[RefusedAction]:
    """Return what the policy refused to accounts, the latest minute first."""
    page = REFUSED.page(select(RefusedAction), work.vault, after=after, limit=limit)
    return (await work.session.execute(page)).scalars().all()


async def by_username(work: Work, username: str) -> Account | None:
    """Return the account of a name."""
    return (await work.session.execute(select(Account).where(Account.username == username))).scalar_one_or_none()


async def display_names(work: Work, account_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return what accounts are called."""
    query = select(Account.id, Account.display_name).where(Account.id.in_(account_ids))
    return {row.id: row.display_name for row in await work.session.execute(query)}
