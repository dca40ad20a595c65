"""Texts as words and n-grams."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flyball.learn.tokens import char_grams, word_grams, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("  \n\t", ()),
        ("Free FREE free!", ("free",)),
        ("don't 'quote' rock 'n' roll", ("don't", "quote", "rock", "n", "roll")),
        ("don\u2019t", ("don\u2019t",)),
        ("Straße, Ünïcode; 漢字", ("straße", "ünïcode", "漢字")),
        ("1st_place: 50%", ("1st_place", "50")),
    ],
)
def test_a_word_is_a_run_of_letters_digits_and_underscores(text: str, expected: tuple[str, ...]) -> None:
    """With apostrophes inside; in lower case; each once."""
    assert words(text) == expected


def test_word_grams_run_over_the_words_also_over_repeated_ones() -> None:
    """What comes twice counts once."""
    assert word_grams("to be or to be", 2) == ("to be", "be or", "or to")
    assert word_grams("to be", 3) == ()
    assert word_grams("a a a", 1) == ("a",)


def test_char_grams_see_white_space_as_one_space() -> None:
    """Also at a line's end."""
    assert char_grams(" A \n b ", 3) == ("a b",)
    assert char_grams("ab", 3) == ()


@given(st.text(), st.integers(1, 5))
def test_grams_are_as_long_as_said_and_different(text: str, n: int) -> None:
    """Of words and of characters."""
    by_word, by_char = word_grams(text, n), char_grams(text, n)

    assert all(len(gram.split(" ")) == n for gram in by_word)
    assert all(len(gram) == n for gram in by_char)
    assert len(set(by_word)) == len(by_word)
    assert len(set(by_char)) == len(by_char)
    assert word_grams(text, 1) == words(text)
