"""How kernels are compiled: without fastmath and without the interpreter's lock, and kept from one process to the next.

numba's own cache looks only at the file of the function that is called, and goes on using it when a kernel in another
file has changed. Here the cache's directory is named by a hash of all sources that hold kernels, of numba and of the CPU
that is compiled for, so that a change of any of them begins a new one.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import llvmlite.binding
import numba
from numba import config, njit

if TYPE_CHECKING:
    from collections.abc import Callable

    AnyCallable = Callable[..., Any]

F = TypeVar("F", bound="AnyCallable")

ROOMS = ("learn", "watch", "run")
"""The rooms whose sources hold kernels."""


def cache_directory() -> Path:
    """Where the compiled kernels of this source, this numba and this CPU are kept.

    `FLYBALL_CACHE` names the parent directory; without it, `flyball` in the user's cache directory.

    >>> cache_directory().name == cache_directory().name
    True
    """
    parent = os.environ.get("FLYBALL_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flyball"
    package = Path(__file__).parent.parent
    whole = hashlib.sha256(numba.__version__.encode())
    whole.update(f"{config.CPU_NAME or llvmlite.binding.get_host_cpu_name()} {config.CPU_FEATURES}".encode())
    for room in ROOMS:
        for path in sorted((package / room).glob("*.py")):
            source = path.read_bytes()
            if b"@kernel" in source or b"@intrinsic" in source:
                whole.update(source)
    return Path(parent) / "kernels" / whole.hexdigest()[:16]


_DIRECTORY = str(cache_directory())


def kernel(function: F) -> F:
    """Compiles a function at its first call, or takes it from the cache.

    >>> @kernel
    ... def twice(x: float) -> float:
    ...     return 2.0 * x
    >>> twice(2.0)
    4.0
    """
    # Read when the function is decorated; users' own numba functions keep the directory that they chose.
    before = config.CACHE_DIR
    config.CACHE_DIR = _DIRECTORY
    try:
        return cast("F", njit(nogil=True, cache=True)(function))
    except RuntimeError:
        # numba refuses to cache what has no file (a shell), or where no directory can be written.
        return cast("F", njit(nogil=True)(function))
    finally:
        config.CACHE_DIR = before
