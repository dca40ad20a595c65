"""Rows whose id an earlier row has: the first one is taken, the others are counted.

>>> import numpy as np
>>> from flyball.learn.column import Words
>>> from flyball.run.files.typed_rows import Rows
>>> none, two = np.zeros(3), np.arange(3)
>>> rows = Rows(
...     row=two + 1, columns={}, event_ts=two, outcome_ts=None, has_outcome_ts=none > 0, label=none,
...     has_label=none > 0, ids=Words.of(["a", "b", "a"]), weight=None, scores=None, rejections=(), ignored=(),
... )
>>> found = without_repeats(rows, "request")
>>> print(found.n, *found.rejections)
2 1 row, column 'request': repeated_id, first at row 3: id 'a' is that of row 1 already
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from flyball.run.files.rejection import Rejection

if TYPE_CHECKING:
    from flyball.run.files.typed_rows import Rows


def without_repeats(rows: Rows, column: str | None) -> Rows:
    """The rows without those whose id an earlier one has; these are among the rejections.

    Args:
        rows: in the order in which they were asked for.
        column: the column of the ids.
    """
    if rows.ids is None:
        return rows
    texts = rows.ids.texts()
    if len(set(texts)) == len(texts):
        return rows
    first: dict[str, int] = {}
    repeats = [place for place, text in enumerate(texts) if first.setdefault(text, place) != place]
    kept = np.ones(rows.n, dtype=np.bool_)
    kept[repeats] = False
    at = min(repeats, key=lambda place: int(rows.row[place]))
    rejection = Rejection(
        reason="repeated_id",
        count=len(repeats),
        first_row=int(rows.row[at]),
        example=f"id {texts[at]!r} is that of row {int(rows.row[first[texts[at]]]):,} already",
        column=column,
    )
    return replace(rows.take(np.flatnonzero(kept)), rejections=(*rows.rejections, rejection))
