"""The loop's intent: which messages a commit is about to make durable, so that a loop that starts anew knows.

The loop reads messages, commits their records to the log in one transaction, and releases the messages. If it is killed
between the last two, the next loop must not log them again. So before it commits it writes down where each ring would
be released up to, and, as the last word, the seq of the first record. If the log holds that record when the next loop
starts, the transaction took place, and the messages are released; otherwise it did not, and they are still there.

>>> from flyball.run.live.block import Block, new_block
>>> intent = Intent(Block(new_block("vitals", 4096)), rings=2)
>>> intent.write(8, [16, 48])
>>> intent.settle(last_seq=7), intent.settle(last_seq=9)
(None, None)
>>> intent.write(8, [16, 48])
>>> intent.settle(last_seq=9)
[16, 48]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.run.live.vitals import INTENT, VITALS_BYTES
from flyball.run.live.word import observe, publish
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyball.run.live.block import Block

MOST_RINGS = VITALS_BYTES // 8 - INTENT - 1
"""As many as there is room for in the block."""


class Intent:
    """The intent of one system's loop, in the block of the vitals.

    Args:
        block: the vitals'.
        rings: how many there are.

    Raises:
        FlyballError: more than there is room for.
    """

    def __init__(self, block: Block, rings: int) -> None:
        if rings > MOST_RINGS:
            raise FlyballError(f"{rings} rings are too many; accepted: at most {MOST_RINGS}, so run fewer workers")
        self._words = block.words
        self._rings = rings

    def write(self, first_seq: int, places: Sequence[int]) -> None:
        """Notes that the records from `first_seq` on come from the messages up to these places."""
        self.clear()
        for i, place in enumerate(places):
            publish(self._words, INTENT + 1 + i, place)
        publish(self._words, INTENT, first_seq)

    def clear(self) -> None:
        """The messages are released, or nothing was committed."""
        publish(self._words, INTENT, 0)

    def settle(self, last_seq: int) -> list[int] | None:
        """What is to be released, where the commit took place and the release may not have; forgets the intent.

        Args:
            last_seq: of the log, by whoever has opened it after the loop that wrote the intent ended.
        """
        first = observe(self._words, INTENT)
        places = [observe(self._words, INTENT + 1 + i) for i in range(self._rings)]
        self.clear()
        return places if 0 < first <= last_seq else None
