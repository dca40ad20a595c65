"""The rule of commands can fail: each is explained in prose and explains itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import typer

import commands

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def program() -> typer.Typer:
    """A program with a command, a group of one, and a hidden command."""
    app, group = typer.Typer(), typer.Typer()

    @app.command()
    def plan() -> None:
        """Shows what a change does."""

    @app.command(hidden=True)
    def secret() -> None:
        """Not for users."""

    @group.command("list")
    def listing() -> None: ...

    app.add_typer(group, name="model")
    return app


def test_commands_are_found_with_their_full_names(program: typer.Typer) -> None:
    """Groups are walked, hidden commands are not shown to users."""
    found = commands.leaves("flyball", typer.main.get_command(program))

    assert found == {"flyball plan": "Shows what a change does.", "flyball model list": ""}


def test_a_command_that_no_page_names_is_found() -> None:
    """A longer name, or a line break in the middle of it, is told apart."""
    names = dict.fromkeys(["flyball plan", "flyball model list", "flyball model"], "Helps.")
    prose = "Run `flyball planner`, then `flyball\n  model list`."

    assert [finding.message for finding in commands.undocumented(names, prose)] == [
        "'flyball plan' is explained neither in README.md nor in docs/"
    ]


def test_a_command_without_help_is_found() -> None:
    """The docstring of a command is its help."""
    assert [finding.message for finding in commands.undocumented({"flyball plan": " "}, "flyball plan")] == [
        "'flyball plan' has no help text; give its function a docstring"
    ]


def test_a_project_without_commands_has_none_to_explain(tmp_path: Path) -> None:
    """The rule waits for the command line."""
    assert list(commands.check(tmp_path)) == []
