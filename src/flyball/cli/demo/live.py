"""The live demo: a running system, the traffic of the simulated ad exchange over HTTP, and the truth beside it.

>>> import tempfile
>>> from pathlib import Path
>>> from flyball.cli.console import Console
>>> folder = Path(tempfile.mkdtemp())
>>> (folder / "state").mkdir()
>>> run_live(LiveOptions(folder=folder, seconds=1.0, rate=1.0, port=0, seed=0), Console())
Traceback (most recent call last):
    ...
flyball.cli.command.FileKept: '...' holds a state already, to which these ads are not new; give another folder ...
"""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from threading import Event
from typing import TYPE_CHECKING

from msgspec.structs import asdict as struct_dict

from flyball.cli.command import FileKept
from flyball.cli.control_api import ControlApi, ControlRefused, ControlSilent
from flyball.cli.demo.checked import check_state
from flyball.cli.demo.closeness import Closeness
from flyball.cli.demo.ending import show_ending
from flyball.cli.demo.screen import Frame, line_of, picture_of
from flyball.cli.demo.spawned import SpawnedSystem
from flyball.cli.exit_code import ExitCode
from flyball.cli.kernels import compiled
from flyball.cli.up import compile_apart
from flyball.testing.audience import Attendance, Audience
from flyball.testing.visit import MONDAY_MORNING_US, visits
from flyball.testing.world import World
from flyball.testing.worlds import ADS_LIVE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flyball.cli.console import Console
    from flyball.cli.demo.checked import Checked
    from flyball.cli.demo.closeness import Progress
    from flyball.client import Prediction
    from flyball.run.report import JSON
    from flyball.testing.visit import Visit

WARM_SECONDS = 30.0
"""New ads count from then on: before the first windows close, after 10 seconds, nobody has told the model anything."""
TERMINAL_SECONDS, LINE_SECONDS = 1.0, 5.0
"""How often the picture is renewed, and a line is written."""
MOST_IDS = 1_000_000
"""Of so many answers, the first ones, it is checked whether the log holds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOptions:
    """What the live demo is told.

    Attributes:
        folder: where the system file and the state go.
        seconds: how long; `None` until Ctrl-C.
        rate: requests a second.
        port: where the system listens; 0 takes free ones.
        seed: which world.

    >>> from pathlib import Path
    >>> LiveOptions(folder=Path("demo"), seconds=60.0, rate=200.0, port=0, seed=0).state.name
    'state'
    """

    folder: Path
    seconds: float | None
    rate: float
    port: int
    seed: int

    @property
    def file(self) -> Path:
        """The system file."""
        return self.folder / ADS_LIVE.name

    @property
    def state(self) -> Path:
        """The state directory."""
        return self.folder / "state"


class _Witness:
    """Sees every visit with its answer."""

    def __init__(self) -> None:
        self.closeness = Closeness()
        self.ids: list[str] = []

    def see(self, visit: Visit, answer: Prediction) -> None:
        young = visit.young and visit.due >= WARM_SECONDS
        self.closeness.add(answer.value, visit.truth, clicked=visit.clicked, young=young)
        if len(self.ids) < MOST_IDS:
            self.ids.append(visit.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the demo went.

    Attributes:
        frame: its last moment.
        cold: whether the kernels had to be compiled first.
        first_seconds: from its start to the first answer; `None` without one.
        clicks: outcomes that were acknowledged.
        clicks_lost: outcomes that were not.
        code: the exit code of the system.
        checked: what its state says.

    >>> Outcome.__slots__[:3]
    ('frame', 'cold', 'first_seconds')
    """

    frame: Frame
    cold: bool
    first_seconds: float | None
    clicks: int
    clicks_lost: int
    code: int
    checked: Checked

    @property
    def holds(self) -> bool:
        """Whether everything that is promised was kept."""
        seen = self.frame.progress
        return self.code == 0 and self.checked.holds and (seen is None or seen.young.holds)


def run_live(options: LiveOptions, console: Console) -> ExitCode:
    """Runs the live demo.

    Raises:
        FileKept: the folder holds a system file that was changed, or a state.
        SystemEnded: the system did not start, or ended by itself.
    """
    began = time.monotonic()
    cold = not compiled()
    _write_file(options)
    compile_apart(console)
    done = _lived(options, console, began)
    done = replace(done, cold=cold)
    show_ending(console, options, done)
    console.result(_as_json(options, done))
    if done.frame.progress is None:
        return ExitCode.INCOMPLETE
    return ExitCode.DONE if done.holds else ExitCode.FINDINGS


def _write_file(options: LiveOptions) -> None:
    text = ADS_LIVE.read_bytes()
    if options.file.exists() and options.file.read_bytes() != text:
        raise FileKept(f"{str(options.file)!r} is there already and is another; give another folder with --out")
    if options.state.exists():
        fault = f"{str(options.state)!r} holds a state already, to which these ads are not new"
        raise FileKept(f"{fault}; give another folder with --out")
    options.file.write_bytes(text)


