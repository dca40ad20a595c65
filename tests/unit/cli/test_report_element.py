"""The writer of elements."""

from __future__ import annotations

import pytest

from flyball.cli.report.element import element, group, raw


def test_text_is_escaped_and_html_is_not_escaped_twice() -> None:
    """Only what an element made passes as HTML."""
    assert element("p", "a < b & c", element("b", "<i>")) == "<p>a &lt; b &amp; c<b>&lt;i&gt;</b></p>"


def test_html_that_was_put_together_as_text_is_text_again() -> None:
    """Gluing strings loses the right to be markup."""
    assert element("p", element("b", "x") + "") == "<p>&lt;b&gt;x&lt;/b&gt;</p>"


@pytest.mark.parametrize("value", ['"', "'", "<", ">", "&"])
def test_attributes_are_quoted(value: str) -> None:
    """No value ends its attribute."""
    written = element("i", title=value)

    assert written.count('"') == 2
    assert not set(written[10:-6]) & set("<>\"'")


def test_attributes_that_are_false_or_none_are_left_out() -> None:
    """And true ones have no value."""
    assert element("input", disabled=True, title=None, hidden=False) == "<input disabled>"


def test_group_flattens_lists_and_leaves_out_none() -> None:
    """A list of lists is a row of children."""
    assert group("a", None, [element("b"), ["<", None]], 3, raw("<i>")) == "a<b></b>&lt;3<i>"
