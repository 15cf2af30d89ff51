"""How the command line speaks: results on standard output, all else on standard error, refusals in two languages."""

import asyncio
import json
from collections.abc import Coroutine
from typing import Annotated, Any

import typer
from rich.console import Console

from kit import text
from kit.refusal import Refusal

Json = Annotated[bool, typer.Option("--json", help="one JSON object on the last line")]
console = Console(stderr=True)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run one command; a refusal is said in both languages and ends with 1."""
    try:
        return asyncio.run(work)
    except Refusal as refusal:
        for language in text.LANGUAGES:
            console.print(text.sentence(refusal.code, language, **refusal.parameters), style="red")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def say(found: dict[str, Any], *, as_json: bool) -> None:
    """Print a result for a person, or as one line for a program."""
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        print(f"{name}: {value}")
