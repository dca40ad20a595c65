"""Columns of typed values: the shape in which many rows reach the encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from flyball.system.kind import Kind


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
        return [data[start:end].decode() for start, end in zip(ends[:-1], ends[1:], strict=True)]


@dataclass(frozen=True, slots=True)
class Column:
    """One signal's values for n rows.

    `values` has shape (n,): int64 for bool, int and timestamp (microseconds UTC), float64 for float, int32 codes into
    `words` for str. For list and map it holds the codes of all items of all rows, those of row i in
    `offsets[i]:offsets[i + 1]`; a map has one of `numbers` for each item. `missing` has shape (n,); where it is set the
    value means nothing (a missing list has no items).

    >>> from flyball.system.kind import Kind
    >>> Column(Kind.INT, np.array([3, 0]), np.array([False, True])).rows
    2
    """

    kind: Kind
    values: NDArray[np.int64] | NDArray[np.float64] | NDArray[np.int32]
    missing: NDArray[np.bool_]
    words: Words | None = None
    offsets: NDArray[np.int64] | None = None
    numbers: NDArray[np.float64] | None = None

    @property
    def rows(self) -> int:
        """How many rows the column has."""
        return len(self.missing)
