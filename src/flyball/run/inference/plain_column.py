"""Columns of sparse text in the plainest shape that holds the same: a category, a list, or a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from flyball.run.files.arrow_array import ArrowArray, compute
from flyball.run.files.items import items_of, single_texts

if TYPE_CHECKING:
    from flyball.run.files.items import Items
    from flyball.run.files.tabular import RawColumn


def plain_column(raw: RawColumn) -> RawColumn:
    """A column of maps as texts, if no row has more than one name and no number is other than 1, or else as lists.

    Where another number occurs it is left as it is, as is any other column. `typed_column` takes a map as a text or a
    list in the same rows.

    Args:
        raw: as read from a file.

    >>> maps = pa.chunked_array([pa.array([[("a", 1.0)], None], pa.map_(pa.string(), pa.float64()))])
    >>> plain_column(maps).to_pylist()
    ['a', None]
    """
    if isinstance(raw, list) or not pa.types.is_map(raw.type):
        return raw
    items = items_of(raw)
    texts, sure = single_texts(items)
    if sure.all():
        return pa.chunked_array([texts])
    if items.sure.all() and items.numbers is not None and np.all(items.numbers == 1.0):
        return pa.chunked_array([_lists(items)])
    return raw


def _lists(items: Items) -> ArrowArray:
    absent = np.append(items.missing, np.False_)
    offsets: ArrowArray = pa.array(items.offsets.astype(np.int32), mask=absent)
    return pa.ListArray.from_arrays(offsets, items.dictionary.take(pa.array(items.codes)))


def unsigned_labels(raw: RawColumn) -> RawColumn:
    """Labels that are all -1 or 1 as 0 and 1; others as they are.

    Args:
        raw: the labels of sparse text.

    >>> unsigned_labels(pa.chunked_array([[-1.0, 1.0, None]])).to_pylist()
    [0, 1, None]
    """
    if isinstance(raw, list):
        return raw
    found = set(raw.unique().drop_null().to_pylist())
    return compute.equal(raw, 1).cast(pa.int8()) if found <= {-1, 1} and -1 in found else raw
