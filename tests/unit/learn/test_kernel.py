"""How kernels are compiled and kept: a changed source never meets what was compiled of an older one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import flyball.learn.kernel
from flyball.learn.kernel import ROOMS, cache_directory, kernel, kernel_sources

PACKAGE = Path(flyball.learn.kernel.__file__).parent.parent


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package's sources, to be changed."""
    for room in ("learn", "watch", "run", "system", "events"):
        shutil.copytree(PACKAGE / room, tmp_path / "flyball" / room, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "flyball"


def changed(path: Path) -> None:
    """One comment more."""
    path.write_text(path.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")


def asked(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What another process says."""
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )


def test_kernels_stand_in_the_rooms_that_are_looked_through() -> None:
    """One elsewhere would be compiled anew by nobody when what it calls has changed."""
    compiled = re.compile(r"^@(kernel|inner|inlined|intrinsic)$", re.MULTILINE)
    kernels = [path for path in PACKAGE.rglob("*.py") if compiled.search(path.read_text(encoding="utf-8"))]

    assert {path.parent.relative_to(PACKAGE).as_posix() for path in kernels} == {*ROOMS}


def test_equal_sources_share_a_directory(copy: Path) -> None:
    """Wherever they stand."""
    assert cache_directory(copy) == cache_directory(PACKAGE)


@pytest.mark.parametrize("name", ["learn/slots.py", "learn/atomic.py", "watch/kernel.py", "learn/maths.py"])
def test_a_changed_kernel_begins_a_new_directory(copy: Path, name: str) -> None:
    """Also where another file calls it: numba alone would not see that."""
    before = cache_directory(copy)
    changed(copy / name)

    assert cache_directory(copy) != before


@pytest.mark.parametrize("name", ["learn/arena.py", "learn/word.py", "watch/bins.py", "watch/sums.py"])
def test_a_changed_constant_of_a_kernel_begins_a_new_directory(copy: Path, name: str) -> None:
    """Constants are compiled in, and these files have no kernel of their own."""
    before = cache_directory(copy)
    changed(copy / name)

    assert cache_directory(copy) != before


@pytest.mark.parametrize("name", ["learn/table.py", "run/engine.py", "system/signal.py", "watch/board.py"])
def test_what_no_kernel_is_made_of_keeps_the_directory(copy: Path, name: str) -> None:
    """Or every change of the code would compile for a minute."""
    before = cache_directory(copy)
    changed(copy / name)

    assert cache_directory(copy) == before


def test_a_file_that_gains_a_kernel_is_among_the_sources(copy: Path) -> None:
    """By its decorator."""
    path = copy / "learn" / "tokens.py"
    assert path not in kernel_sources(copy)
    path.write_text(path.read_text(encoding="utf-8") + "\n@kernel\ndef f(x): return x\n", encoding="utf-8")

    assert path in kernel_sources(copy)


def test_another_cpu_has_another_directory(tmp_path: Path) -> None:
    """Code for one would not run on the other."""
    code = "from flyball.learn.kernel import cache_directory; print(cache_directory().name)"
    names = {asked(code, FLYBALL_CACHE=str(tmp_path), **cpu).stdout for cpu in ({}, {"NUMBA_CPU_NAME": "generic"})}

    assert len(names) == 2


def test_the_directory_is_the_one_that_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`FLYBALL_CACHE`, else the user's cache."""
    monkeypatch.setenv("FLYBALL_CACHE", str(tmp_path / "here"))
    assert cache_directory().parent == tmp_path / "here" / "kernels"

    monkeypatch.delenv("FLYBALL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory().parent == tmp_path / "flyball" / "kernels"


def test_what_was_compiled_is_found_by_the_next_process(tmp_path: Path) -> None:
    """The second one compiles nothing."""
    code = (
        "from flyball.learn.maths import exp; exp(1.0); "
        "print(sum(exp.stats.cache_hits.values()), sum(exp.stats.cache_misses.values()))"
    )

    assert asked(code, FLYBALL_CACHE=str(tmp_path)).stdout == "0 1\n"
    assert asked(code, FLYBALL_CACHE=str(tmp_path)).stdout == "1 0\n"


def test_where_nothing_can_be_kept_kernels_are_compiled_each_time(tmp_path: Path) -> None:
    """A cache is a comfort: a path that cannot be made is no reason to fail."""
    (tmp_path / "file").write_text("in the way")
    code = "from flyball.learn.maths import exp; print(exp(0.0))"

    assert asked(code, FLYBALL_CACHE=str(tmp_path / "file" / "below")).stdout == "1.0\n"


def test_the_directory_of_other_numba_functions_is_left_alone() -> None:
    """A user's own functions are cached where they were."""
    before = flyball.learn.kernel.config.CACHE_DIR

    @kernel
    def doubled(x: float) -> float:
        return 2.0 * x

    assert doubled(2.0) == 4.0
    assert before == flyball.learn.kernel.config.CACHE_DIR
