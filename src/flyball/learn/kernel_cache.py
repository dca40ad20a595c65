"""Where compiled kernels are kept, also where nothing can be written any more: in an image with a read-only root.

numba's own way asks whether the directory can be written, and else goes to the package's or the user's directory, where
kernels of older sources may lie.
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numba.core.caching import CompileResultCacheImpl, FunctionCache

if TYPE_CHECKING:
    from collections.abc import Callable


class Locator:
    """Tells numba where the kernels of one source file are kept; what numba calls of its own locators.

    >>> Locator("kernels", Path("learn/ftrl.py"), 7).get_disambiguator()
    '7'
    """

    def __init__(self, directory: str, file: Path, line: int) -> None:
        whole = file.absolute().parent
        self._py_file = str(file)  # numba shows it in warnings
        self._line = line
        self._path = Path(directory) / f"{whole.name}_{hashlib.sha256(str(whole).encode()).hexdigest()[:16]}"

    def ensure_cache_path(self) -> None:
        """Makes the directory; raises `OSError` where it cannot be written."""
        self._path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=self._path).close()

    def get_cache_path(self) -> str:
        """The directory."""
        return str(self._path)

    def get_source_stamp(self) -> bytes:
        """What changes with the source."""
        return hashlib.sha256(Path(self._py_file).read_bytes()).digest()

    def get_disambiguator(self) -> str:
        """What tells functions of one name in one file apart."""
        return str(self._line)

    def usable(self) -> bool:
        """Whether kernels can be kept here, or were."""
        if not Path(self._py_file).exists():  # typed into a shell
            return False
        try:
            self.ensure_cache_path()
        except OSError:
            return self._path.is_dir()
        return True


def kernel_cache(directory: str) -> Callable[[Callable[..., Any]], FunctionCache]:
    """Makes caches, for numba's dispatchers, that keep compiled functions in a directory.

    What cannot be written is compiled again by the next process. Called with a function, raises `RuntimeError` where
    nothing can be kept of it, as numba's own does.

    Args:
        directory: the place.

    >>> with tempfile.TemporaryDirectory() as name:
    ...     kernel_cache(name)(Locator.usable).cache_path.startswith(name)
    True
    """

    class Within:
        """Finds the one place; what numba calls of its own classes."""

        @classmethod
        def from_function(cls, function: Callable[..., Any], file: str) -> Locator | None:
            locator = Locator(directory, Path(file), function.__code__.co_firstlineno)
            return locator if locator.usable() else None

    places: Any = [Within]

    class Kept(CompileResultCacheImpl):
        _locator_classes = places

    class Cache(FunctionCache):
        _impl_class = Kept

        def save_overload(self, sig: object, data: object) -> None:
            with suppress(OSError):
                super().save_overload(sig, data)  # type: ignore[no-untyped-call]  # numba has no types

    return Cache
