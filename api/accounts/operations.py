"""Accounts and sessions: argon2id passwords, a second factor, opaque tokens that end when they should."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import pyotp
from sqlalchemy import delete, select, update

from api.accounts import attempts, passwords, phones, refused_actions, second_factor
from api.accounts.model import Account, AccountSession, IdempotencyKey, RecoveryCode, SessionKind
from api.accounts.rules import PhoneDays, ProgramDays, RecordsDays, WallDays
from api.accounts.tokens import LONGEST, hash_of
from events.work import Work
from kit.access.roles import Role
from kit.access.scope import Section
from kit.china.identifiers import read_division_code
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from providers.roster import queries as roster
from registry import queries as registry
from registry.divisions.queries import DivisionUnknown
from registry.model import Level

USERNAME = r"[a-z0-9_.-]{3,64}"
LONGEST_NAME = 64

_WANTS: Final = {
    Role.PROVIDER: (True, False, False),
    Role.WORKER: (True, True, False),
    Role.CLERK: (False, False, True),
    Role.SECTION: (False, False, True),
}
"""Whether a role carries a company, a worker, a division; all others carry none."""
_KINDS: Final = {Role.WORKER: SessionKind.PHONE, Role.EXCHANGE: SessionKind.PROGRAM}
"""The kind of session that a role may begin besides one at a desk; all others may begin one on a wall."""
_LASTING: Final = {SessionKind.PHONE: PhoneDays, SessionKind.WALL: WallDays, SessionKind.PROGRAM: ProgramDays}

_queue = asyncio.Semaphore(32)  # a full queue is refused with `platform.busy`


class SignInRefused(Refusal):
    """The name, the password or the code is wrong; which of them is not said."""

    code = "sign_in.refused"
    kind = Kind.UNKNOWN_ACTOR


class SignInDelayed(Refusal):
    """Too many wrong attempts: a growing pause, never a lock that others could turn against the account."""

    code = "sign_in.delayed"
    kind = Kind.TOO_MANY


class SignInBusy(Refusal):
    """More people are signing in than passwords can be verified; nothing was counted."""

    code = "platform.busy"
    kind = Kind.BUSY


class CodeWanted(Refusal):
    """The password is right and the account has a second factor: its code is wanted too."""

    code = "sign_in.code_wanted"
    kind = Kind.UNKNOWN_ACTOR


class UsernameInvalid(Refusal):
    """Not a name that can be typed at every desk."""

    code = "account.username_invalid"


class UsernameTaken(Refusal):
    """Another account has this name."""

    code = "account.username_taken"
    kind = Kind.CONFLICT


class ScopeInvalid(Refusal):
    """The role and whose rows it may see do not fit.

    A company's people need their company, a worker a worker of that company; a clerk needs a town, street or village,
    an officer of a section the district and its sections; nobody else has any of these.
    """

    code = "account.scope_invalid"


class AccountNotFound(Refusal):
    """No such account."""

    code = "account.not_found"
    kind = Kind.NOT_FOUND


class AccountClosed(Refusal):
    """A closed account cannot be used again."""

    code = "account.closed"
    kind = Kind.CONFLICT


class LastAdministrator(Refusal):
    """Without an administrator nobody could open an account any more."""

    code = "account.last_administrator"
    kind = Kind.CONFLICT


class TotpInvalid(Refusal):
    """The code of the second factor does not fit."""

    code = "account.totp_invalid"


class SessionKindNotAllowed(Refusal):
    """A phone's session is for a worker, a program's for the exchange, and neither of them has a screen on a wall."""

    code = "session.kind_not_allowed"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who presents a name and a password; `account_id` is None where no account has the name."""

    username: str
    address: str
    account_id: UUID | None
    password_hash: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session and the token that only its owner ever sees."""

    token: str
    account: Account
    kind: SessionKind
    ends_at: datetime


async def open_account(
    work: Work,
    *,
    username: str,
    display_name: str,
    role: Role,
    password: str,
    provider_id: UUID | None = None,
    worker_id: UUID | None = None,
    division_code: str | None = None,
    sections: Collection[Section] = (),
) -> Account:
    """Open an account; refuse a wrong or taken name, a weak password, a role whose scope does not fit.

    A clerk for whom no section is named works for elder care. Refuses `company.not_found`, `worker.not_found`,
    `division_code.shape` and `division.unknown` where the company, its worker or the division is not there.
    """
    if not re.fullmatch(USERNAME, username) or not 1 <= len(display_name) <= LONGEST_NAME:
        raise UsernameInvalid(longest=LONGEST_NAME)
    given = (provider_id is not None, worker_id is not None, division_code is not None)
    if role is Role.SYSTEM or given != _WANTS.get(role, (False, False, False)) or (sections and not given[2]):
        raise ScopeInvalid(role=role)
    if provider_id is not None:
        await roster.company(work, provider_id)
    if worker_id is not None and (await roster.worker(work, worker_id)).provider_id != provider_id:
        raise ScopeInvalid(role=role)
    if division_code is not None:
        division_code = await _division(work, role, division_code)
        sections = sections or ({Section.ELDERCARE} if role is Role.CLERK else ())
        if not sections:
            raise ScopeInvalid(role=role)
    passwords.check(password, username)
    if (await work.session.execute(select(Account.id).where(Account.username == username))).scalar() is not None:
        raise UsernameTaken(username=username)
    account = Account(
        id=new_id(),
        username=username,
        display_name=display_name,
        role=role,
        provider_id=provider_id,
        worker_id=worker_id,
        division_code=division_code,
        sections=sorted({section.value for section in sections}),
        password_hash=await passwords.hashed(password),
        key=work.vault.new_key(),
        created_at=work.now,
    )
    work.session.add(account)
    await work.session.flush()
    return account


async def _division(work: Work, role: Role, code: str) -> str:
    division = await registry.division(work, read_division_code(code), work.now)
    if division is None:
        raise DivisionUnknown(division=code)
    if (division.level is Level.DISTRICT) != (role is Role.SECTION):
        raise ScopeInvalid(role=role)
    return division.code


@asynccontextmanager
async def in_queue() -> AsyncIterator[None]:
    """Take a place among those who sign in at this moment; refuse `platform.busy` where all are taken."""
    if _queue.locked():
        raise SignInBusy(seconds=2)
    async with _queue:
        yield


async def present(work: Work, *, username: str, address: str) -> Candidate:
    """Begin to sign in: count the attempt before anything is verified; refuse `sign_in.delayed`.

    The password is verified between this unit of work and that of `sign_in`, so that no connection is held while
    argon2 runs.
    """
    if wait := await attempts.begin(work, name=username, address=address):
        raise SignInDelayed(seconds=wait)
    query = select(Account.id, Account.password_hash).where(Account.username == username)
    row = (await work.session.execute(query)).one_or_none()
    account_id, password_hash = (None, passwords.DUMMY) if row is None else row
    return Candidate(username, address, account_id, password_hash)


async def sign_in(
    work: Work,
    *,
    candidate: Candidate,
    right: bool,
    code: str | None = None,
    client: str = "",
    kind: SessionKind = SessionKind.DESK,
    public_key: bytes | None = None,
) -> SignedIn | Refusal:
    """Begin a session for a candidate whose password is `right`; a refusal is returned, so that attempts commit.

    A phone's session has the `public_key` of the phone and goes on counting where an earlier one with that key ended.
    """
    if candidate.account_id is None or not right:
        return SignInRefused()
    account = await work.session.get(Account, candidate.account_id, with_for_update=True)
    if account is None or account.closed_at is not None or account.password_hash != candidate.password_hash:
        return SignInRefused()
    if account.totp_active:
        if not code:
            await attempts.take_back(work, name=candidate.username, address=candidate.address)
            return CodeWanted()
        if not await second_factor.accepted(work, account, code):
            return SignInRefused()
    if kind not in {SessionKind.DESK, _KINDS.get(account.role, SessionKind.WALL)}:
        await attempts.take_back(work, name=candidate.username, address=candidate.address)
        return SessionKindNotAllowed(kind=kind)
    await attempts.forgive(work, name=candidate.username)
    ends_at = work.now + await _lasting(work, kind)
    token = secrets.token_urlsafe(32)
    work.session.add(
        AccountSession(
            token_hash=hash_of(token),
            account_id=account.id,
            kind=kind,
            begun_at=work.now,
            ends_at=ends_at,
            seen_at=work.now,
            client=client[:200],
            public_key=public_key,
            counter=0 if public_key is None else await phones.counter_of(work, account, public_key),
        )
    )
    return SignedIn(token=token, account=account, kind=kind, ends_at=ends_at)


async def _lasting(work: Work, kind: SessionKind) -> timedelta:
    if kind is SessionKind.DESK:
        return LONGEST
    return (await rules.read(work.session, _LASTING[kind], at=work.now)).span


async def sign_out(work: Work, *, token: str) -> None:
    """End a session; one that has ended already stays ended."""
    await work.session.execute(
        update(AccountSession)
        .where(AccountSession.token_hash == hash_of(token), AccountSession.ended_at.is_(None))
        .values(ended_at=work.now)
    )


async def end_session(work: Work, *, account_id: UUID, session_id: UUID) -> None:
    """End one of an account's own sessions."""
    await work.session.execute(
        update(AccountSession)
        .where(AccountSession.id == session_id, AccountSession.account_id == account_id)
        .values(ended_at=work.now)
    )


