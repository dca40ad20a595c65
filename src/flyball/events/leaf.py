"""Leaves: typed values as they stand in the log, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.system.missing import MISSING, Missing

if TYPE_CHECKING:
    from flyball.events.record import Leaf
    from flyball.system.value import Value


def leaf_of(value: Value) -> Leaf:
    """A typed value as it is logged.

    >>> leaf_of(("a", "b")), leaf_of(3)
    (['a', 'b'], 3)
    """
    if isinstance(value, Missing):
        return None
    return list(value) if isinstance(value, tuple) else value


def value_of(leaf: Leaf) -> Value:
    """A logged value as it is computed with.

    >>> value_of(["a"]), value_of(None)
    (('a',), MISSING)
    """
    if leaf is None:
        return MISSING
    return tuple(leaf) if isinstance(leaf, list) else leaf
