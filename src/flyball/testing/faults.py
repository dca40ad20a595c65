r"""Runs a program on a disk that is recorded, full or failing, and rebuilds what a loss of power would leave.

A small shared library (`faults.c`, built with the system's C compiler) stands between the program and libc: it notes
each operation on the files of one directory, so that the directory can be rebuilt as it would be found had the power
gone at any of them. The program's standard output is noted in the same order, so what it had acknowledged is known.

>>> import sys, tempfile
>>> code = "import sys; open(sys.argv[1] + '/a', 'w').write('x'); print('written', flush=True)"
>>> with tempfile.TemporaryDirectory() as name:
...     work, directory = Path(name), Path(name) / "watched"
...     if shutil.which("gcc") is not None:
...         library = build_library(work)
...         recording = run_recorded(
...             [sys.executable, "-c", code, str(directory)], directory, library=library, work=work
...         )
...         after = len(recording.operations)
...         assert recording.printed(after) == b"written\n"
...         assert unseen(recording, directory) == []
...         lost = power_loss(recording, after, None, "lost", into=work / "lost")
...         assert list(lost.iterdir()) == []
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flyball.system.error import FlyballError
from flyball.testing.disk import Disk, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from flyball.testing.disk import Mode, Operation, Snapshot

SOURCE = Path(__file__).with_name("faults.c")


class NoCompiler(FlyballError):
    """There is nothing to build the library with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How the disk of a recorded program behaves.

    Attributes:
        room: Bytes that may be written before the disk is full; `None`: no limit.
        syncs: Calls of fsync that succeed before they fail with EIO; `None`: no limit.
        heal: Once this file exists, outside the directory, the disk is well again.

    >>> Faults(room=4096).syncs is None
    True
    """

    room: int | None = None
    syncs: int | None = None
    heal: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What a program did to a directory.

    Attributes:
        before: The directory before it started.
        operations: What it did, in order.
        returncode: How it ended.
        stdout: What it printed.
        stderr: What it complained of.

    >>> from flyball.testing.disk import Operation
    >>> printed = Operation("P", 0, 0, b"done", b"")
    >>> Recording(before={}, operations=(printed,), returncode=0, stdout=b"done", stderr=b"").printed(1)
    b'done'
    """

    before: Snapshot
    operations: tuple[Operation, ...]
    returncode: int
    stdout: bytes
    stderr: bytes

    def printed(self, cut: int) -> bytes:
        """What had come out of the program before operation `cut`."""
        return b"".join(operation.a for operation in self.operations[:cut] if operation.kind == "P")


def build_library(into: Path) -> Path:
    """Build the library.

    Args:
        into: The directory to put it in.

    Raises:
        NoCompiler: There is no C compiler, or it refuses.
    """
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise NoCompiler("no C compiler was found; install gcc (apt-get install gcc libc6-dev) to simulate power loss")
    library = into / "faults.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE), "-ldl", "-pthread"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own source, no shell
    if done.returncode != 0:
        said = done.stderr.strip().partition("\n")[0]
        raise NoCompiler(f"{compiler!r} could not build {str(SOURCE)!r}: {said}; install libc6-dev")
    return library


def run_recorded(
    argv: Sequence[str],
    directory: Path,
    *,
    library: Path,
    work: Path,
    faults: Faults | None = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float = 600.0,
) -> Recording:
    """Run a program to its end and record what it does to one directory; fsync costs nothing there.

    Args:
        argv: The program and its arguments.
        directory: The directory watched; it need not exist, what it is in must.
        library: From `build_library`.
        work: A directory outside, for the journal.
        faults: How the disk behaves; well, by default.
        env: Added to the environment.
        timeout_s: Seconds after which the program is killed and `subprocess.TimeoutExpired` raised.
    """
    watched = directory.parent.resolve() / directory.name
    watched.mkdir(exist_ok=True)
    journal = work / "journal"
    journal.unlink(missing_ok=True)
    before = snapshot(watched)
    done = subprocess.run(  # noqa: S603  # the caller's own program, no shell
        list(argv),
        capture_output=True,
        check=False,
        timeout=timeout_s,
        env={**os.environ, **(env or {}), **_settings(watched, journal, library, faults or Faults())},
    )
    return Recording(
        before=before,
        operations=tuple(parse(journal.read_bytes() if journal.exists() else b"")),
        returncode=done.returncode,
        stdout=done.stdout,
        stderr=done.stderr,
    )


def power_loss(recording: Recording, cut: int, rng: Random | None, mode: Mode, *, into: Path) -> Path:
    """Rebuild the directory as it would be found had the power gone just before operation `cut`.

    Args:
        recording: From `run_recorded`.
        cut: From 0 to `len(recording.operations)`.
        rng: Decides what is lost, where the mode leaves that to chance (`torn`); else it may be `None`.
        mode: What becomes of what was not synced; see `flyball.testing.disk.Mode`.
        into: The directory to make; it must not exist.

    Returns:
        `into`.
    """
    files = Disk(recording.before, recording.operations[:cut]).files(mode, rng)
    into.mkdir(parents=True)
    for path, content in sorted(files.items()):
        if content is None:
            (into / path).mkdir()
        else:
            (into / path).write_bytes(content)
    return into


def unseen(recording: Recording, directory: Path) -> list[str]:
    """The paths where the recording does not say what is really there: the program wrote in a way that escapes it.

    Shared memory of SQLite (`-shm`) is written through mmap; it is made anew after a loss of power, so it is left out.

    >>> import tempfile
    >>> nothing = Recording(before={}, operations=(), returncode=0, stdout=b"", stderr=b"")
    >>> with tempfile.TemporaryDirectory() as name:
    ...     _ = (Path(name) / "stray").write_text("x")
    ...     unseen(nothing, Path(name))
    ['stray']
    """
    told = Disk(recording.before, recording.operations).files("kept")
    real = {path: content for path, (_, content) in snapshot(directory).items()}
    different = [path for path in told.keys() | real.keys() if told.get(path, b"?") != real.get(path, b"??")]
    return sorted(path for path in different if not path.endswith("-shm"))


def snapshot(directory: Path) -> Snapshot:
    """What is in a directory now.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     _ = (Path(name) / "a").write_text("x")
    ...     [(path, content) for path, (_, content) in snapshot(Path(name)).items()]
    [('a', b'x')]
    """
    return {
        str(path.relative_to(directory)): (path.stat().st_ino, None if path.is_dir() else path.read_bytes())
        for path in sorted(directory.rglob("*"))
    }


def _settings(watched: Path, journal: Path, library: Path, faults: Faults) -> dict[str, str]:
    settings = {
        "LD_PRELOAD": str(library),
        "FLYBALL_FAULTS_DIRECTORY": str(watched),
        "FLYBALL_FAULTS_JOURNAL": str(journal),
    }
    if faults.room is not None:
        settings["FLYBALL_FAULTS_ROOM"] = str(faults.room)
    if faults.syncs is not None:
        settings["FLYBALL_FAULTS_SYNCS"] = str(faults.syncs)
    if faults.heal is not None:
        settings["FLYBALL_FAULTS_HEAL"] = str(faults.heal)
    return settings
