"""Raw values of one column as typed values, and which of them cannot be taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa

from flyball.learn.column import Column
from flyball.run.files.arrow_array import ArrowArray, compute, mask_of
from flyball.run.files.far_moment import FarMoment, days_as_moments, python_objects
from flyball.run.files.fast_path import fast_numbers
from flyball.run.files.items import items_column, items_of, single_texts, words_of
from flyball.system.kind import Kind
from flyball.system.missing import MISSING
from flyball.system.value import TEXT_BYTES, Value, ValueRefused, coercer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.run.files.tabular import RawColumn

Convert: TypeAlias = Callable[[object], Value]
"""What a raw value becomes; raises `ValueRefused`."""

TAKEN = -1
"""The place in `reasons` of a value that was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedColumn:
    """Typed values of n rows, and why some were refused.

    Args:
        column: the values; where a value was refused it is missing.
        refused: shape (n,), the place in `reasons`; -1 where the value was taken.
        reasons: the codes that occur.
        explain: the message for a refused row.

    >>> typed = typed_column(pa.chunked_array([["7", "", "x"]]), Kind.INT)
    >>> typed.column.values.tolist(), typed.column.missing.tolist(), typed.refused.tolist(), typed.reasons
    ([7, 0, 0], [False, True, True], [-1, -1, 0], ('unparsable',))
    >>> typed.explain(2)
    "'x' is not taken as int; accepted: a whole number within int64"
    """

    column: Column
    refused: NDArray[np.int32]
    reasons: tuple[str, ...]
    explain: Callable[[int], str]


def typed_column(
    raw: RawColumn,
    kind: Kind,
    *,
    unit: str | None = None,
    tz: str | None = None,
    missing: Sequence[str] = ("",),
    convert: Convert | None = None,
) -> TypedColumn:
    """The values that `coerce` gives row by row, many at once.

    Beyond that, an Arrow map whose numbers are all 1 is taken as the list of its names, and one of a single name with 1
    as that text: sparse text writes lists and categories so.

    Args:
        raw: as read from a file.
        kind: what they are declared to be.
        unit: for timestamps: what numbers count since 1970.
        tz: for timestamps: the zone of texts without an offset.
        missing: the texts that stand for a missing value.
        convert: another way to convert than `coerce`; it gives values of `kind`, and there is no short cut then.

    >>> typed_column(["7", 8, None], Kind.INT).column.values.tolist()
    [7, 8, 0]
    """
    settled = convert if convert is not None else coercer(kind, unit=unit, tz=tz)
    short_cut = convert is None and kind in (Kind.BOOL, Kind.INT, Kind.FLOAT, Kind.TIMESTAMP)
    one = _with_missing(settled, frozenset(missing))
    if isinstance(raw, list):
        return _of_objects(raw, kind, one)
    chunks = days_as_moments(raw)
    if pa.types.is_map(chunks.type) and kind not in (Kind.LIST, Kind.MAP):
        texts, sure = single_texts(items_of(chunks))
        single = typed_column(pa.chunked_array([texts]), kind, unit=unit, tz=tz, missing=missing, convert=convert)
        return _with_nested(chunks, single, sure, kind, one)
    if pa.types.is_nested(chunks.type):
        return _of_nested(chunks, kind, one, plain=convert is None)
    if not pa.types.is_string(chunks.type) and short_cut:
        array = _one_array(chunks)
        values, sure = fast_numbers(array, kind, unit=unit, tz=tz)
        return _with_rest(array, values, sure, kind, one)
    texts, codes = _encoded(chunks)
    if kind is Kind.STR and convert is None and pa.types.is_string(texts.type):
        return _of_texts(texts, codes, one, missing)
    if short_cut:
        values, sure = fast_numbers(texts, kind, unit=unit, tz=tz)
        sure &= ~_is_missing(texts, missing)
        return _gathered(_with_rest(texts, values, sure, kind, one), codes)
    return _gathered(_of_objects(python_objects(texts), kind, one), codes)


def _with_missing(convert: Convert, missing: frozenset[str]) -> Convert:
    def one(raw: object) -> Value:
        if isinstance(raw, FarMoment):
            raise ValueRefused("out_of_range", f"{raw} lies outside the years 1 to 9999; is its unit right?")
        return MISSING if isinstance(raw, str) and raw in missing else convert(raw)

    return one


def _one_array(raw: ArrowArray) -> ArrowArray:
    whole = raw.combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole


def _encoded(raw: ArrowArray) -> tuple[ArrowArray, NDArray[np.int64]]:
    """The distinct values, and the place of each row's among them; null is -1."""
    encoded = raw.dictionary_encode().unify_dictionaries()
    codes = [chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False) for chunk in encoded.chunks]
    dictionary = encoded.chunk(0).dictionary if encoded.num_chunks else pa.array([], raw.type)
    return dictionary, np.concatenate(codes).astype(np.int64) if codes else np.empty(0, dtype=np.int64)


def _is_missing(texts: ArrowArray, missing: Sequence[str]) -> NDArray[np.bool_]:
    if not pa.types.is_string(texts.type):
        return np.zeros(len(texts), dtype=np.bool_)
    return mask_of(compute.is_in(texts, value_set=pa.array(list(missing), pa.string())))


