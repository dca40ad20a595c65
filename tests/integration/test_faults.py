"""The library between a program and libc: it misses nothing, and its disk is full when it says."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from flyball.testing import faults as faults_module
from flyball.testing.faults import Faults, NoCompiler, Recording, build_library, power_loss, run_recorded, unseen

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    shutil.which("gcc") is None and shutil.which("cc") is None,
    reason="needs a C compiler to build the library that simulates the disk",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library, built once."""
    return build_library(tmp_path_factory.mktemp("library"))


def run(code: str, directory: Path, library: Path, faults: Faults | None = None) -> Recording:
    """Run Python code in the directory's parent, and record the directory."""
    return run_recorded(
        [sys.executable, "-c", f"import os; d = {str(directory)!r}\n{code}"],
        directory,
        library=library,
        work=directory.parent,
        faults=faults,
    )


BUSY = """
import shutil, pathlib, tempfile
p = pathlib.Path(d)
(p / 'a').write_bytes(b'one')
with open(p / 'a', 'ab') as f: f.write(b'two'); f.flush(); os.fsync(f.fileno())
(p / 'old').write_bytes(b'')
with open(p / 'old', 'w') as f: f.write('3')
fd = os.open(p / 'v', os.O_RDWR | os.O_CREAT)
os.writev(fd, [b'x', b'', b'yz']); os.pwritev(fd, [b'A', b'B'], 1); os.pwrite(fd, b'!', 9)
os.ftruncate(fd, 8); os.close(fd); os.truncate(p / 'v', 7)
os.mkdir(p / 'd'); shutil.copyfile(p / 'a', p / 'd' / 'copy'); os.link(p / 'a', p / 'd' / 'linked')
os.rename(p / 'd', p / 'e'); os.replace(p / 'e' / 'copy', p / 'moved')
here = os.open(d, os.O_RDONLY); os.mkdir('f', dir_fd=here); os.rmdir('f', dir_fd=here)
fd = os.open('g', os.O_WRONLY | os.O_CREAT, dir_fd=here); os.write(fd, b'g'); os.close(fd)
os.unlink('g', dir_fd=here); os.fsync(here); os.close(here)
os.chdir(d); open('relative', 'w').write('r'); os.remove('../' + os.path.basename(d) + '/relative')
fd = os.open(p / 'gone', os.O_WRONLY | os.O_CREAT); os.unlink(p / 'gone'); os.write(fd, b'still'); os.close(fd)
print('done', flush=True)
"""


def test_whatever_a_program_does_to_its_files_is_seen(library: Path, tmp_path: Path) -> None:
    """The recording, played back, gives the directory as it is."""
    recording = run(BUSY, tmp_path / "d", library)

    assert (recording.returncode, recording.stderr) == (0, b"")
    assert unseen(recording, tmp_path / "d") == []
    kept = power_loss(recording, len(recording.operations), None, "kept", into=tmp_path / "kept")
    assert (kept / "a").read_bytes() == (kept / "moved").read_bytes() == b"onetwo"
    assert (kept / "v").read_bytes() == b"xAB\0\0\0\0"
    assert sorted(path.name for path in kept.iterdir()) == ["a", "e", "moved", "old", "v"]
    lost = power_loss(recording, len(recording.operations), None, "lost", into=tmp_path / "lost")
    assert (lost / "a").read_bytes() == b"onetwo"
    assert (lost / "old").read_bytes() == b""


def test_a_directory_that_was_there_before_is_where_it_starts(library: Path, tmp_path: Path) -> None:
    """Its files are taken for synced."""
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "d" / "e" / "a").write_text("old")
    recording = run("open(d + '/e/a', 'w').write('new')", tmp_path / "d", library)

    lost = power_loss(recording, len(recording.operations), None, "lost", into=tmp_path / "lost")

    assert (lost / "e" / "a").read_text() == "old"
    assert unseen(recording, tmp_path / "d") == []


def test_what_was_printed_is_known_for_each_moment(library: Path, tmp_path: Path) -> None:
    """In the order of the writes around it."""
    code = "for n in range(3):\n open(f'{d}/{n}', 'w').close(); print(n, flush=True)"
    recording = run(code, tmp_path / "d", library)
    created = [place for place, operation in enumerate(recording.operations) if operation.kind == "C"]

    assert [recording.printed(cut) for cut in created] == [b"", b"0\n", b"0\n1\n"]
    assert recording.printed(len(recording.operations)) == b"0\n1\n2\n"
    assert recording.stdout == b"0\n1\n2\n"


def test_a_write_that_escapes_the_recording_is_found(library: Path, tmp_path: Path) -> None:
    """Through mmap, for one."""
    code = "import mmap\nf = open(d + '/m', 'w+b'); f.write(b'12345'); f.flush(); mmap.mmap(f.fileno(), 5)[0:1] = b'x'"
    recording = run(code, tmp_path / "d", library)

    assert recording.returncode == 0
    assert unseen(recording, tmp_path / "d") == ["m"]


def test_a_full_disk_takes_what_fits_and_nothing_more(library: Path, tmp_path: Path) -> None:
    """Data in part, no new names; well again once somebody says so; other directories never notice."""
    code = f"""
def tried(work):
    try: return work()
    except OSError as error: return error.errno
fd = os.open(d + '/a', os.O_WRONLY | os.O_CREAT)
print(os.write(fd, b'x' * 70), os.write(fd, b'x' * 70), tried(lambda: os.write(fd, b'x')))
print(tried(lambda: os.mkdir(d + '/b')), tried(lambda: os.open(d + '/c', os.O_WRONLY | os.O_CREAT)))
open({str(tmp_path / "heal")!r}, 'w').close()
print(os.write(fd, b'x' * 70), tried(lambda: os.mkdir(d + '/b')))
"""
    recording = run(code, tmp_path / "d", library, Faults(room=100, heal=tmp_path / "heal"))

    assert recording.stdout.decode().split() == ["70", "30", "28", "28", "28", "70", "None"]
    assert unseen(recording, tmp_path / "d") == []


def test_a_disk_that_fails_to_sync_loses_what_was_written(library: Path, tmp_path: Path) -> None:
    """The sync after it succeeds, and means nothing for it."""
    code = f"""
fd = os.open(d + '/a', os.O_WRONLY | os.O_CREAT); here = os.open(d, os.O_RDONLY); os.fsync(here)
os.write(fd, b'lost')
try: os.fsync(fd)
except OSError as error: print(error.errno)
open({str(tmp_path / "heal")!r}, 'w').close()
os.write(fd, b'kept'); os.fsync(fd)
"""
    recording = run(code, tmp_path / "d", library, Faults(syncs=1, heal=tmp_path / "heal"))
    left = power_loss(recording, len(recording.operations), None, "lost", into=tmp_path / "left")

    assert recording.stdout == b"5\n"
    assert (left / "a").read_bytes() == b"\0\0\0\0kept"


def test_without_a_compiler_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And where one refuses, what it said."""
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "which", lambda name: None)
        with pytest.raises(NoCompiler, match="no C compiler was found; install gcc"):
            build_library(tmp_path)
    source = tmp_path / "faults.c"
    source.write_text("this is no C")
    monkeypatch.setattr(faults_module, "SOURCE", source)
    with pytest.raises(NoCompiler, match=r"could not build .*faults.c': .*error.*; install libc6-dev"):
        build_library(tmp_path)
