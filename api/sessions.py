"""Signing in and out, the own account, and the administrator's list of accounts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.accounts import operations, queries
from api.acting import ChangingMyself, Myself, Route, cookie_of, doing, own_page, token_of, works_of
from api.errors import refused, responses
from api.forms import DIVISION, Form, Id
from api.paging import Page
from events.work import Work
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.access.scope import Section
from kit.refusal import Refusal

router = APIRouter(route_class=Route)


class SignIn(Form):
    """A name, a password and, where the account has a second factor, its code."""

    username: str = Field(max_length=64, examples=["operator1"])
    password: str = Field(max_length=200, examples=["as printed at the first start"])
    code: str | None = Field(default=None, max_length=20, examples=["123456"])


class Session(BaseModel):
    """A begun session; the token goes into `Authorization: Bearer …` (browsers also get a cookie)."""

    token: str
    role: Role
    provider_id: UUID | None
    worker_id: UUID | None
    division_code: str | None
    sections: list[Section]
    ends_at: datetime


class Me(BaseModel):
    """Who is signed in."""

    account_id: UUID | None
    username: str
    display_name: str
    role: Role
    provider_id: UUID | None
    worker_id: UUID | None
    division_code: str | None
    sections: list[Section]
    totp_active: bool


class LiveSession(BaseModel):
    """One of the own sessions."""

    id: UUID
    begun_at: datetime
    seen_at: datetime
    client: str


class AccountRow(BaseModel):
    """One account as administrators see it."""

    id: UUID
    username: str
    display_name: str
    role: Role
    provider_id: UUID | None
    worker_id: UUID | None
    division_code: str | None
    sections: list[Section]
    totp_active: bool
    closed_at: datetime | None


class NewAccount(Form):
    """What opens an account."""

    username: str = Field(pattern=f"^{operations.USERNAME}$", examples=["operator2"])
    display_name: str = Field(min_length=1, max_length=64, examples=["二号话务员"])
    role: Role
    password: str = Field(max_length=200, examples=["quiet river, 7 lanterns"])
    provider_id: Id | None = None
    worker_id: Id | None = None
    division_code: str | None = Field(default=None, pattern=DIVISION, description="a clerk's town, street or village")
    sections: list[Section] = Field(default=[], max_length=len(Section), description="of the bureau, for clerks too")


class NewPassword(Form):
    """The old password and the new one."""

    old: str = Field(max_length=200, examples=["quiet river, 7 lanterns"])
    new: str = Field(max_length=200, examples=["9 geese over the bridge"])


class ResetPassword(Form):
    """Another's new password."""

    new: str = Field(max_length=200, examples=["9 geese over the bridge"])


class Code(Form):
    """A code of the second factor."""

    code: str = Field(max_length=20, examples=["123456"])


@router.post(
    "/sessions",
    status_code=201,
    tags=["account"],
    operation_id="sign_in",
    summary="Sign in",
    response_model=Session,
    responses=responses(401, 422, 429),
)
async def sign_in(request: Request, response: Response, form: SignIn) -> Session | Response:
    """Begin a session of at most 12 hours, 30 idle minutes."""
    own_page(request)
    works, address = works_of(request), request.client.host if request.client else ""
    async with operations.in_queue():
        async with works(SYSTEM("sign-in")) as work:
            candidate = await operations.present(work, username=form.username, address=address)
        right = await operations.verified(candidate.password_hash, form.password)
    async with works(SYSTEM("sign-in")) as work:
        found = await operations.sign_in(
            work, candidate=candidate, right=right, code=form.code, client=request.headers.get("user-agent", "")
        )
    if isinstance(found, Refusal):
        return refused(request, found)
    secure = request.url.scheme == "https"
    response.set_cookie(cookie_of(request), found.token, httponly=True, samesite="lax", secure=secure, path="/")
    account = found.account
    return Session(
        token=found.token,
        role=account.role,
        provider_id=account.provider_id,
        worker_id=account.worker_id,
        division_code=account.division_code,
        sections=[Section(section) for section in account.sections],
        ends_at=found.ends_at,
    )


