"""`python3 run.py check`, one test per tool."""

import subprocess
import sys
from pathlib import Path

import pytest

import run
from tests.house.tree import ROOT


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", run.CHECKS)
def test_the_tool_finds_nothing(name: str) -> None:
    program, *arguments = run.CHECKS[name]
    # beside the Python that runs the tests, whichever that is
    command = [str(Path(sys.executable).parent / program), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
