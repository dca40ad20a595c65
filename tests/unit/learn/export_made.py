"""Exports made of any keys and weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.export import About, export_weights
from flyball.learn.exported import Exported

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Words = NDArray[Any]
    Floats = NDArray[np.float64]


def about(lanes: int = 1, **given: Any) -> About:  # noqa: ANN401  # any of its arguments
    """An export of a model with so many lanes."""
    hyper = np.ones((lanes, 4))
    said = About(system="ads", model="ctr", version=3, definition="d" * 64, document="{}", hyper=hyper)
    return replace(said, **given)


def exported(path: Path, keys: Words, weights: Floats, **given: Any) -> Exported:  # noqa: ANN401  # any argument of `about`
    """These weights, written to a file and opened."""
    export_weights(path, about(weights.shape[1], **given), keys, weights)
    return Exported.open(path)


def weights_in(export: Exported, keys: Words) -> Floats:
    """What the export has for each key, shape (n, lanes)."""
    return np.array([export.margins(np.array([key], dtype=np.uint64), np.ones(1)) for key in keys])
