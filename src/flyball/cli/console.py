"""Where a command writes: people's output, one JSON object for programs, and progress for whoever waits."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from io import TextIOWrapper
from json import dumps
from typing import TYPE_CHECKING

import msgspec
from rich.console import Console as RichConsole
from rich.live import Live
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import RenderableType

    from flyball.run.report import JSON

PIPED_COLUMNS = 100
"""The width of tables where the output is no terminal."""


class Console:
    """A command's output.

    People's output goes to stdout, and to stderr with `--json`; then one object is the last line of stdout. Warnings
    and errors go to stderr always.

    Args:
        json: whether a program reads stdout.
        quiet: whether people's output is left out; warnings, errors and JSON are not.

    >>> Console().show("3 rows")
    3 rows
    >>> Console(json=True).result({"rows": 3})
    {"rows":3}
    """

    def __init__(self, *, json: bool = False, quiet: bool = False) -> None:
        """Makes both streams take every character: what they cannot write is written as an escape."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        self.json = json
        self.quiet = quiet
        self._people = _rich(stderr=json)
        self._errors = _rich(stderr=True)

    def show(self, *parts: RenderableType) -> None:
        """Shows people what was found; texts are shown as they are, nothing in them is taken for markup."""
        if not self.quiet:
            for part in parts:
                _print(self._people, part)

    def warn(self, message: str) -> None:
        """Tells people what they should know, quiet or not."""
        _print(self._errors, Text.assemble(("note: ", "yellow"), message))

    def error(self, message: str) -> None:
        """Tells people why it did not work."""
        _print(self._errors, Text.assemble(("error: ", "bold red"), message))

    def result(self, found: dict[str, JSON]) -> None:
        """With `--json`, writes the one object; it is the last line of stdout."""
        if self.json:
            sys.stdout.write(_line(found, sys.stdout.encoding or "utf-8") + "\n")
            sys.stdout.flush()

    @contextmanager
    def waiting(self, doing: str) -> Iterator[None]:
        """Shows that something without a known end is being done; off a terminal, one line says so."""
        if self.quiet:
            yield
        elif self._errors.is_terminal:
            with self._errors.status(Text(doing)):
                yield
        else:
            _print(self._errors, Text(doing))
            yield

    @contextmanager
    def progress(self, doing: str) -> Iterator[Callable[[int, int], None]]:
        """A progress bar on a terminal, nothing elsewhere; gives what is called with how much is done, and of how much.

        >>> with Console().progress("replaying") as progress:
        ...     progress(1, 2)
        """
        if self.quiet or not self._errors.is_terminal:
            yield _nowhere
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(show_speed=True))
        with Progress(*columns, TimeRemainingColumn(), console=self._errors, transient=True) as bar:
            task = bar.add_task(doing, total=None)

            def progress(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            yield progress

    @property
    def is_terminal(self) -> bool:
        """Whether people look at a terminal.

        >>> Console().is_terminal
        False
        """
        return self._people.is_terminal

    @contextmanager
    def changing(self) -> Iterator[Callable[[RenderableType, str], None]]:
        """Gives what takes the latest picture, which replaces the last on a terminal, and a line for elsewhere.

        >>> with Console().changing() as show:
        ...     show(Text("two of three"), "2 of 3")
        2 of 3
        """
        if self.quiet:
            yield lambda _picture, _line: None
        elif self._people.is_terminal:
            with Live(console=self._people, auto_refresh=False) as live:
                yield lambda picture, _line: live.update(picture, refresh=True)
        else:
            yield lambda _picture, line: _print(self._people, Text(line))


def _line(found: dict[str, JSON], encoding: str) -> str:
    """An object in one line; in ASCII where the stream or UTF-8 itself has no such characters."""
    try:
        line = msgspec.json.encode(found).decode()
        line.encode(encoding)
    except UnicodeEncodeError:  # the name of a file may hold any bytes
        return dumps(found, separators=(",", ":"))
    return line


def _nowhere(_done: int, _total: int) -> None:
    """Off a terminal nobody watches a bar."""


def _rich(*, stderr: bool) -> RichConsole:
    console = RichConsole(stderr=stderr, highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console.width = max(console.width, PIPED_COLUMNS)
    return console


def _print(console: RichConsole, part: RenderableType) -> None:
    # Lines of text are left to the terminal to wrap, so that a path or a command can be copied whole.
    console.print(part, soft_wrap=isinstance(part, str | Text))
