"""Back a home up while it is in use, into one file that only its passphrase opens; and restore it on an empty machine.

The file is a zip archive without compression. Its parts are written by age, so that they can be opened without this
program as well:

    key.age             an age identity under the passphrase; every other part is encrypted to it
    about.age           JSON: version, instant, and the end of the event log's chain when the backup began
    master.age          the vault's master key
    database.tar.gz.age the embedded PostgreSQL as pg_basebackup writes it, with its journal

A physical copy keeps the server's transaction numbers, by which the chain is sealed; a logical dump would not.
"""

import asyncio
import json
import os
import shutil
import subprocess
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final, cast

import pyrage
from sqlalchemy import make_url

from bootstrap.terminal import FileUnreadable
from events import log
from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM
from kit.refusal import Kind, Refusal
from kit.settings import Settings
from kit.version import VERSION

SHORTEST_PASSPHRASE: Final = 12
_LEFT_BEHIND: Final = (".handle_pids.json", "postmaster.pid", "postmaster.opts", ".s.PGSQL.5432.lock")
"""Files of the server that ran; the restored one writes its own."""


class PassphraseShort(Refusal):
    """The passphrase has too few characters to protect a whole district."""

    code = "backup.passphrase_short"


class PassphraseInvalid(Refusal):
    """The passphrase does not open the backup."""

    code = "backup.passphrase_invalid"


class BackupDamaged(Refusal):
    """The file is no backup, or not as it was written."""

    code = "backup.damaged"


class BackupFailed(Refusal):
    """PostgreSQL did not give its data."""

    code = "backup.failed"
    kind = Kind.BUSY


class DatabaseElsewhere(Refusal):
    """The database is a server of its own, which has its own tools."""

    code = "backup.database_elsewhere"


class HomeTaken(Refusal):
    """There is a database or a key in the home already."""

    code = "backup.home_taken"
    kind = Kind.CONFLICT


def read_passphrase(file: Path) -> str:
    """Return the first line of a file; refuse `file.unreadable`."""
    try:
        return file.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(file=str(file), why=str(error)) from error


def check(settings: Settings, passphrase: str) -> None:
    """Refuse `backup.database_elsewhere` and `backup.passphrase_short`."""
    if settings.database_url:
        raise DatabaseElsewhere
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise PassphraseShort(least=SHORTEST_PASSPHRASE)


async def back_up(works: Works, settings: Settings, file: Path, passphrase: str) -> dict[str, Any]:
    """Write a backup of the running home; return its instant, its chain's end and its size in bytes.

    The file appears whole or not at all. What is committed after the beginning may be in it or not; what was committed
    before is.
    """
    check(settings, passphrase)
    async with works(SYSTEM("backup")) as work:
        about = {"version": VERSION, "at": work.now.isoformat(), "head": str(await log.head(work))}
    unfinished = file.with_name(file.name + ".unfinished")
    try:
        size = await asyncio.to_thread(_write, unfinished, settings, works.database.url, passphrase, about)
        unfinished.replace(file)
    except OSError as error:
        raise FileUnreadable(file=str(file), why=error.strerror or str(error)) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return about | {"bytes": size}


def _write(file: Path, settings: Settings, url: str, passphrase: str, about: dict[str, Any]) -> int:
    identity = pyrage.x25519.Identity.generate()
    recipients = [identity.to_public()]
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as raw, zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("key.age", pyrage.passphrase.encrypt(str(identity).encode(), passphrase))
        archive.writestr("about.age", pyrage.encrypt(json.dumps(about).encode(), recipients))
        archive.writestr("master.age", pyrage.encrypt((settings.home / "keys" / "master").read_bytes(), recipients))
        with archive.open("database.tar.gz.age", "w", force_zip64=True) as part, _base_backup(url) as stream:
            pyrage.encrypt_io(stream, part, recipients)
        archive.close()
        raw.flush()
        os.fsync(raw.fileno())
    return file.stat().st_size


