"""The board of one model version: its sums as a whole, by time and by slice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from flyball.system.error import FlyballError
from flyball.watch.bins import COARSE, FIELDS, FINE, CalibrationBin, calibration_curve
from flyball.watch.cells import Cells
from flyball.watch.chunk import Chunk
from flyball.watch.extract import Extract, stamp_of
from flyball.watch.kernel import add_examples, first_refused
from flyball.watch.labels import OTHER, Labels
from flyball.watch.scorecard import Scorecard, scorecard
from flyball.watch.snapshot import pack, unpack
from flyball.watch.sums import EXAMPLES, OUTCOMES, WEIGHT, WEIGHT_SQUARES, BoardKind, sums_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

DAY_US: Final = 86_400_000_000
BUCKET_US: Final = DAY_US // 1024
"""84.375 s: a day divided by two ten times, so that widths which double soon cut days evenly (3 h, 6 h, 12 h, 1 d)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeBucket:
    """The scorecard of the predictions made in `[start_us, start_us + width_us)`, microseconds UTC.

    >>> TimeBucket(start_us=0, width_us=DAY_US, scorecard=Scorecard(kind="binary", examples=0, weight=0.0)).width_us
    86400000000
    """

    start_us: int
    width_us: int
    scorecard: Scorecard


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceCell:
    """The scorecard of the predictions for which a slice dimension had this value.

    Attributes:
        value: as text; `(missing)` where it was missing, `(other)` for all values beyond the limit.
        named: whether the value is a real one, not one of those two.
        scorecard: its measures.

    >>> SliceCell(value="DE", named=True, scorecard=Scorecard(kind="binary", examples=0, weight=0.0)).value
    'DE'
    """

    value: str
    named: bool
    scorecard: Scorecard


