"""What those who look on need of a board: its sums, and only the whole's bins; a tenth of a snapshot, made at once.

A snapshot squeezes every cell's 390 bin fields, which takes a running loop longer than it may pause. An extract copies
ten sums a cell, so that 10 models of 200 slices are 1 MB and well under a millisecond each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import xxhash

from flyball.system.error import FlyballError
from flyball.watch.bins import FIELDS, FINE
from flyball.watch.sums import BoardKind, sums_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

UNNAMED: Final = ("(other)", "(missing)")
"""What the first two cells of every dimension are called."""


class Extract(msgspec.Struct, frozen=True, kw_only=True):
    """The sums of a board, without the bins of its slices and times.

    Attributes:
        kind: `binary` or `number`.
        dimensions: names of the slice dimensions.
        labels: of each dimension the values that have a cell, in the order of their numbers, from 2 on.
        width_us: width of a time bucket, microseconds.
        shift: how often that width has doubled.
        whole: one row of float64, with bins where the board is binary.
        sliced: rows of float64 sums: for each dimension `(other)`, `(missing)` and its labels.
        keys: int64, the times of the rows of `timed`, in widths since 1970, rising.
        timed: rows of float64 sums.

    >>> from flyball.watch.board import Board
    >>> board = Board(["country"], "binary")
    >>> board.add([0.2], [0], [1], [1], [0], [[board.intern(0, "DE")]])
    >>> found = board.extract()
    >>> found.rows().shape, found.slices()["country"][2][0], found.timeline()[0].tolist()
    ((1, 6160), 'DE', [0])
    """

    kind: BoardKind
    dimensions: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    width_us: int
    shift: int
    whole: bytes
    sliced: bytes
    keys: bytes
    timed: bytes

    def rows(self) -> Floats:
        """The whole: shape (1, sums + bin fields).

        Raises:
            FlyballError: the bytes are of another make.
        """
        return _rows(self.whole, sums_of(self.kind) + self._wide)

    def bins(self) -> Floats | None:
        """The log-odds bins of the whole, shape (bins, 3); None for numbers."""
        return self.rows()[0, sums_of(self.kind) :].reshape(-1, FIELDS) if self.kind == "binary" else None

    def slices(self) -> dict[str, list[tuple[str, Floats]]]:
        """Of each dimension the names of its cells and their sums."""
        rows, found, start = _rows(self.sliced, sums_of(self.kind)), {}, 0
        for dimension, labels in zip(self.dimensions, self.labels, strict=True):
            names = (*UNNAMED, *labels)
            found[dimension] = list(zip(names, rows[start : start + len(names)], strict=True))
            start += len(names)
        return found

    def timeline(self) -> tuple[Integers, Floats]:
        """The buckets' times, in widths since 1970, and their sums."""
        return np.frombuffer(self.keys, "<i8"), _rows(self.timed, sums_of(self.kind))

    @property
    def stamp(self) -> int:
        """A number that differs whenever the sums of the whole do."""
        return stamp_of(self.whole)

    @property
    def _wide(self) -> int:
        return FIELDS * (FINE + 2) if self.kind == "binary" else 0


def stamp_of(whole: bytes) -> int:
    """The stamp of a board whose whole has these sums: 62 bits, never 0.

    >>> stamp_of(b"a") == stamp_of(b"b")
    False
    """
    return 1 + (xxhash.xxh3_64_intdigest(whole) >> 2)


def merged(extracts: Sequence[Extract]) -> Extract:
    """One extract for the boards of one version: all their times, and the slices of the last.

    Args:
        extracts: at least one, of one kind.

    >>> from flyball.watch.board import Board
    >>> one = Board([], "binary")
    >>> one.add([0.5], [1], [1], [1], [0], [])
    >>> merged([one.extract(), one.extract()]).rows()[0, 0]
    np.float64(2.0)
    """
    last = extracts[-1]
    if len(extracts) == 1:
        return last
    shift = max(each.shift for each in extracts)
    sums: dict[int, Floats] = {}
    for each in extracts:
        keys, rows = each.timeline()
        for key, row in zip((keys >> (shift - each.shift)).tolist(), rows, strict=True):
            sums[key] = sums[key] + row if key in sums else row
    ordered = sorted(sums)
    width = (last.width_us >> last.shift) << shift
    timed = np.array([sums[key] for key in ordered]) if ordered else np.zeros(0)
    return msgspec.structs.replace(
        last,
        shift=shift,
        width_us=width,
        whole=sum(each.rows() for each in extracts).tobytes(),  # type: ignore[union-attr]  # at least one is there
        keys=np.array(ordered, "<i8").tobytes(),
        timed=timed.astype("<f8").tobytes(),
    )


def _rows(data: bytes, width: int) -> Floats:
    if len(data) % (8 * width):
        raise FlyballError(
            f"{len(data)} bytes are no rows of {width} numbers: the processes are of different releases; restart all"
        )
    return np.frombuffer(data, "<f8").reshape(-1, width)
