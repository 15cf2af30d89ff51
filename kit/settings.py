"""Settings are about machines, never about people: where state lives, which servers, which port."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from kit.logs import LogForm
from kit.refusal import Refusal


class SettingInvalid(Refusal):
    """A setting of the environment cannot be used."""

    code = "setting.invalid"


class HomePath(SettingInvalid):
    """The embedded PostgreSQL is started through a shell and an address, which such a path would break."""

    code = "setting.home_path"


class PortInvalid(SettingInvalid):
    """The port is not a number of a port."""

    code = "setting.port"


class LogFormInvalid(SettingInvalid):
    """Neither `text` nor `json`."""

    code = "setting.log_form"


class SourceInvalid(SettingInvalid):
    """Not a URI, so that no event could name it as its source."""

    code = "setting.source"


class NumberInvalid(SettingInvalid):
    """Not a whole number, or none between the bounds."""

    code = "setting.number"


class SecretUnreadable(SettingInvalid):
    """The file that a secret should be read from cannot be read, or is empty."""

    code = "setting.secret_file"


class CompanionMissing(SettingInvalid):
    """A setting that needs another one stands alone."""

    code = "setting.companion_missing"


class DatabaseUrlInvalid(SettingInvalid):
    """Not the address of a PostgreSQL; it may hold a password, so that it is not repeated."""

    code = "setting.database_url"


_URI = re.compile(r"[a-z][a-z0-9+.-]*:[!-~]{1,120}")
_PLAIN_PATH = re.compile(r"[\w./,~-]+")
_DIALECTS = {"postgres", "postgresql", "postgresql+asyncpg"}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the environment; every field has a default that works on one machine."""

    home: Path
    port: int
    database_url: str | None
    kafka: str | None
    geocoder: str
    probe_port: int | None = None
    log_form: LogForm = LogForm.TEXT
    source: str | None = None
    kafka_user: str | None = None
    kafka_password: str | None = field(default=None, repr=False)
    kafka_ca: Path | None = None
    log_heads: Path | None = None
    backups: Path | None = None
    backup_passphrase: Path = Path()
    backup_hours: int = 24
    backups_kept: int = 14
    pdf_font: Path | None = None

    @property
    def signed_heads(self) -> Path:
        """Return the file in which the signed heads of the log are kept."""
        return self.log_heads or self.home / "log-heads"

    @property
    def embedded(self) -> Path:
        """Return the folder of the embedded server's data."""
        return self.home / "postgres"

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the variables that begin with NOWALLS_; an empty one counts as not set."""
        home = Path(environment.get("NOWALLS_HOME") or "var").expanduser().absolute()
        if not _PLAIN_PATH.fullmatch(str(home)) and not environment.get("NOWALLS_DATABASE_URL"):
            raise HomePath(home=str(home))
        return cls(
            home=home,
            port=_port(environment.get("NOWALLS_PORT") or "8000"),
            database_url=_database(
                environment.get("NOWALLS_DATABASE_URL"), _secret(environment, "NOWALLS_DATABASE_PASSWORD_FILE")
            ),
            kafka=environment.get("NOWALLS_KAFKA") or None,
            geocoder=environment.get("NOWALLS_GEOCODER") or "none",
            probe_port=_port(probe) if (probe := environment.get("NOWALLS_PROBE_PORT")) else None,
            log_form=_log_form(environment.get("NOWALLS_LOG")),
            source=_source(environment.get("NOWALLS_SOURCE")),
            kafka_user=environment.get("NOWALLS_KAFKA_USER") or None,
            kafka_password=_kafka_password(environment),
            kafka_ca=_path(environment.get("NOWALLS_KAFKA_CA")),
            log_heads=_path(environment.get("NOWALLS_LOG_HEADS")),
            backups=_path(environment.get("NOWALLS_BACKUPS")),
            backup_passphrase=_companion(environment, "NOWALLS_BACKUPS", "NOWALLS_BACKUP_PASSPHRASE_FILE"),
            backup_hours=_number(environment, "NOWALLS_BACKUP_HOURS", 24, most=24 * 31),
            backups_kept=_number(environment, "NOWALLS_BACKUPS_KEPT", 14, most=10_000),
            pdf_font=_path(environment.get("NOWALLS_PDF_FONT")),
        )


def _path(given: str | None) -> Path | None:
    return Path(given).expanduser().absolute() if given else None


def _companion(environment: Mapping[str, str], name: str, companion: str) -> Path:
    """Return the path that `companion` names; refuse `setting.companion_missing` where `name` is set without it."""
    path = _path(environment.get(companion))
    if environment.get(name) and path is None:
        raise CompanionMissing(name=name, companion=companion)
    return path or Path()


def _secret(environment: Mapping[str, str], name: str) -> str | None:
    """Return the first line of the file that a setting names; refuse `setting.secret_file`."""
    path = _path(environment.get(name))
    if path is None:
        return None
    try:
        secret = path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretUnreadable(name=name, file=str(path), why=str(error)) from error
    if not secret:
        raise SecretUnreadable(name=name, file=str(path), why="empty")
    return secret


def _kafka_password(environment: Mapping[str, str]) -> str | None:
    _companion(environment, "NOWALLS_KAFKA_USER", "NOWALLS_KAFKA_PASSWORD_FILE")
    return _secret(environment, "NOWALLS_KAFKA_PASSWORD_FILE")


def _number(environment: Mapping[str, str], name: str, proposed: int, *, most: int) -> int:
    given = environment.get(name) or str(proposed)
    if not given.isdecimal() or not 1 <= int(given) <= most:
        raise NumberInvalid(name=name, given=given[:20], most=most)
    return int(given)


def _port(given: str) -> int:
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise PortInvalid(given=given[:20])
    return int(given)


def _source(given: str | None) -> str | None:
    if given and not _URI.fullmatch(given):
        raise SourceInvalid(given=given[:20])
    return given or None


def _log_form(given: str | None) -> LogForm:
    if not given:
        return LogForm.TEXT
    if given not in set(LogForm):
        raise LogFormInvalid(given=given[:20])
    return LogForm(given)


def _database(given: str | None, password: str | None) -> str | None:
    """Return the address for the driver in use, from any of the forms in which PostgreSQL's addresses are written."""
    if not given:
        return None
    try:
        url = make_url(given)
    except (ArgumentError, ValueError) as error:
        raise DatabaseUrlInvalid from error
    if url.drivername not in _DIALECTS or not url.database:
        raise DatabaseUrlInvalid
    if password is not None:
        url = url.set(password=password)
    return url.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
