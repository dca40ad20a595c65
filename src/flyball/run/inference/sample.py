"""The rows of a file that `flyball init` looks at, column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from flyball.run.inference.column_facts import ColumnFacts
    from flyball.run.inference.label_facts import LabelFacts

LARGEST = 200_000
"""How many rows are looked at, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample of n rows in the file's order.

    Args:
        columns: what the columns look like that may become signals, in the file's order.
        label: what is predicted.
        event_us: shape (n,), when the prediction was asked for, microseconds UTC, NaN where it is not known; None
            without a column of times.

    >>> import pyarrow as pa
    >>> from flyball.run.inference.column_facts import column_facts
    >>> from flyball.run.inference.label_facts import label_facts
    >>> raw = pa.chunked_array([["0", "1"]])
    >>> Sample(columns={}, label=label_facts(column_facts("late", raw), raw), event_us=None).label.mean
    0.5
    """

    columns: Mapping[str, ColumnFacts]
    label: LabelFacts
    event_us: NDArray[np.float64] | None


def sampled_places(rows: int, largest: int = LARGEST) -> NDArray[np.int64]:
    """The places of rows spread evenly over a file: all of them, if they are few enough.

    >>> sampled_places(10, largest=4).tolist()
    [0, 2, 5, 7]
    """
    if rows <= largest:
        return np.arange(rows, dtype=np.int64)
    return np.arange(largest, dtype=np.int64) * rows // largest
