"""The layout of a coefficient table in one block of 64-bit words, which several processes may map.

    header      | HEADER_WORDS: counts and the generation
    depths      | per segment: how many leading bits of a key its keys share
    lives       | per segment: how many keys it holds
    free        | a stack of segments given back
    directory   | leading bits of a key -> segment
    touched     | per segment: one bit a slot, set since the last checkpoint
    segments    | per segment: slots of two words, (key, pair)

A key is a 64-bit hash, 0 means an empty slot. A pair is FTRL's z (low half) and n (high half) as two float32, so that
one atomic store replaces both. Extendible hashing (Fagin et al., ACM TODS 1979) over segments of open addressing: only
the segment that is full splits, so growth costs one segment's copy at a time. Slots are ordered by the bits of the key
that follow the directory's, which makes a split a sequential pass.
"""

from __future__ import annotations

from typing import NamedTuple

MAGIC = 0x666C7962616C6C31
"""'flyball1': a mapped block that begins otherwise is not a table."""

HEADER_WORDS = 512
AT_MAGIC = 0
AT_SLOT_BITS = 1
AT_MAX_SEGMENTS = 2
AT_DIRECTORY_BITS = 3
AT_GENERATION = 4
"""Odd while the directory changes; a reader looks before and after, and reads again if it is odd or has changed."""
AT_DEPTH = 5
"""How many leading bits of a key the directory is indexed with."""
AT_USED = 6
"""Segments ever taken."""
AT_FREE = 7
"""Segments on the free stack."""
AT_LIVE = 8
"""Keys in the table."""
AT_SHARED = 9
"""1 where other processes may read: then a split segment is not used again, since a reader may still be in it."""

FEWEST_BITS = 3
"""A segment of 2^3 slots is two cache lines, and its load of 0.8 leaves one empty, where a search can end."""
HUGE_PAGE_WORDS = 1 << 18


class Layout(NamedTuple):
    """Where each part begins, in words, and how long the whole is.

    >>> layout = Layout.of(slot_bits=16, max_segments=4)
    >>> layout.segment_words * 8
    1048576
    """

    slot_bits: int
    max_segments: int
    directory_bits: int
    depths: int
    lives: int
    free: int
    directory: int
    touched: int
    segments: int
    words: int

    @classmethod
    def of(cls, *, slot_bits: int, max_segments: int) -> Layout:
        """The layout of a table of at most `max_segments` segments of `2 ** slot_bits` slots.

        Raises:
            ValueError: a segment would fill up before it splits, and a search in it would find no end.
        """
        if slot_bits < FEWEST_BITS:
            raise ValueError(
                f"slot_bits is {slot_bits}; a segment needs at least {1 << FEWEST_BITS} slots: "
                f"give {FEWEST_BITS} or more"
            )
        # Segments fill evenly, since keys are hashes; three more bits leave room for the unevenness.
        directory_bits = max(1, (max_segments - 1).bit_length()) + 3
        depths = HEADER_WORDS
        lives = depths + max_segments
        free = lives + max_segments
        directory = free + max_segments
        touched = directory + (1 << directory_bits)
        end = touched + max_segments * max(1, (1 << slot_bits) // 64)
        segments = -(-end // HUGE_PAGE_WORDS) * HUGE_PAGE_WORDS
        words = segments + max_segments * (2 << slot_bits)
        return cls(slot_bits, max_segments, directory_bits, depths, lives, free, directory, touched, segments, words)

    @property
    def segment_words(self) -> int:
        """Words in one segment."""
        return 2 << self.slot_bits
