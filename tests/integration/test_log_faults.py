"""Loss of power, a full disk and kill -9, at moments taken at random from a program that appends and seals.

`FLYBALL_FAULT_RUNS=200` tries that many moments instead of a few.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import get_args

import pytest

from flyball.events.reader import open_reader
from flyball.events.record import Outcome, Record
from flyball.events.store import SqliteLog
from flyball.testing.disk import Mode
from flyball.testing.faults import Faults, Recording, build_library, power_loss, run_recorded, unseen

WRITER = Path(__file__).with_name("log_writer.py")
ENV = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
RUNS = int(os.environ.get("FLYBALL_FAULT_RUNS", "20"))
ROWS = 800
MODES: tuple[Mode, ...] = get_args(Mode)

needs_compiler = pytest.mark.skipif(
    shutil.which("gcc") is None and shutil.which("cc") is None,
    reason="needs a C compiler to build the library that simulates the disk",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that stands between a program and libc."""
    return build_library(tmp_path_factory.mktemp("library"))


def dice(seed: int) -> Random:
    """Chance that comes out the same each time."""
    return Random(seed)  # noqa: S311  # chance, not secrecy


def command(directory: Path, seed: int, heal: Path) -> list[str]:
    """The program, for one log."""
    return [sys.executable, str(WRITER), str(directory), str(seed), str(ROWS), str(heal)]


def recorded(directory: Path, library: Path, work: Path, *, seed: int = 1, faults: Faults | None = None) -> Recording:
    """A run of the program to its end."""
    heal = faults.heal if faults is not None and faults.heal is not None else work / "heal"
    return run_recorded(command(directory, seed, heal), directory, library=library, work=work, faults=faults, env=ENV)