def _lived(options: LiveOptions, console: Console, began: float) -> Outcome:
    witness = _Witness()
    system = SpawnedSystem(options.file, options.state, port=options.port, log=options.folder / "up.log")
    with system:
        coming = visits(World(options.seed, start_us=MONDAY_MORNING_US), rate=options.rate)
        with console.waiting("starting the system"):
            system.wait_ready()
        address, control = system.address, system.running.control
        console.show(f"dashboard: {control}", f"predictions and outcomes: {address}")
        console.show("one hour of this exchange takes 20 s, its window for clicks 10 s" + _until(options.seconds), "")
        with Audience(address, coming, witness.see) as audience:
            frame = _watched(options, console, system, audience, witness)
        with console.waiting("stopping the system: it writes everything down"):
            code = system.stop()
    first = audience.attendance.first_answer
    with console.progress("replaying the log") as progress:
        checked = check_state(options.state, answered=witness.ids, clicks=audience.clicks, progress=progress)
    return Outcome(
        frame=replace(
            frame,
            progress=witness.closeness.progress(),
            attendance=audience.attendance,
            counts=struct_dict(checked.counts),
        ),
        cold=False,
        first_seconds=None if first is None else first - began,
        clicks=audience.clicks,
        clicks_lost=audience.clicks_lost,
        code=code,
        checked=checked,
    )


def _until(seconds: float | None) -> str:
    return "; stop with Ctrl-C" if seconds is None else f"; ends after {seconds:.0f} s"


@contextmanager
def _interrupts() -> Iterator[Event]:
    """Notes Ctrl-C: the exception that it raises is lost where it meets a finaliser, such as that of a connection."""
    noted = Event()

    def note(*_: object) -> None:
        noted.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


def _watched(
    options: LiveOptions, console: Console, system: SpawnedSystem, audience: Audience, witness: _Witness
) -> Frame:
    """Shows how it goes until time is up, Ctrl-C is typed, or nobody comes any more; gives the last moment."""
    began = time.monotonic()
    api = ControlApi(system.running, token=None)
    every = TERMINAL_SECONDS if console.is_terminal else LINE_SECONDS
    frame = Frame(seconds=0.0, address=system.address, control=system.running.control)
    with console.changing() as show, _interrupts() as interrupted, suppress(KeyboardInterrupt):
        ended = False
        while not (ended or interrupted.is_set()):
            left = every if options.seconds is None else min(began + options.seconds - time.monotonic(), every)
            ended = left < every and options.seconds is not None
            ended |= audience.wait(max(left, 0.0)) or system.ended
            frame = replace(frame, seconds=time.monotonic() - began, attendance=audience.attendance)
            frame = _looked(replace(frame, progress=witness.closeness.progress()), api)
            show(picture_of(frame), line_of(frame))
    return frame


def _looked(frame: Frame, api: ControlApi) -> Frame:
    """With what the control process tells, if it does."""
    try:
        status = api.status()
    except (ControlSilent, ControlRefused):
        return replace(frame, counts=None, age_ms=None)
    counts = next((model.detail.counts for model in status.models.values()), None)
    age_ms = (status.now_us - status.log.learned_ts) / 1e3 if status.log.learned_ts else None
    return replace(frame, counts=counts, age_ms=age_ms)


def _as_json(options: LiveOptions, done: Outcome) -> dict[str, JSON]:
    seen, noted = done.frame.progress, done.frame.attendance or Attendance()
    band = None if seen is None else seen.young.band
    return {
        "address": done.frame.address,
        "dashboard": done.frame.control,
        "folder": str(options.folder),
        "seconds_to_first_prediction": done.first_seconds,
        "cold": done.cold,
        "predictions": noted.answered,
        "unanswered": noted.failed,
        "late": noted.late,
        "latest_seconds": noted.latest,
        "clicks": done.clicks,
        "clicks_lost": done.clicks_lost,
        **_closeness(seen),
        "calibration_band": None if band is None else list(band),
        "counts": struct_dict(done.checked.counts),
        "balanced": done.checked.counts.balanced,
        "acknowledged": done.checked.acknowledged,
        "replay_matches": done.checked.replay_matches,
        "exit_code": done.code,
        "holds": done.holds,
    }


def _closeness(seen: Progress | None) -> dict[str, JSON]:
    if seen is None:
        return dict.fromkeys(("recent", "log_loss", "entropy", "base", "learned", "calibration_new_ads", "new_ads"))
    return {
        "recent": seen.recent,
        "log_loss": seen.log_loss,
        "entropy": seen.entropy,
        "base": seen.base,
        "learned": seen.learned,
        "calibration_new_ads": seen.young.ratio,
        "new_ads": asdict(seen.young),
    }