async def change_password(work: Work, *, account_id: UUID, old: str, new: str) -> None:
    """Change the own password and end every session; refuse a wrong old one or a weak new one."""
    account = await _account(work, account_id)
    if not await passwords.verified(account.password_hash, old):
        raise SignInRefused
    passwords.check(new, account.username)
    account.password_hash = await passwords.hashed(new)
    await _end_all(work, account_id)


async def reset_password(work: Work, *, account_id: UUID, new: str) -> None:
    """Set another's password (an administrator's act) and end every session; refuse `account.closed`."""
    account = await _account(work, account_id)
    if account.closed_at is not None:
        raise AccountClosed
    passwords.check(new, account.username)
    account.password_hash = await passwords.hashed(new)
    await attempts.forgive(work, name=account.username)
    await _end_all(work, account_id)


async def close_account(work: Work, *, account_id: UUID) -> None:
    """Close an account for good and end its sessions; its name stays taken, its acts stay signed.

    Refuses `account.not_found`, and `account.last_administrator` for the last one that is not closed.
    """
    # All of them are locked, in one order, so that no two are closed at once while each takes the other for the last.
    administrators = select(Account.id).where(Account.role == Role.ADMINISTRATOR, Account.closed_at.is_(None))
    left = (await work.session.execute(administrators.order_by(Account.id).with_for_update())).scalars().all()
    account = await _account(work, account_id)
    if list(left) == [account_id]:
        raise LastAdministrator
    account.closed_at = account.closed_at or work.now
    await _end_all(work, account_id)


