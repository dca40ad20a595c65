"""Compiling the kernels before the first use, so that nobody wonders what takes so long.

>>> warm_up()
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from flyball.learn.kernel import cache_directory
from flyball.run.file_replay import replay_file
from flyball.run.live.warmth import warm_machine, warm_shared
from flyball.system.derivation import bucket, cross, words
from flyball.system.input import Input
from flyball.system.model import Model
from flyball.system.outcome import Outcome
from flyball.system.system import System

if TYPE_CHECKING:
    from flyball.cli.console import Console

COMPLETE = "complete"
"""The file that says that nothing is left to be compiled."""
MACHINE = "complete-machine"
"""The file that says so of the kernels of factorisation machines, which only some systems need."""
_ROWS = "text,number,yes,amount,score\na b,1.5,1,3.5,0.5\nb,,0,2,0.5\n"


def compiled(directory: Path | None = None, mark: str = COMPLETE) -> bool:
    """Whether the kernels of this version have been compiled on this machine.

    Args:
        directory: where compiled kernels are kept; by default, where they are.
        mark: the file that says so.

    >>> compiled(Path("nowhere"))
    False
    """
    where = cache_directory() if directory is None else directory
    return (where / mark).exists()


def compile_once(console: Console) -> None:
    """Compiles the kernels, visibly, unless that was done before.

    >>> from flyball.cli.console import Console
    >>> compile_once(Console(quiet=True))
    """
    if compiled():
        return
    with console.waiting("compiling kernels (once for this version on this machine; takes about ten seconds)"):
        warm_up()


def warm_up() -> None:
    """Runs every kernel: two rows are replayed through models that need them, and a small table is shared."""
    text, number = Input("text", str), Input("number", float)
    signals = [text, number, words(text), cross(text, bucket(number, width=1.0)), number * 2.0]
    with tempfile.TemporaryDirectory(prefix="flyball-") as name:
        path = Path(name) / "rows.csv"
        path.write_text(_ROWS, encoding="utf-8")
        for outcome in (Outcome("yes", bool), Outcome("amount", float)):
            model = Model("warm", signals=signals, outcome=outcome, slice_by=[text])
            replay_file(System("warm", models=[model]), path)
    warm_shared()
    _complete(COMPLETE)


def warm_up_machine() -> None:
    """Runs those of a factorisation machine.

    >>> warm_up_machine()
    """
    warm_machine()
    _complete(MACHINE)


def _complete(mark: str) -> None:
    where = cache_directory()
    with suppress(OSError):  # a cache that cannot be written to is none
        where.mkdir(parents=True, exist_ok=True)
        (where / mark).touch()


if __name__ == "__main__":
    warm_up()
    if "machine" in sys.argv:
        warm_up_machine()
