"""The value that stands for "nothing was given"."""

from __future__ import annotations

from typing import ClassVar, Final


class Missing:
    """The type of `MISSING`, a value of its own: not `None`, not an empty text, not NaN. There is one instance.

    Its truth is never asked for: `if value:` would treat 0, an empty text and missing alike, so it raises.

    >>> Missing() is MISSING
    True
    >>> MISSING
    MISSING
    >>> bool(MISSING)
    Traceback (most recent call last):
        ...
    TypeError: MISSING is neither true nor false; ask 'value is MISSING' instead
    """

    __slots__ = ()
    _instance: ClassVar[Missing | None] = None

    def __new__(cls) -> Missing:  # noqa: PYI034  # the one instance, of this class alone
        """The one instance."""
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        """The name under which it is imported."""
        return "MISSING"

    def __reduce__(self) -> str:
        """Copies and pickles are the one instance again."""
        return "MISSING"

    def __bool__(self) -> bool:
        """Refused: see the class.

        Raises:
            TypeError: always.
        """
        raise TypeError("MISSING is neither true nor false; ask 'value is MISSING' instead")


MISSING: Final = Missing()
"""Nothing was given."""
