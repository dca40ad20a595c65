"""One row as a dictionary, River's way: from names and values to features."""

from __future__ import annotations

from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from xxhash import xxh64_intdigest

from flyball.estimators.refusal import InputRefused
from flyball.learn.encoder import BIAS_KEY
from flyball.learn.features import squash
from flyball.learn.ftrl import LARGEST
from flyball.learn.grid import GRIDS, cells
from flyball.learn.hash64 import missing_key, number_key
from flyball.learn.matrix import column_key
from flyball.learn.slots import ZERO_KEY
from flyball.system.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

KNOWN = 65_536
"""So many names have their keys in memory, and so many texts: then texts are forgotten, and begin anew."""
SHORT = 64
"""The longest text whose key is kept, in characters."""
PLAIN = (str, float, int, bool, type(None))
"""Values of these types cannot be changed by whoever passed them."""


class RowEncoder:
    """Encodes rows. A feature is the same that a column of this name has in a table.

    A text is a category, a number counts by its value (or is taken to the grid), true is 1; lists, tuples and sets hold
    texts, each of which is a category; a dictionary holds texts and how much each weighs; None is missing, which is a
    feature of its own. Zeros and empty bags are nothing.

    Args:
        grid: whether numbers are taken to the grid.

    >>> keys, values = RowEncoder(grid=False).encode({"hour": 9, "country": "DE", "tags": ["a", "b"]})
    >>> len(keys), values.tolist()
    (5, [1.0, 9.0, 1.0, 1.0, 1.0])
    """

    def __init__(self, *, grid: bool) -> None:
        self.grid = grid
        self._columns: dict[Hashable, tuple[int, dict[str, int]]] = {}
        self._room = KNOWN
        self._last: dict[Hashable, Any] | None = None
        self._found = (np.empty(0, dtype=np.uint64), np.empty(0))

    def encode(self, row: Mapping[Any, Any]) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
        """The keys and values of a row, the bias first.

        The same row again, first asked for and then learned, is encoded once.

        Raises:
            InputRefused: it is no mapping, or a value is none of these, not finite, or beyond single precision.
        """
        if row == self._last:
            return self._found
        keys, values, lasting = [BIAS_KEY], [1.0], True
        columns, linear = self._columns, not self.grid
        try:
            pairs = row.items()
        except AttributeError:
            raise InputRefused(f"{excerpt(row)} is no row: pass a dictionary of names and values") from None
        for name, value in pairs:
            known = columns.get(name)
            seed, texts = self._column(name) if known is None else known
            if value.__class__ is str:
                key = texts.get(value)
                keys.append(self._text(seed, texts, value) if key is None else key)
                values.append(1.0)
            elif value.__class__ is float and linear:
                if value != 0.0:
                    keys.append(seed)
                    values.append(value)
            else:
                self._other(name, seed, value, keys, values)
                lasting = lasting and value.__class__ in PLAIN
        numbers = np.array(values)
        # Not `>`: a comparison with NaN is false.
        if not max(numbers.max(), -numbers.min()) <= LARGEST:
            raise self._refused(row)
        if 0 in keys:
            keys = [key or ZERO_KEY for key in keys]
        found = np.array(keys, dtype=np.uint64), numbers
        if lasting and row.__class__ is dict:
            self._last, self._found = dict(row), found
        return found

    def _column(self, name: Hashable) -> tuple[int, dict[str, int]]:
        plain = name.item() if isinstance(name, np.generic) else name
        # 1 is True to a dictionary, and so it is as a name.
        found: tuple[int, dict[str, int]] = (column_key(int(plain) if isinstance(plain, bool) else plain), {})
        if len(self._columns) < KNOWN:
            self._columns[name] = found
        return found

    def _text(self, seed: int, texts: dict[str, int], text: str) -> int:
        key = _text_key(text, seed)
        if len(text) <= SHORT:
            if self._room == 0:
                for _, others in self._columns.values():
                    others.clear()
                self._room = KNOWN
            texts[text] = key
            self._room -= 1
        return key

    def _other(self, name: Hashable, seed: int, value: Any, keys: list[int], values: list[float]) -> None:  # noqa: ANN401  # rows come from users
        if value is None:
            keys.append(missing_key(seed))
            values.append(1.0)
        elif isinstance(value, Real | np.bool_):
            self._number(name, seed, value, keys, values)
        elif isinstance(value, str):
            keys.append(_text_key(str(value), seed))
            values.append(1.0)
        elif isinstance(value, list | tuple | set | frozenset):
            items = dict.fromkeys(sorted(value, key=repr) if isinstance(value, set | frozenset) else value)
            keys += [_item_key(name, item, seed) for item in items]
            values += [1.0] * len(items)
        elif isinstance(value, dict):
            for item, weight in value.items():
                keys.append(_item_key(name, item, seed))
                if not isinstance(weight, Real) or not isfinite(float(weight)):
                    raise _unfit(name, weight, "a dictionary holds texts and finite numbers")
                values.append(float(squash(float(weight))))
        else:
            raise _unfit(name, value, "accepted: texts, numbers, true and false, lists, dictionaries, None")

    def _number(self, name: Hashable, seed: int, value: Any, keys: list[int], values: list[float]) -> None:  # noqa: ANN401  # any number
        try:
            number = float(value)
        except OverflowError:
            raise _unfit(name, value, "a number must be within ±1.7e38") from None
        if number == 0.0:
            return
        if not self.grid:
            keys.append(seed)
            values.append(number)
            return
        if not abs(number) <= LARGEST:
            raise _unfit(name, value, "a number must be within ±1.7e38; give None where it is missing")
        for bits, weight in GRIDS:
            cell, share = cells(number, bits)
            keys.append(number_key(cell, seed))
            values.append((1.0 - share) * weight)
            if share > 0.0:
                keys.append(number_key(cell + 1 if cell > 0 else cell - 1, seed))
                values.append(share * weight)

    def _refused(self, row: Mapping[Any, Any]) -> InputRefused:
        for name, value in row.items():
            if isinstance(value, Real) and not abs(float(value)) <= LARGEST:
                return _unfit(name, value, "a number must be within ±1.7e38; give None where it is missing")
        return InputRefused("a value is not within ±1.7e38")


def _text_key(text: str, seed: int) -> int:
    try:
        return xxh64_intdigest(text.encode(), seed)
    except UnicodeEncodeError:
        raise InputRefused(f"{excerpt(text)} holds half a character and has no UTF-8") from None


def _item_key(name: Hashable, item: object, seed: int) -> int:
    if not isinstance(item, str):
        raise _unfit(name, item, "lists and dictionaries hold texts")
    return _text_key(item, seed)


def _unfit(name: Hashable, value: object, advice: str) -> InputRefused:
    return InputRefused(f"{excerpt(value)} at {excerpt(name)} is not taken; {advice}")
