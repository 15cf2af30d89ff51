"""What the machine under the tests can run beside Python."""

import os
import shutil
import socket
from typing import NoReturn

import pytest


def need(part: str, *programs: str) -> None:
    """Skip the test where a program of `part` is missing; fail it where NOWALLS_REQUIRE names the part."""
    if missing := [program for program in programs if not shutil.which(program)]:
        lack(part, f"{part} needs {', '.join(missing)}, not installed here")


def lack(part: str, why: str) -> NoReturn:
    """Skip the test because the machine has not got `part`; fail it where NOWALLS_REQUIRE names the part."""
    if part in os.environ.get("NOWALLS_REQUIRE", "").split(","):
        pytest.fail(why)
    pytest.skip(why)


def free_port() -> int:
    """Find a port of this machine that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