@router.delete("/sessions/current", status_code=204, tags=["account"], operation_id="sign_out", summary="Sign out")
async def sign_out(request: Request, response: Response, work: ChangingMyself) -> None:
    """End this session."""
    await operations.sign_out(work, token=token_of(request) or "")
    response.delete_cookie(cookie_of(request), path="/", secure=request.url.scheme == "https")


@router.get("/me", tags=["account"], operation_id="me", summary="Who am I?", responses=responses(404))
async def me(work: Myself) -> Me:
    """Return the own account."""
    account = await queries.account(work, _own(work))
    if account is None:
        raise operations.AccountNotFound
    return Me(
        account_id=account.id,
        username=account.username,
        display_name=account.display_name,
        role=account.role,
        provider_id=account.provider_id,
        worker_id=account.worker_id,
        division_code=account.division_code,
        sections=[Section(section) for section in account.sections],
        totp_active=account.totp_active,
    )


@router.get("/me/sessions", tags=["account"], operation_id="my_sessions", summary="Where am I signed in?")
async def my_sessions(work: Myself) -> list[LiveSession]:
    """Return the own live sessions, newest first."""
    return [
        LiveSession(id=row.id, begun_at=row.begun_at, seen_at=row.seen_at, client=row.client)
        for row in await queries.sessions(work, _own(work))
    ]


@router.delete(
    "/me/sessions/{session_id}",
    status_code=204,
    tags=["account"],
    operation_id="end_my_session",
    summary="Sign another device out",
)
async def end_my_session(session_id: UUID, work: ChangingMyself) -> None:
    """End one of the own sessions."""
    await operations.end_session(work, account_id=_own(work), session_id=session_id)


@router.put(
    "/me/password",
    status_code=204,
    tags=["account"],
    operation_id="change_my_password",
    summary="Change the own password",
    responses=responses(404),
)
async def change_my_password(
    form: NewPassword,
    work: Annotated[Work, doing("account.change", own=True, at_most="account.password_changes_per_minute")],
) -> None:
    """Change the own password; every session ends."""
    await operations.change_password(work, account_id=_own(work), old=form.old, new=form.new)


@router.post(
    "/me/totp", tags=["account"], operation_id="propose_totp", summary="Begin a second factor", responses=responses(404)
)
async def propose_totp(work: ChangingMyself) -> dict[str, str]:
    """Return an `otpauth://` address for an authenticator; it counts once a code was confirmed."""
    return {"otpauth": await operations.propose_totp(work, account_id=_own(work))}


@router.post(
    "/me/totp/confirmation",
    tags=["account"],
    operation_id="confirm_totp",
    summary="Switch the second factor on",
    responses=responses(404),
)
async def confirm_totp(form: Code, work: ChangingMyself) -> dict[str, list[str]]:
    """Return ten recovery codes, shown this once."""
    return {"recovery_codes": await operations.confirm_totp(work, account_id=_own(work), code=form.code)}


@router.get("/accounts", tags=["accounts"], operation_id="accounts", summary="List accounts")
async def accounts(work: Annotated[Work, doing("accounts.read")], page: Page) -> list[AccountRow]:
    """Return accounts by name."""
    rows = await queries.accounts(work, after=page.after, limit=page.limit)
    page.told(work, queries.ACCOUNTS, rows)
    return [AccountRow.model_validate(row, from_attributes=True) for row in rows]


@router.post(
    "/accounts",
    status_code=201,
    tags=["accounts"],
    operation_id="open_account",
    summary="Open an account",
    responses=responses(404, 409, 422),
)
async def open_account(form: NewAccount, work: Annotated[Work, doing("accounts.change")]) -> AccountRow:
    """Open an account for one person at one desk."""
    account = await operations.open_account(
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
    return AccountRow.model_validate(account, from_attributes=True)


@router.put(
    "/accounts/{account_id}/password",
    status_code=204,
    tags=["accounts"],
    operation_id="reset_password",
    summary="Set another's password",
    responses=responses(404, 422),
)
async def reset_password(
    account_id: UUID, form: ResetPassword, work: Annotated[Work, doing("accounts.change")]
) -> None:
    """Set an account's password and end its sessions."""
    await operations.reset_password(work, account_id=account_id, new=form.new)


@router.delete(
    "/accounts/{account_id}",
    status_code=204,
    tags=["accounts"],
    operation_id="close_account",
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
