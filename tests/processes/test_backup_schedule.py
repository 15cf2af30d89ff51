"""Backups by themselves: when one is due, how many stay, and who is told of one that fails."""

import zipfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from bootstrap import backup, backup_schedule
from bootstrap.platform import platform, task
from bootstrap.terminal import FileUnreadable
from kit import loops
from kit.access.actor import SYSTEM
from kit.clock import FixedClock
from kit.settings import CompanionMissing, NumberInvalid, Settings
from processes.rooms import ROOMS
from processes.ticker import Ticker

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
HOUR = timedelta(hours=1)


def settings_of(folder: Path, **more: str) -> Settings:
    (folder / "passphrase").write_text("nine rivers and one bridge\n")
    given = {
        "NOWALLS_HOME": str(folder / "home"),
        "NOWALLS_BACKUPS": str(folder / "backups"),
        "NOWALLS_BACKUP_PASSPHRASE_FILE": str(folder / "passphrase"),
    }
    return Settings.read(given | more)


async def test_a_backup_is_made_when_the_newest_is_old_enough_and_so_many_stay(
    tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "FIRST_PAUSE_SECONDS", 0.05)
    settings = settings_of(tmp_path, NOWALLS_BACKUP_HOURS="2", NOWALLS_BACKUPS_KEPT="2")
    clock = FixedClock(datetime(2026, 3, 1, 8, tzinfo=UTC))
    folder = tmp_path / "backups"
    async with platform(settings, ROOMS, clock=clock) as running:
        room = backup_schedule.room(running.works, settings)
        (chore,) = room.chores
        begin = partial(running.works, SYSTEM("test"))
        for _ in range(6):  # at 8, 10 and 12 o'clock, and not at 9, 11 and 13
            await chore.act(begin)
            clock.advance(HOUR)
            (folder / "nowalls-20260301T000000Z.backup.unfinished").touch()
            (folder / "kept by hand").touch()
        names = sorted(path.name for path in folder.glob("*.backup"))
        assert names == ["nowalls-20260301T100000Z.backup", "nowalls-20260301T120000Z.backup"]
        assert (folder / "kept by hand").exists()
        assert all(zipfile.is_zipfile(folder / name) for name in names)
        assert not any(path.stat().st_mode & 0o077 for path in folder.glob("*.backup"))

        ticker = Ticker(running.works, [room], lease_seconds=3)

        async def says(state: str) -> bool:
            clock.advance(HOUR)
            return await ticker.state() == state

        folder.rename(tmp_path / "moved away")
        folder.write_text("a file where the folder should be")
        async with task(ticker.run()):
            await until(partial(says, "failing: backup"))
            folder.unlink()
            await until(partial(says, "ok"))
        assert list(folder.glob("*.backup"))


async def test_what_would_fail_at_night_is_refused_at_the_start(tmp_path: Path) -> None:
    for more, refusal in (
        ({"NOWALLS_DATABASE_URL": "postgresql://somebody@127.0.0.1:1/nowalls"}, backup.DatabaseElsewhere),
        ({"NOWALLS_BACKUP_PASSPHRASE_FILE": str(tmp_path / "nothing")}, FileUnreadable),
    ):
        settings = settings_of(tmp_path, **more)
        with pytest.raises(refusal):
            backup_schedule.room(None, settings)  # type: ignore[arg-type]  # refused before any work is begun
    assert backup_schedule.room(None, Settings.read({})).chores == ()  # type: ignore[arg-type]  # nothing is to be done


def test_a_setting_of_the_backups_that_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CompanionMissing):
        settings_of(tmp_path, NOWALLS_BACKUP_PASSPHRASE_FILE="")
    for hours in ("0", "-1", "two", "1.5", "99999"):
        with pytest.raises(NumberInvalid):
            settings_of(tmp_path, NOWALLS_BACKUP_HOURS=hours)
