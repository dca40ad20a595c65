"""Compiled kernels in a directory that cannot be written any more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import flyball.learn
from flyball.learn.kernel_cache import Locator, kernel_cache

CODE = (
    "from flyball.learn.maths import exp; exp(1.0); "
    "print(sum(exp.stats.cache_hits.values()), sum(exp.stats.cache_misses.values()))"
)
# Permissions do not hold for root: what is bound into its own mount namespace, read-only, does.
READ_ONLY = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"')


def asked(directory: Path, *, read_only: bool) -> str:
    """How many kernels another process found, and how many it compiled."""
    command = [sys.executable, "-c", CODE]
    if read_only:
        directory.chmod(0o555)
        command = [*(READ_ONLY if os.geteuid() == 0 else ("sh", "-c", 'exec "$@"')), str(directory), *command]
    done = subprocess.run(
        command, env={**os.environ, "FLYBALL_CACHE": str(directory)}, capture_output=True, text=True, check=False
    )
    if read_only and "Operation not permitted" in done.stderr:
        pytest.skip("root may not make a mount namespace here, so nothing can be read-only for it")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_kernels_are_found_where_nothing_can_be_written(tmp_path: Path) -> None:
    """As in an image: compiled when it was built, loaded when it runs."""
    compiled = asked(tmp_path, read_only=False)
    before = sorted(tmp_path.rglob("*"))
    found = asked(tmp_path, read_only=True)
    tmp_path.chmod(0o755)

    assert (compiled, found) == ("0 1", "1 0")
    assert sorted(tmp_path.rglob("*")) == before


def test_what_was_not_compiled_in_time_is_compiled_each_time(tmp_path: Path) -> None:
    """It works, and nothing is written elsewhere: neither beside the sources nor in the user's directory."""
    package = Path(flyball.learn.__path__[0])
    before = set(package.rglob("*.nb[ic]"))
    found = asked(tmp_path, read_only=True)
    tmp_path.chmod(0o755)

    assert found == "0 1"
    assert set(package.rglob("*.nb[ic]")) == before


def test_what_cannot_be_kept_is_refused_as_by_numba(tmp_path: Path) -> None:
    """A function without a file, or a directory that cannot be made."""
    (tmp_path / "file").touch()

    assert not Locator(str(tmp_path / "file"), Path(__file__), 1).usable()
    assert not Locator(str(tmp_path), Path("<stdin>"), 1).usable()
    with pytest.raises(RuntimeError, match="cannot cache function"):
        kernel_cache(str(tmp_path / "file"))(asked)
