"""What the machine under the tests can run beside Python."""

import os
import shutil

import pytest


def need(part: str, *programs: str) -> None:
    """Skip the test where a program of `part` is missing; fail it where NOWALLS_REQUIRE names the part."""
    missing = [program for program in programs if not shutil.which(program)]
    if not missing:
        return
    why = f"{part} needs {', '.join(missing)}, not installed here"
    if part in os.environ.get("NOWALLS_REQUIRE", "").split(","):
        pytest.fail(why)
    pytest.skip(why)
