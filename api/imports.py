"""Lists that people bring: what each holds, and bringing one, with a dry run first.

There is one route for each kind that a room declares, so that the policy says of each who may bring it. A file is sent
as it is (CSV or XLSX) or as the part `file` of a form.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

from api import policy
from api.acting import Route, doing
from api.errors import problem
from api.paging import Listing, Rows
from api.shapes import imports as shapes
from bootstrap import imports
from events.work import Work
from kit.imports import tables
from kit.imports.grid import Grid
from kit.refusal import Refusal
from kit.room import ImportKind

router = APIRouter(tags=["imports"], route_class=Route)

PATH: Final = "/imports/"
LARGEST_LIST: Final = 10_000_000
"""How many bytes a list may have over HTTP; the command takes more."""
WORKBOOK: Final = {"type": "string", "format": "binary"}
"""The schema of a body that no text can show an example of."""
_TEXT: Final = WORKBOOK | {"examples": ["姓名,身份证号,…"]}
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": _TEXT},
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {"schema": WORKBOOK},
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"file": _TEXT}, "required": ["file"]},
            },
        },
    }
}


class ListFileMissing(Refusal):
    """The form has no part `file`, or more than one."""

    code = "list.file_missing"


class ColumnInvalid(Refusal):
    """Not which column of a file is which of ours."""

    code = "list.column_invalid"


class ListRefused(Refusal):
    """The list has faults, and nothing of it was written."""

    code = "list.refused"


@router.get("/imports", response_model=Listing[shapes.ListKind], summary="Which lists can be brought?")
async def list_import_kinds(request: Request, work: Annotated[Work, doing("imports.read")]) -> Rows[shapes.ListKind]:
    """Return the kinds of lists with their columns, and whether the reader may bring each."""
    table = request.app.state.policy
    kinds = request.app.state.import_kinds.values()
    return Rows([shapes.kind(entry, may=policy.allows(table, work.actor, entry.action)) for entry in kinds])


def _bring(kind: ImportKind) -> Callable[..., Awaitable[Any]]:
    async def bring_list(
        request: Request,
        work: Annotated[Work, doing(kind.action)],
        *,
        dry_run: Annotated[bool, Query(description="true: make every check and write nothing")] = False,
        column: Annotated[
            list[str] | None,
            Query(
                max_length=50,
                description="OURS=THEIRS: which header of the file is which column",
                examples=["name=称呼"],
            ),
        ] = None,
    ) -> Any:
        """Take in a list, all rows or none; a row that says what is on record changes nothing.

        Where a row has a fault nothing is written: a dry run answers 200 with the faults, a real one 422 with the same
        report beside the problem.
        """
        mapping = _mapping(column or [])
        grid = await _grid(request)
        outcome = await imports.bring(work, kind=kind, grid=grid, mapping=mapping or None, dry_run=dry_run)
        report = shapes.ListReport.model_validate(outcome.report(dry_run=dry_run))
        if not outcome.faults or dry_run:
            return report
        answer = problem(request, 422, ListRefused.code, {"faults": len(outcome.faults)})
        content = json.loads(bytes(answer.body)) | {"report": report.model_dump(mode="json", by_alias=True)}
        return JSONResponse(content, status_code=422, media_type="application/problem+json")

    return bring_list


def _mapping(pairs: list[str]) -> dict[str, str]:
    parts = [pair.partition("=") for pair in pairs]
    for ours, equals, theirs in parts:
        if not (ours and equals and theirs):
            raise ColumnInvalid(given=(ours + equals + theirs)[:60])
    return {theirs: ours for ours, _, theirs in parts}


async def _grid(request: Request) -> Grid:
    """Read the file that was sent, in a thread of its own: others are answered meanwhile."""
    content = await request.body()
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        async with request.form(max_files=2, max_fields=4) as form:
            files = form.getlist("file")
            if len(files) != 1 or not isinstance(files[0], UploadFile):
                raise ListFileMissing
            content = await files[0].read()
    return await asyncio.to_thread(tables.read, content)


def router_of(kinds: Iterable[ImportKind]) -> APIRouter:
    """Return the routes that bring lists of these kinds."""
    bringing = APIRouter(tags=["imports"], route_class=Route)
    for kind in kinds:
        bringing.add_api_route(
            PATH + kind.name,
            _bring(kind),
            methods=["POST"],
            name=f"import_{kind.name}",
            response_model=shapes.ListReport,
            summary=f"Bring a list: {kind.en}",
            openapi_extra=_BODY,
        )
    return bringing
