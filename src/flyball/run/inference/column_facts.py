"""What the values of one column look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from flyball.run.files.arrow_array import matching
from flyball.run.files.far_moment import python_objects
from flyball.run.files.typed_column import TAKEN, TypedColumn, typed_column
from flyball.run.inference.information import binned
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from flyball.run.files.tabular import RawColumn

TOLERATED = 0.005
"""The share of values that may not be of a kind before the column is taken for another kind."""
WORDS = 3.0
"""Texts of so many words on average are read as words."""
PHRASES = 100
"""So many different texts are a list of names, however many words these have."""

_KINDS = (Kind.BOOL, Kind.INT, Kind.FLOAT, Kind.TIMESTAMP, Kind.LIST, Kind.MAP)
_WORD = re.compile(r"\w+")
_LEADING_ZERO = re.compile(r"[+-]?0\d+")
_LOOKED_AT = 2_000
_FEW = 300
_DOUBTFUL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts:
    """One column of a sample of n rows.

    Args:
        name: its name.
        kind: the type that its values have, but for a few.
        codes: shape (n,), one code for each distinct value; -1 where there is none.
        numbers: shape (n,), the values of bool, int, float and timestamp (microseconds); NaN where there is none.
            None for other kinds.
        distinct: how many different values there are.
        refused: how many rows have a value that is not of this kind.
        example: one of these, and what is wrong with it.
        naive: whether these are times without an offset.
        leading_zeros: whether these are digits that would lose something as numbers.
        words: how many words a text has on average.
        rises: of the rows whose value differs from the one above, the share in which it is greater; 0 for texts.
        values: the first few thousand different values, as texts.

    >>> import pyarrow as pa
    >>> facts = column_facts("city", pa.chunked_array([["Bonn", None, "Rome"]]))
    >>> facts.codes.tolist(), facts.values, facts.is_prose
    ([0, -1, 1], ('Bonn', 'Rome'), False)
    """

    name: str
    kind: Kind
    codes: NDArray[np.int64]
    numbers: NDArray[np.float64] | None
    distinct: int
    refused: int
    example: str
    naive: bool
    leading_zeros: bool
    words: float
    rises: float
    values: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many rows the sample has."""
        return len(self.codes)

    @property
    def absent(self) -> NDArray[np.bool_]:
        """Shape (n,), where there is no value."""
        return self.codes < 0

    @property
    def present(self) -> int:
        """How many rows have a value."""
        return int(np.count_nonzero(self.codes >= 0))

    @property
    def is_prose(self) -> bool:
        """Whether these are texts of several words, and not a few names of several words."""
        many = self.distinct > PHRASES or 2 * self.distinct > self.present
        return self.kind is Kind.STR and self.words >= WORDS and many

    def bins(self) -> NDArray[np.int64]:
        """Numbers in bins that hold about equally many rows, everything else as it is; shape (n,)."""
        return self.codes if self.numbers is None else binned(self.numbers)


def column_facts(
    name: str,
    raw: RawColumn,
    *,
    tz: str | None = None,
    unit: str | None = None,
    missing: Sequence[str] = ("",),
    names: bool = False,
) -> ColumnFacts:
    """Looks at a column; its kind is the narrowest that all but one value in 200 are of.

    Args:
        name: its name.
        raw: its values in a sample of the rows.
        tz: the zone of times without an offset, where it is known.
        unit: what times given as numbers count, where these are such times.
        missing: the texts that stand for a missing value.
        names: whether these are names, whatever they look like.

    >>> import pyarrow as pa
    >>> facts = column_facts("hour", pa.chunked_array([["7", "8", "", "8"]]))
    >>> facts.kind, facts.distinct, facts.present
    (<Kind.INT: 'int'>, 2, 3)
    """
    if names:
        kind, typed = Kind.STR, typed_column(raw, Kind.STR, missing=missing)
    else:
        kind, typed = _narrowest(raw, tz, unit, missing)
    column = typed.column
    numbers = None
    if column.offsets is not None:
        codes = _codes([str(leaf) for leaf in column.leaves(0, column.rows)])
    elif kind is Kind.STR:
        codes = column.values.astype(np.int64)
    else:
        numbers = np.where(column.missing, np.nan, column.values.astype(np.float64))
        codes = np.unique(column.values, return_inverse=True)[1].astype(np.int64)
    codes = np.where(column.missing, -1, codes)
    refused = np.flatnonzero(typed.refused != TAKEN)
    values = _first_values(raw, codes)
    return ColumnFacts(
        name=name,
        kind=kind,
        codes=codes,
        numbers=numbers,
        distinct=int(np.count_nonzero(np.bincount(codes + 1)[1:])),
        refused=len(refused),
        example=typed.explain(int(refused[0])) if len(refused) else "",
        naive=kind is Kind.TIMESTAMP and unit is None and _is_naive(_few(raw), missing),
        leading_zeros=kind is Kind.INT and any(_LEADING_ZERO.fullmatch(value) for value in values),
        words=float(np.mean([len(_WORD.findall(value)) for value in values])) if values else 0.0,
        rises=0.0 if numbers is None else _rises(numbers),
        values=values,
    )


