"""Labels of classes: the word that stands for each in the table, and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.learn.hash64 import text_key

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from numpy.typing import NDArray

CLASS_SEED = 0x7373616C63
"""'class', read as a little-endian number."""


def plain(label: Any) -> Hashable:  # noqa: ANN401  # a label is anything
    """A label as Python has it: the number or text inside a scalar of NumPy or Arrow.

    >>> plain(np.int64(3)), plain(np.str_("spam"))
    (3, 'spam')
    """
    if isinstance(label, np.generic):
        label = label.item()
    elif hasattr(label, "as_py"):
        label = label.as_py()
    found: Hashable = label
    return found


def word_of(label: Hashable) -> int:
    """The word of a class. Numbers that are equal are one class: 1, 1.0 and True.

    >>> word_of(1) == word_of(True) == word_of(1.0), word_of("1") == word_of(1)
    (True, False)
    """
    if isinstance(label, str):
        return text_key(label, CLASS_SEED)
    if isinstance(label, int | float) and label % 1 == 0:
        return text_key(repr(int(label)), CLASS_SEED + 1)
    return text_key(repr(label), CLASS_SEED + 1)


def words_of(labels: Iterable[Hashable]) -> NDArray[np.uint64]:
    """The words of classes, in their order.

    >>> len(words_of(["ham", "spam"]))
    2
    """
    return np.array([word_of(plain(label)) for label in labels], dtype=np.uint64)


def in_order(labels: Iterable[Hashable]) -> list[Hashable]:
    """Distinct labels, sorted where they can be compared, else as they came.

    >>> in_order([2, 1, 2]), in_order(["b", 1])
    ([1, 2], ['b', 1])
    """
    distinct: list[Any] = list(dict.fromkeys(labels))
    try:
        return sorted(distinct)
    except TypeError:
        return distinct


def array_of(labels: Sequence[Hashable]) -> NDArray[Any]:
    """Labels as scikit-learn's `classes_`: of one type where they have one, else objects.

    >>> array_of([False, True]).dtype, array_of(["b", 1]).dtype
    (dtype('bool'), dtype('O'))
    """
    if len({type(label) for label in labels}) == 1 and isinstance(labels[0], bool | int | float | str):
        return np.array(labels)
    found = np.empty(len(labels), dtype=object)
    found[:] = labels
    return found