async def propose_totp(work: Work, *, account_id: UUID) -> str:
    """Make a new second factor and return its `otpauth://` address; until a code confirms it, the old one counts."""
    account = await _account(work, account_id)
    secret = pyotp.random_base32()
    account.totp_proposed = work.vault.seal(account.key, f"account|totp|{account.id}", secret)
    return pyotp.TOTP(secret).provisioning_uri(name=account.username, issuer_name="nowalls")


async def confirm_totp(work: Work, *, account_id: UUID, code: str) -> list[str]:
    """Switch the proposed second factor on with its first code; return ten recovery codes, shown this once."""
    account = await _account(work, account_id)
    if not second_factor.fits(work, account, account.totp_proposed, code):
        raise TotpInvalid
    account.totp_sealed, account.totp_proposed, account.totp_active = account.totp_proposed, None, True
    codes = [secrets.token_hex(5) for _ in range(10)]
    for old in (
        await work.session.execute(select(RecoveryCode).where(RecoveryCode.account_id == account_id))
    ).scalars():
        await work.session.delete(old)
    for new in codes:
        work.session.add(RecoveryCode(blind=work.vault.blind(f"recovery|{account_id}", new), account_id=account_id))
    return codes


async def forget_old(work: Work) -> None:
    """Delete ended sessions and kept answers that are older than the rule `account.records_days`, and old attempts."""
    before = work.now - (await rules.read(work.session, RecordsDays, at=work.now)).span
    await work.session.execute(delete(AccountSession).where(AccountSession.begun_at < before))
    await work.session.execute(delete(IdempotencyKey).where(IdempotencyKey.claimed_at < before))
    await refused_actions.forget_old(work, before)
    await attempts.forget_old(work)


async def _account(work: Work, account_id: UUID) -> Account:
    account = await work.session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise AccountNotFound
    return account


async def _end_all(work: Work, account_id: UUID) -> None:
    await work.session.execute(
        update(AccountSession)
        .where(AccountSession.account_id == account_id, AccountSession.ended_at.is_(None))
        .values(ended_at=work.now)
    )
