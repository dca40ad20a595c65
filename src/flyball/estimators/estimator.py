"""What classifiers and regressors share: settings, checks of what comes in, and the way to features."""

from __future__ import annotations

from contextlib import contextmanager
from math import inf, isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from flyball.estimators.examples import EncodedRows, MatrixRows
from flyball.estimators.frames import frame_features, is_frame, is_plain, opened
from flyball.estimators.refusal import InputRefused
from flyball.estimators.river import RiverHabits
from flyball.estimators.rows import RowEncoder
from flyball.learn.ftrl import LARGEST
from flyball.learn.matrix import column_keys, place_keys
from flyball.system.excerpt import excerpt
from flyball.system.learner import FTRL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from flyball.estimators.classes import Classes
    from flyball.estimators.examples import Rows
    from flyball.estimators.number import Number
    from flyball.system.learner import Learner

    Floats = NDArray[np.float64]
    Row = Mapping[Any, Any]

NUMERIC = ("linear", "grid")
LEARNED = ("_model", "classes_", "n_features_in_", "feature_names_in_", "_columns")
"""The attributes that learning sets; `fit` begins without them."""


class FTRLEstimator(RiverHabits, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """The base of `FTRLClassifier` and `FTRLRegressor`, which declare its settings.

    >>> from flyball import FTRLRegressor
    >>> isinstance(FTRLRegressor(), FTRLEstimator)
    True
    """

    alpha: float | None
    beta: float | None
    l1: float | None
    l2: float | None
    numeric: str
    epochs: int
    shuffle: bool
    memory: int
    _model: Classes | Number
    _columns: NDArray[np.uint64] | None

    def __sklearn_is_fitted__(self) -> bool:
        """Whether anything was learned, or classes are declared."""
        return hasattr(self, "_model")

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401  # scikit-learn ships no types
        """What scikit-learn should know: sparse matrices are taken."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop("_encoder", None)
        return state

    @property
    def memory_bytes(self) -> int:
        """The memory taken by coefficients, in bytes."""
        return self._model.model.table.memory_bytes if hasattr(self, "_model") else 0

    @property
    def _raw_memory_usage(self) -> int:
        return self.memory_bytes + 4096

    def _learner(self) -> Learner:
        """The declared learner.

        Raises:
            InputRefused: a setting is outside of its range.
        """
        for name, least in (("alpha", None), ("beta", 0.0), ("l1", 0.0), ("l2", 0.0)):
            value = getattr(self, name)
            fits = value is None or (isinstance(value, int | float) and isfinite(value))
            if not fits or (value is not None and (value <= 0.0 if least is None else value < least)):
                accepted = "a finite number above 0" if least is None else "a finite number, 0 or more"
                raise InputRefused(f"{name}={excerpt(value)}: give {accepted}, or None")
        self._check()
        return FTRL(alpha=self.alpha, beta=self.beta, l1=self.l1, l2=self.l2)

    def _check(self) -> None:
        """Refuses settings that are not the learner's."""
        if self.numeric not in NUMERIC:
            raise InputRefused(f"numeric={excerpt(self.numeric)}: give 'linear' or 'grid'")
        for name in ("epochs", "memory"):
            value = getattr(self, name)
            if not isinstance(value, int | np.integer) or value < 1:
                raise InputRefused(f"{name}={excerpt(value)}: give a whole number, 1 or more")

    def _forget(self) -> None:
        for name in LEARNED:
            self.__dict__.pop(name, None)

    @contextmanager
    def _checking(self) -> Iterator[None]:
        """What is refused inside leaves the estimator as it was."""
        before = dict(self.__dict__)
        try:
            yield
        except BaseException:  # whatever it was, and it goes on
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    def _rows(self, table: Any, *, reset: bool) -> Rows:  # noqa: ANN401  # anything array-like
        """Checks a table, as scikit-learn does, and makes rows of it."""
        grid = self.numeric == "grid"
        if is_frame(table) and not is_plain(table):
            validate_data(self, table, reset=reset, skip_check_array=True)
            frame = opened(table)
            if len(frame) == 0:
                raise InputRefused(
                    f"Found array with 0 sample(s) (shape={frame.shape}) while a minimum of 1 is required."
                )
            self._name_columns(reset=reset)
            columns = self._columns if self._columns is not None else place_keys(len(frame.columns))
            return EncodedRows(frame_features(frame, columns, grid=grid))
        matrix = validate_data(self, table, reset=reset, accept_sparse="csr", dtype=np.float64, order="C")
        numbers = matrix if isinstance(matrix, np.ndarray) else matrix.data
        if np.abs(numbers).max(initial=0.0) > LARGEST:
            raise InputRefused(
                "Input X contains a value too large for dtype('float32'): numbers must be within ±1.7e38"
            )
        if not isinstance(matrix, np.ndarray) and not matrix.has_canonical_format:
            matrix = matrix.copy()
            matrix.sum_duplicates()
        self._name_columns(reset=reset)
        return MatrixRows(matrix, self._columns, grid=grid)

    def _name_columns(self, *, reset: bool) -> None:
        if reset or "_columns" not in self.__dict__:
            names = getattr(self, "feature_names_in_", None)
            self._columns = None if names is None else column_keys([str(name) for name in names])

    def _rows_by_name(self, table: Any) -> Rows:  # noqa: ANN401  # a frame of any library
        """As `_rows` for River's ways: a column is what its name says, whatever others there were."""
        if not is_frame(table):
            raise InputRefused(f"{excerpt(table)} is no data frame: pass one of pandas, Arrow or Polars")
        frame = opened(table)
        keys = column_keys([name.item() if isinstance(name, np.generic) else name for name in frame.columns])
        return EncodedRows(frame_features(frame, keys, grid=self.numeric == "grid"))

    def _weights(self, weights: Any, count: int) -> Floats:  # noqa: ANN401  # anything array-like
        """The weights of so many rows, 1 each unless they are given."""
        if weights is None or isinstance(weights, int | float):
            return np.full(count, 1.0 if weights is None else weight_of(weights))
        found: Floats = check_array(weights, ensure_2d=False, dtype=np.float64, input_name="sample_weight", copy=True)
        if found.ndim != 1:
            raise InputRefused(f"Sample weights must be 1D array or scalar, got {found.ndim}D array.")
        if found.shape != (count,):
            raise InputRefused(f"sample_weight.shape == {found.shape}, expected {(count,)}!")
        if found.min() < 0.0:
            raise InputRefused("Negative values in data passed to `sample_weight`: a weight is 0 or more")
        if found.max() > LARGEST:
            raise InputRefused(f"sample_weight has the value {found.max():g}; a weight is at most 1.7e38")
        return found

    def _some(self, weights: Floats) -> None:
        """Refuses weights of which none counts."""
        if not weights.any():
            raise InputRefused("Sample weights must contain at least one non-zero number.")

    def _encoded(self, row: Row) -> tuple[NDArray[np.uint64], Floats]:
        encoder: RowEncoder | None = self.__dict__.get("_encoder")
        grid = self.numeric == "grid"
        if encoder is None or encoder.grid != grid:
            encoder = RowEncoder(grid=grid)
            self._encoder = encoder
        return encoder.encode(row)

    def _orders(self, count: int) -> Iterator[NDArray[np.int64] | None]:
        """The order of the rows in each pass of `fit`: random, and always the same."""
        for epoch in range(self.epochs):
            yield np.random.RandomState(epoch).permutation(count) if self.shuffle else None

    def _asked(self, table: Any) -> Rows:  # noqa: ANN401  # anything array-like
        """Rows that are to be predicted, once something is learned."""
        check_is_fitted(self)
        return self._rows(table, reset=False)


def weight_of(w: Any) -> float:  # noqa: ANN401  # whatever a user gives
    """The weight of one example.

    Raises:
        InputRefused: it is no finite number, 0 or more.

    >>> weight_of(2)
    2.0
    """
    try:
        weight = float(w)
    except (TypeError, ValueError, OverflowError):
        weight = inf
    if not 0.0 <= weight <= LARGEST:
        raise InputRefused(f"w={excerpt(w)}: a weight is a finite number, 0 or more")
    return weight
