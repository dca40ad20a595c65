"""What the tests of the commands share: a folder to work in, and a way to type."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from flyball.cli.app import app
from tests.unit.cli.flights_made import write_rows, write_system

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command did: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def found(self) -> dict[str, Any]:
        """The one object on the last line of stdout."""
        [line] = self.out.splitlines()
        return dict(json.loads(line))


class Shell:
    """Types commands."""

    def __call__(self, *words: str | Path) -> Said:
        """Runs `flyball` with these words."""
        result = CliRunner().invoke(app, [str(word) for word in words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(code=result.exit_code, out=result.stdout, err=result.stderr)


@pytest.fixture
def shell() -> Shell:
    """Types commands."""
    return Shell()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder one stands in, with `flights.py` and `flights.csv`."""
    monkeypatch.chdir(tmp_path)
    write_system(tmp_path / "flights.py")
    write_rows(tmp_path / "flights.csv")
    return tmp_path