class _Reasons:
    """The codes of the reasons met so far."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, refused: ValueRefused) -> int:
        return self._places.setdefault(refused.reason, len(self._places))

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self._places)


def _explainer(raw: Callable[[int], object], one: Convert) -> Callable[[int], str]:
    def explain(row: int) -> str:
        try:
            one(raw(row))
        except ValueRefused as refused:
            return str(refused)
        raise ValueError(f"row {row} was taken; only refused rows are explained")

    return explain


def _of_objects(raw: Sequence[object], kind: Kind, one: Convert) -> TypedColumn:
    """One by one: what has no short cut."""
    values: list[Any] = []
    refused = np.full(len(raw), TAKEN, dtype=np.int32)
    reasons = _Reasons()
    for row, given in enumerate(raw):
        try:
            value = one(given)
        except ValueRefused as error:
            refused[row] = reasons.place(error)
            value = MISSING
        values.append(None if value is MISSING else value)
    explain = _explainer(lambda row: raw[row], one)
    return TypedColumn(column=Column.of(kind, values), refused=refused, reasons=reasons.codes, explain=explain)


def _with_rest(
    array: ArrowArray, values: NDArray[Any], sure: NDArray[np.bool_], kind: Kind, one: Convert
) -> TypedColumn:
    """What the short cut vouches for, and the rest one distinct value at a time."""
    refused = np.full(len(array), TAKEN, dtype=np.int32)
    absent = mask_of(array.is_null())
    rest = np.flatnonzero(~sure & ~absent)
    reasons: tuple[str, ...] = ()
    if len(rest):
        distinct, codes = _encoded(pa.chunked_array([array.take(pa.array(rest))]))
        slow = _gathered(_of_objects(python_objects(distinct), kind, one), codes)
        values = values.copy()
        values[rest], absent[rest], refused[rest] = slow.column.values, slow.column.missing, slow.refused
        reasons = slow.reasons
    values = np.where(absent, np.zeros(1, dtype=values.dtype), values) if absent.any() else values
    explain = _explainer(lambda row: python_objects(array.slice(row, 1))[0], one)
    return TypedColumn(column=Column(kind, values, absent), refused=refused, reasons=reasons, explain=explain)


def _nested_objects(chunks: ArrowArray) -> list[object]:
    found: list[object] = chunks.to_pylist()
    if not pa.types.is_map(chunks.type):
        return found
    return [None if each is None else dict(each) for each in chunks.to_pylist()]


def _of_nested(chunks: ArrowArray, kind: Kind, one: Convert, *, plain: bool) -> TypedColumn:
    """Lists, and maps as lists or maps."""
    if not plain or not (kind is Kind.LIST or pa.types.is_map(chunks.type)):
        return _of_objects(_nested_objects(chunks), kind, one)
    column, sure = items_column(items_of(chunks), kind)
    refused = np.full(len(sure), TAKEN, dtype=np.int32)
    fast = TypedColumn(column=column, refused=refused, reasons=(), explain=lambda row: f"row {row} was taken")
    return _with_nested(chunks, fast, sure, kind, one)


def _with_nested(
    chunks: ArrowArray, fast: TypedColumn, sure: NDArray[np.bool_], kind: Kind, one: Convert
) -> TypedColumn:
    """What the short cut vouches for, and the refusals of the rest."""
    rest = np.flatnonzero(~sure)
    if len(rest) == 0:
        return fast
    slow = _of_objects(_nested_objects(chunks.take(pa.array(rest))), kind, one)
    if (slow.refused == TAKEN).any():  # a name that a map holds twice
        return _of_objects(_nested_objects(chunks), kind, one)
    refused = fast.refused.copy()
    refused[rest] = slow.refused + len(fast.reasons)
    place_of = {row: place for place, row in enumerate(rest.tolist())}

    def explain(row: int) -> str:
        return slow.explain(place_of[row]) if row in place_of else fast.explain(row)

    return TypedColumn(column=fast.column, refused=refused, reasons=fast.reasons + slow.reasons, explain=explain)


def _of_texts(texts: ArrowArray, codes: NDArray[np.int64], one: Convert, missing: Sequence[str]) -> TypedColumn:
    """Texts stay encoded: only those that are too long are looked at."""
    absent_text = _is_missing(texts, missing)
    long = mask_of(compute.greater(compute.binary_length(texts), TEXT_BYTES)) & ~absent_text
    null = codes < 0
    values = np.where(null, 0, codes)
    missed = null | (absent_text[values] if len(texts) else null)
    refused = np.full(len(codes), TAKEN, dtype=np.int32)
    reasons: tuple[str, ...] = ()
    if long.any():
        refused[~null & long[values]] = 0
        reasons = ("too_long",)
        missed = missed | (refused >= 0)
    kept = np.where(missed, 0, values).astype(np.int32)
    explain = _explainer(lambda row: texts[int(codes[row])].as_py(), one)
    column = Column(Kind.STR, kept, missed, words_of(texts))
    return TypedColumn(column=column, refused=refused, reasons=reasons, explain=explain)


def _gathered(distinct: TypedColumn, codes: NDArray[np.int64]) -> TypedColumn:
    """Each row's value from the distinct ones; -1 is missing."""
    null = codes < 0
    if not len(distinct.refused):  # nothing but nulls
        column = Column.of(distinct.column.kind, [None] * len(codes))
        return TypedColumn(
            column=column, refused=np.full(len(codes), TAKEN, np.int32), reasons=(), explain=distinct.explain
        )
    places = np.where(null, 0, codes)
    column = distinct.column.take(places)
    if null.any():
        missing = column.missing | null
        values = column.values if column.offsets is not None else np.where(null, 0, column.values)
        kept: Any = values.astype(column.values.dtype)
        column = Column(column.kind, kept, missing, column.words, column.offsets, column.numbers)
    refused = np.where(null, TAKEN, distinct.refused[places]).astype(np.int32)
    return TypedColumn(
        column=column,
        refused=refused,
        reasons=distinct.reasons,
        explain=lambda row: distinct.explain(int(codes[row])),
    )
