"""The coefficients of a model and of its variants, each of which never sees some of the signals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.ablation import WIDE, Given, run
from flyball.learn.loss import margin_for
from flyball.learn.table import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.learn.features import Features

    Words = NDArray[Any]
    Floats = NDArray[np.float64]


class AblationTable:
    """The coefficients of a model and of its variants.

    Args:
        kind: the loss, as `flyball.learn.loss` numbers them.
        hyper: alpha, beta, l1 and l2.
        kept: shape (signals, lanes), bool: whether a lane has the features of a signal. All lanes have the bias.

    >>> from flyball.learn.features import Features
    >>> table = AblationTable(0, np.array([0.1, 1.0, 0.0, 0.0]), np.array([[True, False], [True, True]]))
    >>> keys, signals = np.array([9, 5, 6] * 50, np.uint64), np.array([-1, 0, 1] * 50, np.int32)
    >>> rows = Features(np.arange(51) * 3, keys, np.ones(150), signals)
    >>> losses = table.learn(rows, np.tile([1.0, 1.0, 0.0, 0.0], (50, 1)), np.zeros(50, np.uint64))
    >>> losses.shape, bool(losses[-1, 0] < losses[-1, 1] < losses[0, 1])  # two features learn faster than one
    ((50, 2), True)
    """

    def __init__(self, kind: int, hyper: Floats, kept: NDArray[np.bool_]) -> None:
        signals, self.lanes = kept.shape
        width = -(-(self.lanes + 1) // WIDE) * WIDE
        self._kind = kind
        self._hyper = np.asarray(hyper, dtype=np.float64)
        self._kept = np.zeros((signals + 1, width))
        self._kept[:, [0, *range(2, self.lanes + 1)]] = np.concatenate([np.ones((1, self.lanes), bool), kept])
        self.table = Table(width_bits=(width // 2).bit_length())
        self._losses = np.empty((0, width))

    @property
    def memory_bytes(self) -> int:
        """The memory taken by coefficients, in bytes."""
        return self.table.memory_bytes

    def begin(self, key: int, score: float) -> None:
        """Lets every lane of an empty table answer `score`; see `flyball.learn.recipe.Recipe.begin`."""
        alpha, beta, l1, l2 = self._hyper.tolist()
        margin, below = float(margin_for(score, self._kind)), beta + alpha * l2
        z = -margin * (below if below > 0.0 else 1.0) / alpha - np.copysign(l1, margin)
        row = np.zeros(2 * self.table.layout.row_words, dtype=np.float32)
        row[: self._kept.shape[1]] = z * self._kept[0]
        self.table.load(np.array([key], dtype=np.uint64), row.view(np.uint64))

    def learn(self, features: Features, labels: Floats, noises: Words) -> Floats:
        """Predicts and learns rows in their order in every lane.

        Args:
            features: of n rows, with their signals.
            labels: shape (n, 4): value, weight, the value learned before for the same prediction, and its weight.
            noises: shape (n,), the random bits of the rounding.

        Returns:
            The losses before learning, shape (n, lanes), times their weights; overwritten by the next call.

        Raises:
            TableFull: there are more features than a table holds.
        """
        assert features.signals is not None  # noqa: S101  # whoever learns so asks the encoder to number them
        if len(self._losses) < features.rows:
            self._losses = np.empty((features.rows, self._kept.shape[1]))
        losses = self._losses[: features.rows]
        given = Given(features.starts, features.keys, features.values, features.signals, labels, noises)
        words = self.table.words
        if run(words, words.view(np.float32), self._hyper, self._kind, self._kept, given, losses) < features.rows:
            raise self.table.full()
        return losses[:, 1 : self.lanes + 1]
