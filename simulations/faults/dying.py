"""Run a module of the platform as a program, and end it without a word at the boundary with a given number.

`python -m simulations.faults.dying 17 processes.worker`: nothing is finished, flushed or said to anybody, as when the
power goes.
"""

import os
import runpy
import sys
from itertools import count

from kit import boundaries
from kit.boundaries import Boundary

STATUS = 137
"""What a shell says of a program that was killed."""


def die_at(number: int) -> None:
    """End this process at its boundary `number`, counted from 1."""
    numbers = count(1)

    def crossed(boundary: Boundary) -> None:  # noqa: ARG001 - which kind it is makes no difference
        if next(numbers) == number:
            os._exit(STATUS)

    boundaries.crossed = crossed


if __name__ == "__main__":
    die_at(int(sys.argv[1]))
    module = sys.argv[2]
    sys.argv = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
