"""Texts that stand for a missing value, found by their company."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from flyball.run.files.arrow_array import ArrowArray, compute, mask_of
from flyball.run.files.typed_column import TAKEN, typed_column
from flyball.system.excerpt import excerpt
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flyball.run.files.tabular import RawColumn

_PLAIN = ("?", "\\N", "NULL", "null", "#N/A", "N/A", "n/a", "NaN", "nan", "<NA>")
"""What is hardly ever a name of anything: a sign wherever it stands among other texts."""
_DOUBTFUL = ("NA", "na", "None", "none", "-", "--", ".", "nil", "missing")
"""What may be a name (Namibia): a sign where everything else in the column is a number or a time."""
_MOST = 0.9
_FEWEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingMarker:
    """A text that stands for a missing value in some columns.

    Args:
        text: the text.
        count: how often it stands there, in the sample.
        columns: where.
        elsewhere: the other columns that hold it: every column is read in the same way.

    >>> print(MissingMarker(text="?", count=3, columns=("job",)))
    '?' stands 3 times in 'job': it is read as missing.
    >>> print(MissingMarker(text="NA", count=3, columns=("size",), elsewhere=("country",)))
    'NA' stands 3 times in 'size' and may be a name in 'country', so it is read as text: if not, give --missing NA.
    """

    text: str
    count: int
    columns: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()

    @property
    def is_believed(self) -> bool:
        """Whether it is read as missing; what may be a name elsewhere is not."""
        return self.text in _PLAIN or not self.elsewhere

    def __str__(self) -> str:
        """A sentence for a person."""
        where = (
            f"{excerpt(self.text)} stands {self.count:,} time{'s' if self.count > 1 else ''} in {_few(self.columns)}"
        )
        if not self.is_believed:
            may_be = f"may be a name in {_few(self.elsewhere)}, so it is read as text"
            return f"{where} and {may_be}: if not, give --missing {shlex.quote(self.text)}."
        return f"{where}: it is read as missing{f', in {_few(self.elsewhere)} too' if self.elsewhere else ''}."


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(repr(name) for name in names[:4]) + (", ..." if len(names) > 4 else "")


def find_missing_markers(columns: Mapping[str, RawColumn]) -> list[MissingMarker]:
    """The texts that stand for a missing value somewhere, beside the empty one.

    Args:
        columns: raw values of a sample of the rows; only texts are looked at.

    >>> [str(each) for each in find_missing_markers({"n": pa.chunked_array([["7", "NA", "8"]])})]
    ["'NA' stands 1 time in 'n': it is read as missing."]
    """
    counts: dict[str, int] = {}
    places: dict[str, list[str]] = {}
    elsewhere: dict[str, list[str]] = {}
    for name, raw in columns.items():
        for text, count, is_sign in _in_column(raw):
            if is_sign:
                counts[text] = counts.get(text, 0) + count
            (places if is_sign else elsewhere).setdefault(text, []).append(name)
    return [
        MissingMarker(
            text=text, count=counts[text], columns=tuple(places[text]), elsewhere=tuple(elsewhere.get(text, ()))
        )
        for text in (*_PLAIN, *_DOUBTFUL)
        if text in counts
    ]


def _in_column(raw: RawColumn) -> Iterator[tuple[str, int, bool]]:
    """The markers in a column, how often each stands there, and whether it is a sign that a value is missing."""
    if isinstance(raw, list) or not pa.types.is_string(raw.type):
        return
    counted: ArrowArray = raw.value_counts()
    values, counts = counted.field("values"), counted.field("counts")
    known = mask_of(compute.is_in(values, value_set=pa.array((*_PLAIN, *_DOUBTFUL, ""))))
    places = [place for place in known.nonzero()[0].tolist() if values[place].as_py() != ""]
    occurring = {values[place].as_py(): counts[place].as_py() for place in places}
    if not occurring:
        return
    some = sum(occurring.values()) <= _MOST * len(raw)
    rest = values.filter(pa.array(~known)).drop_null()
    numeric = len(rest) > 0 and _are_numbers(rest)
    for text, count in occurring.items():
        yield text, count, some and (numeric or (text in _PLAIN and len(rest) >= _FEWEST))


def _are_numbers(texts: ArrowArray) -> bool:
    column = pa.chunked_array([texts.take(list(range(0, len(texts), max(1, len(texts) // 1_000))))])
    return any(
        bool(np.all(typed_column(column, kind, tz="UTC").refused == TAKEN)) for kind in (Kind.FLOAT, Kind.TIMESTAMP)
    )
