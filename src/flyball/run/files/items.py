"""Lists and maps of Arrow's as columns, many rows at once; whatever is out of the ordinary is left to `coerce`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from flyball.learn.column import Column, Words
from flyball.learn.kernel import kernel
from flyball.run.files.arrow_array import ArrowArray, compute, mask_of
from flyball.system.kind import Kind
from flyball.system.value import ITEMS, ITEMS_BYTES, TEXT_BYTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Codes = NDArray[np.int32]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

_FEW = 24


class Items(NamedTuple):
    """The items of n rows: those of row i are `offsets[i]:offsets[i + 1]` of `codes` and, for maps, `numbers`.

    `dictionary` holds the texts, sorted; `missing` and `sure`, shape (n,), say where there is no value and where
    nothing is out of the ordinary.

    >>> items = items_of(pa.chunked_array([[["b", "a"], None]]))
    >>> items.codes.tolist(), items.missing.tolist(), items.numbers
    ([1, 0], [False, True], None)
    """

    offsets: Integers
    codes: Codes
    numbers: Floats | None
    dictionary: ArrowArray
    missing: Flags
    sure: Flags


@kernel
def _by_code(offsets: Integers, codes: Codes, numbers: Floats, sure: Flags) -> None:
    """Sorts the items of each row by their codes; not sure where one occurs twice."""
    for i in range(len(sure)):
        start, end = offsets[i], offsets[i + 1]
        in_order = True
        for j in range(start + 1, end):
            in_order = in_order and codes[j - 1] < codes[j]
        if in_order:
            continue
        if end - start <= _FEW:
            for j in range(start + 1, end):
                code, number, k = codes[j], numbers[j], j
                while k > start and codes[k - 1] > code:
                    codes[k], numbers[k] = codes[k - 1], numbers[k - 1]
                    k -= 1
                codes[k], numbers[k] = code, number
        else:
            order = np.argsort(codes[start:end])
            codes[start:end] = codes[start:end][order]
            numbers[start:end] = numbers[start:end][order]
        for j in range(start + 1, end):
            if codes[j - 1] == codes[j]:
                sure[i] = False


def items_of(raw: ArrowArray) -> Items:
    """The items of lists of texts, or of maps from texts to numbers; a map's are sorted by their texts.

    Args:
        raw: chunks of such an array.

    >>> items_of(pa.chunked_array([[["b"], []]])).offsets.tolist()
    [0, 1, 1]
    """
    is_map = pa.types.is_map(raw.type)
    parts = [_flat(chunk) for chunk in raw.chunks]
    counts = np.concatenate([part[0] for part in parts]) if parts else np.empty(0, dtype=np.int64)
    missing = np.concatenate([part[1] for part in parts]) if parts else np.empty(0, dtype=np.bool_)
    offsets = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    codes, dictionary, null = _coded([part[2] for part in parts])
    sure = counts <= ITEMS
    lengths = np.zeros(len(dictionary) + 1, dtype=np.int64)
    lengths[:-1] = compute.binary_length(dictionary).to_numpy()
    odd = null | (lengths[codes] > TEXT_BYTES)
    numbers = None
    if is_map:
        numbers = np.concatenate([_numbers(part[3]) for part in parts]) if parts else np.empty(0)
        odd |= ~np.isfinite(numbers)
    if len(codes):
        sums = np.concatenate([[0], np.cumsum(lengths[codes])])
        sure &= np.diff(sums[offsets]) <= ITEMS_BYTES
        sure &= np.diff(np.concatenate([[0], np.cumsum(odd)])[offsets]) == 0
    if numbers is not None:
        _by_code(offsets, codes, numbers, sure)
    return Items(offsets, codes, numbers, dictionary, missing, sure | missing)


def _flat(chunk: ArrowArray) -> tuple[Integers, Flags, ArrowArray, ArrowArray]:
    """How many items each row has, where it has no value, and the items themselves."""
    missing = mask_of(chunk.is_null())
    ends = chunk.offsets.to_numpy(zero_copy_only=False).astype(np.int64)
    counts = np.where(missing, 0, np.diff(ends))
    is_map = pa.types.is_map(chunk.type)
    keys = chunk.keys if is_map else chunk.values
    values = chunk.items if is_map else None
    if counts.sum() != len(keys):  # a slice, or something under what is null
        places = np.repeat(ends[:-1] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        keys = keys.take(pa.array(places))
        values = None if values is None else values.take(pa.array(places))
    return counts, missing, keys, values


def _numbers(items: ArrowArray) -> Floats:
    """As floats; NaN where there is none."""
    numbers: Floats = items.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return numbers if numbers.flags.writeable else numbers.copy()


def _coded(texts: list[ArrowArray]) -> tuple[Codes, ArrowArray, Flags]:
    """Each text's place in the sorted dictionary of all, and where there is none."""
    chunks = pa.chunked_array([each.cast(pa.string()) for each in texts], type=pa.string())
    encoded: ArrowArray = chunks.dictionary_encode().unify_dictionaries()
    if encoded.num_chunks == 0:
        return np.empty(0, dtype=np.int32), pa.array([], pa.string()), np.empty(0, dtype=np.bool_)
    dictionary = encoded.chunk(0).dictionary
    order = compute.array_sort_indices(dictionary).to_numpy()
    rank = np.empty(len(order) + 1, dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    rank[-1] = len(order)
    given = np.concatenate([chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False) for chunk in encoded.chunks])
    return rank[given], dictionary.take(pa.array(order)), given < 0


