"""A replay with a state, killed, deprived of power or of space at any moment, ends in the very same state.

`FLYBALL_FAULT_RUNS=200` tries that many moments instead of a few.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, get_args

import pytest

from flyball.testing.disk import Mode
from flyball.testing.faults import Faults, Recording, build_library, power_loss, run_recorded
from tests.integration.replay_runner import made, recording, replayed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyball.run.file_replay import Recording as Source

RUNNER = Path(__file__).with_name("replay_runner.py")
ENV = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "HOME": os.environ.get("HOME", "/tmp")}  # noqa: S108  # only where the kernels' cache lies
RUNS = int(os.environ.get("FLYBALL_FAULT_RUNS", "6"))
MODES: tuple[Mode, ...] = get_args(Mode)

needs_compiler = pytest.mark.skipif(
    shutil.which("gcc") is None and shutil.which("cc") is None,
    reason="needs a C compiler to build the library that simulates the disk",
)


def dice(seed: int) -> Random:
    """Chance that comes out the same each time."""
    return Random(seed)  # noqa: S311  # chance, not secrecy


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the world's traffic."""
    return made(tmp_path_factory.mktemp("traffic") / "traffic.csv.gz")


@pytest.fixture(scope="module")
def source(traffic: Path) -> Source:
    """The file, read."""
    return recording(traffic)


@pytest.fixture(scope="module")
def whole(source: Source, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of a replay that nothing interrupted."""
    return replayed(tmp_path_factory.mktemp("whole") / "state", source, durable=False)


@pytest.fixture(scope="module")
def recorded(traffic: Path, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Everything that an undisturbed replay did to its state directory."""
    work = tmp_path_factory.mktemp("recorded")
    library = build_library(work)
    argv = [sys.executable, str(RUNNER), str(work / "state"), str(traffic)]
    recording = run_recorded(argv, work / "state", library=library, work=work, env=ENV)
    assert (recording.returncode, recording.stderr) == (0, b"")
    return recording


def lines(process: subprocess.Popen[str]) -> Iterator[str]:
    """What a process prints, line by line."""
    assert process.stdout is not None
    yield from process.stdout


@pytest.mark.slow
@pytest.mark.parametrize("run", range(RUNS))
def test_a_replay_killed_at_any_moment_goes_on_to_the_same_state(
    traffic: Path, source: Source, whole: str, tmp_path: Path, run: int
) -> None:
    """SIGKILL after any number of steps, up to three times; then it is run to its end."""
    rng = dice(run)
    for _ in range(rng.randrange(1, 4)):
        argv = [sys.executable, str(RUNNER), str(tmp_path / "state"), str(traffic)]
        steps = rng.randrange(25)
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=ENV) as process:
            for done, _line in enumerate(lines(process)):
                if done >= steps:
                    break
            process.send_signal(signal.SIGKILL)

    assert replayed(tmp_path / "state", source, durable=False) == whole


@needs_compiler
@pytest.mark.parametrize("run", range(RUNS))
def test_a_replay_deprived_of_power_at_any_moment_goes_on_to_the_same_state(
    recorded: Recording, source: Source, whole: str, tmp_path: Path, run: int
) -> None:
    """At any operation on the disk, whatever becomes of what was not synced; nothing acknowledged is lost."""
    rng = dice(run)
    cut = rng.randrange(len(recorded.operations) + 1)
    left = power_loss(recorded, cut, rng, MODES[run % len(MODES)], into=tmp_path / "left")

    assert replayed(left, source, durable=False) == whole


@needs_compiler
@pytest.mark.parametrize("run", range(max(2, RUNS // 2)))
def test_a_full_disk_is_reported_and_after_space_is_made_the_replay_goes_on(
    recorded: Recording, traffic: Path, source: Source, whole: str, tmp_path: Path, run: int
) -> None:
    """Full at any byte: in a commit, a checkpoint or a sealing; one clear line, and the next run goes on."""
    written = sum(len(operation.a) + len(operation.b) for operation in recorded.operations if operation.kind == "W")
    library = build_library(tmp_path)
    argv = [sys.executable, str(RUNNER), str(tmp_path / "state"), str(traffic)]
    faults = Faults(room=dice(run).randrange(written * 9 // 10))
    failed = run_recorded(argv, tmp_path / "state", library=library, work=tmp_path, faults=faults, env=ENV)

    assert failed.returncode != 0
    assert b"LogFull" in failed.stderr or b"CheckpointFull" in failed.stderr
    assert replayed(tmp_path / "state", source, durable=False) == whole
