"""Tables of results, as Markdown."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table.

    Args:
        name: what is typed to make it.
        title: what it shows.
        columns: the headings; the first column is text, the others are numbers.
        rows: the cells, as text.
        notes: sentences below it.
        command: what is typed instead of its name, where several tables are made at once.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    command: str = ""

    def markdown(self) -> str:
        """The table with the command that makes it and the machine that made it."""
        lines = [f"### {self.title}", "", _line(self.columns)]
        lines.append(_line(["---", *("---:" for _ in self.columns[1:])]))
        lines += [_line(row) for row in self.rows]
        lines += [
            "",
            *self.notes,
            *([""] if self.notes else []),
            f"`python -m benchmarks {self.command or self.name}` on {machine()}",
        ]
        return "\n".join(lines) + "\n"

    def write(self, folder: Path) -> Path:
        """Writes it to a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.md"
        path.write_text(self.markdown(), encoding="utf-8")
        return path


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def machine() -> str:
    """The CPU, its cores, and the versions that matter."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        cpu = models[0] if models else cpu
    numba = version("numba")
    return f"{cpu}, {os.cpu_count()} cores, Python {platform.python_version()}, NumPy {version('numpy')}, numba {numba}"
