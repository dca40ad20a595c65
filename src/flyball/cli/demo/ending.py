"""How the live demo ends: what was kept of what is promised, and what to try next.

>>> callable(show_ending)
True
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rich.text import Text

from flyball.cli.demo.program import program
from flyball.cli.demo.screen import calibration_of, sum_of, traffic_of, way_of
from flyball.cli.report.wording import figure, whole

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.cli.console import Console
    from flyball.cli.demo.live import LiveOptions, Outcome

PORT = 8000
"""Where the system listens in what is suggested."""


def show_ending(console: Console, options: LiveOptions, done: Outcome) -> None:
    """Shows what was found, and what to try next."""
    console.show("", *_figures(done), "", *_promises(done), "", *what_next(options.folder, options.file.name))


def _figures(done: Outcome) -> list[Text]:
    lines = []
    seen, noted = done.frame.progress, done.frame.attendance
    if done.first_seconds is not None:
        how = "with kernels compiled first" if done.cold else "kernels were compiled before"
        lines.append(Text(f"first prediction after {figure(done.first_seconds, 3)} s ({how})"))
    if noted is not None:
        lines.append(Text(f"requests: {traffic_of(noted, done.frame.seconds)}"))
        if noted.fault:
            lines.append(Text(f"the last one without an answer: {noted.fault}", style="yellow"))
    if seen is not None:
        told = (
            f"log loss of the last {whole(seen.recent)}: {figure(seen.log_loss)}; best possible {figure(seen.entropy)}"
        )
        way = way_of(seen.learned)
        lines.append(Text(f"{told}, always answering the mean {figure(seen.base)}{'; ' + way if way else ''}"))
    return lines


def _promises(done: Outcome) -> list[Text]:
    checked, seen = done.checked, done.frame.progress
    lost = checked.predictions_missing + checked.outcomes_missing
    lines = [
        _kept(done.code == 0, "stopped in order, everything written down", f"the system ended with {done.code}"),
        _kept(
            checked.counts.balanced,
            f"nothing vanished: {sum_of(done.frame.counts or {})}",
            f"the predictions do not add up: {sum_of(done.frame.counts or {})}",
        ),
        _kept(
            checked.acknowledged,
            f"acknowledged is durable: the log's {whole(checked.records)} records hold every answer, and every one of "
            f"the {whole(done.clicks)} clicks",
            f"{whole(lost)} acknowledged predictions or clicks are not in the log",
        ),
    ]
    if checked.replay_matches is not None:
        same = "the log, replayed, gives the same state, bit for bit"
        lines.append(_kept(checked.replay_matches, same, "the log, replayed, gives ANOTHER state"))
    if seen is not None and seen.young.band is not None:
        low, high = seen.young.band
        told = f"new ads, {calibration_of(seen.young)}: {{}} {figure(low, 2)} to {figure(high, 2)}"
        lines.append(_kept(seen.young.holds, told.format("within"), told.format("NOT within")))
    return lines


def _kept(holds: bool, kept: str, broken: str) -> Text:
    if holds:
        return Text.assemble(("kept    ", "bold green"), kept)
    return Text.assemble(("BROKEN  ", "bold red"), f"{broken}; please report it, with the seed")


def what_next(folder: Path, file: str) -> list[Text]:
    """Commands to try, with their paths.

    Args:
        folder: where the demo has left its files.
        file: the name of the system file.

    >>> from pathlib import Path
    >>> len(what_next(Path("demo"), "ads_live.py"))
    7
    """
    flyball, where = program(), shlex.quote(str(folder))
    asked = '{"id": "r1", "inputs": {"ad_id": "a1", "country": "DE", "hour": 9}}'
    told = '{"id": "r1", "value": true}'
    post = f"curl -s -H 'Content-Type: application/json' http://127.0.0.1:{PORT}/v1"
    commands = (
        (
            f"{flyball} up {where}/{file} --state {where}/state --port {PORT}",
            f"go on from here; the dashboard is at http://127.0.0.1:{PORT + 1}. Then, in another terminal:",
        ),
        (f"{post}/models/ctr/predict -d {shlex.quote(asked)}", "will this ad be clicked?"),
        (f"{post}/outcomes -d {shlex.quote(told)}", "it was"),
        (f"{flyball} model pause ctr --state {where}/state", "learning stops, until `model resume`"),
        (f"{flyball} status --state {where}/state", "what became of every prediction, and who runs"),
        (f"{flyball} replay --log {where}/state", "the recorded log gives the same state, bit by bit"),
    )
    return [
        Text("What to try next", style="bold"),
        *(Text.assemble((f"  # {meaning}\n", "dim"), f"  {command}") for command, meaning in commands),
    ]
