"""The delimiter and the meaning of quotation marks are found from a few lines."""

from __future__ import annotations

import pytest

from flyball.run.files.dialect import Dialect, sniff_dialect


@pytest.mark.parametrize(
    ("text", "delimiter", "quoted"),
    [
        ("a,b\n1,2\n", ",", True),
        ("a;b\n1,5;2,5\n", ";", True),
        ("a\tb\nx, y\tz\n", "\t", True),
        ("a|b\n1|2\n", "|", True),
        ("late\n1\n0\n", ",", True),
        ('a,b\n"x,y",2\n', ",", True),
        ('a,b\n"x\ny",2\n', ",", True),
        ('label\ttext\nham\t"never closed\nspam\tyes\n', "\t", False),
        ('label,size\nscreen,5" wide\nboard,"3"" wide"\n', ",", True),
        ('label\tsize\nscreen\t"5" wide\n', "\t", False),
        ('a,b\n"x","y"\n', ",", True),
    ],
)
def test_a_file_is_explained_by_the_dialect_that_fits_most_lines(text: str, delimiter: str, quoted: bool) -> None:
    """Each of these would be read wrongly with another dialect."""
    assert sniff_dialect(text) == Dialect(delimiter=delimiter, quoted=quoted)


def test_fields_are_told_apart_with_and_without_marks() -> None:
    """The header is read with the dialect too."""
    text = '"a,b",c\n'

    assert Dialect(delimiter=",", quoted=True).fields(text) == ["a,b", "c"]
    assert Dialect(delimiter=",", quoted=False).fields(text) == ['"a', 'b"', "c"]
    assert Dialect(delimiter=",", quoted=False).fields("") == []
