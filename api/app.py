"""The one room that knows HTTP: routes, answers, limits, the start page and the documents."""

import asyncio
from collections import ChainMap
from collections.abc import AsyncIterator, Callable, MutableMapping, Sequence
from contextlib import asynccontextmanager, suppress
from time import perf_counter
from typing import Any
from urllib.parse import quote_plus, unquote_plus
from uuid import UUID

from fastapi import FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from fastapi_offline.core import _STATIC_PATH as SWAGGER
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import acting, desks, document, errors, imports, pages, policy, probes
from api.board import BoardReader
from api.forms import storable
from api.funnel import Board
from api.live import Hub
from bootstrap.imports import kinds
from events.work import REQUEST, Works
from kit import logs, metrics
from kit.ids import new_id
from kit.lookalikes import visible
from kit.metrics import State
from kit.room import Room, rules_of
from kit.version import VERSION

LARGEST_BODY = 1_000_000
V1 = "/api/v1"
"""Where every JSON route stands; the pages, the documents and the probes stay at the root."""
_HEADERS = [
    (b"content-security-policy", pages.CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"geolocation=(self), camera=(self)"),
]
_METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
_ABOUT = """
A nursing home without walls: from a call to a paid visit. Sign in at `POST /api/v1/sessions`, then send the token as
`Authorization: Bearer …`. What changes something may carry an `Idempotency-Key`: sent twice, it acts once. Refusals are
`application/problem+json` with a code and a sentence in Chinese or English (`Accept-Language`). Text holds no control
characters but tabs and line ends; days lie between 1900 and 2199. A list is `{items, next}`; where `next` is
not null, send it as `after` for the rows that follow. A UUID in `X-Request-Id` comes back in the answer and becomes the
correlation id of the events; without one the platform makes it. The words for every state, reason and refusal are at
`GET /api/v1/words`.
"""


class Guard:
    """Refuse what no route can take; add the security headers to every answer and measure it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if storable(unquote_plus(scope["query_string"].decode("latin-1"))):
            scope["query_string"] = _visible(scope["query_string"])
        started, status, begun = perf_counter(), 500, False
        request_id = _request_id(Request(scope))
        request, correlation = REQUEST.set(request_id), logs.CORRELATION.set(str(request_id))
        headers = [*_HEADERS, (b"x-request-id", str(request_id).encode())]
        if not scope["path"].startswith("/swagger/"):
            headers.append((b"cache-control", b"no-store"))
        if scope["scheme"] == "https":
            headers.append((b"strict-transport-security", b"max-age=31536000"))

        async def sending(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
                held = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in headers if pair[0] not in held)]
            await send(message)

        try:
            answer = _refused(Request(scope)) or self.app
            await answer(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - a bug must harm its own request only, and be logged without its words
            refusal = errors.bug(Request(scope), error)
            if begun:
                raise RuntimeError("an answer broke off") from None
            await refusal(scope, receive, sending)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            metrics.HTTP_SECONDS.labels(method, getattr(scope.get("route"), "path", "none"), str(status)).observe(
                perf_counter() - started
            )
            REQUEST.reset(request)
            logs.CORRELATION.reset(correlation)


def _request_id(request: Request) -> UUID:
    """Take over the caller's X-Request-Id where it is a UUID; it becomes the correlation of all that is done."""
    try:
        return UUID(request.headers.get("x-request-id", ""))
    except ValueError:
        return new_id()


def largest(scope: Scope) -> int:
    """Return how many bytes a body may have: a list that somebody brings has more than a form."""
    return imports.LARGEST_LIST if scope["path"].startswith(V1 + imports.PATH) else LARGEST_BODY


