"""Compiling before the first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.cli.console import Console
from flyball.cli.kernels import COMPLETE, compile_once, compiled

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_kernels_count_as_compiled_when_all_have_run(tmp_path: Path) -> None:
    """A few may have been kept by somebody who stopped in between."""
    (tmp_path / "learn").mkdir()
    (tmp_path / "learn" / "ftrl.run-1.py311.1.nbc").touch()
    before = compiled(tmp_path)
    (tmp_path / COMPLETE).touch()

    assert (before, compiled(tmp_path)) == (False, True)


def test_compiling_says_what_takes_so_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a machine that has never run it."""
    monkeypatch.setenv("FLYBALL_CACHE", str(tmp_path))
    compile_once(Console())

    assert "compiling kernels (once" in capsys.readouterr().err
