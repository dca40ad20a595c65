"""River and scikit-learn, learning online from a Parquet file as their manuals advise: predict, then learn.

Both get texts as names and numbers scaled to variance one by what they have seen so far, since both lose their way in
raw numbers. scikit-learn has no rate for each feature, and learns block by block; River learns row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import process_time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from pyarrow import parquet
from river import linear_model, optim, preprocessing
from scipy import sparse
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import SGDClassifier
from sklearn.preprocessing import StandardScaler

from benchmarks.fields import NUMBERS, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from benchmarks.fields import Field
    from flyball.run.form import Form

    Floats = NDArray[np.float64]

BLOCK = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some rows.

    Args:
        names: of the numbers.
        numbers: shape (rows, names), NaN where one is missing.
        tokens: the other features of each row.
        labels: shape (rows,), 0 or 1.
    """

    names: list[str]
    numbers: Floats
    tokens: list[list[tuple[str, float]]]
    labels: NDArray[np.int64]


class Rival(Protocol):
    """One that learns online."""

    def learn(self, block: Block) -> Floats:
        """The probability of each row, before it (or its block) was learned from."""
        ...


class River:
    """`LogisticRegression` with `FTRLProximal`.

    Args:
        alpha: the learning rate.
    """

    def __init__(self, alpha: float) -> None:
        ftrl = optim.FTRLProximal(alpha=alpha, beta=1.0, l1=0.0, l2=0.0)
        self._model: Any = linear_model.LogisticRegression(optimizer=ftrl)
        self._scaler: Any = preprocessing.StandardScaler()

    def learn(self, block: Block) -> Floats:
        """Row by row."""
        given = np.empty(len(block.labels))
        rows = zip(block.numbers.tolist(), block.tokens, block.labels.tolist(), strict=True)
        for i, (numbers, tokens, label) in enumerate(rows):
            row: dict[Any, Any] = {}  # River's features are of any type
            if numbers:
                told = {name: number for name, number in zip(block.names, numbers, strict=True) if number == number}  # noqa: PLR0124  # NaN is no number
                self._scaler.learn_one(told)
                row = self._scaler.transform_one(told)
            row.update(tokens)
            given[i] = self._model.predict_proba_one(row)[True]
            self._model.learn_one(row, label)
        return given


class ScikitLearn:
    """`SGDClassifier.partial_fit` after a `FeatureHasher`.

    Args:
        rate: the learning rate, which stays as it is.
        bits: of the hash space.
    """

    def __init__(self, rate: float, bits: int) -> None:
        self._hasher = FeatureHasher(n_features=1 << bits, input_type="pair", alternate_sign=False)
        self._scaler = StandardScaler()
        self._model = SGDClassifier(
            loss="log_loss", penalty=None, learning_rate="constant", eta0=rate, shuffle=False, random_state=0
        )
        self._began = False

    def learn(self, block: Block) -> Floats:
        """The block at once: all its rows are predicted before the first of them is learned from."""
        matrix = self._hasher.transform(block.tokens)
        if block.names:
            scaled = np.nan_to_num(self._scaler.partial_fit(block.numbers).transform(block.numbers))
            matrix = sparse.hstack([matrix, sparse.csr_matrix(scaled)], format="csr")
        given = np.full(len(block.labels), 0.5)
        if self._began:
            given = self._model.predict_proba(matrix)[:, 1]
        self._model.partial_fit(matrix, block.labels, classes=[0, 1])
        self._began = True
        return given


class Done(NamedTuple):
    """What came of it.

    Attributes:
        rows: how many rows were learned from.
        seconds: of the core.
        loss: the mean log loss of the rows that were to be scored.
    """

    rows: int
    seconds: float
    loss: float


def learn_from(rival: Rival, path: Path, form: Form, *, limit: int, scored: int, missing: Sequence[str]) -> Done:
    """Reads and learns the first rows of a file.

    Args:
        rival: who learns.
        path: a Parquet file.
        form: the model, whose label has a column of its name.
        limit: how many rows at most.
        scored: the loss is that of the first so many.
        missing: the texts that stand for a missing value.
    """
    start = process_time()
    losses = []
    rows = 0
    for block in blocks(path, form, limit=limit, missing=missing):
        p = np.clip(rival.learn(block), 1e-15, 1.0 - 1e-15)
        losses.append(-np.log(np.where(block.labels > 0, p, 1.0 - p)))
        rows += len(block.labels)
    return Done(rows, process_time() - start, float(np.concatenate(losses)[:scored].mean()))


def blocks(path: Path, form: Form, *, limit: int, missing: Sequence[str]) -> Iterator[Block]:
    """The first rows of a file, in blocks."""
    fields = fields_of(form)
    gone = {None, *missing}
    yes = form.outcome.labels
    with parquet.ParquetFile(path) as file:
        names = [field.name for field in fields]
        for batch in file.iter_batches(batch_size=BLOCK, columns=[form.outcome.name, *names]):
            part = batch.slice(0, limit)
            limit -= part.num_rows
            told = part.column(form.outcome.name).to_pylist()
            labels = np.array([value == yes[-1] if yes else value for value in told], dtype=np.int64)
            numbers = [field for field in fields if field.kind in NUMBERS]
            others = [field for field in fields if field.kind not in NUMBERS]
            yield Block([field.name for field in numbers], _numbers(part, numbers), _tokens(part, others, gone), labels)
            if limit <= 0:
                return


def _numbers(part: pa.RecordBatch, fields: Sequence[Field]) -> Floats:
    columns = [part.column(field.name).to_numpy(zero_copy_only=False) for field in fields]
    shape = (part.num_rows, 0)
    return np.column_stack(columns).astype(np.float64) if columns else np.empty(shape)


def _tokens(part: pa.RecordBatch, fields: Sequence[Field], gone: set[str | None]) -> list[list[tuple[str, float]]]:
    """The names of each row; those of texts without more ado, as somebody would write it who is in a hurry."""
    rows: list[list[tuple[str, float]]] = [[] for _ in range(part.num_rows)]
    for field in fields:
        leaves = part.column(field.name).to_pylist()
        if field.is_bag:
            for row, leaf in zip(rows, leaves, strict=True):
                row.extend(leaf if leaf and isinstance(leaf[0], tuple) else field.features(leaf))
        else:
            name = field.name
            for row, leaf in zip(rows, leaves, strict=True):
                if leaf not in gone:
                    row.append((f"{name}={leaf}", 1.0))
    return rows
