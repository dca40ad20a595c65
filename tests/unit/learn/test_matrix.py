"""Matrices as features: dense and sparse alike, in numbers and on the grid."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from flyball.learn.features import cell_features
from flyball.learn.matrix import column_key, column_keys, dense_features, on_grid, place_keys, sparse_features

MATRIX = np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 0.0], [-3.0, 4.5, 1e-9]])


def test_a_zero_is_no_feature() -> None:
    """Of the other numbers each is one, in the order of the columns."""
    found = dense_features(MATRIX, place_keys(3))
    keys = place_keys(3)

    assert found.starts.tolist() == [0, 1, 1, 4]
    assert found.keys.tolist() == [keys[1], keys[0], keys[1], keys[2]]
    assert found.values.tolist() == [2.0, -3.0, 4.5, 1e-9]


@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_sparse_is_as_dense(index: type) -> None:
    """Also where zeros are stored, and whatever the indices are."""
    sparse = csr_array(MATRIX)
    stored = (np.array([0, 2, 2, 5]), np.array([0, 1, 0, 1, 2]), np.array([0.0, 2.0, -3.0, 4.5, 1e-9]))
    dense = dense_features(MATRIX, place_keys(3))
    plain = (sparse.indptr.astype(index).astype(np.int64), sparse.indices.astype(np.int64), sparse.data)

    for found in (sparse_features(*plain), sparse_features(*stored)):
        assert found.starts.tolist() == dense.starts.tolist()
        assert found.keys.tolist() == dense.keys.tolist()
        assert found.values.tolist() == dense.values.tolist()


def test_columns_with_names_have_the_keys_of_their_names() -> None:
    """A name, a place and the same written as a text are three columns."""
    keys = column_keys(["a", "b", "c"])
    sparse = csr_array(MATRIX)
    plain = (sparse.indptr.astype(np.int64), sparse.indices.astype(np.int64), sparse.data)

    assert sparse_features(*plain, keys).keys.tolist() == dense_features(MATRIX, keys).keys.tolist()
    assert len({column_key("1"), column_key(1), column_key(1.5), column_key((1,)), column_key(2**70)}) == 5


def test_on_the_grid_a_column_is_as_a_signal_of_that_seed() -> None:
    """The points of each number, hashed with the key of its column."""
    keys = place_keys(3)
    found = on_grid(dense_features(MATRIX, keys))
    places = [(0, 1, 2.0), (2, 0, -3.0), (2, 1, 4.5), (2, 2, 1e-9)]
    each = [cell_features(np.array([number]), np.zeros(1, bool), int(keys[j])) for _, j, number in places]

    assert found.keys.tolist() == [key for one in each for key in one.keys.tolist()]
    assert found.values.tolist() == [value for one in each for value in one.values.tolist()]
    assert np.diff(found.starts).tolist() == [len(each[0].keys), 0, sum(len(one.keys) for one in each[1:])]
