"""Settings are about machines, never about people: where state lives, which servers, which port."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kit.refusal import Refusal


class SettingWrong(Refusal):
    """A setting of the environment cannot be used."""

    code = "setting.wrong"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says; every field has a default that works on one machine."""

    home: Path
    port: int
    database_url: str | None
    kafka: str | None
    geocoder: str

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read NOWALLS_HOME, NOWALLS_PORT, NOWALLS_DATABASE_URL, NOWALLS_KAFKA and NOWALLS_GEOCODER."""
        home = Path(environment.get("NOWALLS_HOME") or "var").expanduser().absolute()
        if " " in str(home) and not environment.get("NOWALLS_DATABASE_URL"):
            raise SettingWrong(name="NOWALLS_HOME", why="the embedded database cannot live on a path with a space")
        port = environment.get("NOWALLS_PORT") or "8000"
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise SettingWrong(name="NOWALLS_PORT", why="a port is a number from 1 to 65535")
        return cls(
            home=home,
            port=int(port),
            database_url=environment.get("NOWALLS_DATABASE_URL") or None,
            kafka=environment.get("NOWALLS_KAFKA") or None,
            geocoder=environment.get("NOWALLS_GEOCODER") or "none",
        )
