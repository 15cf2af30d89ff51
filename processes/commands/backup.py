"""The words `backup` and `restore`: a running home into one encrypted file, and back on an empty machine."""

import os
from pathlib import Path
from typing import Any

import typer

from bootstrap.terminal import Json, refusing, run, say
from kit.access.actor import SYSTEM
from kit.settings import Settings
from processes.commands.works import open_works

VARIABLE = "NOWALLS_BACKUP_PASSPHRASE"


def backup(file: Path, *, passphrase_file: Path | None = None, as_json: Json = False) -> None:
    """Write the whole district, in use or not, into FILE; only the passphrase opens it."""
    say(run(_back_up(file, refusing(lambda: _passphrase(passphrase_file)))), as_json=as_json)


def restore(file: Path, *, passphrase_file: Path | None = None, as_json: Json = False) -> None:
    """Lay FILE out in an empty NOWALLS_HOME, then verify the chain of its event log against the backup's own end."""
    from bootstrap import backup as files

    settings = Settings.read()
    about = refusing(lambda: files.restore(settings, file, _passphrase(passphrase_file)))
    outcome = run(_verify(about["head"]))
    say(about | outcome, as_json=as_json)
    if outcome["first_bad"] is not None:
        raise typer.Exit(1)


def _passphrase(file: Path | None) -> str:
    """Return the first line of the file, the variable, or what a person types; an argument would show in `ps`."""
    if file is None:
        return os.environ.get(VARIABLE) or str(typer.prompt("口令 · passphrase", hide_input=True))
    from bootstrap import backup as files

    return files.read_passphrase(file)


async def _back_up(file: Path, passphrase: str) -> dict[str, Any]:
    from bootstrap import backup as files

    settings = Settings.read()
    files.check(settings, passphrase)
    async with open_works() as works:
        return await files.back_up(works, settings, file, passphrase)


async def _verify(head: str) -> dict[str, Any]:
    from events import heads, log

    async with open_works() as works, works(SYSTEM("restore")) as work:
        verdict = await log.verify(work, anchor=heads.Head.read(head))
        return {
            "events": verdict.head.number + verdict.unsealed,
            "first_bad": verdict.first_bad,
            "why": verdict.why,
        }
