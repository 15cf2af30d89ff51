"""Count the statements that a process executes through SQLAlchemy.

A benchmark puts a copy of this file on the path of the process that it measures, as `sitecustomize.py`: so it also
works for a process of another revision, which knows nothing of it. Nothing of nowalls may be imported here.
"""

import mmap
import os
from pathlib import Path
from struct import Struct

from sqlalchemy import event
from sqlalchemy.engine import Engine

FOLDER = "NOWALLS_BENCH_COUNTS"
"""The environment variable that names the folder; each process counts in a file named by its id."""
_NUMBER = Struct("<q")


def count_into(path: Path) -> None:
    """Count from now on, in eight bytes of a file that another process may read at any time."""
    path.write_bytes(bytes(_NUMBER.size))
    with path.open("r+b") as file:
        memory = mmap.mmap(file.fileno(), _NUMBER.size)

    def executed(*_: object, **__: object) -> None:
        _NUMBER.pack_into(memory, 0, _NUMBER.unpack_from(memory)[0] + 1)

    event.listen(Engine, "before_cursor_execute", executed)


def counted(folder: Path) -> int:
    """Return how many statements all processes have executed that count in a folder."""
    return sum(int(_NUMBER.unpack(path.read_bytes())[0]) for path in folder.iterdir() if path.name.isdecimal())


if os.environ.get(FOLDER) and __name__ == "sitecustomize":
    count_into(Path(os.environ[FOLDER]) / str(os.getpid()))
