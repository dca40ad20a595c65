"""Prints the tables: `python -m benchmarks [NAME ...] [--quick]`."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import (
    ablation,
    calibrated,
    calibration,
    capacity,
    checkpoint,
    factors,
    growth,
    latency,
    learn,
    loop,
    memory,
    numeric,
    pause,
    quality,
    refuted,
    servers,
    serving,
    stream,
)
from benchmarks.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TABLES: dict[str, Callable[..., Table | Sequence[Table]]] = {
    "learn": learn.table,
    "growth": growth.table,
    "pause": pause.table,
    "checkpoint": checkpoint.table,
    "loop": loop.table,
    "stream": stream.table,
    "quality": quality.tables,
    "numeric": numeric.tables,
    "memory": memory.tables,
    "refuted": refuted.tables,
    "ablation": ablation.tables,
    "factors": factors.tables,
    "calibrated": calibrated.table,
    "calibration": calibration.table,
    "serving": serving.tables,
    "latency": latency.table,
    "servers": servers.table,
    "capacity": capacity.table,
}

DOCUMENTS = ("ablation", "benchmarks", "factorisation", "operations", "what-does-not-work")
PAGES = tuple(Path(page) for page in ("README.md", *(f"docs/{name}.md" for name in DOCUMENTS)))
"""Where tables stand, each between its marks."""


def insert(page: Path, table: Table) -> None:
    """Puts a table between its marks in a page."""
    text = page.read_text(encoding="utf-8")
    marks = re.compile(rf"(<!-- bench: {table.name} -->\n).*?(<!-- bench end -->)", re.DOTALL)
    made = marks.sub(lambda found: f"{found[1]}{table.markdown()}{found[2]}", text)
    if made != text:
        page.write_text(made, encoding="utf-8")


def show(table: Table, *, readme: bool) -> None:
    """Prints a table and keeps it."""
    table.write(Path("build/bench"))
    if readme and table.rows:
        for page in PAGES:
            insert(page, table)
    sys.stdout.write(table.markdown() + "\n")
    sys.stdout.flush()


def main(arguments: list[str] | None = None) -> None:
    """Makes the tables that were asked for, all of them by default, and keeps each in build/bench/."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*TABLES, []], default=[], help="which tables; all without one")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--readme", action="store_true", help="puts the tables into README.md and docs/")
    given = parser.parse_args(arguments)
    if given.quick and given.readme:
        parser.error("--quick makes toy figures, which must not stand in the README")
    for name in given.names or TABLES:
        sys.stderr.write(f"benchmarks: {name} ...\n")
        made = TABLES[name](quick=given.quick)
        for table in [made] if isinstance(made, Table) else made:
            show(table, readme=given.readme)


if __name__ == "__main__":
    main()
