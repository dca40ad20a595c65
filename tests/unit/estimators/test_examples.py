"""Rows in blocks: which they are and what they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.sparse import csr_array

from flyball.estimators.examples import AT_ONCE, EncodedRows, MatrixRows, parts_of
from flyball.learn.features import singles

if TYPE_CHECKING:
    from flyball.estimators.examples import Rows

COUNT = AT_ONCE + 100
NUMBERS = np.arange(1.0, COUNT + 1.0)[:, None]
ROWS: dict[str, Rows] = {
    "dense": MatrixRows(NUMBERS, None, grid=False),
    "sparse": MatrixRows(csr_array(NUMBERS), None, grid=False),
    "encoded": EncodedRows([singles(np.arange(1, COUNT + 1).astype(np.uint64))]),
}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("start", [0, 30])
def test_blocks_are_all_rows_in_order(name: str, start: int) -> None:
    """Counted from the first that was asked for."""
    rows = ROWS[name]
    found = list(parts_of(rows, start=start))
    chosen = np.concatenate([np.arange(COUNT)[each] for each, _ in found])
    keys = np.concatenate([features.keys[1::2] for _, features in found])
    values = np.concatenate([features.values[1::2] for _, features in found])

    assert chosen.tolist() == list(range(COUNT - start))
    assert (keys if name == "encoded" else values).tolist() == NUMBERS[start:, 0].tolist()


@pytest.mark.parametrize("name", ROWS)
def test_rows_come_in_the_order_that_is_wanted(name: str) -> None:
    """With their places."""
    order = np.random.RandomState(0).permutation(COUNT)
    found = list(parts_of(ROWS[name], order))
    kind = "keys" if name == "encoded" else "values"

    assert np.concatenate([each for each, _ in found]).tolist() == order.tolist()
    assert np.concatenate([getattr(features, kind)[1::2] for _, features in found]).tolist() == (order + 1).tolist()


def test_a_matrix_that_may_not_be_written_is_read() -> None:
    """As memory maps are, which scikit-learn hands to its workers."""
    frozen = NUMBERS.copy()
    frozen.flags.writeable = False
    part = MatrixRows(frozen, None, grid=False).features(slice(0, 5))

    assert part.values.tolist() == ROWS["dense"].features(slice(0, 5)).values.tolist()
