"""What a client takes from the machine: time, chance and ids; tests give their own."""

from __future__ import annotations

import random
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def new_id() -> str:
    """An id that nobody else makes, also not a forked process.

    >>> new_id() == new_id()
    False
    """
    return secrets.token_urlsafe(15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The machine, as far as a client sees it.

    Args:
        elapsed: seconds since some moment; never falls.
        wall: seconds since 1970.
        random: a number in [0, 1).
        new_id: an id that nobody else has.

    >>> Ports(new_id=lambda: "r1").new_id()
    'r1'
    """

    elapsed: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    random: Callable[[], float] = random.random
    new_id: Callable[[], str] = new_id
