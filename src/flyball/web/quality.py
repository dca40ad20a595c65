"""How good a model is, in rows of charts and tables, computed again only where its sums have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flyball.watch import sums as at
from flyball.watch.bins import NORMAL_95, calibration_curve
from flyball.watch.board import SliceCell, TimeBucket
from flyball.watch.extract import UNNAMED
from flyball.watch.points import MOST, constant_loss, framed, points_of
from flyball.watch.scorecard import Scorecard, scorecard
from flyball.watch.verdict import measure, promise, skill

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from flyball.watch.extract import Extract
    from flyball.watch.points import Point
    from flyball.web.status import Row

    Floats = NDArray[np.float64]

MOST_VALUES: Final = 300
"""Values of a dimension that are shown: the heaviest."""
ENOUGH: Final = 400
"""Examples that a stretch of time should have."""
LEAST: Final = 16
"""Stretches that a chart has, however few the examples."""
SPARK: Final = 40
"""Points of the small line on a card."""
NOTHING: Final = Scorecard(kind="binary", examples=0, weight=0.0)


class Quality:
    """What the sums of a model version say.

    >>> from flyball.watch.board import Board
    >>> board = Board(["country"], "binary")
    >>> codes = [[board.intern(0, value)] for value in ("DE", "FR", "DE")]
    >>> board.add([0.2, 0.5, 0.4], [0, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0], codes)
    >>> quality = Quality()
    >>> quality.take(board.extract())
    >>> quality.measures["examples"], list(quality.slices["country"]), quality.values, len(quality.history)
    (3.0, ['DE', 'FR'], {'country': 2}, 1)
    """

    def __init__(self) -> None:
        self.card = NOTHING
        self.measures: dict[str, float] = {}
        self.curve: list[Row] = []
        self.history: dict[str, Row] = {}
        self.slices: dict[str, dict[str, Row]] = {}
        self.values: dict[str, int] = {}
        self.spark: Row = []
        self._buckets: dict[int, tuple[bytes, TimeBucket]] = {}
        self._width_us = 0
        self._cells: dict[tuple[str, str], tuple[bytes, Scorecard, Row]] = {}

    def take(self, extract: Extract) -> None:
        """Takes the sums as they are now."""
        row, bins = extract.rows()[0], extract.bins()
        sums = row[: at.sums_of(extract.kind)]
        self.card = scorecard(extract.kind, sums, bins)
        self.measures = measures_of(self.card)
        self.curve = []
        if bins is not None and self.card.weight > 0.0:
            per_weight = float(sums[at.WEIGHT] / sums[at.WEIGHT_SQUARES])
            self.curve = [
                _short(b.weight, b.predicted, b.actual, b.lower, b.upper)
                for b in calibration_curve(bins, per_weight=per_weight)
            ]
        self._take_times(extract)
        for dimension, cells in extract.slices().items():
            self._take_cells(dimension, cells)

    def rows(self, buckets: Sequence[TimeBucket]) -> dict[str, Row]:
        """The rows of a chart over time, by the beginning of each stretch; columns as `QUALITY_COLUMNS`.

        Few examples make few rows, so that the eye sees the model and not the noise.

        Args:
            buckets: of equal width.
        """
        kept, _ = framed(buckets)
        examples = sum(bucket.scorecard.examples for bucket in kept)
        points = points_of(kept, min(max(examples // ENOUGH, LEAST), MOST))
        return {str(point.from_us): _quality_row(point, self.card) for point in points}

    def _take_times(self, extract: Extract) -> None:
        keys, rows = extract.timeline()
        width = extract.width_us
        if width != self._width_us:
            self._buckets.clear()
            self._width_us = width
        fresh: dict[int, tuple[bytes, TimeBucket]] = {}
        for key, row in zip(keys.tolist(), rows, strict=True):
            data, known = row.tobytes(), self._buckets.get(key)
            if known is None or known[0] != data:
                card = scorecard(extract.kind, row)
                known = data, TimeBucket(start_us=key * width, width_us=width, scorecard=card)
            fresh[key] = known
        changed = fresh != self._buckets
        self._buckets = fresh
        if changed:
            self.history = self.rows([bucket for _, bucket in fresh.values()])
            self.spark = [row[2] for row in self.history.values()][-SPARK:]

    def _take_cells(self, dimension: str, cells: Sequence[tuple[str, Floats]]) -> None:
        held = [(row[at.WEIGHT], place, name, row) for place, (name, row) in enumerate(cells) if row[at.EXAMPLES] > 0.0]
        self.values[dimension] = len(held)
        # By weight, and where that is equal in the order of appearance, so that rows do not jump.
        held.sort(key=lambda cell: (-cell[0], cell[1]))
        found: dict[str, Row] = {}
        for _, place, text, row in held[:MOST_VALUES]:
            # A value that is spelt like one of the two unnamed cells is quoted, so that both are seen.
            name = repr(text) if place > 1 and text in UNNAMED else text
            data, known = row.tobytes(), self._cells.get((dimension, name))
            if known is None or known[0] != data:
                cell = SliceCell(value=name, named=place > 1, scorecard=scorecard(self.card.kind, row))
                known = data, cell.scorecard, slice_row(cell, self.card)
            tint = _rounded(skill(known[1], self.card), 2)
            if tint != known[2][11]:
                known = *known[:2], [*known[2][:11], tint, *known[2][12:]]
            self._cells[dimension, name] = known
            found[name] = known[2]
        self.slices[dimension] = found


def measures_of(card: Scorecard) -> dict[str, float]:
    """The measures that are defined, by name.

    >>> measures_of(NOTHING)
    {'examples': 0.0, 'weight': 0.0}
    """
    named = {name: getattr(card, name) for name in Scorecard.__slots__}
    return {name: float(f"{value:.6g}") for name, value in named.items() if isinstance(value, int | float)}


def slice_row(cell: SliceCell, whole: Scorecard) -> Row:
    """A value of a dimension: columns as `SLICE_COLUMNS`.

    >>> slice_row(SliceCell(value="DE", named=True, scorecard=NOTHING), NOTHING)[:2]
    [0.0, 0.0]
    """
    card = cell.scorecard
    low, middle, high = measure(card)
    ratio, chance = card.calibration, card.calibration_deviation
    ends = (None, None) if ratio is None or chance is None else (ratio - NORMAL_95 * chance, ratio + NORMAL_95 * chance)
    row = _short(
        card.weight,
        card.mean_outcome,
        card.mean_prediction,
        card.log_loss if card.kind == "binary" else card.rmse,
        middle,
        low,
        high,
        ratio,
        *ends,
    )
    tints = [_rounded(skill(card, whole), 2), _rounded(promise(card), 2)]
    return [float(card.examples), *row, *tints, float(cell.named)]


def bucket_of(kind: at.BoardKind, start_us: int, width_us: int, sums: Floats) -> TimeBucket:
    """A stretch of time from its sums.

    >>> import numpy as np
    >>> bucket_of("binary", 0, 10, np.zeros(10)).scorecard.examples
    0
    """
    return TimeBucket(start_us=start_us, width_us=width_us, scorecard=scorecard(kind, sums))


def _quality_row(point: Point, whole: Scorecard) -> Row:
    error, chance = point.loss_error, point.calibration_deviation
    return [
        float(point.until_us),
        float(point.examples),
        *_short(
            point.loss,
            None if error is None else max(point.loss - NORMAL_95 * error, 0.0),
            None if error is None else point.loss + NORMAL_95 * error,
            constant_loss(point, whole),
            point.calibration,
            None if chance is None else max(1.0 - NORMAL_95 * chance, 0.0),
            None if chance is None else 1.0 + NORMAL_95 * chance,
            point.predicted,
            point.actual,
        ),
    ]


def _short(*values: float | None) -> Row:
    """Numbers with as many digits as a chart can show, so that messages stay small."""
    return [None if value is None else float(f"{value:.5g}") for value in values]


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
