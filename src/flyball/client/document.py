"""An object that the service answered, read with its types."""

from __future__ import annotations

import math
from typing import Self

from flyball.client.encoding import decode
from flyball.client.error import Unreadable


class Document:
    """One JSON object.

    Args:
        members: its names and values.

    >>> Document({"version": 3}).whole("version")
    3
    >>> Document({"version": "3"}).whole("version")
    Traceback (most recent call last):
        ...
    flyball.client.error.Unreadable: 'version' of the answer is '3', not a whole number; is this flyball?
    """

    def __init__(self, members: dict[str, object]) -> None:
        self.members = members

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Reads the body of an answer.

        Raises:
            Unreadable: it is no JSON object.
        """
        return cls(decode(body))

    def _wrong(self, name: str, expected: str) -> Unreadable:
        return Unreadable(
            f"{name!r} of the answer is {self.members.get(name)!r:.100}, not {expected}; is this flyball?"
        )

    def text(self, name: str) -> str:
        """A text."""
        value = self.members.get(name)
        if not isinstance(value, str):
            raise self._wrong(name, "text")
        return value

    def whole(self, name: str) -> int:
        """A whole number."""
        value = self.members.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(name, "a whole number")
        return value

    def number(self, name: str) -> float:
        """A finite number."""
        value = self.members.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self._wrong(name, "a number")
        return float(value)

    def objects(self, name: str) -> list[Document]:
        """A list of objects."""
        value = self.members.get(name)
        if not isinstance(value, list):
            raise self._wrong(name, "a list of objects")
        found = [Document(each) for each in value if isinstance(each, dict)]
        if len(found) != len(value):
            raise self._wrong(name, "a list of objects")
        return found
