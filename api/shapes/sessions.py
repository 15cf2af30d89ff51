"""What sessions and accounts look like over HTTP."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from api.accounts import operations
from api.accounts.model import SessionKind
from api.forms import DIVISION, Form, Id
from kit.access.roles import Role
from kit.access.scope import Section


class SignIn(Form):
    """A name, a password and, where the account has a second factor, its code."""

    username: str = Field(max_length=64, examples=["operator1"])
    password: str = Field(max_length=200, examples=["as printed at the first start"])
    code: str | None = Field(default=None, max_length=20, examples=["123456"])
    kind: SessionKind = Field(
        default=SessionKind.DESK,
        description="a phone's session is for a worker, a program's for the telephone exchange",
    )
    public_key: str | None = Field(
        default=None, max_length=120, description="the phone's P-256 key: its uncompressed point in base64url"
    )


class Session(BaseModel):
    """A begun session; the token goes into `Authorization: Bearer …` (browsers also get a cookie)."""

    token: str
    kind: SessionKind
    role: Role
    provider_id: UUID | None
    worker_id: UUID | None
    division_code: str | None
    sections: list[Section]
    ends_at: datetime


class Me(BaseModel):
    """Who is signed in, what they may do, and what their pages need to begin."""

    account_id: UUID | None
    username: str
    display_name: str
    role: Role
    provider_id: UUID | None
    worker_id: UUID | None
    division_code: str | None
    sections: list[Section]
    totp_active: bool
    company_name: str | None = Field(description="the company's name; null for who works for none")
    desk: str = Field(description="the path of the page that this role's work begins at", examples=["/field/"])
    actions: list[str] = Field(description="what the policy lets this role do", examples=[["account.read"]])
    now: datetime = Field(description="the platform's clock, which a rehearsal may have put forward")
    rehearsal: bool
    demo_percent: int | None = Field(
        description="how much of the demo's history has been lived; at 100 it opens when everybody has signed out"
    )


class OwnSession(BaseModel):
    """One of the own sessions."""

    id: UUID
    kind: SessionKind
    begun_at: datetime
    ends_at: datetime
    seen_at: datetime
    client: str


class Account(BaseModel):
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


class RefusedAction(BaseModel):
    """One minute in which one account asked for one action that the policy refuses to its role."""

    account_id: UUID
    role: Role
    action: str
    minute: datetime
    count: int
    last_at: datetime
    correlation: UUID


class NewAccount(Form):
    """What opens an account."""

    username: str = Field(pattern=f"^{operations.USERNAME}$", examples=["operator2"])
    display_name: str = Field(min_length=1, max_length=64, examples=["二号话务员"])
    role: Role
    password: str = Field(max_length=200, examples=["quiet river, 7 lanterns"])
    provider_id: Id | None = None
    worker_id: Id | None = None
    division_code: str | None = Field(default=None, pattern=DIVISION)
    sections: list[Section] = Field(default=[], max_length=len(Section))


class PasswordChange(Form):
    """The old password and the new one."""

    old: str = Field(max_length=200, examples=["quiet river, 7 lanterns"])
    new: str = Field(max_length=200, examples=["9 geese over the bridge"])


class PasswordReset(Form):
    """Another's new password."""

    new: str = Field(max_length=200, examples=["9 geese over the bridge"])


class TotpCode(Form):
    """A code of the second factor."""

    code: str = Field(max_length=20, examples=["123456"])


class TotpProposal(BaseModel):
    """The address to show as a QR code to an authenticator."""

    otpauth: str


class RecoveryCodes(BaseModel):
    """Ten codes, each good for one sign-in without the authenticator; shown this once."""

    recovery_codes: list[str]
