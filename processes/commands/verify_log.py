"""The words `verify-log` and `log-head`: walk the chain of the event log again, or print its end."""

from typing import Any

import typer

from bootstrap.terminal import Json, run, say
from kit.access.actor import SYSTEM
from processes.commands.works import open_works


def log_head(*, as_json: Json = False) -> None:
    """Print the end of the chain, `NUMBER:HASH`, to be kept on paper for `verify-log --anchor`; and what was signed."""
    say(run(_head()), as_json=as_json)


def verify_log(*, anchor: str | None = None, as_json: Json = False) -> None:
    """Walk the chain over the event log again, and compare it with the newest signed head.

    `--anchor NUMBER:HASH` is a head that was printed earlier. Status 1: the first event that is not as it was.
    """
    verdict = run(_verify(anchor))
    say(
        {
            "head": str(verdict.head),
            "signed": str(verdict.signed) if verdict.signed else None,
            "unsealed": verdict.unsealed,
            "first_bad": verdict.first_bad,
            "why": verdict.why,
        },
        as_json=as_json,
    )
    if verdict.first_bad is not None:
        raise typer.Exit(1)


async def _verify(anchor: str | None) -> Any:
    from events import heads, log

    printed = heads.Head.read(anchor) if anchor is not None else None
    async with open_works() as works, works(SYSTEM("command line")) as work:
        return await log.verify(work, anchor=printed)


async def _head() -> dict[str, Any]:
    from events import log

    async with open_works() as works, works(SYSTEM("command line")) as work:
        signed = await log.signed_head(work)
        return {
            "head": str(await log.head(work)),
            "signed": str(signed) if signed else None,
            "public_key": work.vault.public_key.hex(),
        }
