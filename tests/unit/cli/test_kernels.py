"""Compiling before the first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.cli.console import Console
from flyball.cli.kernels import compile_once, compiled

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_kernels_count_as_compiled_when_one_was_kept(tmp_path: Path) -> None:
    """numba makes the folder long before it writes anything into it."""
    (tmp_path / "learn").mkdir()
    before = compiled(tmp_path)
    (tmp_path / "learn" / "ftrl.run-1.py311.1.nbc").touch()

    assert (before, compiled(tmp_path)) == (False, True)


def test_compiling_says_what_takes_so_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a machine that has never run it."""
    monkeypatch.setenv("FLYBALL_CACHE", str(tmp_path))
    compile_once(Console())

    assert "compiling kernels (once" in capsys.readouterr().err
