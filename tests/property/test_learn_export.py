"""Exports against a dictionary: any keys, crowded or alike, are found with their weights, and no others."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flyball.learn.fixed_point import STEP
from tests.unit.learn.export_made import exported, weights_in

HALVES = st.sampled_from([0, 1, 2, 3, 2**31, 2**32 - 2, 2**32 - 1]) | st.integers(0, 2**32 - 1)
KEYS = st.builds(lambda high, low: (high << 32) | low, HALVES, HALVES).filter(lambda key: key != 0)
WEIGHTS = st.floats(-5.0, 5.0) | st.sampled_from([0.0, 1e-6, -1e-6, 4.0, -4.0, 1e9])


@given(
    held=st.dictionaries(KEYS, WEIGHTS, max_size=120),
    asked=st.lists(KEYS, max_size=20),
    lanes=st.sampled_from([1, 2, 4]),
)
def test_every_key_has_its_weights_and_no_other_has_any(held: dict[int, float], asked: list[int], lanes: int) -> None:
    """What was not exported may be taken for a key with the same lower half, in 1 of 2^32 cases if keys are hashes."""
    keys = np.array(list(held), dtype=np.uint64)
    weights = np.array(list(held.values())).reshape(-1, 1) * 2.0 ** -np.arange(lanes)
    others = np.array([key for key in asked if key not in held], dtype=np.uint64)
    with tempfile.TemporaryDirectory() as name:
        export = exported(Path(name) / "m", keys, weights)
        found = weights_in(export, keys).reshape(-1, lanes)
        strange = weights_in(export, others).reshape(-1, lanes)

    right = np.all(np.abs(found - weights) <= np.maximum(STEP, np.abs(weights) * 2.0**-23), axis=1)
    kept = np.abs(weights).max(axis=1, initial=0.0) >= STEP
    assert right[kept].all(), "a key that was surely exported"
    lower = [key & 0xFFFFFFFF for key in held]
    assert all(ok or lower.count(key & 0xFFFFFFFF) > 1 for key, ok in zip(held, right, strict=True))
    for key, row in zip(others.tolist(), strange, strict=True):
        assert not row.any() or key & 0xFFFFFFFF in lower
