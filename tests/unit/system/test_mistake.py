"""Mistakes say where, what was given, what is accepted and what to do."""

from __future__ import annotations

from flyball.system.mistake import Mistake, SystemInvalid, did_you_mean, in_order, one_of
from flyball.system.place import Place, as_float, as_tuple


def mistake(line: int, code: str = "window-bad") -> Mistake:
    """A mistake at this line."""
    place = Place("somewhere/ads.py", line)
    return Mistake(code=code, subject="outcome 'click'", given="'soon'", accepted="a duration", place=place)


def test_a_mistake_is_one_line_beginning_with_its_place() -> None:
    """As editors expect it."""
    assert str(mistake(9)) == (
        "somewhere/ads.py:9: error window-bad: outcome 'click': given 'soon'; accepted: a duration"
    )


def test_mistakes_come_in_the_order_of_their_lines_each_once() -> None:
    """Those without a line come first; within a line the order is that of finding."""
    nowhere = Mistake(code="document-bad", subject="", given="", accepted="")
    found = [mistake(9, "b"), mistake(2), nowhere, mistake(9, "a"), mistake(2)]

    assert in_order(found) == (nowhere, mistake(2), mistake(9, "b"), mistake(9, "a"))


def test_an_invalid_system_counts_its_errors_and_lists_everything() -> None:
    """A warning is no mistake of its own."""
    warning = Mistake(code="owner-missing", subject="system", given="''", accepted="text", severity="warning")

    text = str(SystemInvalid([mistake(9), mistake(2), warning]))

    assert text.splitlines()[0] == "the system has 2 mistakes:"
    assert text.splitlines()[1:] == [f"  {each}" for each in (warning, mistake(2), mistake(9))]


def test_a_place_without_a_line_is_the_file() -> None:
    """Where a file fails as a whole."""
    assert str(Place("ads.py", 0)) == "ads.py"


def test_a_guess_is_made_only_where_something_is_near() -> None:
    """Otherwise the alternative is said."""
    assert did_you_mean("arival", ["arrival", "close"]) == "did you mean 'arrival'?"
    assert did_you_mean("xyzzy", ["arrival"], "see the documentation") == "see the documentation"
    assert did_you_mean(7, ["arrival"]) == ""
    assert one_of([]) == ""


def test_what_was_given_for_several_is_a_tuple() -> None:
    """A text is one value, not its letters."""
    assert [as_tuple(given) for given in ([1], (1,), "ab", None)] == [(1,), (1,), ("ab",), (None,)]


def test_numbers_become_floats_and_nothing_else_does() -> None:
    """True is no number, and an int too large for a float stays what it is."""
    assert [repr(as_float(given)) for given in (1, -0.0, True, "1", None)] == ["1.0", "0.0", "True", "'1'", "None"]
    assert as_float(10**400) == 10**400
