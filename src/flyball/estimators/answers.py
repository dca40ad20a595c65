"""Answers in the shape of the data frame that was asked with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

    from flyball.estimators.frames import Frame


def series_like(values: NDArray[Any], frame: Frame) -> Any:  # noqa: ANN401  # a series of any library
    """Values as a series of the frame's library, with its index where it has one.

    >>> import numpy, pandas
    >>> frame = nw.from_native(pandas.DataFrame({"a": [1]}, index=[7]), eager_only=True)
    >>> series_like(numpy.array([2.0]), frame).to_dict()
    {7: 2.0}
    """
    series = nw.new_series("prediction", values, backend=frame.implementation).to_native()
    index = nw.maybe_get_index(frame)
    if index is not None:
        series.index = index
    return series


def frame_like(columns: Mapping[Hashable, NDArray[Any]], frame: Frame) -> Any:  # noqa: ANN401  # a frame of any library
    """Columns as a frame of the same library; names are texts where it knows no others.

    >>> import numpy, pandas
    >>> frame = nw.from_native(pandas.DataFrame({"a": [1]}, index=[7]), eager_only=True)
    >>> frame_like({False: numpy.array([0.5])}, frame).to_dict()
    {False: {7: 0.5}}
    """
    if frame.implementation.is_pandas_like():
        native = nw.get_native_namespace(frame).DataFrame(dict(columns))
        native.index = nw.maybe_get_index(frame)
        return native
    named = {str(name): column for name, column in columns.items()}
    return nw.from_dict(named, backend=frame.implementation).to_native()
