"""Features of Vowpal Wabbit's text have its indices, and one more is its bias."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from flyball.learn.features import Features
from flyball.learn.vw_hash import CONSTANT, BitsRefused, mask_of_bits, vw_index
from flyball.run.files.vw_examples import index_key, index_keys, vw_examples, with_constant

if TYPE_CHECKING:
    from collections.abc import Callable

    Written = Callable[..., str]


def _rows(features: Features) -> list[dict[int, float]]:
    """The values by key, a row each."""
    starts, keys, values = features.starts.tolist(), features.keys.tolist(), features.values.tolist()
    return [dict(zip(keys[a:b], values[a:b], strict=True)) for a, b in pairwise(starts)]


@pytest.mark.parametrize("bits", [18, 24])
@pytest.mark.parametrize("block", [8, 1 << 20])
def test_each_example_has_its_features_and_the_bias(written: Written, bits: int, block: int) -> None:
    """Whatever is read at once."""
    path = written("a.vw", "1 2 0.5 |user u1 |f:2 a b:0.25 a\nno bar\n-1 | 7\n")

    blocks = list(vw_examples(path, bits=bits, block=block))

    bias = int(index_key(CONSTANT & mask_of_bits(bits)))
    named = {("u1", "user"): 1.0, ("a", "f"): 4.0, ("b", "f"): 0.5}
    first = {int(index_key(vw_index(*name, bits=bits))): value for name, value in named.items()}
    second = {int(index_key(7)): 1.0}
    assert [row for each in blocks for row in _rows(each.features)] == [first | {bias: 1.0}, second | {bias: 1.0}]
    told = [(each.line, each.labels, each.weights, each.bases) for each in blocks]
    lines, labels, weights, bases = (np.concatenate(parts).tolist() for parts in zip(*told, strict=True))
    assert (lines, labels, weights, bases) == ([1, 3], [1.0, -1.0], [2.0, 1.0], [0.5, 0.0])
    assert [fault.first for each in blocks for fault in each.faults] == [2]


def test_names_that_share_an_index_are_one_feature(written: Written) -> None:
    """With one bit there are two indices, and the bias has one of them."""
    path = written("a.vw", "1 |f a b c d e f g h\n")

    (examples,) = vw_examples(path, bits=1)

    (row,) = _rows(examples.features)
    assert set(row) == {int(index_key(0)), int(index_key(1))}
    assert sum(row.values()) == 9.0


def test_the_bias_is_added_to_what_has_its_index() -> None:
    """A key stands in a row once."""
    features = Features(np.array([0, 2, 2]), np.array([5, 9], np.uint64), np.array([0.5, 0.25]))

    assert _rows(with_constant(features, 5)) == [{5: 1.5, 9: 0.25}, {5: 1.0}]


def test_keys_of_indices_differ_and_are_never_0() -> None:
    """And spread over all 64 bits: half of the first thousand are in the upper half."""
    keys = np.arange(1_000, dtype=np.uint64)

    index_keys(keys)

    assert len(set(keys.tolist())) == 1_000
    assert 0 not in keys.tolist()
    assert 400 < np.count_nonzero(keys >> np.uint64(63)) < 600


def test_bits_that_no_index_has_are_refused(written: Written) -> None:
    """Before the file is read."""
    with pytest.raises(BitsRefused, match="33 bits are given for an index"):
        list(vw_examples(written("a.vw", "1 |f a\n"), bits=33))
