"""Rings: bounded queues of messages in shared memory, from one process to one other, that outlive both.

A ring is a header of words and a stretch of bytes. Positions count all bytes ever written, and never fall. A message
stands between two positions: eight bytes of length and flags, then the message, padded to eight bytes. Where the
stretch ends before a message would, a mark says that it begins again at the front. The reader tells apart what it has
read from what it has released: only what is released is written over, and a reader that starts anew after a crash
begins with what was never released.

>>> from flyball.run.live.block import Block, new_block
>>> block = Block(new_block("ring", ring_size(4096)))
>>> begin(block)
>>> writer, reader = RingWriter(block), RingReader(block)
>>> writer.put(b"hello")
16
>>> reader.take()
[Frame(place=16, data=b'hello', flags=0)]
>>> RingReader(block).take() == [Frame(place=16, data=b"hello", flags=0)]
True
>>> reader.release(16)
>>> RingReader(block).take()
[]
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from flyball.run.live.word import observe, publish

if TYPE_CHECKING:
    from flyball.run.live.block import Block

HEADER_BYTES = 512
AT_HEAD = 8
"""The word that holds the position after the last message; words of a line of their own, as two processes write."""
AT_TAIL = 16
"""The word that holds the position up to which the reader has released."""
SKIP = 0xFFFFFFFF
"""The length that stands where the rest of the stretch is left empty."""

_FRAME = struct.Struct("<II")


class Frame(NamedTuple):
    """A message as the reader finds it: `place` is the position after it.

    >>> Frame(16, b"hello", 0).place
    16
    """

    place: int
    data: bytes
    flags: int


def ring_size(capacity: int) -> int:
    """The bytes of a block for a ring of this capacity, a multiple of eight.

    >>> ring_size(4096)
    4608
    """
    return HEADER_BYTES + capacity


def begin(block: Block) -> None:
    """Makes a ring of a block, empty."""
    block.words[AT_HEAD] = block.words[AT_TAIL] = 0


class _Ring:
    def __init__(self, block: Block) -> None:
        self._words = block.words
        self._data = block.bytes[HEADER_BYTES:]
        self.capacity = len(self._data)

    @property
    def head(self) -> int:
        """The position after the last message."""
        return observe(self._words, AT_HEAD)

    @property
    def tail(self) -> int:
        """The position up to which the reader has released."""
        return observe(self._words, AT_TAIL)

    @property
    def fill(self) -> float:
        """How full it is, 0 to 1."""
        return (self.head - self.tail) / self.capacity


class RingWriter(_Ring):
    """The one who writes; what an earlier writer left is kept.

    Args:
        block: a ring's.
    """

    def __init__(self, block: Block) -> None:
        super().__init__(block)
        self._head = self.head
        self._tail = self.tail

    def refresh(self) -> None:
        """Looks how much the reader has released: from here on that room may be written over."""
        self._tail = self.tail

    def flags(self, place: int, length: int) -> int:
        """The flags of a message of this length that was put, up to this position, and not written over since."""
        start = (place - _FRAME.size - (length + 7 & ~7)) % self.capacity
        return int(_FRAME.unpack_from(self._data, start)[1])

    def put(self, message: bytes, flags: int = 0) -> int | None:
        """Writes a message; the position after it, or `None` where there was no room for it at the last `refresh`."""
        size = _FRAME.size + (len(message) + 7 & ~7)
        at = self._head % self.capacity
        skip = self.capacity - at if self.capacity - at < size else 0
        end = self._head + skip + size
        if end - self._tail > self.capacity:
            return None
        if skip:
            _FRAME.pack_into(self._data, at, SKIP, 0)
            at = 0
        _FRAME.pack_into(self._data, at, len(message), flags)
        self._data[at + _FRAME.size : at + _FRAME.size + len(message)] = message
        self._head = end
        publish(self._words, AT_HEAD, end)
        return end


class RingReader(_Ring):
    """The one who reads; it begins with what was never released.

    Args:
        block: a ring's.
    """

    def __init__(self, block: Block) -> None:
        super().__init__(block)
        self._at = self.tail

    def take(self, most: int = 1 << 30) -> list[Frame]:
        """The messages that are there and were not taken yet, of about `most` bytes together."""
        self._at, found = self._read(self._at, min(self.head, self._at + most))
        return found

    def again(self, place: int) -> list[Frame]:
        """The messages up to this place that were taken and not released."""
        return self._read(self.tail, place)[1]

    def _read(self, here: int, limit: int) -> tuple[int, list[Frame]]:
        """The messages from this position on, up to the one that reaches the limit; and the position after them."""
        found: list[Frame] = []
        while here < limit:
            at = here % self.capacity
            length, flags = _FRAME.unpack_from(self._data, at)
            if length == SKIP:
                here += self.capacity - at
                continue
            start = at + _FRAME.size
            here += _FRAME.size + (length + 7 & ~7)
            found.append(Frame(here, bytes(self._data[start : start + length]), flags))
        return here, found

    def change(self, frame: Frame, flags: int) -> None:
        """Gives a message that was taken and not released other flags, for a reader that starts anew."""
        start = (frame.place - _FRAME.size - (len(frame.data) + 7 & ~7)) % self.capacity
        _FRAME.pack_into(self._data, start, len(frame.data), flags)

    def release(self, place: int) -> None:
        """Gives the room up to this position back."""
        publish(self._words, AT_TAIL, place)
