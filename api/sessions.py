"""Signing in and out, the own account, and the administrator's list of accounts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api import policy
from api.accounts import operations, passwords, phones, queries
from api.accounts.model import Account, AccountSession, RefusedAction, SessionKind
from api.accounts.rules import PasswordChangesPerMinute
from api.acting import ChangingMyself, Myself, Route, cookie_of, doing, own_page, token_of, works_of
from api.desks import home_of
from api.errors import refused, responses
from api.paging import Listing, Page, Rows
from api.shapes import sessions as shapes
from events.work import Work
from kit.access.actor import SYSTEM
from kit.access.scope import Section
from kit.clock import RehearsalClock
from kit.refusal import Refusal
from providers.roster import queries as roster

router = APIRouter(route_class=Route)


@router.post(
    "/sessions",
    status_code=201,
    tags=["account"],
    summary="Sign in",
    response_model=shapes.Session,
    responses=responses(401, 403, 422, 429),
)
async def sign_in(request: Request, response: Response, form: shapes.SignIn) -> shapes.Session | Response:
    """Begin a session: at a desk of at most 12 hours, 30 idle minutes; others last as long as their rules say.

    A write in a phone's session carries `Phone-Counter`, which only rises, and `Phone-Signature`: ECDSA with SHA-256 by
    the phone's key over `POST /api/v1/…`, a line feed, the counter, a line feed and the body.
    """
    own_page(request)
    if form.kind is not SessionKind.PHONE and form.public_key is not None:
        raise phones.PhoneKeyInvalid
    public_key = phones.read_key(form.public_key) if form.kind is SessionKind.PHONE else None
    works, address = works_of(request), request.client.host if request.client else ""
    async with operations.in_queue():
        async with works(SYSTEM("sign-in")) as work:
            candidate = await operations.present(work, username=form.username, address=address)
        right = await passwords.verified(candidate.password_hash, form.password)
    async with works(SYSTEM("sign-in")) as work:
        signed_in = await operations.sign_in(
            work,
            candidate=candidate,
            right=right,
            code=form.code,
            client=request.headers.get("user-agent", ""),
            kind=form.kind,
            public_key=public_key,
        )
    if isinstance(signed_in, Refusal):
        return refused(request, signed_in)
    secure = request.url.scheme == "https"
    lasting = None if form.kind is SessionKind.DESK else int((signed_in.ends_at - works.clock.now()).total_seconds())
    response.set_cookie(
        cookie_of(request), signed_in.token, max_age=lasting, httponly=True, samesite="lax", secure=secure, path="/"
    )
    account = signed_in.account
    return shapes.Session(
        token=signed_in.token,
        kind=signed_in.kind,
        role=account.role,
        provider_id=account.provider_id,
        worker_id=account.worker_id,
        division_code=account.division_code,
        sections=[Section(section) for section in account.sections],
        ends_at=signed_in.ends_at,
    )


@router.delete("/sessions/current", status_code=204, tags=["account"], summary="Sign out")
async def sign_out(request: Request, response: Response, work: ChangingMyself) -> None:
    """End this session."""
    await operations.sign_out(work, token=token_of(request) or "")
    response.delete_cookie(cookie_of(request), path="/", secure=request.url.scheme == "https")


@router.get("/me", tags=["account"], summary="Who am I?", responses=responses(404))
async def get_me(request: Request, work: Myself) -> shapes.Me:
    """Return the own account, what it may do, and the clock that its pages count by."""
    account = await queries.account(work, _own(work))
    if account is None:
        raise operations.AccountNotFound
    provider_id = account.provider_id
    return shapes.Me(
        account_id=account.id,
        username=account.username,
        display_name=account.display_name,
        role=account.role,
        provider_id=account.provider_id,
        worker_id=account.worker_id,
        division_code=account.division_code,
        sections=[Section(section) for section in account.sections],
        totp_active=account.totp_active,
        company_name=None if provider_id is None else (await roster.company(work, provider_id)).name,
        desk=home_of(account.role),
        actions=policy.actions_of(request.app.state.policy, account.role),
        now=work.now,
        rehearsal=isinstance(works_of(request).clock, RehearsalClock),
        demo_percent=request.app.state.demo_percent(),
    )


@router.get(
    "/me/sessions", response_model=Listing[shapes.OwnSession], tags=["account"], summary="Where am I signed in?"
)
async def list_my_sessions(work: Myself) -> Rows[AccountSession]:
    """Return the own live sessions, newest first."""
    return Rows(await queries.sessions(work, _own(work)))


@router.delete(
    "/me/sessions/{session_id}",
    status_code=204,
    tags=["account"],
    summary="Sign another device out",
)
async def end_my_session(session_id: UUID, work: ChangingMyself) -> None:
    """End one of the own sessions."""
    await operations.end_session(work, account_id=_own(work), session_id=session_id)


@router.put(
    "/me/password",
    status_code=204,
    tags=["account"],
    summary="Change the own password",
    responses=responses(404),
)
async def change_my_password(
    form: shapes.PasswordChange,
    work: Annotated[Work, doing("account.change", own=True, at_most=PasswordChangesPerMinute)],
) -> None:
    """Change the own password; every session ends."""
    await operations.change_password(work, account_id=_own(work), old=form.old, new=form.new)


@router.post("/me/totp", tags=["account"], summary="Begin a second factor", responses=responses(404))
async def propose_totp(work: ChangingMyself) -> shapes.TotpProposal:
    """Return an `otpauth://` address for an authenticator; it counts once a code was confirmed."""
    return shapes.TotpProposal(otpauth=await operations.propose_totp(work, account_id=_own(work)))


@router.post(
    "/me/totp/confirmation",
    tags=["account"],
    summary="Switch the second factor on",
    responses=responses(404),
)
async def confirm_totp(form: shapes.TotpCode, work: ChangingMyself) -> shapes.RecoveryCodes:
    """Return ten recovery codes, shown this once."""
    codes = await operations.confirm_totp(work, account_id=_own(work), code=form.code)
    return shapes.RecoveryCodes(recovery_codes=codes)


@router.get("/accounts", response_model=Listing[shapes.Account], tags=["accounts"], summary="List accounts")
async def list_accounts(work: Annotated[Work, doing("accounts.read")], page: Page) -> Rows[Account]:
    """Return accounts by name."""
    rows = await queries.accounts(work, after=page.after, limit=page.limit)
    return page.rows(work, queries.ACCOUNTS, rows)


@router.get(
    "/refused-actions",
    response_model=Listing[shapes.RefusedAction],
    tags=["accounts"],
    summary="What did the policy refuse?",
)
async def list_refused_actions(work: Annotated[Work, doing("refused_actions.read")], page: Page) -> Rows[RefusedAction]:
    """Return which accounts asked for what their role may not do, counted by the minute, the latest first."""
    rows = await queries.refused(work, after=page.after, limit=page.limit)
    return page.rows(work, queries.REFUSED, rows)


@router.post(
    "/accounts",
    response_model=shapes.Account,
    status_code=201,
    tags=["accounts"],
    summary="Open an account",
    responses=responses(404, 409, 422),
)
async def open_account(form: shapes.NewAccount, work: Annotated[Work, doing("accounts.change")]) -> Account:
    """Open an account for one person at one desk."""
    return await operations.open_account(
        work,
        username=form.username,
        display_name=form.display_name,
        role=form.role,
        password=form.password,
        provider_id=form.provider_id,
        worker_id=form.worker_id,
        division_code=form.division_code,
        sections=form.sections,
    )


@router.put(
    "/accounts/{account_id}/password",
    status_code=204,
    tags=["accounts"],
    summary="Set another's password",
    responses=responses(404, 422),
)
async def reset_password(
    account_id: UUID, form: shapes.PasswordReset, work: Annotated[Work, doing("accounts.change")]
) -> None:
    """Set an account's password and end its sessions."""
    await operations.reset_password(work, account_id=account_id, new=form.new)


@router.delete(
    "/accounts/{account_id}",
    status_code=204,
    tags=["accounts"],
    summary="Close an account",
    responses=responses(404),
)
async def close_account(account_id: UUID, work: Annotated[Work, doing("accounts.change")]) -> None:
    """Close an account; its past acts stay signed by it."""
    await operations.close_account(work, account_id=account_id)


def _own(work: Work) -> UUID:
    if work.actor.account_id is None:
        raise operations.AccountNotFound
    return work.actor.account_id
