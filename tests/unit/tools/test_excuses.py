"""The rule of reasons can fail: for silencers, and for broad excepts."""

from __future__ import annotations

import pytest

import excuses
from finding import Source


def messages(text: str) -> list[str]:
    """What the rule says about a file."""
    return [finding.message for finding in excuses.check(Source.of("src/flyball/a.py", text))]


@pytest.mark.parametrize(
    "silencer",
    [
        "noqa: S101",
        "noqa: S101, D100",
        "type: ignore[attr-defined]",
        "pragma: no cover",
        "pragma: no branch",
        "fmt: off",
    ],
)
def test_a_silencer_needs_a_reason(silencer: str) -> None:
    """The same line passes with a reason and fails without."""
    assert messages(f"x = 1  # {silencer}  # numba has no types") == []
    assert messages(f"x = 1  # {silencer} - compiled") == []
    assert messages(f"x = 1  # {silencer}") == [f"{silencer!r} without a reason; write it behind, on the same line"]


def test_another_silencer_is_no_reason() -> None:
    """Two silencers do not excuse each other."""
    assert len(messages("x = 1  # type: ignore[misc]  # noqa: S101")) == 1


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# noqa", "'noqa' without a code"),
        ("# type: ignore", "'type: ignore' without a code"),
        ("# ruff: noqa: S101 because it is a long story", "a whole file is silenced"),
        ("# mypy: ignore-errors", "mypy is configured in one place"),
    ],
)
def test_a_silencer_names_what_it_silences(comment: str, message: str) -> None:
    """Blanket silencers are refused whatever their reason."""
    assert message in messages(f"x = 1  {comment}")[0]


def test_words_in_a_string_are_no_comment() -> None:
    """Only what Python reads as a comment counts."""
    assert messages("x = '# noqa'") == []


@pytest.mark.parametrize("caught", ["", " Exception", " BaseException as error", " (ValueError, Exception)"])
def test_a_broad_except_needs_a_reason(caught: str) -> None:
    """Four ways to catch everything."""
    block = "try:\n  f()\nexcept{}:{}\n  count()"

    assert messages(block.format(caught, "  # a plug-in may raise anything")) == []
    assert messages(block.format(caught, "")) == [
        "a broad except without a reason; name the errors, or say on this line why all"
    ]


@pytest.mark.parametrize("body", ["pass", "...", "continue", "'nothing'"])
def test_a_broad_except_must_do_something(body: str) -> None:
    """A reason does not excuse swallowing."""
    text = f"for a in b:\n  try:\n    f()\n  except Exception:  # anything may happen here\n    {body}"

    assert messages(text) == ["a broad except that does nothing; count it, report it or raise"]


def test_a_narrow_except_may_pass() -> None:
    """Who names the error knows what he ignores."""
    assert messages("try:\n  f()\nexcept KeyError:\n  pass") == []


def test_suppressing_everything_is_refused() -> None:
    """`contextlib.suppress` is an except, too."""
    assert messages("with contextlib.suppress(Exception):\n  f()") == [
        "'suppress' swallows every error; name those that are meant"
    ]
    assert messages("with suppress(KeyError):\n  f()") == []
