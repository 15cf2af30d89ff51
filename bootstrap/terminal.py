"""How a command speaks: a result in lines for a person or as JSON for a program; refusals as all processes do."""

import json
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

from bootstrap.shutdown import console, run, show
from kit.refusal import Refusal

__all__ = ["Json", "console", "refusing", "run", "say"]

Json = Annotated[bool, typer.Option("--json", help="one JSON object on the last line")]
T = TypeVar("T")


def refusing(work: Callable[[], T]) -> T:
    """Do something; a refusal is said in both languages and ends with 1."""
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
