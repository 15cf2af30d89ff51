"""From an HTTP request to a unit of work: who acts, whether they may, and that a retry never acts twice."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, cast
from urllib.parse import urlsplit
from uuid import UUID
from weakref import WeakValueDictionary

from fastapi import APIRouter, Depends, Request, Response, params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from api import policy
from api.accounts import attempts, phones, queries, refused_actions
from api.accounts.model import IdempotencyKey, SessionKind
from events.work import Work, Works
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Division
from kit.refusal import Kind, Refusal
from kit.rules.typed import DatedRule, ValueRule

COOKIE = "nowalls"
AT_ONCE = 8
"""Requests of one session that are worked on at the same time; more wait, so that none can hold every connection."""
_KEY = re.compile(r"[\x21-\x7e]{8,120}\Z")
_SAFE = {"GET", "HEAD", "OPTIONS"}
_NOTHING = {b"", b"{}", b"null"}
"""Bodies that say nothing; some clients always send one."""
_READ_ONLY = text("set transaction read only")
_turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()


class ActorUnknown(Refusal):
    """Nobody is signed in."""

    code = "actor.unknown"
    kind = Kind.UNKNOWN_ACTOR


class ForeignPage(Refusal):
    """Another site's page tried to act with this browser's cookie."""

    code = "actor.foreign_page"
    kind = Kind.FORBIDDEN


class ReadsOnly(Refusal):
    """A screen on the wall reads; whoever passes it can change nothing."""

    code = "session.reads_only"
    kind = Kind.FORBIDDEN


class TooOften(Refusal):
    """The account has done this as often as the rule allows in a minute."""

    code = "actor.too_often"
    kind = Kind.TOO_MANY


class KeyInvalid(Refusal):
    """The Idempotency-Key has the wrong form."""

    code = "idempotency.key_invalid"


class OtherRequest(Refusal):
    """The key was used for a request with another content."""

    code = "idempotency.other_request"


class Unchanged(Exception):
    """What was asked for is what the asker has; nothing was read, so that no reading is recorded."""

    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.etag = etag


class Answered(Exception):
    """The act was done before; this is what was answered then."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def works_of(request: Request) -> Works:
    """Return the units of work of the running program."""
    return cast("Works", request.app.state.works)


def rules_in(request: Request) -> tuple[type[DatedRule], ...]:
    """Return the rules of the running program's rooms."""
    return cast("tuple[type[DatedRule], ...]", request.app.state.rules)


def cookie_of(request: Request) -> str:
    """Name the cookie; over TLS the prefix makes browsers refuse it from any other host, path or plain connection."""
    return f"__Host-{COOKIE}" if request.url.scheme == "https" else COOKIE


def token_of(request: Request) -> str | None:
    """Return the session token: a bearer token (phones, programs) or the browser's cookie."""
    return _bearer(request) or request.cookies.get(cookie_of(request))


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


async def actor_of(
    request: Request, *, action: str | None = None, at_most: type[ValueRule[int]] | None = None
) -> Actor:
    """Return who acts; refuse `actor.unknown`, and a foreign page that rides on the cookie.

    A write in a phone's session is signed (`phones.take` says what it refuses), one from the wall is refused.
    With an action, refuse also what the policy table refuses to the role, and keep a record of that; with a rule that
    says how often a minute, refuse `actor.too_often`.
    """
    token = token_of(request)
    if not token:
        raise ActorUnknown
    if request.method not in _SAFE and _bearer(request) is None:
        own_page(request)
    async with works_of(request)(SYSTEM("sign-in")) as work:
        session = await queries.session_behind(work, token)
        if session is None:
            raise ActorUnknown
        actor = session.actor
        if request.method not in _SAFE:
            if session.kind is SessionKind.WALL:
                raise ReadsOnly
            if session.public_key is not None:
                await phones.take(work, token, session.public_key, await _signed(request))
        allowed = action is None or policy.allows(request.app.state.policy, actor, action)
        if action is not None and not allowed:
            await refused_actions.record(work, actor, action)  # commits, and is refused after that
        elif at_most is not None and (wait := await attempts.spend(work, at_most, str(actor.account_id))):
            raise TooOften(seconds=wait)
    if not allowed:
        raise policy.NotAllowed(action=action, role=actor.role)
    return actor


