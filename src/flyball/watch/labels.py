"""The values of one slice dimension, numbered in the order of their appearance, up to a limit."""

from __future__ import annotations

import hashlib
from typing import Final

OTHER: Final = 0
"""The number of the cell that all values beyond the limit share."""
MISSING: Final = 1
"""The number of the cell of examples whose value is missing."""
FIRST: Final = 2
"""The number of the first value that was seen."""
LONGEST: Final = 120
"""Longer values are shortened to this many characters, the last nine of them a mark and a hash of the whole."""


class Labels:
    """Numbers for the values of a dimension; once given, a number stays.

    Args:
        limit: how many values get a number of their own; the rest share `OTHER`.

    >>> labels = Labels(limit=2)
    >>> [labels.number(value) for value in ("DE", "FR", "DE", "IT", None)]
    [2, 3, 2, 0, 1]
    >>> labels.text(0), labels.text(1), labels.text(3)
    ('(other)', '(missing)', 'FR')
    """

    __slots__ = ("_numbers", "_texts", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._numbers: dict[str, int] = {}
        self._texts: list[str] = ["(other)", "(missing)"]

    def __len__(self) -> int:
        return len(self._texts)

    def number(self, value: str | None) -> int:
        """The number of a value, a new one if there is room; None stands for missing.

        >>> Labels(limit=10).number("DE")
        2
        """
        if value is None:
            return MISSING
        found = self._numbers.get(value)
        if found is not None:
            return found
        return self._admit(shortened(value))

    def _admit(self, text: str) -> int:
        found = self._numbers.get(text)
        if found is not None:
            return found
        if len(self._numbers) >= self.limit:
            return OTHER
        self._numbers[text] = len(self._texts)
        self._texts.append(text)
        return len(self._texts) - 1

    def text(self, number: int) -> str:
        """What is shown for a number.

        >>> Labels(limit=10).text(MISSING)
        '(missing)'
        """
        return self._texts[number]

    def values(self) -> tuple[str, ...]:
        """The values that have a number of their own, in order of appearance.

        >>> labels = Labels(limit=10)
        >>> _ = labels.number("b"), labels.number("a")
        >>> labels.values()
        ('b', 'a')
        """
        return tuple(self._texts[FIRST:])


def shortened(value: str) -> str:
    """A value as it is kept: itself, or where it is long its beginning, a mark and 8 hexadecimal digits of its hash.

    >>> shortened("DE")
    'DE'
    >>> len(shortened("x" * 5_000)), shortened("x" * 5_000)[-9:]
    (120, '…c59d3c04')
    """
    if len(value) <= LONGEST:
        return value
    mark = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{value[: LONGEST - 9]}…{mark}"
