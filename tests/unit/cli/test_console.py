"""Where commands write."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console as RichConsole

from flyball.cli.console import Console

if TYPE_CHECKING:
    import pytest


def test_people_read_stdout_and_warnings_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Without `--json`."""
    console = Console()
    console.show("shown")
    console.warn("beware")
    console.error("wrong")
    console.result({"rows": 1})

    assert capsys.readouterr() == ("shown\n", "note: beware\nerror: wrong\n")


def test_with_json_stdout_holds_one_object_and_people_read_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """A program may pipe it anywhere."""
    console = Console(json=True)
    console.show("shown")
    console.result({"rows": 1, "none": None, "name": "é"})

    assert capsys.readouterr() == ('{"rows":1,"none":null,"name":"é"}\n', "shown\n")


def test_quiet_leaves_out_what_is_shown_but_not_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor the JSON."""
    console = Console(json=True, quiet=True)
    console.show("shown")
    console.error("wrong")
    console.result({})
    with console.waiting("thinking"), console.progress("running") as progress:
        progress(1, 2)

    assert capsys.readouterr() == ("{}\n", "error: wrong\n")


def test_brackets_and_colons_in_texts_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing that comes from data is taken for markup or an emoji."""
    Console().show("[red]x[/red] :smile:", "[/]")

    assert capsys.readouterr().out == "[red]x[/red] :smile:\n[/]\n"


def test_long_lines_are_not_broken(capsys: pytest.CaptureFixture[str]) -> None:
    """A path or a command can be copied whole."""
    line = "flyball replay " + "x" * 300
    Console().show(line)

    assert capsys.readouterr().out == f"{line}\n"


def test_off_a_terminal_waiting_is_one_line_and_progress_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    """Logs of jobs stay readable."""
    console = Console()
    with console.waiting("compiling"), console.progress("replaying") as progress:
        progress(1, 2)

    assert capsys.readouterr() == ("", "compiling\n")


def test_on_a_terminal_progress_is_a_bar_that_goes_away() -> None:
    """The bar names what is done."""
    console = Console()
    screen = io.StringIO()
    console._errors = RichConsole(file=screen, force_terminal=True, width=100, _environ={"TERM": "xterm"})
    with console.waiting("compiling"):
        pass
    with console.progress("replaying") as progress:
        progress(5, 10)
        progress(10, 10)

    assert "compiling" in screen.getvalue()
    assert "replaying" in screen.getvalue()
    assert "100%" in screen.getvalue()
