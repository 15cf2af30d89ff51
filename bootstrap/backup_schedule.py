"""Backups by themselves: the ticker writes one into a folder whenever the newest is old enough, and keeps so many."""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bootstrap import backup
from events.work import Begin, Works
from kit import metrics
from kit.room import Chore, Room
from kit.settings import Settings

log = logging.getLogger("nowalls.backup")

LOOK_MINUTES = 5
"""How often the ticker looks whether a backup is due."""
_NAME = re.compile(r"nowalls-(\d{8}T\d{6})Z\.backup")
_STAMP = "%Y%m%dT%H%M%S"


def room(works: Works, settings: Settings) -> Room:
    """Return the chore that backs this home up, or an empty room where NOWALLS_BACKUPS names no folder.

    Refused at once, before anything fails at night: what `backup.check` refuses, and `file.unreadable`.
    """
    if settings.backups is None:
        return Room(name="backups")
    folder, passphrase = settings.backups, backup.read_passphrase(settings.backup_passphrase)
    backup.check(settings, passphrase)
    every = timedelta(hours=settings.backup_hours)

    async def back_up(begin: Begin) -> None:
        async with begin() as work:
            now = work.now
        folder.mkdir(parents=True, exist_ok=True)
        newest = max((at for at, _ in _kept(folder)), default=None)
        if newest is not None:
            metrics.BACKUP_AT.set(newest.timestamp())
        if newest is None or now - newest >= every:
            for unfinished in folder.glob("nowalls-*.backup.unfinished"):  # of a process that was killed
                unfinished.unlink()
            file = folder / f"nowalls-{now.astimezone(UTC):{_STAMP}}Z.backup"
            outcome = await backup.back_up(works, settings, file, passphrase)
            metrics.BACKUP_AT.set(now.timestamp())
            log.info("backed up into %s: %d bytes, head %s", file, outcome["bytes"], outcome["head"])
        for _, old in sorted(_kept(folder), reverse=True)[settings.backups_kept :]:
            old.unlink()

    return Room(
        name="backups",
        chores=(Chore(name="backup", every=timedelta(minutes=LOOK_MINUTES), act=back_up, slow=True),),
    )


def _kept(folder: Path) -> Iterator[tuple[datetime, Path]]:
    for path in folder.iterdir():
        if match := _NAME.fullmatch(path.name):
            yield datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC), path