async def actor_if_any(request: Request) -> Actor | None:
    """Say who acts where anybody may; a token that is worth nothing, or does not sign, is nobody's."""
    with suppress(ActorUnknown, ReadsOnly, phones.SignatureMissing):
        return await actor_of(request)
    return None


async def _signed(request: Request) -> phones.SignedWrite:
    """Return a write with what the phone's page put into its headers."""
    return phones.SignedWrite(
        method=request.method,
        path=request.url.path,
        counter=request.headers.get("phone-counter", ""),
        signature=request.headers.get("phone-signature", ""),
        body=await request.body(),
    )


def own_page(request: Request) -> None:
    """Refuse `actor.foreign_page` where the browser says that another site's page sends this."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site not in {None, "same-origin", "none"} or (origin and _host_of(origin) != request.headers.get("host")):
        raise ForeignPage


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Opening:
    """Open a unit of work for one action of the policy table; every route has exactly one.

    `own` is for rows that no company's database role may read: the platform's role works, and the route asks for
    nothing but `work.actor.account_id`, or what the asker's own scope has shown before. `at_most` is the rule that
    says how often a minute. `reads` is for a POST that asks: the database lets it write nothing, and a key is not kept.
    """

    action: str
    own: bool = False
    at_most: type[ValueRule[int]] | None = None
    reads: bool = False

    async def __call__(self, request: Request) -> AsyncIterator[Work]:
        """Find the actor, ask the table, begin the transaction, claim the idempotency key inside it."""
        async with _turns.setdefault(token_of(request) or "", asyncio.Semaphore(AT_ONCE)):
            actor = await actor_of(request, action=self.action, at_most=self.at_most)
            provider_id = actor.company.id if actor.company else None
            division_code = actor.scope.code if isinstance(actor.scope, Division) else None
            if self.own:
                actor = Actor(Role.SYSTEM, actor.label, actor.account_id)
            async with works_of(request)(actor) as work:
                key = request.headers.get("idempotency-key")
                if self.reads:
                    await work.session.execute(_READ_ONLY)
                elif key is not None and request.method not in _SAFE:
                    await _claim(work, request, key, provider_id, division_code)
                yield work


def doing(action: str, *, own: bool = False, at_most: type[ValueRule[int]] | None = None, reads: bool = False) -> Any:
    """Declare a route's action; the work commits before the answer leaves (scope="function").

    An application with a route whose action no room's policy names does not start (`api.app.build`).
    """
    return Depends(Opening(action, own, at_most, reads), scope="function")


async def _claim(work: Work, request: Request, key: str, provider_id: UUID | None, division_code: str | None) -> None:
    if not _KEY.match(key):
        raise KeyInvalid
    url, data_key = request.url, work.vault.new_key()
    content = b"\x1f".join((request.method.encode(), url.path.encode(), url.query.encode(), await request.body()))
    digest = hashlib.sha256(content).digest()
    claimed = await work.session.execute(
        insert(IdempotencyKey)
        .values(
            account_id=work.actor.account_id,
            key=key,
            provider_id=provider_id,
            division_code=division_code,
            request_hash=digest,
            claimed_at=work.now,
            data_key=data_key,
        )
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    )
    if claimed.scalar() is not None:
        request.state.claimed = (work, key, data_key)
        return
    mine = IdempotencyKey.account_id == work.actor.account_id, IdempotencyKey.key == key
    earlier = (await work.session.execute(select(IdempotencyKey).where(*mine))).scalar_one()
    if earlier.request_hash != digest:
        raise OtherRequest
    sealed = earlier.body_sealed
    body = "" if sealed is None else work.vault.open(earlier.data_key, _context(work, key), sealed)
    raise Answered(earlier.status or 204, body.encode())


async def _keep(work: Work, key: str, data_key: bytes, response: Response) -> None:
    """Keep an answer, sealed: it may hold a name, or a secret that was to be shown once."""
    body = bytes(response.body).decode()
    mine = IdempotencyKey.account_id == work.actor.account_id, IdempotencyKey.key == key
    await work.session.execute(
        update(IdempotencyKey)
        .where(*mine)
        .values(
            status=response.status_code,
            body_sealed=work.vault.seal(data_key, _context(work, key), body) if body else None,
        )
    )


def _context(work: Work, key: str) -> str:
    return f"idempotency_key|body_sealed|{work.actor.account_id}|{key}"


def openings_of(dependant: Dependant) -> Iterator[Opening]:
    """Return the openings among the dependencies of a route, nested ones included."""
    if isinstance(dependant.call, Opening):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from openings_of(inner)


def camel(name: str) -> str:
    """Return a function's name in camelCase, the operation id of its route."""
    first, *words = name.split("_")
    return first + "".join(word.title() for word in words)