class BodyLimit:
    """Count a body as it is read, and answer 413 where it has more bytes than its route takes."""

    def __init__(self, app: ASGIApp) -> None:
        self.forms = RequestBodyLimitMiddleware(app, max_body_size=LARGEST_BODY)
        self.lists = RequestBodyLimitMiddleware(app, max_body_size=imports.LARGEST_LIST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through."""
        listed = scope["type"] == "http" and largest(scope) > LARGEST_BODY
        await (self.lists if listed else self.forms)(scope, receive, send)


def _visible(query: bytes) -> bytes:
    """Return a query without the marks that nobody sees and phones paste: a number must find who it belongs to."""
    text = query.decode("latin-1")
    if "%" not in text or visible(unquote_plus(text)) == unquote_plus(text):
        return query
    pairs = [pair.partition("=") for pair in text.split("&")]
    seen = [
        (quote_plus(visible(unquote_plus(name))), sign, quote_plus(visible(unquote_plus(value))))
        for name, sign, value in pairs
    ]
    return "&".join(map("".join, seen)).encode()


def _refused(request: Request) -> ASGIApp | None:
    """Refuse a body that says it is too large (one that does not say is counted as it is read), and odd addresses."""
    if not request.scope["query_string"].isascii():
        return errors.problem(request, 400, "address.not_encoded")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > largest(request.scope):
        return errors.problem(request, 413, "input.too_large")
    if storable(request.scope["path"]) and storable(unquote_plus(request.url.query)):
        return None
    return errors.problem(request, 422, "input.invalid")


class _Described(FastAPI):
    """An application whose document says also what FastAPI cannot know."""

    def openapi(self) -> dict[str, Any]:
        """Give the document."""
        if self.openapi_schema is None:
            self.openapi_schema = document.complete(super().openapi())
        return self.openapi_schema


def build(
    works: Works,
    rooms: Sequence[Room],
    *,
    parts: MutableMapping[str, State] | None = None,
    demo_percent: Callable[[], int | None] = lambda: None,
) -> FastAPI:
    """Build the application on units of work.

    `parts` are the neighbours in this process that /health names; `demo_percent` is what /me says of a demo's history.
    """
    reader = BoardReader(works)
    hub = Hub(works.database.url, reader.change)

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        app.state.parts = ChainMap({"live": hub.state}, app.state.parts)
        tasks = [asyncio.create_task(hub.run()), asyncio.create_task(hub.show_changes())]
        yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    app = _Described(
        title="nowalls",
        version=VERSION,
        summary="没有围墙的敬老院",
        description=_ABOUT,
        lifespan=running,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    rooms = tuple(rooms)
    app.state.policy = policy.merged(rooms)
    app.state.works, app.state.hub, app.state.board = works, hub, Board(works)
    app.state.open_requests = reader
    app.state.rules = rules_of(rooms)
    app.state.import_kinds = kinds(rooms)
    app.state.parts = {} if parts is None else parts
    app.state.demo_percent = demo_percent
    errors.install(app)
    app.add_exception_handler(acting.Answered, acting.on_answered)
    app.add_exception_handler(acting.Unchanged, acting.on_unchanged)
    app.add_middleware(GZipMiddleware, minimum_size=1024)
    app.add_middleware(BodyLimit)
    app.add_middleware(Guard)
    routers = [router for room in rooms for router in room.routers]
    for router in (*routers, imports.router_of(app.state.import_kinds.values())):
        if strangers := [route for route in router.routes if not isinstance(route, acting.Route)]:
            message = f"{strangers} are under no policy: their router wants route_class=Route"
            raise ValueError(message)
        if unknown := acting.actions_of(router) - app.state.policy.keys():
            message = f"no room's policy says who may do {', '.join(sorted(unknown))}"
            raise ValueError(message)
        app.include_router(router, prefix="" if router is probes.router else V1)
    app.mount("/swagger", StaticFiles(directory=SWAGGER), name="swagger")
    desks.install(app)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        page = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="nowalls",
            swagger_js_url="/swagger/swagger-ui-bundle.js",
            swagger_css_url="/swagger/swagger-ui.css",
            swagger_favicon_url="/swagger/favicon.png",
        )
        return pages.answer(bytes(page.body).decode())

    @app.get("/", include_in_schema=False)
    async def start() -> Response:
        return pages.answer(pages.START.read_text(encoding="utf-8"))

    @app.get("/tour", include_in_schema=False)
    async def tour() -> Response:
        return pages.answer(pages.tour())

    return app


def build_probes(works: Works, rooms: Sequence[Room], parts: MutableMapping[str, State]) -> FastAPI:
    """Build the application of a process without an API: /health by part and /metrics, and nothing else."""
    app = FastAPI(title="nowalls", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.works, app.state.parts, app.state.inside = works, parts, True
    app.state.rules = rules_of(rooms)
    errors.install(app)
    app.add_middleware(Guard)
    app.include_router(probes.router)
    return app
