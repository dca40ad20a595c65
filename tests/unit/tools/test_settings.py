"""The rule of settings can fail, wherever pyproject.toml lets something pass."""

from __future__ import annotations

import pytest

import settings


def lines(text: str) -> list[int]:
    """The lines with findings."""
    return [finding.line for finding in settings.check("pyproject.toml", text)]


def test_an_ignored_rule_needs_its_reason_on_the_line() -> None:
    """One reason does not serve the next line."""
    text = '[tool.ruff.lint]\nignore = [\n    "D105", # the language explains it\n    "D107",\n]\n'

    assert lines(text) == [4]


def test_a_comment_above_serves_its_group() -> None:
    """Until the group ends."""
    text = (
        '[tool.ruff.lint.per-file-ignores]\n# They print.\n"tools/**" = ["T201"]\n"b/**" = ["T201"]\n\n"c/**" = ["D"]\n'
    )

    assert lines(text) == [6]


@pytest.mark.parametrize("key", ["filterwarnings", "exclude_also", "ignore_imports", "omit"])
def test_one_line_lists_are_seen(key: str) -> None:
    """With the reason above or without."""
    assert lines(f'[tool.x]\n# as a neighbour asks\n{key} = ["a"]\n') == []
    assert lines(f'[tool.x]\n{key} = ["a"]\n') == [2]


def test_a_table_of_overrides_says_why() -> None:
    """mypy's overrides exempt modules by name."""
    text = '[[tool.mypy.overrides]]\n{}module = ["plotly.*"]\nignore_missing_imports = true\n'

    assert lines(text.format("# ships no types\n")) == []
    assert lines(text.format("")) == [2]


def test_turning_warnings_into_errors_needs_no_reason() -> None:
    """It switches a check on."""
    assert lines('[tool.pytest.ini_options]\nfilterwarnings = [\n    "error",\n    "ignore:x",\n]\n') == [4]


def test_other_lists_need_no_reason() -> None:
    """Dependencies and sources let nothing pass."""
    assert lines('[project]\ndependencies = [\n    "numpy",\n]\n[tool.ruff]\nsrc = ["src"]\n') == []
