"""Every answer that is not what was asked for, as RFC 9457 `application/problem+json`, in the reader's language."""

import logging
from http import HTTPStatus
from typing import Any, Self

from asyncpg import PostgresError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException

from events.work import REQUEST
from kit import text, traces
from kit.database import is_outage
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules.faults import fault_of

log = logging.getLogger("nowalls.api")

MOST_ERRORS, LONGEST_NAME = 50, 80
"""How many faults of an input an answer names, so that it is never much larger than what was sent."""

RETRY, RETRY_SECONDS = {429, 503}, 2
"""The answers that say when to come again, and after how many seconds where nothing more is known."""
_RETRY_AFTER = {
    "description": "after how many seconds to try again",
    "required": True,
    "schema": {"type": "integer", "minimum": 0},
}

STATUS = {
    Kind.INVALID: 422,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.UNKNOWN_ACTOR: 401,
    Kind.TOO_MANY: 429,
    Kind.BUSY: 503,
}


class InputError(BaseModel):
    """One field that cannot be taken; what was sent in it is not repeated."""

    where: list[str] = Field(description="the way to the field, from `body`, `query` or `path` on", max_length=50)
    what: str = Field(description="the kind of error, as pydantic names it", examples=["missing"])
    why: str = Field(description="one sentence in the language of the answer", examples=["缺少此项。"])


class Problem(BaseModel):
    """Why a request was not answered as asked (RFC 9457): a code for programs, sentences for people."""

    type: str = Field(description="`urn:nowalls:` and the code", examples=["urn:nowalls:request.over_quota"])
    title: str = Field(description="what kind of refusal it is, in the language of Accept-Language", examples=["冲突"])
    status: int = Field(description="the HTTP status", examples=[409])
    code: str = Field(description="the refusal; its sentences are at `GET /words`", examples=["request.over_quota"])
    detail: str = Field(
        description="what to tell the person: Chinese unless Accept-Language prefers English", examples=["额度不足。"]
    )
    instance: str = Field(
        description="`urn:uuid:` and the X-Request-Id of this request",
        examples=["urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057"],
    )
    parameters: dict[str, Any] = Field(default={}, description="what stands in the sentence, by name")
    errors: list[InputError] = Field(
        default=[], description="for `input.invalid`: the fields that cannot be taken, at most 50"
    )
    trace: str | None = Field(default=None, description="the number of the log entry, where one was written")


class RefusalAhead(BaseModel):
    """Why something would be refused, said beforehand."""

    code: str = Field(description="the refusal; its sentences are at `GET /words`", examples=["request.over_quota"])
    detail: str = Field(
        description="what to tell the person: Chinese unless Accept-Language prefers English", examples=["额度不足。"]
    )
    parameters: dict[str, Any] = Field(default={}, description="what stands in the sentence, by name")

    @classmethod
    def of(cls, refusal: Refusal, wanted: str) -> Self:
        """Return a refusal in the wanted language."""
        detail = text.sentence(refusal.code, wanted, **refusal.parameters)
        return cls(code=refusal.code, detail=detail, parameters=refusal.parameters)


_TITLES = {
    400: ("请求有误", "Bad request"),
    401: ("未登录", "Not signed in"),
    403: ("无权操作", "Not allowed"),
    404: ("没有找到", "Not found"),
    405: ("方法不可用", "Method not allowed"),
    409: ("冲突", "Conflict"),
    413: ("内容过大", "Too large"),
    422: ("内容有误", "Not acceptable as sent"),
    429: ("过于频繁", "Too many requests"),
    500: ("平台出错", "Internal error"),
    503: ("暂时繁忙", "Unavailable for now"),
}


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe problem answers for the OpenAPI document of a route."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        | ({"headers": {"Retry-After": _RETRY_AFTER}} if status in RETRY else {})
        for status in statuses
    }


def streamed(schema: str, frames: str) -> dict[int | str, dict[str, Any]]:
    """Describe a stream of server-sent events: what its frames are, and the schema of their data."""
    content = {
        "text/event-stream": {"schema": {"type": "string"}, "x-data": {"$ref": f"#/components/schemas/{schema}"}}
    }
    return {200: {"description": frames.strip(), "content": content}}


