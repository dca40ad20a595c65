"""The answer to one row: what the kernels for many rows give for it."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.learn import ftrl
from flyball.learn.score import score_one
from flyball.learn.table import Table


@pytest.mark.parametrize(("squared", "scale"), [(False, 1.0), (True, 1.0), (True, 7.5)])
def test_one_row_is_answered_as_many_are(squared: bool, scale: float) -> None:
    """To the bit; features that nobody has learned count nothing."""
    rng = np.random.default_rng(7)
    keys = rng.integers(1, 2**63, 40).astype(np.uint64)
    values, hyper = rng.normal(size=40), np.array([0.2, 1.0, 0.01, 0.1])
    table = Table(slot_bits=6, max_segments=64)
    table.put(keys[:30], z=rng.normal(size=30), n=rng.random(30) * 9)
    margins, scores = np.empty(1), np.empty(1)
    ftrl.predict(table.words, hyper, np.array([0, 40]), keys, values, margins)
    ftrl.answers_of(margins, squared, scale, scores)

    assert score_one(table.words, hyper, squared, scale, keys, values, 40) == scores[0]
    assert score_one(table.words, hyper, squared, scale, keys, values, 0) == (0.0 if squared else 0.5)
