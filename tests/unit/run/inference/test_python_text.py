"""Source is written as the formatter would leave it, whatever the names are."""

from __future__ import annotations

import ast
import keyword

from hypothesis import given
from hypothesis import strategies as st

from flyball.run.inference.python_text import WIDTH, call, comment, literal, names_for, remarked, word_for


@given(value=st.one_of(st.text(), st.floats(allow_nan=False, allow_infinity=False), st.tuples(st.text(), st.text())))
def test_a_literal_reads_back_as_the_value(value: str | float | tuple[str, ...]) -> None:
    """Quotation marks, backslashes and all."""
    assert ast.literal_eval(literal(value)) == value


@given(text=st.text())
def test_a_comment_is_nothing_but_comment(text: str) -> None:
    """No character of it ends the line."""
    assert all(line.startswith("#") for each in comment(text) for line in each.splitlines())


@given(columns=st.lists(st.text(), unique=True))
def test_every_column_gets_a_name_of_its_own_that_python_takes(columns: list[str]) -> None:
    """Whatever the columns are called."""
    names = names_for(columns, taken=("fb",))

    assert list(names) == columns
    assert len({*names.values(), "fb"}) == len(columns) + 1
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in names.values())


@given(text=st.text())
def test_a_word_holds_nothing_but_letters_digits_and_marks(text: str) -> None:
    """So that it can stand in addresses."""
    word = word_for(text, "label")

    assert 0 < len(word) <= 100
    assert set(word) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
    assert word[0] not in "-."


def test_a_call_that_does_not_fit_stands_on_lines_of_its_own() -> None:
    """One for each argument, and one for each item of a list that does not fit either."""
    names = [f"signal_{number}" for number in range(8)]

    assert call("fb.Model", ['"ctr"', ("signals", names), "outcome=click"], before="model = ") == [
        "model = fb.Model(",
        '    "ctr",',
        "    signals=[",
        *(f"        {name}," for name in names),
        "    ],",
        "    outcome=click,",
        ")",
    ]


def test_a_remark_that_does_not_fit_stands_above() -> None:
    """The formatter would break the line otherwise."""
    line = 'hour = fb.Input("hour", int)'

    assert remarked(line, "") == [line]
    assert remarked(line, "x" * (WIDTH - len(line) - 4)) == [f"{line}  # {'x' * (WIDTH - len(line) - 4)}"]
    assert remarked(line, "y" * (WIDTH - len(line) - 3)) == [f"# {'y' * (WIDTH - len(line) - 3)}", line]


def test_the_variables_that_are_made_from_one_are_nobody_else_s() -> None:
    """Whichever of them comes first."""
    found = names_for(
        ["title_words", "title", "said", "said_pairs", "y"], derived={"title": ("words", "pairs"), "said": ("pairs",)}
    )

    assert found == {
        "title_words": "title_words",
        "title": "title_2",
        "said": "said",
        "said_pairs": "said_pairs_2",
        "y": "y",
    }
