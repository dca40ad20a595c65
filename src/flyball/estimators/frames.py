"""Data frames: columns of texts, numbers and bags as features, whichever library the frame is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from flyball.estimators.refusal import InputRefused
from flyball.learn.column import Column, Words
from flyball.learn.features import Features, item_features, single_codes, text_keys
from flyball.learn.ftrl import LARGEST
from flyball.learn.hash64 import missing_key
from flyball.learn.matrix import dense_features, on_grid
from flyball.system.excerpt import excerpt
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Frame = nw.DataFrame[Any]
    Series = nw.Series[Any]
    Keys = NDArray[np.uint64]
    Flags = NDArray[np.bool_]


def is_frame(table: object) -> bool:
    """Whether this is a data frame of a library that is known: pandas, Arrow, Polars and others.

    >>> is_frame([[1.0]])
    False
    """
    return bool(nw.dependencies.is_into_dataframe(table))


def opened(table: Any) -> Frame:  # noqa: ANN401  # a frame of any library
    """The frame behind a common face.

    >>> import pandas
    >>> opened(pandas.DataFrame({"a": [1]})).columns
    ['a']
    """
    return nw.from_native(table, eager_only=True)


def is_plain(table: Any) -> bool:  # noqa: ANN401  # a frame of any library
    """Whether scikit-learn takes it as it is: all columns are NumPy's numbers, or all are sparse.

    >>> import pandas
    >>> is_plain(pandas.DataFrame({"a": [1]})), is_plain(pandas.DataFrame({"a": ["x"]}))
    (True, False)
    """
    if not opened(table).implementation.is_pandas_like():
        return False
    types = list(table.dtypes)
    numbers = all(isinstance(each, np.dtype) and each.kind in "biuf" for each in types)
    return numbers or all(hasattr(each, "fill_value") for each in types)


def frame_features(frame: Frame, keys: Keys, *, grid: bool) -> list[Features]:
    """The features of a frame's rows, in parts to be joined side by side: the numbers, then the other columns.

    Args:
        frame: of n rows.
        keys: of its columns.
        grid: whether numbers are taken to the grid.

    Raises:
        InputRefused: a column holds what cannot be learned from.

    >>> import pandas
    >>> frame = opened(pandas.DataFrame({"hour": [9, 0], "country": ["DE", None]}))
    >>> [part.starts.tolist() for part in frame_features(frame, np.array([5, 6], np.uint64), grid=False)]
    [[0, 1, 1], [0, 1, 2]]
    """
    numbers: list[NDArray[np.float64]] = []
    of_numbers: list[int] = []
    others: list[Features] = []
    for place, name in enumerate(frame.columns):
        series, key = frame.get_column(name), int(keys[place])
        kind = _kind_of(series)
        if kind is Kind.FLOAT:
            column, missing = _numbers(series)
            numbers.append(column)
            of_numbers.append(place)
            if missing.any():
                others.append(_absent(missing, key))
        elif kind is Kind.STR:
            others.append(_texts(series, key))
        else:
            others.append(_bags(series, kind, key))
    if not numbers:
        return others
    dense = dense_features(np.column_stack(numbers), keys[of_numbers])
    return [on_grid(dense) if grid else dense, *others]


def _kind_of(series: Series) -> Kind:
    dtype = series.dtype
    if dtype.is_numeric() or dtype == nw.Boolean:
        return Kind.FLOAT
    if isinstance(dtype, nw.String | nw.Categorical | nw.Enum):
        return Kind.STR
    if isinstance(dtype, nw.List | nw.Array):
        return Kind.LIST
    if isinstance(dtype, nw.Object | nw.Unknown):
        return _kind_of_objects(series)
    raise _refused(series, f"is of type {dtype}")


def _kind_of_objects(series: Series) -> Kind:
    present = [value for value in series.to_list() if not _is_absent(value)]
    for kind, types in _TYPES.items():
        if all(isinstance(value, types) for value in present):
            return kind
    found = sorted({type(value).__name__ for value in present})
    raise _refused(series, f"holds values of the types {', '.join(found)}")


_TYPES: dict[Kind, tuple[type, ...]] = {
    Kind.STR: (str,),
    Kind.FLOAT: (bool, int, float, np.number, np.bool_),
    Kind.LIST: (list, tuple, set, frozenset, np.ndarray),
    Kind.MAP: (dict,),
}


def _is_absent(value: Any) -> bool:  # noqa: ANN401  # cells hold anything
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, float) and value != value  # noqa: PLR0124  # NaN, pandas' mark of what is missing


def _refused(series: Series, what: str) -> InputRefused:
    return InputRefused(
        f"column {excerpt(series.name)} {what}; accepted: texts, categories, numbers, true and false, and lists of "
        "texts or dictionaries of texts and numbers; convert it, or leave the column out"
    )


def _numbers(series: Series) -> tuple[NDArray[np.float64], Flags]:
    native = series.to_native()
    if isinstance(getattr(native, "dtype", None), np.dtype) and native.dtype != object:
        # NumPy has no missing numbers: a NaN is a mistake, as it is in an array.
        numbers = native.to_numpy().astype(np.float64)
        missing = np.zeros(len(numbers), dtype=np.bool_)
    else:
        missing = np.asarray(series.is_null().to_numpy(), dtype=np.bool_)
        leaves = [0.0 if gone else value for value, gone in zip(series.to_list(), missing.tolist(), strict=True)]
        numbers = np.array(leaves, dtype=np.float64)
    if not np.abs(numbers).max(initial=0.0) <= LARGEST:
        raise InputRefused(
            f"column {excerpt(series.name)}: input X contains NaN, infinity or a value too large for single precision; "
            "fill what is missing, or use a column type that knows missing values (pandas: convert_dtypes())"
        )
    return numbers, missing


def _absent(missing: Flags, key: int) -> Features:
    starts = np.zeros(len(missing) + 1, dtype=np.int64)
    np.cumsum(missing, out=starts[1:])
    return Features(starts, np.full(starts[-1], missing_key(key), dtype=np.uint64), np.ones(starts[-1]))


def _texts(series: Series, key: int) -> Features:
    native = series.to_native()
    if hasattr(native, "factorize"):
        found, texts = native.factorize()
        codes, missing = np.asarray(found, dtype=np.int32), np.asarray(found) < 0
        words = _packed(series, [str(text) for text in texts])
        return single_codes(np.where(missing, 0, codes).astype(np.int32), text_keys(words, key), missing, key)
    leaves = [None if _is_absent(value) else str(value) for value in series.to_list()]
    codes_of: dict[str, int] = {}
    codes = np.array([0 if leaf is None else codes_of.setdefault(leaf, len(codes_of)) for leaf in leaves], np.int32)
    missing = np.array([leaf is None for leaf in leaves], dtype=np.bool_)
    return single_codes(codes, text_keys(_packed(series, list(codes_of)), key), missing, key)


def _packed(series: Series, texts: Sequence[str]) -> Words:
    try:
        return Words.of(texts)
    except UnicodeEncodeError as error:
        raise _refused(series, f"holds the text {excerpt(error.object)}, which has no UTF-8") from None


def _bags(series: Series, kind: Kind, key: int) -> Features:
    leaves: list[Any] = []
    for value in series.to_list():
        if _is_absent(value):
            leaves.append(None)
            continue
        bag = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
        if not all(isinstance(item, str) for item in bag):
            raise _refused(series, f"holds {excerpt(value)}")
        leaves.append({str(item): _weight(series, bag[item]) for item in bag} if kind is Kind.MAP else list(bag))
    try:
        column = Column.of(kind, leaves)
    except UnicodeEncodeError as error:
        raise _refused(series, f"holds the text {excerpt(error.object)}, which has no UTF-8") from None
    assert column.words is not None  # noqa: S101  # lists and maps have words
    assert column.offsets is not None  # noqa: S101  # and offsets
    hashed = text_keys(column.words, key)
    return item_features(column.offsets, column.values, column.numbers, column.missing, hashed, key)


def _weight(series: Series, weight: object) -> float:
    if not isinstance(weight, int | float | np.number) or not np.isfinite(weight):
        raise _refused(series, f"holds the weight {excerpt(weight)}")
    return float(weight)