def actions_of(router: APIRouter) -> set[str]:
    """Return the actions that the routes of a router name."""
    routes = (route for route in router.routes if isinstance(route, APIRoute))
    return {opening.action for route in routes for opening in openings_of(route.dependant)}


class Route(APIRoute):
    """A route that names its action, takes only parameters and bodies it knows, and keeps the answer of a claimed act.

    A route that names no action, or two, cannot be made: the program does not start with it. Its operation id is the
    name of its function in camelCase, so that no two can differ.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        name = more.get("name") or endpoint.__name__
        super().__init__(path, endpoint, **more | {"operation_id": camel(name)})

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        actions = [opening.action for opening in openings_of(self.dependant)]
        if len(actions) != (self.name not in policy.OPEN_TO_ALL):
            message = f"the route {self.name} names {actions or 'no action of the policy table'}"
            raise ValueError(message)
        handle = super().get_route_handler()
        declared = {
            param.alias for param in get_flat_params(self.dependant) if isinstance(param.field_info, params.Query)
        }

        reads_itself = "requestBody" in (self.openapi_extra or {})

        async def keeping(request: Request) -> Response:
            if unknown := request.query_params.keys() - declared:
                # A filter that is misspelt must not answer with everything.
                places = [{"loc": ("query", name), "type": "extra_forbidden", "msg": "unknown"} for name in unknown]
                raise RequestValidationError(sorted(places, key=str))
            takes_none = self.body_field is None and not reads_itself and request.method not in _SAFE
            if takes_none and (await request.body()).strip() not in _NOTHING:
                # What is asked for in a body and passed over would be believed to be done.
                raise RequestValidationError([{"loc": ("body",), "type": "extra_forbidden", "msg": "unknown"}])
            response = await handle(request)
            claimed = getattr(request.state, "claimed", None)
            if claimed is not None:
                # The work is still open here: FastAPI closes it after this function and before the first byte leaves.
                work, key, data_key = claimed
                await _keep(work, key, data_key, response)
            return response

        return keeping


async def on_answered(_request: Request, answered: Exception) -> Response:
    """Give the first answer again."""
    assert isinstance(answered, Answered)  # noqa: S101 - registered for this class only
    return Response(
        answered.body or None,
        status_code=answered.status,
        media_type="application/json" if answered.body else None,
        headers={"Idempotency-Replayed": "true"},
    )


async def on_unchanged(_request: Request, unchanged: Exception) -> Response:
    """Answer that nothing has changed."""
    assert isinstance(unchanged, Unchanged)  # noqa: S101 - registered for this class only
    return Response(status_code=304, headers={"ETag": unchanged.etag})


Myself = Annotated[Work, doing("account.read", own=True)]
ChangingMyself = Annotated[Work, doing("account.change", own=True)]
