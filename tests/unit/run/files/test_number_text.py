"""Numbers in text are what `float` reads, to the bit."""

from __future__ import annotations

import re
from math import copysign, isinf

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flyball.run.files.number_text import (
    LONG,
    NO_NUMBER,
    NOT_FINITE,
    READ,
    long_numbers,
    read_number,
    texts_at,
)

_WORD = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)

_digits = st.text("0123456789", max_size=30)
_numbers = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.builds("{}{}.{}e{}".format, st.sampled_from(["", "+", "-"]), _digits, _digits, st.integers(-400, 400)),
    st.builds("{}{}".format, st.sampled_from(["", "+", "-"]), _digits),
    st.text("0123456789.eE+-naifty", max_size=12),
)


def _obvious(text: str) -> tuple[float | None, int]:
    """The number, and what is found: by patterns and Python's own `float`."""
    if _WORD.fullmatch(text):
        return None, NOT_FINITE
    if not _NUMBER.fullmatch(text):
        return None, NO_NUMBER
    number = float(text)
    return (None, NOT_FINITE) if isinf(number) else (number, READ)


@given(text=_numbers, before=st.binary(max_size=3))
@example(text="1.7976931348623158e308", before=b"")
@example(text="1.7976931348623159e308", before=b"")
@example(text="2.4703282292062327e-324", before=b"")
@example(text="2.4703282292062328e-324", before=b"")
@example(text="0e999", before=b"")
@example(text="-0.0", before=b"")
@example(text="9007199254740993", before=b"")
@example(text="0." + "0" * 400 + "1e401", before=b"")
@example(text="1" + "0" * 400 + "e-400", before=b"")
@example(text="1e99999999999999999999", before=b"")
def test_a_number_is_what_python_reads(text: str, before: bytes) -> None:
    """Whatever its length and size, and wherever it stands; what is none is told apart from what is not finite."""
    data = np.frombuffer(before + text.encode() + b"\n", np.uint8)
    start, end = len(before), len(before) + len(text)

    number, found = read_number(data, start, end)
    if found == LONG:
        places = np.array([start], np.int32), np.array([end], np.int32)
        number, found = float(long_numbers(data, *places)[0]), READ

    expected, what = _obvious(text)
    assert found == what
    if expected is not None:
        assert (number, copysign(1.0, number)) == (expected, copysign(1.0, expected))


@pytest.mark.parametrize("text", ["0.5", "9:6.2699720e-02"[2:], "1", "-12.25", "1e22", "123456789012345"])
def test_what_files_hold_is_read_at_once(text: str) -> None:
    """Only what is out of the ordinary is left for later."""
    data = np.frombuffer(text.encode(), np.uint8)

    assert read_number(data, 0, len(data)) == (float(text), READ)


@given(texts=st.lists(st.text(max_size=8), max_size=9))
def test_texts_are_cut_out_of_a_block(texts: list[str]) -> None:
    """As Arrow's texts, in the order in which they are asked for."""
    pieces = [text.encode() for text in texts]
    ends = np.cumsum([len(piece) for piece in pieces], dtype=np.int32)[::-1]
    sizes = np.array([len(piece) for piece in pieces], dtype=np.int32)[::-1]

    cut = texts_at(np.frombuffer(b"".join(pieces), np.uint8), ends - sizes, ends)

    cut.validate(full=True)
    assert cut.to_pylist() == texts[::-1]
