"""House rule: every command of the command line is explained in README.md or docs/, and explains itself."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any

from finding import Finding, files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APP = "src/flyball/cli/app.py"


def check(top: Path) -> Iterator[Finding]:
    """Findings about the commands of the program; none while it has no command line."""
    if not (top / APP).is_file():
        return
    pages = [name for name in files(top) if name == "README.md" or re.fullmatch(r"docs/.*\.md", name)]
    prose = "\n".join((top / name).read_text(encoding="utf-8") for name in pages)
    try:
        commands = of_program()
    except ImportError as error:
        yield Finding(APP, 1, f"the commands cannot be listed: {error}")
        return
    yield from undocumented(commands, prose)


def undocumented(commands: dict[str, str], prose: str) -> Iterator[Finding]:
    """Findings about commands (name to help text) that the prose does not mention, or that have no help.

    >>> print(*undocumented({"flyball plan": "Shows what changes."}, "Run `flyball check`."))
    src/flyball/cli/app.py:1: 'flyball plan' is explained neither in README.md nor in docs/
    """
    words = re.sub(r"\s+", " ", prose)
    for name, text in sorted(commands.items()):
        if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", words) is None:
            yield Finding(APP, 1, f"{name!r} is explained neither in README.md nor in docs/")
        if not text.strip():
            yield Finding(APP, 1, f"{name!r} has no help text; give its function a docstring")


def of_program() -> dict[str, str]:
    """The commands that users can type, each with its help text."""
    module = importlib.import_module("flyball.cli.app")
    typer = importlib.import_module("typer")
    return leaves("flyball", typer.main.get_command(module.app))


def leaves(name: str, command: Any) -> dict[str, str]:  # noqa: ANN401  # foreign edge: click's command, or anything shaped so
    """The commands under a command, by their full names; groups themselves are no commands."""
    if getattr(command, "hidden", False):
        return {}
    below: dict[str, Any] | None = getattr(command, "commands", None)
    if below is None:
        return {name: command.help or ""}
    return {full: text for word, child in below.items() for full, text in leaves(f"{name} {word}", child).items()}
