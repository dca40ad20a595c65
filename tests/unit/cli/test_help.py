"""The help of every command shows all that is written for it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, get_args, get_type_hints

import pytest
import typer
from typer.models import ParameterInfo
from typer.testing import CliRunner

from flyball.cli.app import app
from flyball.cli.model import model_app

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS = [((), each.callback) for each in app.registered_commands] + [
    (("model",), each.callback) for each in model_app.registered_commands
]


def written(run: Callable[..., object]) -> list[str]:
    """The paragraphs of a command's docstring, and what its options say of themselves."""
    [options] = [hint for name, hint in get_type_hints(run).items() if name != "return"]
    notes = [note for hint in get_type_hints(options, include_extras=True).values() for note in get_args(hint)[1:]]
    helps = [note.help for note in notes if isinstance(note, ParameterInfo) and note.help]
    return [*inspect.cleandoc(run.__doc__ or "").split("\n\n"), *helps]


def plain(text: str) -> str:
    """Without frames, blanks and line ends."""
    return "".join(text.replace("│", " ").split())


@pytest.mark.parametrize(
    ("group", "callback"), COMMANDS, ids=[" ".join((*group, getattr(c, "__name__", ""))) for group, c in COMMANDS]
)
def test_nothing_that_is_written_is_taken_for_markup(
    group: tuple[str, ...], callback: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name of a table, `[prod]`, would be left out."""
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", 1_000)
    run = inspect.unwrap(callback)
    shown = plain(CliRunner().invoke(app, [*group, getattr(run, "__name__", ""), "--help"]).stdout)

    assert [text for text in written(run) if plain(text) not in shown] == []


def test_the_program_and_its_groups_have_no_markup_either() -> None:
    """They are shown as they are written, too."""
    root = typer.main.get_command(app)

    groups = [root, *(each for each in getattr(root, "commands").values() if hasattr(each, "commands"))]  # noqa: B009  # only groups have it
    assert [group.help for group in groups if "[" in (group.help or "[")] == []
