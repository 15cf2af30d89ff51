"""How this room compiles its kernels: typed decorators, machine code kept on disk, results exact to the last bit.

No `fastmath`: a decision must come out the same in the kernel, in NumPy and in plain Python.

numba keeps machine code until the kernel's own file changes, although the code also holds constants and functions of
the files it imports. Here a kernel is stale as soon as any file of this room that it imports, however indirectly, has
changed: an upgrade can never run half of the old kernel.
"""

import hashlib
import pickle
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numba
from numba.core import caching

P = ParamSpec("P")
T = TypeVar("T")

_ROOT = Path(__file__).parent.parent
_IMPORT = re.compile(r"^(?:from|import) (routing[.\w]*)(?: import (\([^)]*\)|[^\n]*))?", re.MULTILINE)


@cache
def _imported(path: Path) -> frozenset[Path]:
    """Find the files of this room that a file imports directly."""
    files: set[Path] = set()
    for module, names in _IMPORT.findall(path.read_text("utf-8")):
        for dotted in (module, *(f"{module}.{name}" for name in re.findall(r"\w+", names))):
            file = _ROOT.joinpath(*dotted.split(".")).with_suffix(".py")
            if file.exists():
                files.add(file)
    return frozenset(files)


@cache
def _stamp(path: Path) -> str:
    """Digest a file and every file of this room that it imports, however indirectly."""
    files, waiting = {path}, [path]
    while waiting:
        fresh = _imported(waiting.pop()) - files
        files |= fresh
        waiting.extend(fresh)
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()


class BesideSource(caching.InTreeCacheLocator):
    """Keep machine code in `__pycache__`, until the file or what it imports changes."""

    def get_source_stamp(self) -> str:
        """Give what must be the same for the machine code to be used again."""
        return _stamp(Path(self._py_file))


class InHome(caching.UserWideCacheLocator):
    """Keep machine code in the user's cache where the source folder cannot be written."""

    def get_source_stamp(self) -> str:
        """Give what must be the same for the machine code to be used again."""
        return _stamp(Path(self._py_file))


numba.config.CACHE_LOCATOR_CLASSES = f"{__name__}.{BesideSource.__name__},{__name__}.{InHome.__name__}"  # type: ignore[attr-defined]  # numba.config fills itself at run time


_UNREADABLE = (ImportError, AttributeError, LookupError, TypeError, ValueError, EOFError, pickle.UnpicklingError)
"""What unpickling a file raises that is cut short, or that names a module or a class which is gone."""


class _Index(caching.IndexDataCacheFile):
    """The list of a kernel's machine code; one that cannot be read is thrown away, and the kernel compiled anew.

    Reading it imports the modules of the types that it names before its stamp is compared, and after an upgrade a
    module may be gone.
    """

    def _load_index(self) -> dict[Any, str]:
        try:
            overloads: dict[Any, str] = super()._load_index()  # type: ignore[no-untyped-call]  # numba has no types
        except _UNREADABLE:
            with suppress(OSError):  # of a folder that cannot be written it is passed over each time
                Path(self._index_path).unlink()
            return {}
        return overloads


def _compile(function: Callable[P, T], **options: Any) -> Callable[P, T]:
    how = {"cache": True, "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, **options}
    kernel: Callable[P, T] = numba.njit(**how)(function)
    kernel._cache._cache_file.__class__ = _Index  # type: ignore[attr-defined]  # noqa: SLF001 - no option names it
    return kernel


def compiled(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a function of numbers and arrays on its first call."""
    return _compile(function)


def inlined(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a small function into each kernel that calls it."""
    return _compile(function, inline="always")


def part(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a part of a kernel into each place that calls it: handing it the arrays would cost more than its work."""
    return _compile(function, _nrt=False, forceinline=True, no_cpython_wrapper=True)


def step(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a part of a kernel that stays a function of its own, and that Python itself never calls."""
    return _compile(function, _nrt=False, no_cpython_wrapper=True)


def kernel(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a function that makes no array and returns none: references to its arguments are then not counted."""
    return _compile(function, _nrt=False)


_ENTRIES: dict[Any, Callable[..., Any]] = {}


def entry(function: Callable[P, T]) -> Callable[P, T]:
    """Give the shortest way into a kernel that has one signature: a fifth of a microsecond instead of two.

    The usual way looks at the type of every array of every call. This one does not look, so it is for kernels whose
    arguments are made in one place; before its first call, and with a second signature, it is the usual way.
    """
    fast_entry = _ENTRIES.get(function)
    if fast_entry is None:
        ways = list(function.overloads.values())  # type: ignore[attr-defined]  # numba's dispatcher, typed as what it compiles
        if len(ways) != 1:
            return function
        fast_entry = _ENTRIES[function] = ways[0].entry_point
    return fast_entry