def words_of(texts: ArrowArray) -> Words:
    """Arrow's texts as `Words`, without decoding them.

    >>> words_of(pa.array(["ham", "spam"]))[1]
    'spam'
    """
    _, offsets, data = texts.buffers()
    if offsets is None or len(texts) == 0:
        return Words.of(())
    ends = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    held = np.empty(0, dtype=np.uint8) if data is None else np.frombuffer(data, dtype=np.uint8)
    return Words(held[ends[0] : ends[-1]], ends - ends[0])


def items_column(items: Items, kind: Kind) -> tuple[Column, Flags]:
    """The column of lists or maps, and where it is right: elsewhere the value is missing and `coerce` has to say why.

    A map whose numbers are all 1 is also the list of its names: so forms of sparse text write lists.

    Args:
        items: of lists or maps.
        kind: LIST, or MAP of maps.

    >>> maps = pa.array([[("b", 1.0), ("a", 1.0)], [("a", 2.0)]], pa.map_(pa.string(), pa.float64()))
    >>> column, sure = items_column(items_of(pa.chunked_array([maps])), Kind.LIST)
    >>> column.leaves(0, 2), sure.tolist()
    ([['a', 'b'], None], [True, False])
    """
    words, numbers, missing = words_of(items.dictionary), items.numbers, items.missing
    sure = items.sure if kind is Kind.MAP else items.sure & _are_ones(items)
    if kind is not Kind.MAP:
        numbers = None
    if sure.all():
        return Column(kind, items.codes, missing, words, items.offsets, numbers), sure
    kept = np.where(sure, np.diff(items.offsets), 0)  # what is missing has no items
    offsets = np.concatenate([[0], np.cumsum(kept)])
    places = np.repeat(items.offsets[:-1] - offsets[:-1], kept) + np.arange(offsets[-1])
    numbers = None if numbers is None else numbers[places]
    return Column(kind, items.codes[places], missing | ~sure, words, offsets, numbers), sure


def single_texts(items: Items) -> tuple[ArrowArray, Flags]:
    """The names of maps of one name with the number 1 as texts, null elsewhere; and where that is right.

    Args:
        items: of maps.

    >>> maps = pa.array([[("b", 1.0)], [("a", 2.0)], []], pa.map_(pa.string(), pa.float64()))
    >>> texts, sure = single_texts(items_of(pa.chunked_array([maps])))
    >>> texts.to_pylist(), sure.tolist()
    (['b', None, None], [True, False, True])
    """
    counts = np.diff(items.offsets)
    sure = items.sure & _are_ones(items) & (counts <= 1)
    given = sure & (counts == 1)
    codes = np.zeros(len(counts), dtype=np.int32)
    codes[given] = items.codes[items.offsets[:-1][given]]
    return items.dictionary.take(pa.array(codes, mask=~given)), sure


def _are_ones(items: Items) -> Flags:
    """Where all numbers are 1."""
    if items.numbers is None:
        return np.ones(len(items.missing), dtype=np.bool_)
    others = np.concatenate([[0], np.cumsum(items.numbers != 1.0)])[items.offsets]
    ones: Flags = np.diff(others) == 0
    return ones
