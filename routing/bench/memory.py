"""How much memory the insertion engine takes above an interpreter with numba: a fresh process that measures itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")
ROOT = Path(__file__).parents[2]


def measured() -> dict[str, float]:
    """Measure in a process of its own: megabytes above numba after import, with kernels, and with 600 × 12 visits.

    Empty where the system has no /proc.
    """
    if not STATUS.exists():
        return {}
    command = [sys.executable, "-c", f"from {__name__} import print_steps; print_steps()"]
    process = subprocess.run(  # noqa: S603 - this interpreter and this module
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    megabytes: dict[str, float] = json.loads(process.stdout)
    return megabytes


def print_steps() -> None:
    """Print what each step adds to the process."""
    import numba  # noqa: PLC0415 - what this very import takes is not ours

    numba.njit(lambda number: number)(1)  # brings the compiler
    before = _resident()
    from routing.bench import district  # noqa: PLC0415 - measured from here on
    from routing.solve import warm  # noqa: PLC0415 - measured from here on

    steps = {"imported": _resident() - before}
    warm()
    steps["warm"] = _resident() - before
    problem = district.build(district.Town())
    steps["with_problem"] = _resident() - before
    board = district.filled(problem)
    steps[f"with_{board.worker_count}_workers"] = _resident() - before
    sys.stdout.write(json.dumps({name: round(megabytes, 1) for name, megabytes in steps.items()}))


def _resident() -> float:
    line = next(line for line in STATUS.read_text("ascii").splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024.0
