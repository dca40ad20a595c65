"""The vitals of a running system: words that the loop and the supervisor write and every process reads.

>>> from flyball.run.live.block import Block, new_block
>>> vitals = SharedVitals(Block(new_block("vitals", VITALS_BYTES)))
>>> vitals.learning, vitals.learned_through
(False, 0)
>>> vitals.set(Vital.LOOP_UP, 1)
>>> vitals.set(Vital.LEARNED_THROUGH, 7)
>>> vitals.learning, vitals.learned_through
(True, 7)
"""

from __future__ import annotations

import time
from enum import IntEnum
from typing import TYPE_CHECKING

from flyball.run.live.word import observe, publish

if TYPE_CHECKING:
    from flyball.run.live.block import Block

VITALS_BYTES = 4096


class Vital(IntEnum):
    """The place of each word; intents follow after them.

    >>> Vital.LOOP_UP.value
    0
    """

    LOOP_UP = 0
    """1 from when a loop's tables are announced until it ends."""
    LEARNED_THROUGH = 1
    """The last record that its coefficients have learned from."""
    LAST_SEQ = 2
    """The last record in the log."""
    DISK_FULL = 3
    """1 while the log's disk takes no more."""
    CLOCK_OFFSET = 4
    """What is added to the time since boot to give the log's time, microseconds."""
    DRAINING = 5
    """1 when the system is going down."""
    CLOCK_DISAGREES = 6
    """1 while the log's time and the machine's clock differ by more than a second."""
    CHECKPOINT_SEQ = 7
    """The last record that the newest durable checkpoint has seen."""
    CHECKPOINT_US = 8
    """When it became durable, the log's time in microseconds."""
    TICKS = 9
    """How often the loop has gone round; stands still where the loop does."""
    STUCK = 10
    """1 where the loop goes on without learning, since what is in the log cannot be applied."""


INTENT = 64
"""The first word of the loop's intent; see `flyball.run.live.intent`."""


class SharedVitals:
    """Reads and writes the vitals; each word has one writer.

    Args:
        block: of `VITALS_BYTES`.
    """

    def __init__(self, block: Block) -> None:
        self.words = block.words

    def get(self, vital: Vital) -> int:
        """The word as it is now."""
        return observe(self.words, int(vital))

    def set(self, vital: Vital, value: int) -> None:
        """Writes the word."""
        publish(self.words, int(vital), value)

    @property
    def learned_through(self) -> int:
        """The last record that the coefficients served have learned from."""
        return observe(self.words, 1)

    @property
    def learning(self) -> bool:
        """Whether the loop is up and learns."""
        return observe(self.words, 0) == 1 and observe(self.words, 10) == 0

    @property
    def disk_full(self) -> bool:
        """Whether the log's disk takes no more."""
        return observe(self.words, 3) == 1

    def now(self) -> int:
        """The log's time, microseconds UTC; the machine's clock before a loop has been up."""
        offset = observe(self.words, 4)
        return time.time_ns() // 1000 if offset == 0 else boot_us() + offset


def boot_us() -> int:
    """The time since the machine was started, microseconds, sleep included; it never steps.

    >>> boot_us() <= boot_us()
    True
    """
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000
