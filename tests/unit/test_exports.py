"""The front door shows exactly the names that it promises."""

from __future__ import annotations

from types import ModuleType

import flyball


def test_the_front_door_lists_its_names_in_order() -> None:
    """`__all__` is sorted as the linter sorts it: constants, classes, functions."""
    promised = list(getattr(flyball, "__all__", []))

    assert promised == sorted(promised, key=lambda name: (not name.isupper(), not name[0].isupper(), name))


def test_the_front_door_promises_every_public_name_and_no_other() -> None:
    """What `dir(flyball)` shows besides the rooms is what `__all__` promises; `open` is loaded when it is asked for."""
    promised = set(getattr(flyball, "__all__", [])) - {"open"}
    inside = {"annotations", "TYPE_CHECKING", "open"}
    shown = {
        name
        for name in dir(flyball)
        if not name.startswith("_") and name not in inside and not isinstance(getattr(flyball, name), ModuleType)
    }

    assert promised - {"__version__"} == shown


def test_every_promised_name_can_be_had() -> None:
    """A name in `__all__` that does not exist would break `from flyball import *`."""
    missing = [name for name in getattr(flyball, "__all__", []) if not hasattr(flyball, name)]

    assert missing == []
