"""What the demo shows while it runs."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from flyball.cli.demo.closeness import Calibration, Progress
from flyball.cli.demo.screen import Frame, line_of, picture_of, sum_of, traffic_of
from flyball.testing.audience import Attendance

YOUNG = Calibration(answers=400, clicks=20, predicted=22.0, truth=19.0, variance=18.0)
SEEN = Progress(answers=6_000, recent=5_000, log_loss=0.2, entropy=0.18, base=0.22, young=YOUNG)
COUNTS = {"predictions": 6_000, "joined": 300, "silent": 3_700, "pending": 2_000, "unlogged": 0}
FRAME = Frame(
    seconds=65.0,
    address="http://127.0.0.1:8000",
    control="http://127.0.0.1:8001",
    progress=SEEN,
    attendance=Attendance(asked=6_001, answered=6_000, failed=1, late=2, latest=0.1, answer_seconds=12.0),
    counts=COUNTS,
    age_ms=12.5,
)


def drawn(frame: Frame) -> str:
    """The picture as text."""
    console = Console(file=StringIO(), width=120)
    console.print(picture_of(frame))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_line_tells_everything_off_a_terminal() -> None:
    """In one line."""
    assert line_of(FRAME) == (
        "01:05  6,000 predictions; log loss 0.2000 (best possible 0.1800, the mean 0.2200); new ads predicted / actual "
        "1.10 (the truth 0.950; 400 shown, 20 clicks); 6,000 = 300 joined + 3,700 silent + 2,000 pending"
    )


def test_the_picture_tells_the_same_and_where_to_look() -> None:
    """On a terminal."""
    text = drawn(FRAME)

    for part in ("http://127.0.0.1:8001", "0.2000", "50 % of the way", "1.10", "= 300 joined", "12.5 ms ago", "01:05"):
        assert part in text, part
    assert "1 unanswered" in text


def test_without_the_control_process_the_counts_are_left_out() -> None:
    """The rest is known all the same."""
    silent = Frame(seconds=5.0, address="", control="", progress=SEEN)

    assert "joined" not in line_of(silent)
    assert "predictions " not in drawn(silent)


def test_sums_and_traffic_without_anything_are_zero() -> None:
    """No division by nothing."""
    assert sum_of({}) == "0 = 0"
    assert traffic_of(Attendance(), 0.0) == "0 (0/s), answered in — ms on average; 0 sent late"
