"""The output of commands: a result as lines for a person or as JSON for a program, and refusals in both languages."""

import json
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

from bootstrap.shutdown import console, run, show
from kit.refusal import Refusal

__all__ = ["FileUnreadable", "Json", "console", "refusing", "run", "say"]

Json = Annotated[bool, typer.Option("--json", help="one JSON object on the last line")]
T = TypeVar("T")


class FileUnreadable(Refusal):
    """A file that was named cannot be read or written."""

    code = "file.unreadable"


def refusing(work: Callable[[], T]) -> T:
    """Run a command; print a refusal in both languages and exit with status 1."""
    try:
        return work()
    except Refusal as refusal:
        show(refusal)
        raise typer.Exit(1) from None


def say(result: dict[str, Any], *, as_json: bool) -> None:
    """Print a result for a person, or as one line for a program."""
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
        return
    for name, value in result.items():
        print(f"{name}: {value}")