class Board:
    """Sums over scored examples: of the whole, of time buckets and of each value of each slice dimension.

    Not safe for two threads at once. Its arrays fill `memory_bytes`, which is (8 bytes each)
    `S + 6150 + (d (max_values + 2) + max_buckets) (S + 390) + 2 max_buckets + 2` for `d` dimensions, with S = 10 for
    binary outcomes; without the 6150 and the 390, and S = 11, for numbers. The operating system gives this memory page
    by page, when a cell is first used. Labels come on top: at most 120 characters for each value.

    Args:
        dimensions: names of the slice dimensions, such as `country` or `country & hour`.
        kind: `binary` or `number`.
        max_values: how many values of a dimension get a cell; the rest share `(other)`.
        max_buckets: how many time buckets there may be; their width doubles when more are needed.
        bucket_us: the first width of a bucket, microseconds.

    Raises:
        FlyballError: for an unknown kind, a dimension named twice, or a limit that is too small.

    >>> board = Board(["country"], "binary")
    >>> codes = [[board.intern(0, value)] for value in ("DE", "FR", "DE")]
    >>> board.add([0.2, 0.5, 0.4], [0, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0], codes)
    >>> board.total().examples, [(cell.value, cell.scorecard.examples) for cell in board.slices()["country"]]
    (3, [('DE', 2), ('FR', 1)])
    """

    def __init__(
        self,
        dimensions: Sequence[str],
        kind: BoardKind,
        *,
        max_values: int = 1000,
        max_buckets: int = 512,
        bucket_us: int = BUCKET_US,
    ) -> None:
        if len(set(dimensions)) != len(dimensions):
            raise FlyballError(f"slice dimensions {list(dimensions)!r} name one twice; give each once")
        if max_values < 1 or max_buckets < 2 or bucket_us < 1:
            raise FlyballError(
                f"a board with max_values={max_values!r}, max_buckets={max_buckets!r}, bucket_us={bucket_us!r} has no"
                " room; give at least 1 value, 2 buckets and 1 microsecond"
            )
        self.dimensions = tuple(dimensions)
        self.kind: BoardKind = kind
        self.max_values = max_values
        self.bucket_us = bucket_us
        self._labels = tuple(Labels(max_values) for _ in self.dimensions)
        self._per_dimension = max_values + 2
        self._sums = sums_of(kind)
        self._cells = Cells.empty(
            sums=self._sums,
            wide=FIELDS * (FINE + 2) if kind == "binary" else 0,
            narrow=FIELDS * (COARSE + 2) if kind == "binary" else 0,
            sliced=len(self.dimensions) * self._per_dimension,
            buckets=max_buckets,
        )

    @property
    def max_buckets(self) -> int:
        """How many time buckets there may be."""
        return len(self._cells.keys)

    @property
    def memory_bytes(self) -> int:
        """The size of the board's arrays; see the formula above."""
        return self._cells.memory_bytes

    @property
    def bucket_width_us(self) -> int:
        """The present width of a time bucket, in microseconds."""
        return self.bucket_us << self._cells.shift

    def intern(self, dimension: int, value: str | None) -> int:
        """The number of a value's cell within a dimension, for `add`; None stands for missing.

        >>> Board(["country"], "binary").intern(0, None)
        1
        """
        return self._labels[dimension].number(value)

    def add(
        self,
        scores: ArrayLike,
        values: ArrayLike,
        weights: ArrayLike,
        signs: ArrayLike,
        event_ts: ArrayLike,
        slices: ArrayLike,
    ) -> None:
        """Add examples, or take them back; all of them, or in case of an error none.

        Args:
            scores: what was predicted, as served; float64[n].
            values: what happened; float64[n], in [0, 1] on a binary board.
            weights: float64[n], at least 0.
            signs: 1 adds an example, -1 takes back one that was added with the same numbers; int8[n].
            event_ts: when it was predicted, microseconds UTC; int64[n].
            slices: for each dimension the number that `intern` gave; int32[n, dimensions].

        Raises:
            FlyballError: for arrays of other shapes, numbers that are not finite, a probability outside [0, 1], a
                negative weight, a sign other than 1 and -1, or a cell that `intern` has not given.
        """
        chunk = Chunk.of(scores, values, weights, signs, event_ts, slices, dimensions=len(self.dimensions))
        numbers = (chunk.scores, chunk.values, chunk.weights)
        sizes = np.array([len(labels) for labels in self._labels], np.int32)
        refused = first_refused(self._sums, *numbers, chunk.signs, chunk.slices, sizes)
        if refused >= 0:
            accepted = "probabilities and outcomes in [0, 1]" if self.kind == "binary" else "finite numbers"
            raise FlyballError(
                f"{chunk.example(refused)} cannot be scored; give {accepted}, weights of at least 0, signs 1 or -1 and"
                " slices numbered by intern"
            )
        cells = self._cells
        add_examples(
            (cells.whole, cells.sliced, cells.timed),
            (cells.state, cells.keys, cells.slots),
            self._sums,
            self.bucket_us,
            self._per_dimension,
            numbers,
            chunk.signs,
            chunk.event_ts,
            chunk.slices,
        )

    def total(self) -> Scorecard:
        """The scorecard of all examples.

        >>> Board([], "binary").total().log_loss is None
        True
        """
        return self._scorecard(self._cells.whole[0], self._base_rate())

    def calibration(self, groups: int = 20) -> tuple[CalibrationBin, ...]:
        """The calibration curve of all examples, over at most `groups` bins of equal weight; () for numbers.

        >>> Board([], "binary").calibration()
        ()
        """
        row = self._cells.whole[0]
        bins = self._bins(row)
        if bins is None or row[EXAMPLES] <= 0.0 or row[WEIGHT] <= 0.0:
            return ()
        return calibration_curve(bins, per_weight=float(row[WEIGHT] / row[WEIGHT_SQUARES]), groups=groups)

    def slices(self) -> dict[str, tuple[SliceCell, ...]]:
        """Of each dimension the cells that hold examples, the heaviest first.

        >>> Board(["country"], "binary").slices()
        {'country': ()}
        """
        rate = self._base_rate()
        found = {}
        for dimension, (name, labels) in enumerate(zip(self.dimensions, self._labels, strict=True)):
            cells = []
            for code in range(len(labels)):
                row = self._cells.sliced[dimension * self._per_dimension + code]
                if row[EXAMPLES] > 0.0:
                    card = self._scorecard(row, rate)
                    cells.append(SliceCell(value=labels.text(code), named=code > 1, scorecard=card))
            cells.sort(key=lambda cell: -cell.scorecard.weight)
            found[name] = tuple(cells)
        return found

    def refused(self, dimension: int) -> int:
        """How many examples of a dimension are in its `(other)` cell, for want of a cell of their own.

        >>> Board(["country"], "binary").refused(0)
        0
        """
        return round(float(self._cells.sliced[dimension * self._per_dimension + OTHER, EXAMPLES]))

    def timeline(self) -> tuple[TimeBucket, ...]:
        """The time buckets that hold examples, the earliest first.

        >>> Board([], "binary").timeline()
        ()
        """
        rate, width = self._base_rate(), self.bucket_width_us
        return tuple(
            TimeBucket(start_us=key * width, width_us=width, scorecard=self._scorecard(row, rate))
            for key, row in self._cells.buckets()
            if row[EXAMPLES] > 0.0
        )

    def whole(self) -> Board:
        """The same sums, by time only.

        >>> board = Board(["country"], "binary")
        >>> board.add([0.5], [1], [1], [1], [0], [[board.intern(0, "DE")]])
        >>> board.whole().dimensions, board.whole().total().examples
        ((), 1)
        """
        copy = Board([], self.kind, max_values=self.max_values, max_buckets=self.max_buckets, bucket_us=self.bucket_us)
        copy._cells.combine(self._cells, 1.0)
        return copy

    def merge(self, other: Board) -> None:
        """Add the sums of another board, as if its examples had been added here.

        >>> one, two = Board([], "binary"), Board([], "binary")
        >>> two.add([0.5], [1], [1], [1], [0], [])
        >>> one.merge(two)
        >>> one.total().examples
        1

        Raises:
            FlyballError: for a board of another kind, other dimensions or another first width of buckets.
        """
        self._combine(other, 1.0)

    def subtract(self, other: Board) -> None:
        """Take the sums of another board off again: the inverse of `merge`, up to rounding.

        >>> one, two = Board([], "binary"), Board([], "binary")
        >>> two.add([0.5], [1], [1], [1], [0], [])
        >>> one.merge(two)
        >>> one.subtract(two)
        >>> one.total().examples
        0

        Raises:
            FlyballError: for a board of another kind, other dimensions or another first width of buckets.
        """
        self._combine(other, -1.0)

    def snapshot(self) -> bytes:
        """The board as bytes: the same for boards that were told the same, whatever the chunks.

        >>> Board.restore(Board(["country"], "binary").snapshot()).dimensions
        ('country',)
        """
        return pack(
            kind=self.kind,
            dimensions=self.dimensions,
            labels=tuple(labels.values() for labels in self._labels),
            limits=(self.max_values, self.max_buckets, self.bucket_us),
            cells=self._cells,
            rows=self._used_rows(),
        )

    @classmethod
    def restore(cls, data: bytes) -> Board:
        """The board that `snapshot` gave these bytes.

        Raises:
            FlyballError: for bytes that no snapshot gave, or one of another format.
        """
        saved = unpack(data)
        board = cls(
            saved.dimensions,
            saved.kind,
            max_values=saved.max_values,
            max_buckets=saved.max_buckets,
            bucket_us=saved.bucket_us,
        )
        for labels, values in zip(board._labels, saved.labels, strict=True):
            for value in values:
                labels.number(value)
        saved.fill(board._cells, board._used_rows())
        return board

    def extract(self) -> Extract:
        """The sums alone, for those who look on: see `flyball.watch.extract`.

        >>> Board(["country"], "binary").extract().dimensions
        ('country',)
        """
        cells, sums = self._cells, self._sums
        return Extract(
            kind=self.kind,
            dimensions=self.dimensions,
            labels=tuple(labels.values() for labels in self._labels),
            width_us=self.bucket_width_us,
            shift=cells.shift,
            whole=cells.whole.tobytes(),
            sliced=cells.sliced[self._used_rows(), :sums].tobytes(),
            keys=cells.keys[: cells.count].tobytes(),
            timed=cells.timed[cells.slots[: cells.count], :sums].tobytes(),
        )

    @property
    def sums(self) -> NDArray[np.float64]:
        """The sums of all examples, in the order of `flyball.watch.sums`."""
        return self._cells.whole[0, : self._sums].copy()

    @property
    def stamp(self) -> int:
        """A number that differs whenever examples have been added or taken back."""
        return stamp_of(self._cells.whole.tobytes())

    def digest(self) -> str:
        """The SHA-256 of the snapshot, in hexadecimal: equal for equal boards.

        >>> Board([], "binary").digest() == Board([], "binary").digest()
        True
        """
        return hashlib.sha256(self.snapshot()).hexdigest()

    def _combine(self, other: Board, sign: float) -> None:
        if (self.kind, self.dimensions, self.bucket_us) != (other.kind, other.dimensions, other.bucket_us):
            raise FlyballError(
                f"a {other.kind} board over {list(other.dimensions)!r} with buckets from {other.bucket_us} us does not"
                f" combine with a {self.kind} one over {list(self.dimensions)!r} with buckets from {self.bucket_us} us;"
                " give boards of one make"
            )
        for dimension, labels in enumerate(other._labels):
            ours, theirs = dimension * self._per_dimension, dimension * other._per_dimension
            for code in range(len(labels)):
                into = code if code < 2 else self.intern(dimension, labels.text(code))
                self._cells.sliced[ours + into] += sign * other._cells.sliced[theirs + code]
        self._cells.combine(other._cells, sign)

    def _used_rows(self) -> NDArray[np.int64]:
        """The rows of the slices' cells that have a label, by dimension and then by number."""
        starts = [
            dimension * self._per_dimension + np.arange(len(labels), dtype=np.int64)
            for dimension, labels in enumerate(self._labels)
        ]
        return np.concatenate([np.zeros(0, np.int64), *starts])

    def _base_rate(self) -> float | None:
        row = self._cells.whole[0]
        return float(row[OUTCOMES] / row[WEIGHT]) if row[EXAMPLES] > 0.0 and row[WEIGHT] > 0.0 else None

    def _bins(self, row: NDArray[np.float64]) -> NDArray[np.float64] | None:
        return row[self._sums :].reshape(-1, FIELDS) if self.kind == "binary" else None

    def _scorecard(self, row: NDArray[np.float64], base_rate: float | None) -> Scorecard:
        return scorecard(self.kind, row[: self._sums], self._bins(row), base_rate=base_rate)
