"""What the request path stands on: all that it is given, in one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from os import urandom
from time import monotonic_ns
from typing import TYPE_CHECKING

from flyball.serve.limits import Limits
from flyball.system.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyball.serve.meter import Meter
    from flyball.serve.port import Book, Channel, Vitals
    from flyball.system.clock import Clock


def new_ids(prefix: str) -> Callable[[], str]:
    """Makes ids that differ: the prefix, which is another in each process, and a count.

    >>> make = new_ids("a1")
    >>> make(), make()
    ('a1-0', 'a1-1')
    """
    numbers = count()
    return lambda: f"{prefix}-{next(numbers):x}"


def _random_ids() -> Callable[[], str]:
    return new_ids(urandom(10).hex())


@dataclass(frozen=True, slots=True)
class Backing:
    """What the request path needs of the rest of a running system.

    Args:
        channel: the way to the log.
        book: which ids have been asked.
        vitals: what the loop tells of itself.
        meter: what is counted.
        limits: what a request may take.
        clock: the time of what is recorded.
        ticks: nanoseconds that never fall, by which deadlines are kept.
        ids: makes an id where the caller gave none.

    >>> import numpy as np
    >>> from flyball.serve.meter import Meter
    >>> from flyball.serve.metric import Layout
    >>> from flyball.testing.memory_channel import MemoryBook, MemoryChannel, MemoryVitals
    >>> layout = Layout(["ctr"])
    >>> meter = Meter(layout, np.zeros(layout.size))
    >>> Backing(MemoryChannel(), MemoryBook(), MemoryVitals(), meter).limits.items
    1024
    """

    channel: Channel
    book: Book
    vitals: Vitals
    meter: Meter
    limits: Limits = field(default_factory=Limits)
    clock: Clock = field(default_factory=SystemClock)
    ticks: Callable[[], int] = monotonic_ns
    ids: Callable[[], str] = field(default_factory=_random_ids)
