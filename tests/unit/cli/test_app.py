"""The program as a whole."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from typing import TYPE_CHECKING

import pytest

from flyball.cli import app as program

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Shell


def test_the_version_is_that_of_the_package(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stands in the metadata of the installed one."""
    monkeypatch.setattr(program, "version", lambda name: f"1.2.3 of {name}")

    assert shell("--version").out == "flyball 1.2.3 of flyball\n"


def test_without_an_installed_package_the_version_is_that_of_the_sources(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback about metadata."""

    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(program, "version", version)
    said = shell("--version")

    assert (said.code, said.out) == (0, "flyball, run from its sources\n")


def test_typed_alone_it_explains_itself(shell: Shell) -> None:
    """Every command in one line."""
    shown = shell("--help").out

    assert "Begin with `flyball demo`" in shown
    assert [name for name in ("init", "check", "plan", "replay", "status", "demo") if f" {name} " not in shown] == []


def test_main_ends_the_process_with_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the shell sees it."""
    monkeypatch.setattr("sys.argv", ["flyball", "status", "--state", "nowhere"])
    with pytest.raises(SystemExit, match="2"):
        program.main()
    assert "the state directory 'nowhere' does not exist" in capsys.readouterr().err
