"""From a function of options to a command, and from what it raises to what is said."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import pytest
import typer
from typer.testing import CliRunner

from flyball.cli.command import JsonFlag, UsageWrong, as_command, existing, guarded, help_text, typed
from flyball.cli.console import Console
from flyball.cli.exit_code import ExitCode
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Options of a made-up command."""

    whom: Annotated[str, typer.Argument(metavar="WHOM", help="Who is greeted, of [all].")]
    times: Annotated[int, typer.Option(help="How often.")] = 1
    json: JsonFlag = False


def wave(options: Wave) -> ExitCode:
    """Greet somebody.

    Do it
    politely, as [prod] does.

    Example:  wave you
    """
    typer.echo(f"{options.whom} x {options.times}")
    return ExitCode(options.times - 1)


@pytest.fixture
def program() -> typer.Typer:
    """A program of one command."""
    made = typer.Typer(add_completion=False)
    made.command()(as_command(wave))
    return made


def test_fields_become_arguments_and_options(program: typer.Typer) -> None:
    """With their defaults."""
    assert CliRunner().invoke(program, ["you"]).output == "you x 1\n"
    assert CliRunner().invoke(program, ["you", "--times", "2"]).output == "you x 2\n"


def test_the_returned_code_is_that_of_the_process(program: typer.Typer) -> None:
    """0 says nothing more."""
    assert [CliRunner().invoke(program, ["you", "--times", str(n)]).exit_code for n in (1, 2, 4)] == [0, 1, 3]


def test_the_docstring_is_the_help(program: typer.Typer) -> None:
    """Its lines are joined, so that the terminal wraps them."""
    shown = CliRunner().invoke(program, ["--help"]).output

    assert "Do it politely, as [prod] does." in shown
    assert "Example:  wave you" in shown
    assert "Who is greeted, of [all]." in shown


def test_lines_of_a_paragraph_are_joined() -> None:
    """Paragraphs stay apart."""
    assert help_text("One\n    two.\n\n    Three.") == "One two.\n\nThree."


def raising(error: BaseException) -> Callable[[], ExitCode]:
    """A command that fails so."""

    def run() -> ExitCode:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (FlyballError("the log is full"), ExitCode.FINDINGS, "the log is full"),
        (UsageWrong("give a file"), ExitCode.USAGE, "give a file"),
        (PermissionError(13, "Permission denied", "a.html"), ExitCode.FINDINGS, "'a.html': Permission denied"),
        (OSError("strange"), ExitCode.FINDINGS, "strange"),
        (MemoryError(), ExitCode.FINDINGS, "not enough memory"),
    ],
)
def test_what_is_raised_is_told_in_one_line(
    error: Exception, code: ExitCode, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr for people, on stdout for programs."""
    assert guarded(raising(error), Console(json=True)) is code

    written = capsys.readouterr()
    assert said in written.err
    assert len(written.err.splitlines()) == 1
    assert json.loads(written.out)["error"]["type"] == type(error).__name__


def test_an_interrupt_says_that_nothing_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """With the shell's own code for it."""
    assert guarded(raising(KeyboardInterrupt()), Console()) is ExitCode.INTERRUPTED
    assert "With --state nothing is lost" in capsys.readouterr().err


def test_a_bug_is_not_hidden() -> None:
    """What no user can put right keeps its traceback."""
    with pytest.raises(ZeroDivisionError, match="division"):
        guarded(raising(ZeroDivisionError("division")), Console())


def test_a_path_that_exists_is_given_back(tmp_path: Path) -> None:
    """Otherwise it is a mistake of usage."""
    assert existing(tmp_path, "folder") == tmp_path
    with pytest.raises(UsageWrong, match=r"the folder .*gone' does not exist; check its name"):
        existing(tmp_path / "gone", "folder")


def test_what_was_typed_can_be_typed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words with blanks are quoted."""
    monkeypatch.setattr("sys.argv", ["/somewhere/flyball", "check", "my ads.py"])

    assert typed() == "flyball check 'my ads.py'"