def _narrowest(raw: RawColumn, tz: str | None, unit: str | None, missing: Sequence[str]) -> tuple[Kind, TypedColumn]:
    """A kind that takes every value is better than a narrower one that takes nearly every value."""
    # A zone that is not known yet does not hide that these are times.
    zone = tz if tz is not None else "UTC"
    kinds = [kind for kind in _KINDS if unit is None or kind is Kind.TIMESTAMP]
    few = _few(raw)
    plausible = [
        kind for kind in kinds if _refused(typed_column(few, kind, unit=unit, tz=zone, missing=missing)) <= _DOUBTFUL
    ]
    nearly = None
    if _has_points(few):
        # A truth or a whole number that is written as 1.0 may be 1.5 tomorrow.
        plausible = [kind for kind in plausible if kind not in (Kind.BOOL, Kind.INT)]
    for kind in plausible:
        typed = typed_column(raw, kind, unit=unit, tz=zone, missing=missing)
        share = _refused(typed)
        if share == 0:
            return kind, typed
        # A truth that is 2 in a few rows is no truth.
        if share <= TOLERATED and nearly is None and kind is not Kind.BOOL:
            nearly = kind, typed
    if nearly is not None:
        return nearly
    kind = _stored_as(raw)
    return kind, typed_column(raw, kind, unit=unit, tz=zone, missing=missing)


def _stored_as(raw: RawColumn) -> Kind:
    """The kind of a column of no one kind: what the file says that it is, where it says so."""
    if not isinstance(raw, list):
        if pa.types.is_floating(raw.type):
            return Kind.FLOAT
        if pa.types.is_temporal(raw.type):
            return Kind.TIMESTAMP
    return Kind.STR


def _has_points(raw: RawColumn) -> bool:
    return not isinstance(raw, list) and pa.types.is_string(raw.type) and bool(matching(raw, r"\.").any())


def _refused(typed: TypedColumn) -> float:
    """The share of the values that are refused; 1 if there are none."""
    refused = int(np.count_nonzero(typed.refused != TAKEN))
    present = typed.column.rows - int(np.count_nonzero(typed.column.missing)) + refused
    return refused / present if present else 1.0


def _few(raw: RawColumn) -> RawColumn:
    """A few hundred values from everywhere in the column."""
    step = max(1, len(raw) // _FEW)
    return raw[::step] if isinstance(raw, list) else raw.take(list(range(0, len(raw), step)))


def _codes(texts: Sequence[str]) -> NDArray[np.int64]:
    places: dict[str, int] = {}
    return np.array([places.setdefault(text, len(places)) for text in texts], dtype=np.int64)


def _first_values(raw: RawColumn, codes: NDArray[np.int64]) -> tuple[str, ...]:
    """Different values in the order in which they appear; it is enough to look at the first of each."""
    first = np.full(int(codes.max(initial=-1)) + 1, -1)
    known = np.flatnonzero(codes >= 0)[::-1]
    first[codes[known]] = known  # the last one written is the first of its kind
    places = np.sort(first[first >= 0])[:_LOOKED_AT].tolist()
    found = (
        [raw[place] for place in places]
        if isinstance(raw, list)
        else python_objects(raw.take(pa.array(places, pa.int64())))
    )
    return tuple(str(each) for each in found)


def _is_naive(raw: RawColumn, missing: Sequence[str]) -> bool:
    typed = typed_column(raw, Kind.TIMESTAMP, missing=missing)
    return "naive_time" in typed.reasons


def _rises(numbers: NDArray[np.float64]) -> float:
    steps = np.diff(numbers[~np.isnan(numbers)])
    changes = np.count_nonzero(steps)
    return float(np.count_nonzero(steps > 0) / changes) if changes else 0.0
