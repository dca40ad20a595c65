"""What a finished replay shows: on the terminal, as JSON, and as a report with pictures.

>>> from flyball.cli.console import Console
>>> from flyball.run.replayed import Replayed
>>> from flyball.run.report import Report
>>> report = Report(system="ads", digest="", source="a.csv", command="", seconds=2.0, rows=10)
>>> done = Replayed(report=report, events=0, resumed=20)
>>> write_report(report, None, wanted=True) is None  # there is no model to report on
True
>>> show_replayed(done, Console())
a.csv: already replayed: nothing to do
ads: 10 rows of a.csv in 2 s (5 a second), all accepted
No model met an example.
>>> replayed_json(done, None)["already_replayed"]
True
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from flyball.cli.report.page import render
from flyball.cli.table import tables
from flyball.run.report import as_json

if TYPE_CHECKING:
    from flyball.cli.console import Console
    from flyball.run.replayed import Replayed
    from flyball.run.report import JSON, Report

IGNORED_SHOWN = 12
"""How many columns that nothing reads are named."""


def write_report(report: Report, path: Path | None, *, wanted: bool) -> Path | None:
    """Writes the HTML report; gives its path, `None` where none was wanted or there is nothing to report.

    Args:
        report: what to report.
        path: where to; by default beside the user, named after the system.
        wanted: whether there shall be one.

    Raises:
        OSError: it cannot be written.
    """
    if not wanted or (path is None and not report.models):
        return None
    where = path if path is not None else Path(f"{re.sub(r'[^A-Za-z0-9._-]+', '-', report.system)}-report.html")
    # The name of a file may hold bytes that are no UTF-8.
    where.write_text(render(report), encoding="utf-8", errors="backslashreplace")
    return where


def show_replayed(done: Replayed, console: Console) -> None:
    """Shows a finished replay."""
    if done.already:
        console.show(Text(f"{done.report.source}: already replayed: nothing to do", style="bold green"))
    elif done.resumed:
        console.show(f"{done.report.source}: went on after {done.resumed:,} events that were replayed before")
    console.show(tables(done.report))
    for note in done.notes:
        console.warn(note)
    if done.ignored:
        names = ", ".join(done.ignored[:IGNORED_SHOWN])
        more = f" and {len(done.ignored) - IGNORED_SHOWN} more" if len(done.ignored) > IGNORED_SHOWN else ""
        console.show(Text(f"columns that nothing reads: {names}{more}", style="dim"))
    if done.state_digest is not None:
        same = {None: "", True: ", the same as the state directory's", False: ""}[done.matches]
        console.show(Text(f"state {done.state_digest}{same}", style="dim"))
    if done.matches is False:
        console.error("the state directory holds another state than its log gives: keep both, and report it")


def replayed_json(done: Replayed, written: Path | None) -> dict[str, JSON]:
    """A finished replay as `--json` prints it."""
    return as_json(done.report) | {
        "events": done.events,
        "resumed": done.resumed,
        "already_replayed": done.already,
        "notes": list(done.notes),
        "ignored": list(done.ignored),
        "state_digest": done.state_digest,
        "matches_state": done.matches,
        "report": None if written is None else str(written),
    }