@pytest.fixture(scope="module")
def healthy(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """The program on a disk that is well; its recording has missed nothing."""
    work = tmp_path_factory.mktemp("healthy")
    recording = recorded(work / "log", library, work)
    assert (recording.returncode, recording.stderr) == (0, b"")
    assert unseen(recording, work / "log") == []
    assert len(list((work / "log").glob("*.parquet"))) >= 3
    return recording


def acknowledged(printed: bytes) -> int:
    """The last seq that came out whole."""
    return int((printed[: printed.rfind(b"\n") + 1].split() or [b"0"])[-1])


def goes_on(directory: Path, at_least: int) -> int:
    """Open what was left, check that it is a prefix with all that was acknowledged, and go on; returns its end."""
    with SqliteLog(directory, durable=False, segment_rows=100) as log:
        found = [record.seq for record in log.read()]
        assert found == list(range(1, log.last_seq + 1))
        assert log.last_seq >= at_least
        end = log.last_seq
        log.append([Record(seq=end + 1, event_ts=0, ingest_ts=ROWS * 2, body=Outcome(id="x", outcome="y", value=0.0))])
        log.seal_ready()
        assert [record.seq for record in log.get([end + 1, 1])] == [end + 1, 1]
    with open_reader(directory) as reader:
        assert reader.last_seq == end + 1
    return end


@needs_compiler
@pytest.mark.parametrize("run", range(RUNS))
def test_what_was_acknowledged_survives_the_loss_of_power(healthy: Recording, tmp_path: Path, run: int) -> None:
    """At any operation, whatever the disk makes of what was not synced."""
    rng = dice(run)
    cut = rng.randrange(len(healthy.operations) + 1)
    mode = MODES[run % len(MODES)]
    left = power_loss(healthy, cut, rng, mode, into=tmp_path / "left")

    goes_on(left, acknowledged(healthy.printed(cut)))


@needs_compiler
def test_the_same_loss_shows_what_a_log_that_does_not_sync_forgets(library: Path, tmp_path: Path) -> None:
    """The simulation can fail: with fsync taken away, acknowledged records are gone."""
    recording = recorded(tmp_path / "log", library, tmp_path)
    careless = Recording(
        before=recording.before,
        operations=tuple(operation for operation in recording.operations if operation.kind not in "SD"),
        returncode=0,
        stdout=recording.stdout,
        stderr=b"",
    )
    left = power_loss(careless, len(careless.operations), None, "lost", into=tmp_path / "left")

    assert list(left.iterdir()) == []


@needs_compiler
@pytest.mark.parametrize("run", range(RUNS // 2))
def test_a_failing_disk_is_reported_and_nothing_acknowledged_is_lost(library: Path, tmp_path: Path, run: int) -> None:
    """Full at any byte, or failing to sync at any call; then well again, then the power goes."""
    rng = dice(run)
    heal = tmp_path / "heal"
    faults = (
        Faults(room=rng.randrange(1_200_000), heal=heal) if run % 2 else Faults(syncs=rng.randrange(150), heal=heal)
    )
    recording = recorded(tmp_path / "log", library, tmp_path, seed=run, faults=faults)

    assert recording.returncode == 0, recording.stderr.decode()
    assert acknowledged(recording.stdout) >= ROWS
    complaints = recording.stderr.decode().splitlines()
    assert len(complaints) <= 1
    assert all("the disk refused while" in line or "look at the room" in line for line in complaints)
    goes_on(tmp_path / "log", acknowledged(recording.stdout))
    for number in range(5):
        cut = rng.randrange(len(recording.operations) + 1)
        mode = rng.choice(MODES)
        left = power_loss(recording, cut, rng, mode, into=tmp_path / f"left{number}")
        goes_on(left, acknowledged(recording.printed(cut)))


@needs_compiler
@pytest.mark.parametrize("which", range(5))
def test_a_directory_that_fails_to_sync_takes_no_acknowledged_record_with_it(
    library: Path, healthy: Recording, tmp_path: Path, which: int
) -> None:
    """SQLite ignores it when the name of its write-ahead log cannot be synced; then this log must not."""
    syncs = [operation.kind for operation in healthy.operations if operation.kind in "SD"]
    nth = [place for place, kind in enumerate(syncs) if kind == "D"][which]
    faults = Faults(syncs=nth, heal=tmp_path / "heal")

    recording = recorded(tmp_path / "log", library, tmp_path, faults=faults)

    assert recording.returncode == 0, recording.stderr.decode()
    (tmp_path / "heal").unlink(missing_ok=True)
    for cut in range(0, len(recording.operations), 40):
        left = power_loss(recording, cut, None, "names", into=tmp_path / f"left{cut}")
        goes_on(left, acknowledged(recording.printed(cut)))


@needs_compiler
def test_a_disk_full_in_the_middle_of_sealing_leaves_the_segment_and_seals_it_later(
    library: Path, healthy: Recording, tmp_path: Path
) -> None:
    """The half-written file goes; the program, told so, seals when there is room."""
    operations = healthy.operations
    begins = next(at for at, op in enumerate(operations) if op.kind == "C" and op.a.endswith(b".parquet.tmp"))
    room = sum(len(op.a) for op in operations[:begins] if op.kind == "W")
    faults = Faults(room=room + 1_000, heal=tmp_path / "heal")

    recording = recorded(tmp_path / "log", library, tmp_path, faults=faults)

    assert recording.returncode == 0, recording.stderr.decode()
    assert b"the disk refused while sealing" in recording.stderr
    assert b".sqlite': No space left on device; nothing that was acknowledged is lost" in recording.stderr
    assert list((tmp_path / "log").glob("*1.parquet"))
    goes_on(tmp_path / "log", acknowledged(recording.stdout))


@pytest.mark.parametrize("run", range(RUNS // 2))
def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, run: int) -> None:
    """At a moment that the number of acknowledged appends decides, and the scheduler."""
    directory, wait_for = tmp_path / "log", dice(run).randrange(1, 50)
    last = 0
    with subprocess.Popen(
        command(directory, run, tmp_path / "heal"), stdout=subprocess.PIPE, env={**os.environ, **ENV}
    ) as program:
        assert program.stdout is not None
        for _ in range(wait_for):
            line = program.stdout.readline()
            last = int(line) if line else last
        with open_reader(directory) as reader:
            assert reader.last_seq >= last
        program.kill()
        rest = program.stdout.read()

    assert goes_on(directory, max(last, acknowledged(rest))) >= last
