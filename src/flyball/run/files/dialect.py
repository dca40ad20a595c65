"""How a delimited text file is written: its delimiter, and whether quotation marks quote."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass

DELIMITERS = (",", "\t", ";", "|")
"""What may stand between two fields, the likelier first."""

_LINES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How fields are told apart.

    Args:
        delimiter: one character.
        quoted: whether a field may stand in quotation marks (RFC 4180); if not, they are ordinary characters.

    >>> Dialect(delimiter=";", quoted=True).fields('a;"b;c"')
    ['a', 'b;c']
    """

    delimiter: str
    quoted: bool

    def fields(self, text: str) -> list[str]:
        """The fields of the first row of a text; an empty list if there is none.

        Raises:
            csv.Error: one of them is longer than 128 KiB.
        """
        if not self.quoted:
            line = text.splitlines()[0] if text else ""
            return line.split(self.delimiter) if line else []
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter)
        return next(reader, [])


def sniff_dialect(text: str, *, delimiter: str | None = None, quoted: bool | None = None) -> Dialect:
    r"""The dialect that explains a text best.

    A delimiter is the better, the more lines it splits into as many fields as the first line has. Quotation marks are
    ordinary characters if every line has its fields without them while reading them as marks fails: a mark in the
    middle of a field, a mark that is never closed, or rows that swallow others.

    Args:
        text: whole lines from the start of a file.
        delimiter: what is already known.
        quoted: what is already known.

    >>> sniff_dialect('Label\tSMS\nham\t"Ok, lar\nspam\tFree entry, now\n')
    Dialect(delimiter='\t', quoted=False)
    >>> sniff_dialect('a;b\n1;"x;y"\n')
    Dialect(delimiter=';', quoted=True)
    """
    if delimiter is None:
        choices = [sniff_dialect(text, delimiter=choice, quoted=quoted) for choice in DELIMITERS]
        return max(choices, key=lambda choice: _fit(text, choice))
    if quoted is None:
        quoted = not _quotes_are_literal(text, delimiter)
    return Dialect(delimiter=delimiter, quoted=quoted)


def _fit(text: str, dialect: Dialect) -> tuple[float, int]:
    """The share of rows with as many fields as the first, and that number; one field explains nothing."""
    widths = _widths(text, dialect)
    if not widths or widths[0] == 1:
        return 0.0, 0
    return sum(width == widths[0] for width in widths) / len(widths), widths[0]


def _widths(text: str, dialect: Dialect) -> list[int]:
    if not dialect.quoted:
        return [len(line.split(dialect.delimiter)) for line in _lines(text)]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter)
    widths = []
    try:
        for row in reader:
            if row:
                widths.append(len(row))
            if len(widths) == _LINES:
                break
    except csv.Error:  # a field of more than 128 KiB: what was read before it still tells
        return widths
    return widths


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip("\r")]


def _quotes_are_literal(text: str, delimiter: str) -> bool:
    if '"' not in text:
        return False
    lines = _lines(text)
    widths = Counter(line.count(delimiter) for line in lines)
    usual, times = widths.most_common(1)[0]
    if usual == 0 or times < len(lines) or lines[0].count(delimiter) != usual:
        return False
    return not _strictly_quoted(text, delimiter)


def _strictly_quoted(text: str, delimiter: str) -> bool:
    """Whether every field with a mark is quoted by the book, and none swallows a line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return all("\n" not in field for row in reader for field in row)
    except csv.Error:
        return False
