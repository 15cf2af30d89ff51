"""How this room compiles its kernels: one decorator, typed, cached on disk, exact.

No `fastmath`: a decision must come out the same in the kernel, in NumPy and in plain Python, to the last bit.
The cache notices a change of the kernel's own file only, not of a compiled function it imports; after such a change
remove `__pycache__`.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

P = ParamSpec("P")
T = TypeVar("T")


def compiled(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a function of numbers and arrays on its first call, and keep the machine code on disk."""
    kernel: Callable[P, T] = numba.njit(cache=True, nogil=True)(function)
    return kernel


def inlined(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a small function into each kernel that calls it."""
    kernel: Callable[P, T] = numba.njit(cache=True, nogil=True, inline="always")(function)
    return kernel
