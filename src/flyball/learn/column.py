"""Columns of typed values: the shape in which many rows reach the encoder."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from flyball.events.record import Leaf


@dataclass(frozen=True, slots=True)
class Words:
    """Texts in one buffer of UTF-8, as Arrow lays them out: text i is `data[offsets[i]:offsets[i + 1]]`.

    >>> words = Words.of(["ham", "spam"])
    >>> len(words), words[1]
    (2, 'spam')
    """

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Words:
        """Packs texts into one buffer."""
        parts = [text.encode() for text in texts]
        offsets = np.zeros(len(parts) + 1, dtype=np.int64)
        np.cumsum([len(part) for part in parts], out=offsets[1:])
        return cls(np.frombuffer(b"".join(parts), dtype=np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> str:
        return self.data[self.offsets[index] : self.offsets[index + 1]].tobytes().decode()

    def texts(self) -> list[str]:
        """All texts, decoded."""
        data = self.data.tobytes()
        ends = self.offsets.tolist()
        return [data[start:end].decode() for start, end in pairwise(ends)]


@dataclass(frozen=True, slots=True)
class Column:
    """One signal's values for n rows.

    `values` has shape (n,): int64 for bool, int and timestamp (microseconds UTC), float64 for float, int32 codes into
    `words` for str. For list and map it holds the codes of all items of all rows, those of row i in
    `offsets[i]:offsets[i + 1]`; a map has one of `numbers` for each item. `missing` has shape (n,); where it is set the
    value means nothing (a missing list has no items).

    >>> Column(Kind.INT, np.array([3, 0]), np.array([False, True])).rows
    2
    """

    kind: Kind
    values: NDArray[Any]
    missing: NDArray[np.bool_]
    words: Words | None = None
    offsets: NDArray[np.int64] | None = None
    numbers: NDArray[np.float64] | None = None

    @property
    def rows(self) -> int:
        """How many rows the column has."""
        return len(self.missing)

    @classmethod
    def of(cls, kind: Kind, leaves: Sequence[Leaf]) -> Column:
        """The column of values as they are logged; `None` is missing.

        >>> Column.of(Kind.STR, ["DE", None, "DE"]).values.tolist()
        [0, 0, 0]
        """
        missing = np.array([leaf is None for leaf in leaves], dtype=np.bool_)
        if kind in (Kind.LIST, Kind.MAP):
            return _many(kind, leaves, missing)
        if kind is Kind.STR:
            codes: dict[str, int] = {}
            values = [0 if leaf is None else codes.setdefault(str(leaf), len(codes)) for leaf in leaves]
            return cls(kind, np.array(values, dtype=np.int32), missing, Words.of(codes))
        numbers = [0 if leaf is None else leaf for leaf in leaves]
        if kind is Kind.FLOAT:
            return cls(kind, np.array(numbers, dtype=np.float64), missing)
        return cls(kind, np.array(numbers, dtype=np.int64), missing)

    def leaves(self, start: int, end: int) -> list[Leaf]:
        """The values of rows start..end as they are logged."""
        absent = self.missing[start:end].tolist()
        found: list[Leaf]
        if self.offsets is not None:
            found = [self._items(i) for i in range(start, end)]
        elif self.words is not None:
            codes = self.values[start:end]
            texts = {code: self.words[code] if len(self.words) > 0 else "" for code in np.unique(codes).tolist()}
            found = [texts[code] for code in codes.tolist()]
        elif self.kind is Kind.BOOL:
            found = [value != 0 for value in self.values[start:end].tolist()]
        else:
            found = list(self.values[start:end].tolist())
        return [None if gone else leaf for leaf, gone in zip(found, absent, strict=True)]

    def _items(self, row: int) -> list[str] | dict[str, float]:
        assert self.offsets is not None  # noqa: S101  # lists and maps have offsets
        assert self.words is not None  # noqa: S101  # and words
        start, end = int(self.offsets[row]), int(self.offsets[row + 1])
        texts = [self.words[code] for code in self.values[start:end].tolist()]
        if self.numbers is None:
            return texts
        return dict(zip(texts, self.numbers[start:end].tolist(), strict=True))

    def part(self, start: int, end: int) -> Column:
        """Rows start..end, without copying."""
        if self.offsets is None:
            return Column(self.kind, self.values[start:end], self.missing[start:end], self.words)
        offsets = self.offsets[start : end + 1]
        return Column(self.kind, self.values, self.missing[start:end], self.words, offsets, self.numbers)

    def take(self, rows: NDArray[np.int64]) -> Column:
        """These rows, in this order."""
        if self.offsets is None:
            return Column(self.kind, self.values[rows], self.missing[rows], self.words)
        begins, counts = self.offsets[rows], self.offsets[rows + 1] - self.offsets[rows]
        offsets = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(counts, out=offsets[1:])
        places = np.repeat(begins - offsets[:-1], counts) + np.arange(offsets[-1])
        numbers = None if self.numbers is None else self.numbers[places]
        return Column(self.kind, self.values[places], self.missing[rows], self.words, offsets, numbers)


def _many(kind: Kind, leaves: Sequence[Leaf], missing: NDArray[np.bool_]) -> Column:
    """The column of lists or maps."""
    codes: dict[str, int] = {}
    rows = [leaf if isinstance(leaf, (list, tuple, dict)) else () for leaf in leaves]
    offsets = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum([len(row) for row in rows], out=offsets[1:])
    flat = np.array([codes.setdefault(item, len(codes)) for row in rows for item in row], dtype=np.int32)
    numbers = None
    if kind is Kind.MAP:
        numbers = np.array([x for row in rows if isinstance(row, dict) for x in row.values()], dtype=np.float64)
    return Column(kind, flat, missing, Words.of(codes), offsets, numbers)
