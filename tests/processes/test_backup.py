"""The words `backup` and `restore`: a district in use comes back whole on an empty machine, or not at all."""

import asyncio
import io
import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from bootstrap import backup
from bootstrap.platform import platform
from events import heads, log
from events.contracts.people import PersonMoved
from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM
from kit.ids import new_id
from kit.settings import Settings
from processes.rooms import ROOMS
from tests.processes.served import run

PASSPHRASE = "nine rivers and one bridge"
CONTEXT = "person|phone|1"


def settings_of(home: Path) -> Settings:
    return Settings(home=home, port=8000, database_url=None, kafka=None, geocoder="none")


async def write(works: Works, events: int) -> None:
    for _ in range(events):
        async with works(SYSTEM("test")) as work:
            work.emit(PersonMoved(person_id=new_id(), division_code="130999001001"))
    async with works(SYSTEM("test")) as work:
        await log.seal(work)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def backed_up(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Back a home up while it is written to; say what was certain before it began."""
    folder = tmp_path_factory.mktemp("backup")
    settings, file = settings_of(folder / "home"), folder / "district.backup"
    async with platform(settings, ROOMS) as running:
        wrapped = running.works.vault.new_key()
        sealed = running.works.vault.seal(wrapped, CONTEXT, "13900000000")
        await write(running.works, 30)
        writing = asyncio.create_task(write(running.works, 3000))
        outcome = await backup.back_up(running.works, settings, file, PASSPHRASE)
        still = not writing.done()
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
    return {"file": file, "outcome": outcome, "wrapped": wrapped, "sealed": sealed, "still": still}


async def test_what_was_committed_before_the_backup_is_restored_with_its_chain_and_its_keys(
    backed_up: dict[str, Any], tmp_path: Path
) -> None:
    assert backed_up["still"]
    assert backed_up["file"].stat().st_mode & 0o777 == 0o600
    secret = tmp_path / "passphrase"
    secret.write_text(PASSPHRASE + "\n")
    home = tmp_path / "home"
    done = await asyncio.to_thread(
        run, home, "restore", str(backed_up["file"]), "--passphrase-file", str(secret), "--json"
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert sorted(path.name for path in home.iterdir() if path.name != "serving.lock") == ["keys", "postgres"]
    async with platform(settings_of(home), ROOMS) as running:
        assert running.works.vault.open(backed_up["wrapped"], CONTEXT, backed_up["sealed"]) == "13900000000"
        async with running.works(SYSTEM("test")) as work:
            verdict = await log.verify(work, anchor=heads.Head.read(backed_up["outcome"]["head"]))
            count = (await work.session.execute(text("select count(*) from event_log"))).scalar_one()
        assert verdict.first_bad is None, verdict.why
        assert 30 <= count < 3000
        # The server goes on counting its transactions from there, so that the sealer finds what is written next.
        await write(running.works, 5)
        async with running.works(SYSTEM("test")) as work:
            assert (await log.head(work)).number == count + 5


async def test_the_words_back_up_and_refuse_what_they_cannot_use(tmp_path: Path) -> None:
    home, secret, file = tmp_path / "home", tmp_path / "passphrase", tmp_path / "district.backup"
    secret.write_text("short")
    done = await asyncio.to_thread(run, home, "backup", str(file), "--passphrase-file", str(secret))
    assert (done.returncode, "12" in done.stderr, file.exists()) == (1, True, False), done.stderr
    done = await asyncio.to_thread(run, home, "backup", str(file), NOWALLS_BACKUP_PASSPHRASE=PASSPHRASE)
    assert done.returncode == 0, done.stderr
    done = await asyncio.to_thread(run, home, "restore", str(file), NOWALLS_BACKUP_PASSPHRASE=PASSPHRASE)
    assert (done.returncode, str(home) in done.stderr) == (1, True), done.stderr
    elsewhere = {"NOWALLS_DATABASE_URL": "postgresql://somebody@127.0.0.1:1/nowalls"}
    done = await asyncio.to_thread(run, home, "backup", str(file), NOWALLS_BACKUP_PASSPHRASE=PASSPHRASE, **elsewhere)
    assert (done.returncode, "NOWALLS_DATABASE_URL" in done.stderr) == (1, True), done.stderr


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def without(content: bytes, part: str) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(kept, "w") as new:
        for entry in old.infolist():
            if entry.filename != part:
                new.writestr(entry, old.read(entry))
    return kept.getvalue()


@pytest.mark.parametrize(
    ("spoil", "passphrase", "refusal"),
    [
        pytest.param(lambda content: content, PASSPHRASE + "!", backup.PassphraseInvalid, id="another passphrase"),
        pytest.param(lambda content: content[: len(content) // 2], PASSPHRASE, backup.BackupDamaged, id="cut"),
        pytest.param(lambda content: flipped(content, len(content) // 2), PASSPHRASE, backup.BackupDamaged, id="bit"),
        pytest.param(lambda content: without(content, "master.age"), PASSPHRASE, backup.BackupDamaged, id="no key"),
        pytest.param(lambda _: b"", PASSPHRASE, backup.BackupDamaged, id="empty"),
        pytest.param(lambda _: os.urandom(5000), PASSPHRASE, backup.BackupDamaged, id="noise"),
    ],
)
async def test_a_spoilt_backup_or_a_wrong_passphrase_leaves_the_home_as_it_was(
    backed_up: dict[str, Any],
    tmp_path: Path,
    spoil: Callable[[bytes], bytes],
    passphrase: str,
    refusal: type[Exception],
) -> None:
    file, home = tmp_path / "spoilt", tmp_path / "home"
    file.write_bytes(spoil(backed_up["file"].read_bytes()))
    with pytest.raises(refusal):
        await asyncio.to_thread(backup.restore, settings_of(home), file, passphrase)
    assert not home.exists() or list(home.iterdir()) == []


async def test_a_file_that_cannot_be_written_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    done = await asyncio.to_thread(
        run, tmp_path / "home", "backup", str(tmp_path / "no" / "folder"), NOWALLS_BACKUP_PASSPHRASE=PASSPHRASE
    )
    assert (done.returncode, "no/folder" in done.stderr) == (1, True), done.stderr


def test_postgresql_that_does_not_answer_is_a_refusal_of_its_own(tmp_path: Path) -> None:
    url = f"postgresql+asyncpg://postgres@/nowalls?host={tmp_path}"
    with pytest.raises(backup.BackupFailed), backup._base_backup(url) as stream:
        assert stream.read() == b""
    assert postgres.program("pg_basebackup").is_file()
