"""The rule of sizes can fail, and counts as it says."""

from __future__ import annotations

import pytest

import sizes
from finding import Source


def messages(text: str, path: str = "src/flyball/events/a.py") -> list[str]:
    """What the rule says about a file."""
    return [finding.message for finding in sizes.check(Source.of(path, text))]


def function(lines: int, docstring: str = "") -> str:
    """A function of so many lines besides its docstring."""
    return f"def f():\n{docstring}" + "    x = 1\n" * (lines - 1)


def test_a_file_of_399_lines_passes_and_one_of_400_does_not() -> None:
    """The limit is 'under 400'."""
    assert messages("x = 1\n" * 399) == []
    assert messages("x = 1\n" * 400) == ["the file has 400 lines; at most 399: split it by noun"]


def test_a_tool_is_held_to_149_lines() -> None:
    """What checks others is short enough to be checked by reading."""
    assert messages("x = 1\n" * 149, "tools/a.py") == []
    assert messages("x = 1\n" * 150, "tools/a.py") == ["the file has 150 lines; at most 149: split it by noun"]


def test_a_docstring_is_not_counted_in_a_function() -> None:
    """Explaining costs nothing."""
    docstring = '    """One.\n\n    Two.\n    """\n'

    assert messages(function(49, docstring)) == []
    assert messages(function(50, docstring)) == ["'def f' has 50 lines without its docstring; at most 49"]


def test_parameters_are_counted_without_self() -> None:
    """Ten are allowed, starred ones count."""
    ten = ", ".join(f"p{number}" for number in range(10))

    assert messages(f"class A:\n  def f(self, {ten}): ...") == []
    assert messages(f"def f({ten}, **more): ...") == ["'def f' takes 11 parameters; at most 10"]


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("x = 1", 0),
        ("if a:\n  for b in c:\n    x = 1", 2),
        ("if a:\n  x = 1\nelif b:\n  x = 2\nelif c:\n  x = 3", 1),
        ("try:\n  x = 1\nexcept ValueError:\n  while a:\n    x = 2", 2),
        ("match a:\n  case 1:\n    with b:\n      x = 1", 2),
        ("if a:\n  def g():\n    if b:\n      x = 1", 1),
        ("for a in b:\n  x = 1\nelse:\n  if c:\n    x = 2", 2),
    ],
)
def test_nesting_is_counted_by_blocks(text: str, depth: int) -> None:
    """An `elif` is no deeper than its `if`, and an inner function counts for itself."""
    assert sizes.nesting(Source.of("a.py", text).tree.body) == depth


def test_five_levels_are_one_too_many() -> None:
    """Four blocks in each other pass, five do not."""
    four = "def f():\n if a:\n  if a:\n   if a:\n    if a:\n     "

    assert messages(four + "x = 1") == []
    assert messages(four + "if a:\n      x = 1") == ["'def f' is nested 5 deep; at most 4"]
