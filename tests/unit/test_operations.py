"""docs/operations.md says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from flyball.run.settings import OTHERS, SETTINGS
from flyball.serve.tokens import SCOPES

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")


def test_the_table_of_settings_is_that_of_the_program() -> None:
    """Every one, in the same order, with its default and what it accepts."""
    table = PAGE.partition("| setting | default |")[2].partition("\n\n")[0].splitlines()[2:]
    expected = [f"| `{s.name}` | {s.shown(s.default)} | {s.accepted} | {s.meaning} |" for s in SETTINGS]

    assert table == expected


def test_every_scope_is_explained() -> None:
    """And no other."""
    table = PAGE.partition("| scope |")[2].partition("\n\n")[0].splitlines()[2:]

    assert tuple(line.split("`")[1] for line in table) == SCOPES


def test_names_in_the_environment_are_known() -> None:
    """A reader may copy them."""
    named = set(re.findall(r"\bFLYBALL_[A-Z_]+\b", PAGE))

    assert named <= {setting.variable for setting in SETTINGS} | OTHERS
