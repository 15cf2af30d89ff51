"""The word `report`: write the bureau's annual report from the figures of one day."""

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bootstrap.terminal import FileUnreadable, Json, run, say
from kit.access.actor import SYSTEM
from processes.commands.works import open_works

if TYPE_CHECKING:
    from civil.report.drafting import ReportDraft

app = typer.Typer(no_args_is_help=True, help="The bureau's reports, filled from figures.")
_DAY = ["%Y-%m-%d"]


@app.callback()
def report() -> None:
    """Write the bureau's reports."""


@app.command("annual")
def annual(
    *,
    year: Annotated[int, typer.Option(min=2000, max=2199, help="the year of the report")],
    as_of: Annotated[datetime, typer.Option(formats=_DAY, help="the last day that counts, in that year")],
    out: Annotated[Path, typer.Option(help="the .docx to write; the page with its figures is written beside it")],
    draft: Annotated[bool, typer.Option("--draft", help="mark what is missing instead of refusing")] = False,
    as_json: Json = False,
) -> None:
    """Write the annual report as .docx, and beside it as .html with each figure linked to its rows."""
    if as_of.year != year:
        message = f"{as_of:%Y-%m-%d} is no day of {year}"
        raise typer.BadParameter(message)
    if out.suffix != ".docx":
        message = f"{out} does not end in .docx"
        raise typer.BadParameter(message)
    drawn_up, head = run(_drawn_up(as_of.date(), draft=draft))
    say(_written(drawn_up, out) | {"log_head": head}, as_json=as_json)


async def _drawn_up(as_of: date, *, draft: bool) -> tuple["ReportDraft", str]:
    from civil.report import drafting
    from events import log

    async with open_works() as works, works(SYSTEM("command line")) as work:
        return await drafting.draw_up(work, as_of, draft=draft), str(await log.head(work))


def _written(drawn_up: "ReportDraft", out: Path) -> dict[str, Any]:
    from civil.report import document, page

    content, html = document.docx_of(drawn_up), out.with_suffix(".html")
    try:
        out.write_bytes(content)
        html.write_text(page.html_of(drawn_up), encoding="utf-8")
    except OSError as error:
        raise FileUnreadable(file=str(out), why=error.strerror or str(error)) from error
    return {
        "year": drawn_up.as_of.year,
        "as_of": str(drawn_up.as_of),
        "out": str(out),
        "html": str(html),
        "blanks": drawn_up.blanks,
        "filled": drawn_up.filled,
        "assertions": drawn_up.assertions,
        "decided": drawn_up.decided,
        "missing": list(drawn_up.missing),
        "contradictions": 0,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
