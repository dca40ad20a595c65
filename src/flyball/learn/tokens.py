"""Texts as words and n-grams."""

from __future__ import annotations

import re

_WORD = re.compile("\\w+(?:['\u2019]\\w+)*")


def words(text: str) -> tuple[str, ...]:
    """The distinct words of a text in lower case, in the order of their first appearance.

    A word is a run of letters, digits and underscores, with apostrophes inside; everything else separates.

    >>> words("Don't stop! Don't... STOP 4 me")
    ("don't", 'stop', '4', 'me')
    """
    return tuple(dict.fromkeys(_WORD.findall(text.lower())))


def word_grams(text: str, n: int) -> tuple[str, ...]:
    """The distinct runs of n words, joined by a space; a text of fewer words gives none.

    >>> word_grams("to be or not to be", 2)
    ('to be', 'be or', 'or not', 'not to')
    """
    found = _WORD.findall(text.lower())
    return tuple(dict.fromkeys(" ".join(found[i : i + n]) for i in range(len(found) - n + 1)))


def char_grams(text: str, n: int) -> tuple[str, ...]:
    """The distinct runs of n characters of the text in lower case, white space counted as one space.

    >>> char_grams("Hello  lo", 3)
    ('hel', 'ell', 'llo', 'lo ', 'o l', ' lo')
    """
    flat = " ".join(text.lower().split())
    return tuple(dict.fromkeys(flat[i : i + n] for i in range(len(flat) - n + 1)))
