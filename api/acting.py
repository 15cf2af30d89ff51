"""From an HTTP request to a unit of work: who acts, whether they may, and that a retry never acts twice."""

import hashlib
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, cast
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from api import policy
from api.accounts import queries
from api.accounts.model import IdempotencyKey
from events.work import Work, Works
from kit.actor import SYSTEM, Actor
from kit.refusal import Kind, Refusal

COOKIE = "nowalls"
_KEY = re.compile(r"[\x21-\x7e]{8,120}\Z")
_SAFE = {"GET", "HEAD", "OPTIONS"}


class ActorUnknown(Refusal):
    """Nobody is signed in."""

    code = "actor.unknown"
    kind = Kind.UNKNOWN_ACTOR


class ForeignPage(Refusal):
    """Another site's page tried to act with this browser's cookie."""

    code = "actor.foreign_page"
    kind = Kind.FORBIDDEN


class KeyWrong(Refusal):
    """The Idempotency-Key has the wrong form."""

    code = "idempotency.key_wrong"


class OtherRequest(Refusal):
    """The key was used for a request with another content."""

    code = "idempotency.other_request"


class Answered(Exception):
    """The act was done before; this is what was answered then."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def works_of(request: Request) -> Works:
    """Return the units of work of the running program."""
    return cast("Works", request.app.state.works)


def token_of(request: Request) -> str | None:
    """Return the session token: a bearer token (phones, programs) or the browser's cookie."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    return request.cookies.get(COOKIE)


async def actor_of(request: Request) -> Actor:
    """Say who acts; refuse `actor.unknown`, and a foreign page that rides on the cookie."""
    token = token_of(request)
    if not token:
        raise ActorUnknown
    if request.method not in _SAFE and "authorization" not in request.headers:
        _own_page(request)
    async with works_of(request)(SYSTEM("sign-in")) as work:
        actor = await queries.actor_behind(work, token)
    if actor is None:
        raise ActorUnknown
    return actor


def _own_page(request: Request) -> None:
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site not in {None, "same-origin", "none"} or (origin and urlsplit(origin).netloc != request.headers.get("host")):
        raise ForeignPage


@dataclass(frozen=True, slots=True)
class Opening:
    """Open a unit of work for one action of the policy table; every route has exactly one."""

    action: str

    async def __call__(self, request: Request) -> AsyncIterator[Work]:
        """Find the actor, ask the table, begin the transaction, claim the idempotency key inside it."""
        actor = await actor_of(request)
        policy.demand(actor, self.action)
        async with works_of(request)(actor) as work:
            key = request.headers.get("idempotency-key")
            if key is not None and request.method not in _SAFE:
                await _claim(work, request, key)
            yield work


def doing(action: str) -> Any:
    """Declare a route's action; the work commits before the answer leaves (scope="function")."""
    if action not in policy.POLICY:
        message = f"the policy table does not know {action}"
        raise ValueError(message)
    return Depends(Opening(action), scope="function")


async def _claim(work: Work, request: Request, key: str) -> None:
    if not _KEY.match(key):
        raise KeyWrong
    actor = work.actor
    content = b"\x1f".join((request.method.encode(), request.url.path.encode(), await request.body()))
    digest = hashlib.sha256(content).digest()
    claimed = await work.session.execute(
        insert(IdempotencyKey)
        .values(
            account_id=actor.account_id,
            key=key,
            provider_id=actor.provider_id,
            request_hash=digest,
            claimed_at=work.now,
        )
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    )
    if claimed.scalar() is not None:
        request.state.claimed = (work, key)
        return
    earlier = (
        await work.session.execute(
            select(IdempotencyKey).where(IdempotencyKey.account_id == actor.account_id, IdempotencyKey.key == key)
        )
    ).scalar_one()
    if earlier.request_hash != digest:
        raise OtherRequest
    raise Answered(earlier.status or 204, earlier.body or b"")


class Route(APIRoute):
    """A route that keeps the answer of a claimed act, so that a retry gets the same one."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def keeping(request: Request) -> Response:
            response = await handle(request)
            claimed = getattr(request.state, "claimed", None)
            if claimed is not None:
                # The work is still open here: FastAPI closes it after this function and before the first byte leaves.
                work, key = claimed
                await work.session.execute(
                    update(IdempotencyKey)
                    .where(IdempotencyKey.account_id == work.actor.account_id, IdempotencyKey.key == key)
                    .values(status=response.status_code, body=bytes(response.body))
                )
            return response

        return keeping


async def on_answered(_request: Request, answered: Exception) -> Response:
    """Give the first answer again."""
    assert isinstance(answered, Answered)  # noqa: S101 - registered for this class only
    return Response(
        answered.body, status_code=answered.status, media_type="application/json",
        headers={"Idempotency-Replayed": "true", "Cache-Control": "no-store"},
    )  # fmt: skip


Myself = Annotated[Work, doing("account.read")]
ChangingMyself = Annotated[Work, doing("account.change")]
