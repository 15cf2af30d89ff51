"""How a command speaks: a refusal in both languages, a result in lines for a person or as JSON for a program."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from kit import text
from kit.refusal import Refusal
from kit.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="one JSON object on the last line")]
console = Console(stderr=True)
T = TypeVar("T")


def refusing(work: Callable[[], T]) -> T:
    """Do something; a refusal is said in both languages and ends with 1."""
    try:
        return work()
    except Refusal as refusal:
        for language in text.LANGUAGES:
            console.print(
                text.sentence(refusal.code, language, **refusal.parameters), style="red", markup=False, soft_wrap=True
            )
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run one asynchronous command; see `refusing`."""
    return refusing(lambda: asyncio.run(work))


def say(found: dict[str, Any], *, as_json: bool) -> None:
    """Print a result for a person, or as one line for a program."""
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        print(f"{name}: {value}")


@asynccontextmanager
async def open_works() -> AsyncIterator[Any]:
    """Open the platform of this machine for one command."""
    from processes.assembly import house

    async with house(Settings.read()) as found:
        yield found.works
