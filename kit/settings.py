"""Settings are about machines, never about people: where state lives, which servers, which port."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from kit.refusal import Refusal


class SettingInvalid(Refusal):
    """A setting of the environment cannot be used."""

    code = "setting.invalid"


class HomePath(SettingInvalid):
    """The embedded PostgreSQL is started through a shell and an address, which such a path would break."""

    code = "setting.home_path"


class PortInvalid(SettingInvalid):
    """Not the number of a port."""

    code = "setting.port"


class DatabaseUrlInvalid(SettingInvalid):
    """Not the address of a PostgreSQL; it may hold a password, so that it is not repeated."""

    code = "setting.database_url"


_PLAIN_PATH = re.compile(r"[\w./,~-]+")
_DIALECTS = {"postgres", "postgresql", "postgresql+asyncpg"}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says; every field has a default that works on one machine."""

    home: Path
    port: int
    database_url: str | None
    kafka: str | None
    geocoder: str

    @property
    def embedded(self) -> Path:
        """Say where the embedded server keeps its data."""
        return self.home / "postgres"

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read NOWALLS_HOME, NOWALLS_PORT, NOWALLS_DATABASE_URL, NOWALLS_KAFKA and NOWALLS_GEOCODER."""
        home = Path(environment.get("NOWALLS_HOME") or "var").expanduser().absolute()
        if not _PLAIN_PATH.fullmatch(str(home)) and not environment.get("NOWALLS_DATABASE_URL"):
            raise HomePath(home=str(home))
        port = environment.get("NOWALLS_PORT") or "8000"
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise PortInvalid(given=port[:20])
        return cls(
            home=home,
            port=int(port),
            database_url=_database(environment.get("NOWALLS_DATABASE_URL")),
            kafka=environment.get("NOWALLS_KAFKA") or None,
            geocoder=environment.get("NOWALLS_GEOCODER") or "none",
        )


def _database(given: str | None) -> str | None:
    """Return the address for the driver in use, from any of the forms in which PostgreSQL's addresses are written."""
    if not given:
        return None
    try:
        url = make_url(given)
    except (ArgumentError, ValueError) as error:
        raise DatabaseUrlInvalid from error
    if url.drivername not in _DIALECTS or not url.database:
        raise DatabaseUrlInvalid
    return url.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