@contextmanager
def _base_backup(url: str) -> Iterator[IO[bytes]]:
    """Run pg_basebackup and yield what it writes; refuse `backup.failed` with its own words."""
    address = make_url(url)
    command: list[str | Path] = [
        postgres.program("pg_basebackup"),
        *("--pgdata", "-", "--format", "tar", "--gzip", "--wal-method", "fetch", "--checkpoint", "fast"),
        *("--host", str(address.query["host"]), "--username", str(address.username), "--no-password"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603 - our own program and no words from outside
    said: list[bytes] = []
    stderr = cast("IO[bytes]", process.stderr)
    listening = threading.Thread(target=lambda: said.append(stderr.read()))
    listening.start()
    try:
        yield cast("IO[bytes]", process.stdout)
    finally:
        cast("IO[bytes]", process.stdout).close()
        status = process.wait()
        listening.join()
        stderr.close()
    if status:
        raise BackupFailed(why=(said[0].decode(errors="replace").strip().splitlines() or ["?"])[-1])


def restore(settings: Settings, file: Path, passphrase: str) -> dict[str, Any]:
    """Lay the home of a backup out in an empty one; return the backup's version, instant and end of the chain.

    Every part is authenticated: a byte that is not as it was written is refused.

    Refused: `backup.` passphrase_invalid, damaged, home_taken, database_elsewhere; `file.unreadable`. After a refusal
    the home is as it was.
    """
    check(settings, passphrase)
    keys, database = settings.home / "keys", settings.embedded
    if keys.exists() or database.exists():
        raise HomeTaken(home=str(settings.home))
    unfinished = settings.home / "restoring"
    try:
        with zipfile.ZipFile(file) as archive:
            about = _lay_out(archive, unfinished, passphrase)
        postgres.give_to_server(unfinished / "postgres")
        (unfinished / "keys").rename(keys)
        (unfinished / "postgres").rename(database)
    except OSError as error:
        raise FileUnreadable(file=str(file), why=error.strerror or str(error)) from error
    except (zipfile.BadZipFile, KeyError, tarfile.TarError, EOFError, ValueError) as error:
        raise BackupDamaged(why=str(error)) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return about


def _lay_out(archive: zipfile.ZipFile, folder: Path, passphrase: str) -> dict[str, Any]:
    try:
        identity = pyrage.x25519.Identity.from_str(
            pyrage.passphrase.decrypt(archive.read("key.age"), passphrase).decode()
        )
    except pyrage.DecryptError as error:
        raise PassphraseInvalid from error
    shutil.rmtree(folder, ignore_errors=True)
    database = folder / "postgres"
    database.mkdir(parents=True, mode=0o700)
    (folder / "keys").mkdir(mode=0o700)
    try:
        about: dict[str, Any] = json.loads(pyrage.decrypt(archive.read("about.age"), [identity]))
        descriptor = os.open(folder / "keys" / "master", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(descriptor, "wb") as key:
            key.write(pyrage.decrypt(archive.read("master.age"), [identity]))
        with archive.open("database.tar.gz.age") as part:
            _extract(part, identity, database)
    except pyrage.DecryptError as error:
        raise BackupDamaged(why=str(error)) from error
    for name in _LEFT_BEHIND:
        (database / name).unlink(missing_ok=True)
    return about


def _extract(part: IO[bytes], identity: Any, folder: Path) -> None:
    """Decrypt a part and unpack it as it comes: a whole district need not lie on the disk twice."""
    ends = os.pipe()
    failed: list[Exception] = []

    def decrypt() -> None:
        with os.fdopen(ends[1], "wb") as writer, suppress(BrokenPipeError):
            try:
                pyrage.decrypt_io(part, writer, [identity])
            except (pyrage.DecryptError, OSError, ValueError) as error:
                failed.append(error)

    thread = threading.Thread(target=decrypt)
    thread.start()
    try:
        with os.fdopen(ends[0], "rb") as reader, tarfile.open(fileobj=reader, mode="r|gz") as tar:
            tar.extractall(folder, filter="data")
    finally:
        thread.join()
        if failed:
            raise BackupDamaged(why=str(failed[0]))
