"""What the demo shows while it runs: a picture for terminals, a line elsewhere.

>>> frame = Frame(seconds=75.0, address="http://127.0.0.1:8000", control="http://127.0.0.1:8001")
>>> line_of(frame)
'01:15  waiting for the first answer'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from flyball.cli.report.wording import figure, percent, whole
from flyball.run.report import ENDINGS
from flyball.testing.audience import Attendance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.cli.demo.closeness import Calibration, Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One moment of the demo.

    Attributes:
        seconds: since the first visit.
        address: where the system listens.
        control: the dashboard.
        progress: how close the answers are; `None` before the first one.
        attendance: what was sent.
        counts: what became of the predictions, as the control process tells; empty where it does not.
        age_ms: how old the last record is that the coefficients have learned from, milliseconds; `None` unknown.

    >>> Frame(seconds=0.0, address="", control="").progress is None
    True
    """

    seconds: float
    address: str
    control: str
    progress: Progress | None = None
    attendance: Attendance | None = None
    counts: Mapping[str, int] | None = None
    age_ms: float | None = None


def line_of(frame: Frame) -> str:
    """A moment in a line."""
    clock = f"{int(frame.seconds) // 60:02d}:{int(frame.seconds) % 60:02d}"
    seen = frame.progress
    if seen is None:
        return f"{clock}  waiting for the first answer"
    parts = [
        f"{whole(seen.answers)} predictions",
        f"log loss {figure(seen.log_loss)} (best possible {figure(seen.entropy)}, the mean {figure(seen.base)})",
        f"new ads {calibration_of(seen.young)}",
    ]
    if frame.counts:
        parts.append(sum_of(frame.counts))
    return f"{clock}  {'; '.join(parts)}"


def picture_of(frame: Frame) -> Table:
    """A moment as a table.

    >>> picture_of(Frame(seconds=75.0, address="http://127.0.0.1:8000", control="http://127.0.0.1:8001")).row_count
    2
    """
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    table.add_row("dashboard", Text(frame.control, style="bold"))
    table.add_row("time", f"{int(frame.seconds) // 60:02d}:{int(frame.seconds) % 60:02d}  (an hour of the world: 20 s)")
    seen = frame.progress
    if seen is None:
        return table
    table.add_row(f"log loss, last {whole(seen.recent)}", Text(figure(seen.log_loss), style="bold green"))
    table.add_row("  best possible", figure(seen.entropy))
    table.add_row("  always the mean", Text.assemble(figure(seen.base), (f"   {way_of(seen.learned)}", "dim")))
    table.add_row("new ads (under 1 h)", calibration_of(seen.young))
    if frame.counts:
        table.add_row("predictions", sum_of(frame.counts))
    if frame.attendance is not None:
        table.add_row("requests", traffic_of(frame.attendance, frame.seconds))
    if frame.age_ms is not None:
        table.add_row("learned up to", f"{figure(frame.age_ms, 3)} ms ago")
    return table


def way_of(learned: float | None) -> str:
    """How far the model has come, in words.

    Args:
        learned: the share of the way from always answering the mean to the truth.

    >>> way_of(0.5), way_of(-2.0), way_of(None)
    ('50 % of the way from the mean to the truth', 'the mean is better so far', '')
    """
    if learned is None:
        return ""
    return (
        f"{percent(learned, 2)} of the way from the mean to the truth" if learned > 0.0 else "the mean is better so far"
    )


def calibration_of(young: Calibration) -> str:
    """How well new ads are calibrated.

    >>> from flyball.cli.demo.closeness import Calibration
    >>> calibration_of(Calibration(answers=100, clicks=5, predicted=5.5, truth=5.1, variance=4.8))
    'predicted / actual 1.10 (the truth 1.02; 100 shown, 5 clicks)'
    """
    if young.ratio is None:
        return f"predicted / actual: no click on {whole(young.answers)} shown"
    counts = f"{whole(young.answers)} shown, {whole(young.clicks)} clicks"
    return f"predicted / actual {figure(young.ratio, 3)} (the truth {figure(young.truth_ratio, 3)}; {counts})"


def sum_of(counts: Mapping[str, int]) -> str:
    """Where every prediction is, as a sum; what is 0 is left out.

    >>> sum_of({"predictions": 3, "joined": 1, "pending": 2, "silent": 0})
    '3 = 1 joined + 2 pending'
    """
    terms = [f"{whole(counts[name])} {name}" for name in ENDINGS if counts.get(name)]
    return f"{whole(counts.get('predictions', 0))} = {' + '.join(terms) or '0'}"


def traffic_of(attendance: Attendance, seconds: float) -> str:
    """How the requests went.

    >>> traffic_of(Attendance(asked=100, answered=99, failed=1, late=2, latest=0.061, answer_seconds=0.198), 10.0)
    '100 (10.0/s), answered in 2.00 ms on average; 2 sent late (61.0 ms at most), 1 unanswered'
    """
    per_second = attendance.asked / seconds if seconds > 0.0 else 0.0
    mean = 1e3 * attendance.answer_seconds / attendance.answered if attendance.answered else None
    late = f"{whole(attendance.late)} sent late"
    if attendance.late:
        late += f" ({figure(1e3 * attendance.latest, 3)} ms at most)"
    said = f"{whole(attendance.asked)} ({figure(per_second, 3)}/s), answered in {figure(mean, 3)} ms on average; {late}"
    return said + (f", {whole(attendance.failed)} unanswered" if attendance.failed else "")