def language(request: Request) -> str:
    """Choose Chinese unless the client names English before Chinese."""
    wanted = request.headers.get("accept-language", "").lower()
    english, chinese = wanted.find("en"), wanted.find("zh")
    return "en" if english >= 0 and (chinese < 0 or english < chinese) else "zh"


def problem(
    request: Request, status: int, code: str, parameters: dict[str, Any] | None = None, **more: Any
) -> JSONResponse:
    """Build one problem answer."""
    content = Problem(
        type=f"urn:nowalls:{code}",
        title=_TITLES[status][language(request) == "en"],
        status=status,
        code=code,
        detail=text.sentence(code, language(request), **(parameters or {})),
        instance=f"urn:uuid:{REQUEST.get() or new_id()}",
        parameters=parameters or {},
        **more,
    )
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="nowalls"'
    if status in RETRY:
        headers["Retry-After"] = str((parameters or {}).get("seconds", RETRY_SECONDS))
    return JSONResponse(
        content.model_dump(mode="json"), status_code=status, media_type="application/problem+json", headers=headers
    )


def refused(request: Request, refusal: Refusal) -> JSONResponse:
    """Turn a refusal into its answer."""
    errors = [
        {
            "where": [_name(part) for part in error.where],
            "what": error.fault.code,
            "why": _why(error.fault, language(request)),
        }
        for error in refusal.errors[:MOST_ERRORS]
    ]
    return problem(request, STATUS[refusal.kind], refusal.code, refusal.parameters, errors=errors)


async def _on_refusal(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)  # noqa: S101 - registered for this class only
    return refused(request, error)


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    # What was sent is not sent back: it may be personal, and it may be hostile.
    errors = [
        {
            "where": [_name(part) for part in detail["loc"]],
            "what": detail["type"],
            "why": _why(fault_of(detail), language(request)),
        }
        for detail in error.errors()[:MOST_ERRORS]
    ]
    return problem(request, 422, "input.invalid", errors=errors)


def _why(fault: Refusal, wanted: str) -> str:
    return text.sentence(fault.code, wanted, **fault.parameters)


def _name(part: str | int) -> str:
    """Give back where an error is, as far as it can be written and is no longer than a name."""
    return str(part).encode("ascii", "backslashreplace").decode()[:LONGEST_NAME]


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    if error.status_code == 413:
        return problem(request, 413, "input.too_large")
    code = {404: "route.missing", 405: "method.not_allowed"}.get(error.status_code)
    # An unreadable body and a readable but invalid one get the same answer: 422 `input.invalid`.
    answer = problem(request, error.status_code if code else 422, code or "input.invalid")
    answer.headers.update(error.headers or {})
    return answer


_BUSY = ("40", "55P03", "57")
"""SQLSTATE of what passes while the database is there: deadlocks, a lock waited for too long, a statement cut off."""
_RACED = {"23505", "23P01"}
"""SQLSTATE of a row that somebody else wrote first."""


async def _on_database(request: Request, error: Exception) -> JSONResponse:
    trace = str(new_id())
    state = str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")
    if state in _RACED:
        log.warning("raced %s on %s %s: %s", trace, request.method, request.url.path, traces.summary(error))
        return problem(request, 409, "platform.raced", trace=trace)
    if is_outage(error) or state.startswith(_BUSY):
        # One line: while the database is away every request comes here, and the place in the code says nothing.
        log.warning("database away %s on %s %s: %s", trace, request.method, request.url.path, traces.summary(error))
        return problem(request, 503, "platform.busy", {"seconds": RETRY_SECONDS}, trace=trace)
    log.error("database error %s on %s %s\n%s", trace, request.method, request.url.path, traces.traced(error))
    return problem(request, 500, "platform.bug", {"trace": trace}, trace=trace)


def bug(request: Request, error: Exception) -> JSONResponse:
    """Answer what nobody foresaw, and log where it arose."""
    trace = str(new_id())
    log.error("bug %s on %s %s\n%s", trace, request.method, request.url.path, traces.traced(error))
    return problem(request, 500, "platform.bug", {"trace": trace}, trace=trace)


def install(app: FastAPI) -> None:
    """Answer every foreseen kind of failure in one form; the rest is for `bug`."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    for kind in (DBAPIError, NoConnection, PostgresError, OSError):
        app.add_exception_handler(kind, _on_database)
