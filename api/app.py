"""The one room that knows HTTP: routes, answers, limits, the start page and the documents."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from fastapi_offline.core import _STATIC_PATH as SWAGGER
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import acting, errors, pages
from api.errors import Problem
from api.funnel import Board
from api.live import Hub
from events.work import Works
from kit import metrics
from kit.metrics import State

HERE = Path(__file__).resolve().parent
LARGEST_BODY = 1_000_000
_HEADERS = {
    b"content-security-policy": pages.CSP.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"permissions-policy": b"geolocation=(self), camera=(self)",
}
_ABOUT = """
A nursing home without walls: from a call to a paid visit. Sign in at `POST /sessions`, then send the token as
`Authorization: Bearer …`. Every POST may carry an `Idempotency-Key`: sent twice, it acts once. Refusals are
`application/problem+json` with a code and a sentence in Chinese or English (`Accept-Language`).
"""


class Guard:
    """Bound the body, add the security headers, measure: for every answer, whatever made it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status, size, refused = perf_counter(), 500, 0, False

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                held = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"], *((name, value) for name, value in _HEADERS.items() if name not in held)
                ]  # fmt: skip
            await send(message)

        async def bounded() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > LARGEST_BODY:
                # The reader gets the end of the body instead; what it then makes of it is replaced by one refusal.
                return {"type": "http.request", "body": b"", "more_body": False}
            return message

        async def answering(message: Message) -> None:
            nonlocal refused
            if size > LARGEST_BODY and not refused:
                refused = True
                answer = errors.problem(Request(scope), 413, "input.too_large")
                await answer(scope, receive, sending)
            if not refused:
                await sending(message)

        try:
            await self.app(scope, bounded, answering)
        finally:
            route = scope.get("route")
            metrics.HTTP_SECONDS.labels(scope["method"], getattr(route, "path", "none"), str(status)).observe(
                perf_counter() - started
            )


def routers() -> list[APIRouter]:
    """Return every resource's router: each file of this room that has one."""
    found = [
        getattr(import_module(f"api.{path.stem}"), "router", None)
        for path in sorted(HERE.glob("*.py"))
        if path.stem not in {"__init__", "app"}
    ]
    return [router for router in found if router is not None]


def build(works: Works, *, parts: Mapping[str, State] | None = None) -> FastAPI:
    """Build the application on units of work; `parts` are the neighbours in this process that /health names."""
    hub = Hub(works.database.url)

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        app.state.parts = {"live": hub.state, **(parts or {})}
        task = asyncio.create_task(hub.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    app = FastAPI(
        title="nowalls", version="1", summary="没有围墙的敬老院", description=_ABOUT, lifespan=running, docs_url=None,
        redoc_url=None, generate_unique_id_function=lambda route: route.name,
    )  # fmt: skip
    app.state.works, app.state.hub, app.state.board = works, hub, Board(works)
    app.state.parts = parts or {}
    errors.install(app)
    app.add_exception_handler(acting.Answered, acting.on_answered)
    app.add_middleware(GZipMiddleware, minimum_size=1024)
    app.add_middleware(Guard)
    for router in routers():
        app.include_router(router)
    app.mount("/swagger", StaticFiles(directory=SWAGGER), name="swagger")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        page = get_swagger_ui_html(
            openapi_url="/openapi.json", title="nowalls", swagger_js_url="/swagger/swagger-ui-bundle.js",
            swagger_css_url="/swagger/swagger-ui.css", swagger_favicon_url="/swagger/favicon.png",
        )  # fmt: skip
        return pages.answer(bytes(page.body).decode())

    @app.get("/", include_in_schema=False)
    async def start() -> Response:
        return pages.answer(pages.START.read_text(encoding="utf-8"))

    @app.get("/tour", include_in_schema=False)
    async def tour() -> Response:
        return pages.answer(pages.tour())

    plain_openapi = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain_openapi()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.setdefault("Problem", Problem.model_json_schema(ref_template="#/components/schemas/{model}"))
        return document

    setattr(app, "openapi", openapi)  # noqa: B010 - FastAPI's documented way to extend the document
    return app
