"""How kernels are compiled: without fastmath and without the interpreter's lock, and kept from one process to the next.

numba's own cache looks only at the file of the function that is called, and goes on using it when a kernel or a
constant in another file has changed. Here the cache's directory is named by a hash of all sources that kernels are made
of, of numba and of the CPU that is compiled for, so that a change of any of them begins a new one.
"""

from __future__ import annotations

import ast
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba
from llvmlite.binding import get_host_cpu_name
from numba import njit

from flyball.learn.kernel_cache import kernel_cache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    AnyCallable = Callable[..., Any]

F = TypeVar("F", bound="AnyCallable")

config: Any = numba.config  # numba fills it when it is imported

ROOMS = ("learn", "run/files", "run/live", "watch")
"""The rooms whose sources hold kernels."""


def kernel_sources(package: Path) -> list[Path]:
    """The sources of all kernels of a package, and of what these import from it: their constants are compiled in.

    Args:
        package: the package's directory.

    >>> sources = kernel_sources(Path(__file__).parent.parent)
    >>> {"slots.py", "arena.py"} <= {path.name for path in sources}
    True
    """
    found: dict[Path, None] = {}
    todo = [path for room in ROOMS for path in sorted((package / room).glob("*.py")) if _has_kernels(path)]
    while todo:
        path = todo.pop()
        if path not in found:
            found[path] = None
            todo += _imported(path, package)
    return sorted(found)


def _has_kernels(path: Path) -> bool:
    source = path.read_bytes()
    return any(b"\n@" + name + b"\n" in source for name in (b"kernel", b"inner", b"inlined", b"intrinsic"))


def _imported(path: Path, package: Path) -> Iterator[Path]:
    """The package's modules that a module imports when it runs; what only types need stands in a block of its own."""
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package.name}."):
            within = package.joinpath(*str(node.module).split(".")[1:])
            files = [within.with_suffix(".py"), *(within / f"{alias.name}.py" for alias in node.names)]
            yield from (file for file in files if file.exists())


def cache_directory(package: Path = Path(__file__).parent.parent) -> Path:
    """Where the compiled kernels of these sources, this numba and this CPU are kept.

    `FLYBALL_CACHE` names the parent directory; without it, `flyball` in the user's cache directory.

    Args:
        package: the package's directory.

    >>> cache_directory().name == cache_directory().name
    True
    """
    users = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parent = Path(os.environ.get("FLYBALL_CACHE") or users / "flyball")
    whole = hashlib.sha256(numba.__version__.encode())
    whole.update(f"{config.CPU_NAME or get_host_cpu_name()} {config.CPU_FEATURES}".encode())
    for path in kernel_sources(package):
        whole.update(path.read_bytes())
    return parent / "kernels" / whole.hexdigest()[:16]


_cached = kernel_cache(str(cache_directory()))


def kernel(function: F) -> F:
    """Compiles a function at its first call, or takes it from the cache.

    Dividing by zero gives what IEEE 754 says, not Python's error: to check for it keeps loops from being made wide.

    >>> @kernel
    ... def twice(x: float) -> float:
    ...     return 2.0 * x
    >>> twice(2.0)
    4.0
    """
    return _compiled(function)


def inner(function: F) -> F:
    """As `kernel`, for what kernels call for every example: it counts no references to the arrays that it is given.

    Counting takes two locked instructions for each array of each call, and each waits for all memory before it
    (measured: a fifth of learning). Such a function must not make an array; slices are free.

    >>> @inner
    ... def first(numbers: list[float]) -> float:
    ...     return numbers[0]
    >>> import numpy
    >>> first(numpy.array([2.0, 3.0]))
    2.0
    """
    return _compiled(function, _nrt=False)


def inlined(function: F) -> F:
    """As `inner`, put in the place of its call: for what hands on many arrays, each of which is seven arguments.

    >>> @inlined
    ... def last(numbers: list[float]) -> float:
    ...     return numbers[-1]
    >>> import numpy
    >>> last(numpy.array([2.0, 3.0]))
    3.0
    """
    return _compiled(function, _nrt=False, inline="always")


def _compiled(function: F, **options: Any) -> F:  # noqa: ANN401  # numba's options are of many types
    compiled = njit(nogil=True, error_model="numpy", **options)(function)
    # numba has no cache for what has no file (a shell), or where no directory can be written: then there is none.
    with suppress(RuntimeError):
        compiled._cache = _cached(function)  # noqa: SLF001  # what numba's own `enable_caching` does, with another place
    return cast("F", compiled)
